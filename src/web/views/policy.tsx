import type { PolicyChange } from '../../audit/setup-history.ts';
import type { SimpleCommand } from '../../command/model.ts';
import type { PartDecision, ReviewTerms } from '../../policy/decision.ts';
import { describeEffects } from '../../policy/describe.ts';
import { clausesOf } from '../../policy/review.ts';
import type { Explained } from '../explain.ts';
import type { PolicyCheck, PolicyInfo } from '../ports.ts';
import { CommandExcerpt, CommandText, Listing, Quoted, VerdictChip } from './command.tsx';
import { Moment } from './moment.tsx';
import { syntaxMarks } from './syntax-marks.ts';

export interface Asked extends Explained {
  readonly command: string;
  readonly agent: string;
  readonly target: string;
  readonly account: string;
}

export type Proposal = PolicyCheck & { readonly text: string };

export interface PolicyTerms {
  readonly policy: PolicyInfo;
  /** Newest first. */
  readonly changes: readonly PolicyChange[];
  readonly agents: readonly string[];
  readonly targets: readonly string[];
  /** Undefined: asking is not offered. */
  readonly explainNonce: string | undefined;
  /** Undefined: not for this visitor. */
  readonly proposeNonce: string | undefined;
  readonly asked?: Asked;
  readonly proposal?: Proposal;
}

export function PolicyView(terms: PolicyTerms) {
  const { policy } = terms;
  return (
    <>
      <h1>Policy in force</h1>
      <p class="who">
        <b>{policy.file}</b> · loaded <Moment atMs={policy.loadedAtMs} />
      </p>
      <p class="quiet">
        SHA-256 <code>{policy.hash}</code>, which stamps every decision made with it.
      </p>
      <ExplainBox terms={terms} />
      <details open={terms.asked === undefined && terms.proposal === undefined}>
        <summary>Its text</summary>
        <Listing text={policy.text} />
      </details>
      <ProposeBox terms={terms} />
      <History changes={terms.changes} />
    </>
  );
}

function Choice(props: {
  readonly id: string;
  readonly label: string;
  readonly names: readonly string[];
  readonly chosen: string;
}) {
  return (
    <div class="field">
      <label for={props.id}>{props.label}</label>
      <select id={props.id} name={props.id}>
        <option value="">any other</option>
        {props.names.map((name) => (
          <option value={name} selected={name === props.chosen}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}

/** Type a command, see what would happen and why: the first question of everybody who was asked or refused. */
function ExplainBox({ terms }: { readonly terms: PolicyTerms }) {
  const { asked, explainNonce } = terms;
  if (explainNonce === undefined) return null;
  return (
    <section class="card explain" aria-labelledby="explain">
      <h2 id="explain">What would it say?</h2>
      <form method="post" action="/policy/explain#explain" autocomplete="off">
        <input type="hidden" name="nonce" value={explainNonce} />
        <div class="field">
          <label for="command">Command</label>
          <textarea id="command" name="command" class="mono" rows={3} required maxlength={65_536} spellcheck={false}>
            {asked?.command ?? ''}
          </textarea>
        </div>
        <div class="fields">
          <Choice id="agent" label="Agent" names={terms.agents} chosen={asked?.agent ?? ''} />
          <Choice id="target" label="Target" names={terms.targets} chosen={asked?.target ?? ''} />
          <div class="field">
            <label for="account">Account</label>
            <input id="account" name="account" type="text" maxlength={64} value={asked?.account ?? ''} />
          </div>
        </div>
        <button type="submit">Explain</button>
        <p class="quiet">Judged by the code that judges agents, as the first command of a session. Nothing runs.</p>
      </form>
      {asked === undefined ? null : <Verdict asked={asked} />}
    </section>
  );
}

const happens = { allow: 'It runs', approve: 'It is held for people', deny: 'It is denied' } as const;

function Verdict({ asked }: { readonly asked: Asked }) {
  const { model, decision } = asked;
  const whole = decision.parts.filter(({ command }) => command === undefined);
  return (
    <div class="verdict" role="status">
      <h3>
        <VerdictChip verdict={decision.verdict} /> {happens[decision.verdict]}
      </h3>
      <p>
        <Quoted text={decision.reason} />
        {decision.rule === undefined ? null : (
          <>
            {' '}
            Rule <code>{decision.rule}</code>.
          </>
        )}
      </p>
      {decision.review === undefined ? null : <p class="quiet">{reviewSentence(decision.review)}</p>}
      {decision.instead === undefined ? null : (
        <p>
          Instead: <Quoted text={decision.instead} />
        </p>
      )}
      <CommandText text={model.text} tokens={syntaxMarks(model)} isLarge />
      <ul class="tree">
        {whole.map((part) => (
          <li>
            <span class="line">
              <VerdictChip verdict={part.verdict} /> the text as a whole
            </span>
            <span class="quiet">
              <Quoted text={part.reason} />
            </span>
          </li>
        ))}
        {model.commands.map((command, index) => (
          <Branch command={command} part={decision.parts.find((part) => part.command === index)} />
        ))}
      </ul>
      {decision.verdict !== 'allow' || model.canonical === undefined || model.canonical === model.text ? null : (
        <>
          <p class="label">Sent to the target as</p>
          <CommandText text={model.canonical} />
        </>
      )}
      {model.stdin === 'code' ? (
        <p class="note">Its stdin is read as {model.stdinLanguage ?? 'a program'}, and judged when it arrives.</p>
      ) : null}
      {decision.shadow.map(({ verdict, rule }) => (
        <p class="quiet">
          In shadow, <code>{rule}</code> would have said <VerdictChip verdict={verdict} />.
        </p>
      ))}
    </div>
  );
}

function Branch({ command, part }: { readonly command: SimpleCommand; readonly part: PartDecision | undefined }) {
  const effects = describeEffects(command);
  const does = [
    ...(command.runsAs === undefined ? [] : [`runs as ${command.runsAs}`]),
    ...(command.runsOn === undefined ? [] : [`runs on ${command.runsOn}`]),
    ...(effects.length === 0 ? ['no effect on anything'] : effects),
  ];
  return (
    <li class={`depth-${Math.min(command.via.length, 4)}`}>
      <span class="line">
        {part === undefined ? <span class="chip other">sets a variable</span> : <VerdictChip verdict={part.verdict} />}
        {command.via.length === 0 ? null : <span class="quiet">in {command.via.join(' in ')}</span>}
      </span>
      <CommandExcerpt
        text={
          command.argv.map(({ raw }) => raw).join(' ') || command.assignments.map(({ name }) => `${name}=…`).join(' ')
        }
      />
      {part === undefined ? null : (
        <>
          <span>
            <Quoted text={does.join('; ')} />
          </span>
          <span class="quiet">
            {part.rule === undefined ? null : (
              <>
                <code>{part.rule}</code>:{' '}
              </>
            )}
            <Quoted text={part.reason} />
          </span>
        </>
      )}
    </li>
  );
}

function reviewSentence(review: ReviewTerms): string {
  const people = clausesOf(review).map(({ groups, quorum }) => {
    const count = quorum === 1 ? 'one person' : `${quorum} people`;
    return groups.length === 0 ? `${count} of the reviewers` : `${count} of ${groups.join(' or ')}`;
  });
  const minutes = Math.round(review.expiresInMs / 60_000);
  const why = review.reason === 'required' || review.minReasonLength > 0 ? ', with a reason' : '';
  return `Needs ${people.join(' and ')} within ${minutes} minutes${why}; never the agent’s owner.`;
}

function ProposeBox({ terms }: { readonly terms: PolicyTerms }) {
  const { proposal, proposeNonce, policy } = terms;
  if (proposeNonce === undefined) return null;
  return (
    <details open={proposal !== undefined} class="propose">
      <summary>Check a proposed text</summary>
      <form method="post" action="/policy/propose#proposed" autocomplete="off">
        <input type="hidden" name="nonce" value={proposeNonce} />
        <div class="field">
          <label for="text">Proposed policy</label>
          <textarea id="text" name="text" class="mono" rows={14} required maxlength={200_000} spellcheck={false}>
            {proposal?.text ?? policy.text}
          </textarea>
        </div>
        <button type="submit">Check it</button>
        <p class="quiet">
          Read as the gate would, with all its examples. It changes nothing: put it into <code>{policy.file}</code> on
          the bastion, where it is taken at once.
        </p>
      </form>
      {proposal === undefined ? null : (
        <div id="proposed" role="status">
          {proposal.problems.length === 0 ? (
            <p class="note">
              <b>It would be accepted.</b> {proposal.rules} rules, {proposal.examples} examples as written. SHA-256{' '}
              <code>{proposal.hash}</code>
            </p>
          ) : (
            <>
              <p class="problem">
                <b>
                  It would be refused:{' '}
                  {proposal.problems.length === 1 ? '1 problem' : `${proposal.problems.length} problems`}.
                </b>
              </p>
              <ul class="plain">
                {proposal.problems.map((text) => (
                  <li class="mono">
                    <Quoted text={text} />
                  </li>
                ))}
              </ul>
            </>
          )}
        </div>
      )}
    </details>
  );
}

function History({ changes }: { readonly changes: readonly PolicyChange[] }) {
  return (
    <>
      <h2 class="section">What was in force when</h2>
      {changes.length === 0 ? (
        <p class="quiet">The audit log of this bastion names no policy yet.</p>
      ) : (
        <table class="rows">
          <caption class="away">Policies, newest first</caption>
          <thead>
            <tr>
              <th scope="col">Since</th>
              <th scope="col">Policy</th>
            </tr>
          </thead>
          <tbody>
            {changes.map((change) => (
              <tr>
                <th scope="row">
                  <Moment atMs={change.atMs} />
                </th>
                <td>
                  {change.kind === 'loaded' ? (
                    <>
                      <span class="chip allow">in force</span> <code>{change.hash.slice(0, 12)}</code> {change.file}
                    </>
                  ) : (
                    <>
                      <span class="chip deny">refused</span> <Quoted text={change.problems.join('; ')} />
                    </>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}
