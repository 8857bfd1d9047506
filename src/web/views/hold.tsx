import type { Child } from 'hono/jsx';
import { brokenGlass } from '../../approval/glass.ts';
import type { Hold } from '../../approval/hold.ts';
import { lapseInWords, neededInWords, progressInWords } from '../../approval/quorum.ts';
import { isFinal, tallyOf } from '../../approval/state.ts';
import { type HeldWords, noWords } from '../explain.ts';
import { CommandExcerpt, CommandText, oddCount, Quoted, VerdictChip } from './command.tsx';
import { duration, Moment } from './moment.tsx';
import type { TokenMark } from './syntax-marks.ts';
import { Told } from './told.tsx';

/** More parts than anybody reads one by one; the command itself is always shown whole. */
const maxParts = 50;

/** Time left, as a bar that shrinks. Without script it shows the moment the page was made. */
export function TimeLeft({ hold, nowMs }: { readonly hold: Hold; readonly nowMs: number }) {
  const totalMs = Math.max(1, hold.expiresAtMs - hold.createdAtMs);
  const leftMs = Math.max(0, hold.expiresAtMs - nowMs);
  return (
    <div class="left" data-left={leftMs} data-total={totalMs}>
      <progress max={totalMs} value={leftMs} aria-label="Time left to decide"></progress>
      <p>
        <strong data-left-text>{duration(leftMs)}</strong> left to decide
        <span class="quiet"> · after that it will not run</span>
      </p>
    </div>
  );
}

function Warning({ text }: { readonly text: string }) {
  const count = oddCount(text);
  if (count === 0) return null;
  return (
    <p class="warning" role="note">
      <strong>{count === 1 ? 'One character' : `${count} characters`} here could be missed or misread.</strong> Each is
      marked with its name.
    </p>
  );
}

const colours: readonly (readonly [TokenMark['kind'], string])[] = [
  ['tool', 'program'],
  ['option', 'option'],
  ['quoted', 'quoted'],
  ['changing', 'known only when it runs'],
  ['redirect', 'file it reads or writes'],
  ['setting', 'setting'],
  ['strange', 'unknown program'],
];

/** What the colours that occur say, without which they would only be colours. */
export function Legend({ tokens }: { readonly tokens: readonly TokenMark[] }) {
  const shown = colours.filter(([kind]) => tokens.some((token) => token.kind === kind));
  // Bold words alone explain themselves.
  if (shown.every(([kind]) => kind === 'tool')) return null;
  return (
    <p class="legend quiet">
      <span class="away">Colours:</span>
      {shown.map(([kind, name]) => (
        <>
          {' '}
          <span class={`t-${kind}`}>{name}</span>
        </>
      ))}
    </p>
  );
}

/** What would run, whole: the command, and what it is given on stdin. */
export function Running({ hold, words }: { readonly hold: Hold; readonly words: HeldWords }) {
  const { action } = hold;
  return (
    <>
      <Warning text={action.command + (action.stdin ?? '')} />
      <CommandText text={action.command} parts={hold.parts} tokens={words.command} isLarge />
      {action.stdin === undefined ? null : (
        <>
          <h3 class="label">What it is given on stdin</h3>
          <CommandText text={action.stdin} tokens={words.stdin} />
        </>
      )}
      <Legend tokens={[...words.command, ...words.stdin]} />
      {action.stdinUse !== 'streamed' ? null : (
        <p class="note">The agent sends data to its stdin while it runs. Nobody sees that data before.</p>
      )}
    </>
  );
}

/** Longer, it would double a page that is long already; the command itself is never folded. */
const maxOpenCanonical = 1_000;

function AsRead({ text }: { readonly text: string }) {
  const heading = 'The same, as Sallyport reads it';
  if (text.length <= maxOpenCanonical)
    return (
      <>
        <h3 class="label">{heading}</h3>
        <CommandText text={text} />
      </>
    );
  return (
    <details>
      <summary>{heading}</summary>
      <CommandText text={text} />
    </details>
  );
}

function Asked({ hold, words }: { readonly hold: Hold; readonly words: HeldWords }) {
  const { action } = hold;
  const shown = action.canonical !== undefined && action.canonical !== action.command ? action.canonical : undefined;
  return (
    <section aria-labelledby="asked">
      <h2 id="asked" class="label">
        The command
      </h2>
      <Running hold={hold} words={words} />
      {shown === undefined ? null : <AsRead text={shown} />}
    </section>
  );
}

/** Said before everything else: somebody has answered this already. */
export function AskedAgain({ hold }: { readonly hold: Hold }) {
  const { respelling } = hold;
  if (respelling === undefined) return null;
  return (
    <div class="warning" role="note" data-respelling>
      <p>
        <strong>
          {respelling.isSame ? 'The same command again that ' : 'A respelling of what '}
          {respelling.reviewer} rejected
        </strong>{' '}
        <Moment atMs={respelling.atMs} />{' '}
        <a href={`/holds/${encodeURIComponent(respelling.hold)}`}>({respelling.hold})</a>
      </p>
      {respelling.isSame ? null : <CommandText text={respelling.command} />}
    </div>
  );
}

/** Said before everything else, for ever. */
function OutsideRule({ hold }: { readonly hold: Hold }) {
  const glass = brokenGlass(hold);
  if (glass === undefined) return null;
  return (
    <div class="warning" role="note" data-outside-rule>
      <p>
        <strong>Outside the rule: {glass.reviewer} approved this alone</strong> <Moment atMs={glass.atMs} /> · “
        {glass.reason}”
      </p>
      <p>The rule wants {neededInWords(hold)}. Everybody is told; the audit log says how that went.</p>
    </div>
  );
}

function Consequences({ hold }: { readonly hold: Hold }) {
  return (
    <section aria-labelledby="effects">
      <h2 id="effects">What it would do</h2>
      {hold.effects.length === 0 ? (
        <p class="quiet">Sallyport cannot say. Read the command itself.</p>
      ) : (
        <ul class="effects">
          {hold.effects.map((effect) => (
            <li>
              <Quoted text={effect} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** What no rule allows is said right above, of all commands. */
function withoutEffects({ effects }: Hold, reason: string): string {
  const end = reason.indexOf(': ');
  return end > 0 && effects.includes(reason.slice(end + 2)) ? reason.slice(0, end) : reason;
}

function Why({ hold }: { readonly hold: Hold }) {
  return (
    <section aria-labelledby="why">
      <h2 id="why">Why you are asked</h2>
      <p>
        <Quoted text={withoutEffects(hold, hold.reason)} />
        {hold.rule !== undefined && (
          <span class="quiet">
            {' '}
            Rule <code>{hold.rule}</code>.
          </span>
        )}
      </p>
      {hold.parts.length < 2 && hold.parts.every((part) => part.reason === hold.reason) ? null : (
        <ol class="parts">
          {hold.parts.slice(0, maxParts).map((part) => (
            <li>
              <VerdictChip verdict={part.verdict} />
              <CommandExcerpt text={part.text} />
              <span class="quiet">
                <Quoted text={withoutEffects(hold, part.reason)} />
              </span>
            </li>
          ))}
        </ol>
      )}
      {hold.parts.length <= maxParts ? null : (
        <p class="quiet">… and {hold.parts.length - maxParts} more parts. The command above is whole.</p>
      )}
    </section>
  );
}

function Before({ hold }: { readonly hold: Hold }) {
  return (
    <section aria-labelledby="before">
      <h2 id="before">Before that, from this agent</h2>
      {hold.before.length === 0 ? (
        <p class="quiet">Nothing within an hour.</p>
      ) : (
        <ol class="before">
          {hold.before.map((entry) => (
            <li>
              <span class="line">
                <VerdictChip verdict={entry.verdict} /> <Moment atMs={entry.atMs} />
              </span>
              <CommandExcerpt text={entry.command} />
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: Child }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Details({ hold }: { readonly hold: Hold }) {
  const { action } = hold;
  return (
    <details>
      <summary>Everything that is bound to your decision</summary>
      <dl class="facts">
        <Fact name="Agent's key">{action.keyFingerprint}</Fact>
        <Fact name="Keys put in by">{action.keysChangedBy?.join(', ') ?? 'not recorded'}</Fact>
        <Fact name="Target's host key">{action.targetHostKey}</Fact>
        <Fact name="Terminal">
          {action.pty === undefined ? 'none' : `${action.pty.term}, ${action.pty.cols} × ${action.pty.rows}`}
        </Fact>
        <Fact name="Policy">{action.policyHash}</Fact>
        <Fact name="Session">{hold.session}</Fact>
        <Fact name="Hold">{hold.id}</Fact>
        <Fact name="Digest of all this">{hold.digest}</Fact>
      </dl>
    </details>
  );
}

function Environment({ hold }: { readonly hold: Hold }) {
  const environment = Object.entries(hold.action.environment);
  if (environment.length === 0) return null;
  return (
    <section aria-labelledby="environment">
      <h2 id="environment">With this environment</h2>
      <CommandText text={environment.map(([name, value]) => `${name}=${value}`).join('\n')} />
    </section>
  );
}

function Decided({ hold }: { readonly hold: Hold }) {
  if (hold.decisions.length === 0 && hold.quorum < 2) return null;
  return (
    <section aria-labelledby="decided">
      <h2 id="decided">Decided so far</h2>
      {hold.decisions.length === 0 ? <p class="quiet">Nobody has decided yet.</p> : null}
      <ul class="plain">
        {hold.decisions.map((decision) => (
          <li>
            <strong>{decision.reviewer}</strong> {decision.verdict === 'approve' ? 'approved' : 'rejected'}{' '}
            {decision.breakGlass === true ? <span class="chip deny">outside the rule</span> : null}{' '}
            <Moment atMs={decision.atMs} />
            {decision.reason === '' ? null : <> · “{decision.reason}”</>}
            {decision.lapsed === undefined ? null : (
              <>
                <br />
                <span class="chip deny">does not count</span> {lapseInWords(decision.lapsed)}
              </>
            )}
          </li>
        ))}
      </ul>
      {hold.quorum < 2 ? null : <Needed hold={hold} />}
    </section>
  );
}

/** Who has to agree, and who counts where. */
function Needed({ hold }: { readonly hold: Hold }) {
  return (
    <>
      <p>Needs {neededInWords(hold)}, each a different person.</p>
      <ul class="plain" data-needed>
        {tallyOf(hold).map((clause) => (
          <li>{progressInWords([clause])}</li>
        ))}
      </ul>
    </>
  );
}

/** Everything a reviewer needs, most telling first; `children` is what they can do about it. */
export function HoldView({
  hold,
  nowMs,
  words = noWords,
  children,
}: {
  readonly hold: Hold;
  readonly words?: HeldWords;
  readonly nowMs: number;
  readonly children?: Child;
}) {
  const { action } = hold;
  return (
    <div class="hold" data-hold={hold.id}>
      <div class="lead">
        <h1>
          <b>{action.agent}</b> {isFinal(hold.state) ? 'wanted' : 'wants'} to run this on <b>{action.target}</b>
        </h1>
        <p class="who">
          as <b>{action.account}</b> · agent of <b>{action.agentOwner}</b>
          {isFinal(hold.state)
            ? ''
            : hold.isAgentWaiting
              ? ' · it is waiting now'
              : ' · it has hung up and may come back'}
        </p>
        <OutsideRule hold={hold} />
        <AskedAgain hold={hold} />
        {hold.state === 'pending' ? <TimeLeft hold={hold} nowMs={nowMs} /> : null}
      </div>
      <div class="columns">
        <div class="evidence">
          <Asked hold={hold} words={words} />
          <Consequences hold={hold} />
          <Why hold={hold} />
          <Environment hold={hold} />
          <Before hold={hold} />
          <Told hold={hold} />
          <Details hold={hold} />
        </div>
        <aside class="decide" aria-label="Your decision">
          <Decided hold={hold} />
          {children}
        </aside>
      </div>
    </div>
  );
}

/** What follows from each answer, said before it is given. */
export function WhatNext({ hold }: { readonly hold: Hold }) {
  return (
    <p class="quiet next">
      {hold.quorum > 1
        ? `It runs when enough people agree: ${neededInWords(hold)}. `
        : hold.isAgentWaiting
          ? 'Approving runs it at once, exactly as shown, once. '
          : 'Approving lets this agent run it once, exactly as shown, when it comes back. '}
      {hold.scopes === undefined ? '' : 'Whether it may run again is what you chose above. '}
      Rejecting ends it and tells the agent your reason.
    </p>
  );
}
