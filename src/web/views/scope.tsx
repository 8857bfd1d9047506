import type { Hold } from '../../approval/hold.ts';
import type { Scope } from '../../approval/scope.ts';
import type { ScopeKind } from '../../policy/decision.ts';
import { patternExamples, patternProblem, proposedPattern } from '../../policy/scope-pattern.ts';
import type { ListPage, ListQuery } from '../list-query.ts';
import { CommandText } from './command.tsx';
import { ListForm, NothingFits, Pages } from './list.tsx';
import { duration, Moment } from './moment.tsx';

const defaultMinutes = 15;

/** What was sent before, when the form is shown again. */
export type Entered = ReadonlyMap<string, string>;

function Examples({ pattern }: { readonly pattern: string }) {
  const { covered, not } = patternExamples(pattern);
  const list = (lines: readonly string[]) => (
    <ul>
      {lines.map((line) => (
        <li>
          <code>{line}</code>
        </li>
      ))}
    </ul>
  );
  return (
    <div id="pattern-hint">
      <p class="quiet">
        A <code>*</code> stands for one word, or for any file below that directory; never for an option. It covers:
      </p>
      {list(covered)}
      <p class="quiet">It does not cover:</p>
      {list(not)}
    </div>
  );
}

function Pattern({ hold, entered }: { readonly hold: Hold; readonly entered: Entered | undefined }) {
  const general = hold.scopes?.general;
  const proposed = general === undefined ? undefined : proposedPattern(general);
  if (general === undefined || proposed === undefined) return null;
  const typed = entered?.get('pattern')?.trim() ?? proposed;
  const isGood = patternProblem(typed, general) === undefined;
  return (
    <div class="field pattern">
      <label for="pattern">Pattern</label>
      <input type="hidden" name="pattern-shown" value={isGood ? typed : ''} />
      {/* Of several lines, so that Enter does not press a button. */}
      <textarea
        id="pattern"
        name="pattern"
        rows={2}
        maxlength={2_000}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        aria-describedby="pattern-hint"
      >
        {typed}
      </textarea>
      {isGood ? <Examples pattern={typed} /> : <p id="pattern-hint">It is shown with examples before it counts.</p>}
    </div>
  );
}

/** Nothing when the policy lets it be approved for once only. */
export function ScopeFields(terms: {
  readonly hold: Hold;
  readonly entered: Entered | undefined;
  readonly problem: string | undefined;
}) {
  const { hold, entered, problem } = terms;
  const { scopes } = hold;
  if (scopes === undefined) return null;
  const { agent, target, account } = hold.action;
  const maxMinutes = Math.floor(scopes.maxMs / 60_000);
  const labels: Readonly<Record<ScopeKind, string>> = {
    once: 'this one run',
    session: 'exactly this again while the agent stays connected',
    time: 'exactly this again, for some minutes',
    pattern: 'commands like it, by a pattern, for some minutes',
  };
  const lengths = [...new Set([5, 15, 30, 60, 120, 240, 480, maxMinutes])]
    .filter((minutes) => minutes <= maxMinutes)
    .sort((a, b) => a - b);
  const chosenMinutes = entered?.get('minutes') ?? String(Math.min(defaultMinutes, maxMinutes));
  const chosen = entered?.get('scope') ?? 'once';
  return (
    <fieldset class="field scope">
      <legend>The approval covers</legend>
      {problem === undefined ? null : (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {scopes.kinds.map((kind) => (
        <label class="check">
          <input type="radio" name="scope" value={kind} checked={kind === chosen} /> {labels[kind]}
        </label>
      ))}
      {scopes.kinds.some((kind) => kind === 'time' || kind === 'pattern') ? (
        <div class="field minutes">
          <label for="minutes">Minutes</label>
          <select id="minutes" name="minutes">
            {lengths.map((minutes) => (
              <option value={minutes} selected={String(minutes) === chosenMinutes}>
                {minutes}
              </option>
            ))}
          </select>
        </div>
      ) : null}
      {scopes.kinds.includes('pattern') ? <Pattern hold={hold} entered={entered} /> : null}
      <p class="quiet">
        Only for {agent} as {account} on {target}. It ends by itself after {maxMinutes} minutes at most, when the policy
        changes, or when somebody revokes it under Scopes. A denial always wins.
      </p>
    </fieldset>
  );
}

export interface ScopeListTerms {
  readonly list: ListPage<Scope>;
  readonly query: ListQuery<string>;
  readonly hasAny: boolean;
  readonly nowMs: number;
  /** Scope → nonce of its revoke button; empty when this visitor may not. */
  readonly nonces: ReadonlyMap<string, string>;
}

const covers: Readonly<Record<Scope['kind'], string>> = {
  session: 'one session',
  time: 'exactly this',
  pattern: 'pattern',
};

export function ScopeList({ list, query, hasAny, nowMs, nonces }: ScopeListTerms) {
  return (
    <>
      <h1>Scopes</h1>
      <ListForm
        action="/scopes"
        query={query}
        what="Find by agent, target, command or reviewer"
        filters={[{ value: 'all', name: 'all' }, ...Object.entries(covers).map(([value, name]) => ({ value, name }))]}
        sorts={[
          { value: 'newest', name: 'newest' },
          { value: 'ends', name: 'end' },
          { value: 'agent', name: 'agent' },
          { value: 'uses', name: 'uses' },
        ]}
      />
      {!hasAny ? (
        <div class="empty">
          <p>
            <b>No approval covers more than one run now.</b>
          </p>
          <p class="quiet">
            A reviewer can give one where the policy has <code>{'review: { scopes: [session, time, pattern] }'}</code>.
          </p>
        </div>
      ) : list.total === 0 ? (
        <NothingFits action="/scopes" />
      ) : (
        <ul class="holds">
          {list.items.map((scope) => {
            const nonce = nonces.get(scope.id);
            return (
              <li class="hold-card" data-item>
                <div class="hold-head">
                  <h2>
                    {scope.agent} → {scope.account}@{scope.target}
                  </h2>
                  <span class="chip approve">{covers[scope.kind]}</span>
                </div>
                <CommandText text={scope.pattern?.text ?? scope.command} />
                <p class="quiet">
                  {scope.id}, by <b>{scope.createdBy.join(' and ')}</b> on{' '}
                  <a href={`/holds/${encodeURIComponent(scope.hold)}`}>{scope.hold}</a> ·{' '}
                  {scope.uses === 1 ? 'used once' : `used ${scope.uses} times`} · ends{' '}
                  <Moment atMs={scope.expiresAtMs} />, in {duration(scope.expiresAtMs - nowMs)}
                </p>
                {nonce === undefined ? null : (
                  <form method="post" action={`/scopes/${encodeURIComponent(scope.id)}/revoke`}>
                    <input type="hidden" name="nonce" value={nonce} />
                    <button type="submit" class="reject small">
                      Revoke
                    </button>
                  </form>
                )}
              </li>
            );
          })}
        </ul>
      )}
      <Pages action="/scopes" query={query} list={list} />
    </>
  );
}
