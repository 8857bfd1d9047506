import { brokenGlass } from '../../approval/glass.ts';
import type { Hold, HoldState } from '../../approval/hold.ts';
import { neededInWords } from '../../approval/quorum.ts';
import { leastReasonLength, maxReasonLength } from '../../approval/reason.ts';
import { type HeldWords, noWords } from '../explain.ts';
import type { ListPage, ListQuery } from '../list-query.ts';
import { CommandExcerpt, CommandText, Quoted } from './command.tsx';
import { wantedReason } from './decide.tsx';
import { AskedAgain, Running, TimeLeft } from './hold.tsx';
import { ListForm, NothingFits, Pages } from './list.tsx';
import { Moment } from './moment.tsx';

const stateNames: Readonly<Record<HoldState, string>> = {
  pending: 'waiting',
  approved: 'approved',
  released: 'ran',
  rejected: 'rejected',
  expired: 'expired',
  withdrawn: 'withdrawn',
};

export function StateChip({ state }: { readonly state: HoldState }) {
  const tones = {
    pending: 'approve',
    approved: 'allow',
    released: 'allow',
    rejected: 'deny',
    expired: 'other',
    withdrawn: 'other',
  };
  return <span class={`chip ${tones[state]}`}>{stateNames[state]}</span>;
}

function HoldCard({
  hold,
  nowMs,
  mayPick,
}: {
  readonly hold: Hold;
  readonly nowMs: number;
  readonly mayPick: boolean;
}) {
  const { action } = hold;
  const name = `${action.agent} on ${action.target}`;
  return (
    <li class="hold-card" data-item>
      <div class="hold-head">
        {mayPick ? (
          <label class="pick">
            <input type="checkbox" name="id" value={hold.id} aria-label={`Pick ${name}`} />
          </label>
        ) : null}
        <h2>
          <a href={`/holds/${encodeURIComponent(hold.id)}`} data-open>
            <b>{action.agent}</b> on <b>{action.target}</b>
          </a>
        </h2>
        {hold.state === 'pending' ? null : <StateChip state={hold.state} />}
        {hold.respelling === undefined ? null : <span class="chip deny">asked again after a no</span>}
        {brokenGlass(hold) === undefined ? null : <span class="chip deny">outside the rule</span>}
      </div>
      <div class="clip">
        <CommandExcerpt text={action.command} parts={hold.parts} />
      </div>
      <p class="quiet">
        <Quoted text={hold.reason} /> <Moment atMs={hold.createdAtMs} />
        {hold.decisions.length === 0 ? null : (
          <>
            {' · '}
            {hold.decisions
              .map(
                ({ reviewer, verdict, lapsed }) =>
                  `${reviewer} ${verdict === 'approve' ? 'approved' : 'rejected'}${lapsed === undefined ? '' : ' (does not count)'}`,
              )
              .join(', ')}
          </>
        )}
        {hold.quorum > 1 && hold.state === 'pending' ? ` · needs ${neededInWords(hold)}` : null}
      </p>
      {hold.state === 'pending' ? <TimeLeft hold={hold} nowMs={nowMs} /> : null}
    </li>
  );
}

/** As many as a batch takes. */
const maxGroup = 20;

const filters: readonly { readonly state: HoldState | 'all'; readonly name: string }[] = [
  { state: 'pending', name: 'Waiting' },
  { state: 'approved', name: 'Approved' },
  { state: 'released', name: 'Ran' },
  { state: 'rejected', name: 'Rejected' },
  { state: 'expired', name: 'Expired' },
  { state: 'all', name: 'All' },
];

export interface WaitingTerms {
  readonly holds: readonly Hold[];
  readonly state: HoldState | 'all';
  readonly query: ListQuery<string>;
  readonly nowMs: number;
  readonly nextPage: string | undefined;
  /** Of a search or another order; undefined for the newest. */
  readonly list: ListPage<Hold> | undefined;
  /** How many were looked through when there are more; undefined when that was all. */
  readonly searched: number | undefined;
  readonly mayDecide: boolean;
}

export function WaitingList(terms: WaitingTerms) {
  const { holds, state, query, nowMs, nextPage, list, searched, mayDecide } = terms;
  const mayPick = mayDecide && state === 'pending' && holds.length > 1;
  const kept = { q: query.words, sort: query.sort, ...(query.isDown ? { down: 'yes' } : {}) };
  const address = (wanted: string) =>
    `/waiting?${new URLSearchParams({ state: wanted, ...(list === undefined ? {} : kept) })}`;
  return (
    <>
      <div class="title">
        <h1>{state === 'pending' ? 'Waiting for a decision' : 'Holds'}</h1>
        <p class="live quiet" data-live-state></p>
      </div>
      <nav class="filters" aria-label="Show">
        {filters.map((filter) => (
          <a href={address(filter.state)} aria-current={filter.state === state ? 'true' : undefined}>
            {filter.name}
          </a>
        ))}
      </nav>
      <details class="finder" open={list !== undefined}>
        <summary>Search and sort</summary>
        <ListForm
          action="/waiting"
          query={query}
          what="Find by agent, target, command or rule"
          filters={[]}
          sorts={[
            { value: 'newest', name: 'newest' },
            { value: 'ends', name: 'time left' },
            { value: 'agent', name: 'agent' },
            { value: 'target', name: 'target' },
          ]}
        >
          <input type="hidden" name="state" value={state} />
        </ListForm>
      </details>
      <div data-live>
        {searched === undefined ? null : (
          <p class="note">
            Only the newest {searched} were looked through; there are more. All, newest first:{' '}
            <a href={`/waiting?state=${state}`}>without search</a>
          </p>
        )}
        {holds.length === 0 && query.words !== '' ? (
          <NothingFits action={`/waiting?state=${state}`} />
        ) : holds.length === 0 ? (
          <div class="empty">
            <p>
              <b>{state === 'pending' ? 'Nothing is waiting.' : 'Nothing here yet.'}</b>
            </p>
            <p class="quiet">
              {state === 'pending'
                ? 'When an agent asks for something its policy holds, it appears here at once and in your mail.'
                : 'Holds in this state appear here, newest first.'}
            </p>
          </div>
        ) : (
          <form method="get" action="/batch">
            <ul class="holds">
              {holds.map((hold) => (
                <HoldCard hold={hold} nowMs={nowMs} mayPick={mayPick} />
              ))}
            </ul>
            {mayPick ? (
              <div class="batch-bar">
                <button type="submit" class="small">
                  Decide the picked ones together
                </button>
                <RuleGroups holds={holds} />
              </div>
            ) : null}
          </form>
        )}
        {nextPage === undefined ? null : (
          <p>
            <a class="button small" href={nextPage}>
              Older
            </a>
          </p>
        )}
        {list === undefined ? null : <Pages action="/waiting" query={query} list={list} also={{ state }} />}
      </div>
      {state === 'pending' ? (
        <details class="notify">
          <summary>Tell me when something new waits</summary>
          <p>
            <label class="check">
              <input type="checkbox" data-notify /> Show a notification while this page is open
            </label>
            <label class="check">
              <input type="checkbox" data-sound /> Play a short sound
            </label>
          </p>
        </details>
      ) : null}
      <p class="keys quiet">
        Keys: <kbd>j</kbd> and <kbd>k</kbd> move, <kbd>Enter</kbd> opens.
      </p>
    </>
  );
}

function environmentOf({ action }: Hold): string {
  return Object.entries(action.environment)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n');
}

/** What runs: two holds may have the same command and another program on stdin. */
function contentOf(hold: Hold): string {
  const { command, stdin, stdinUse } = hold.action;
  return JSON.stringify([command, stdin, stdinUse, environmentOf(hold)]);
}

/** Holds of one rule, to be decided on one page. */
function RuleGroups({ holds }: { readonly holds: readonly Hold[] }) {
  const groups = new Map<string, readonly Hold[]>();
  for (const hold of holds)
    if (hold.rule !== undefined) groups.set(hold.rule, [...(groups.get(hold.rule) ?? []), hold].slice(0, maxGroup));
  const several = [...groups].filter(([, members]) => members.length > 1);
  return (
    <>
      {several.map(([rule, members]) => (
        <a class="button small" href={`/batch?${members.map(({ id }) => `id=${encodeURIComponent(id)}`).join('&')}`}>
          Look at {members.length} of rule {rule} together
        </a>
      ))}
    </>
  );
}

/** Several holds, each whole, decided by one answer. */
export function BatchView(props: {
  readonly holds: readonly Hold[];
  /** By hold id, for colouring. */
  readonly words: ReadonlyMap<string, HeldWords>;
  readonly nonce: string;
  readonly problem?: string;
}) {
  const { holds, words, problem } = props;
  const least = Math.max(...holds.map(leastReasonLength));
  const isSame = new Set(holds.map(contentOf)).size === 1;
  return (
    <div class="hold">
      <div class="lead">
        <h1>{`Decide ${holds.length} requests together`}</h1>
        <p class="who">
          {isSame ? 'All ask for the same command.' : 'They ask for different commands. Read each one.'}
        </p>
      </div>
      <div class="columns">
        <ol class="evidence batch">
          {holds.map((hold) => (
            <li>
              <h2 class="asker">
                <b>{hold.action.agent}</b> (agent of {hold.action.agentOwner}) on <b>{hold.action.target}</b> as{' '}
                {hold.action.account}
              </h2>
              <AskedAgain hold={hold} />
              <Running hold={hold} words={words.get(hold.id) ?? noWords} />
              {environmentOf(hold) === '' ? null : (
                <>
                  <p class="label">With this environment</p>
                  <CommandText text={environmentOf(hold)} />
                </>
              )}
              <p class="quiet">
                <Quoted text={hold.reason} /> <a href={`/holds/${encodeURIComponent(hold.id)}`}>Everything about it</a>
              </p>
            </li>
          ))}
        </ol>
        <aside class="decide" aria-label="Your decision">
          <form method="post" action="/batch" class="decision" autocomplete="off" data-decide>
            <h2>Your decision for all {holds.length}</h2>
            <input type="hidden" name="nonce" value={props.nonce} />
            <input type="hidden" name="ids" value={holds.map((hold) => `${hold.id}:${hold.digest}`).join(' ')} />
            <div class="field">
              <label for="reason">
                Reason <span class="quiet">{wantedReason(least)}</span>
              </label>
              {problem === undefined ? null : (
                <p class="problem" role="alert">
                  {problem}
                </p>
              )}
              <textarea
                id="reason"
                name="reason"
                rows={2}
                minlength={least}
                maxlength={maxReasonLength}
                required={least > 0}
              ></textarea>
            </div>
            <div class="buttons">
              <button type="submit" name="decision" value="approve" class="approve">
                Approve all {holds.length}
              </button>
              <button type="submit" name="decision" value="reject" class="reject" formnovalidate>
                Reject all {holds.length}
              </button>
            </div>
            <p class="quiet">Each is decided and written down on its own.</p>
          </form>
        </aside>
      </div>
    </div>
  );
}

export function BatchResult({
  lines,
}: {
  readonly lines: readonly { readonly hold: Hold; readonly text: string; readonly isGood: boolean }[];
}) {
  return (
    <>
      <h1>What became of them</h1>
      <ul class="holds">
        {lines.map(({ hold, text, isGood }) => (
          <li class="hold-card">
            <div class="hold-head">
              <h2>
                <a href={`/holds/${encodeURIComponent(hold.id)}`}>
                  {hold.action.agent} on {hold.action.target}
                </a>
              </h2>
              <span class={`chip ${isGood ? 'allow' : 'deny'}`}>{text}</span>
            </div>
            <div class="clip">
              <CommandExcerpt text={hold.action.command} />
            </div>
          </li>
        ))}
      </ul>
      <p>
        <a class="button small" href="/waiting">
          Back to what waits
        </a>
      </p>
    </>
  );
}
