import type { ListPage, ListQuery } from '../list-query.ts';
import type { SessionAction, SessionSummary } from '../ports.ts';
import { CommandExcerpt, CommandText, VerdictChip } from './command.tsx';
import { ListForm, NothingFits, Pages } from './list.tsx';
import { bytes, duration, Moment } from './moment.tsx';

/** The newest; a session of an agent that never stops would fill any page. */
const maxActions = 300;

/** `open`, or why it ended. */
export const stateOf = (session: SessionSummary) =>
  session.closed === undefined && session.closedAtMs === undefined ? 'open' : (session.closed ?? 'closed');

export function SessionList(props: {
  readonly list: ListPage<SessionSummary>;
  readonly query: ListQuery<string>;
  /** Empty: of all. */
  readonly agent: string;
  readonly agents: readonly string[];
  readonly hasAny: boolean;
}) {
  const { list, query } = props;
  return (
    <>
      <h1>Sessions</h1>
      <ListForm
        action="/sessions"
        query={query}
        what="Find by agent, target or address"
        filters={[
          { value: 'all', name: 'all' },
          { value: 'open', name: 'open' },
          { value: 'ended', name: 'ended' },
          { value: 'held', name: 'with holds' },
          { value: 'denied', name: 'with denials' },
        ]}
        sorts={[
          { value: 'newest', name: 'newest' },
          { value: 'agent', name: 'agent' },
          { value: 'commands', name: 'commands' },
          { value: 'length', name: 'length' },
        ]}
      >
        <div class="field">
          <label for="agent">Agent</label>
          <select id="agent" name="agent">
            <option value="">all</option>
            {props.agents.map((name) => (
              <option value={name} selected={name === props.agent}>
                {name}
              </option>
            ))}
          </select>
        </div>
      </ListForm>
      {!props.hasAny ? (
        <div class="empty">
          <p>
            <b>No session yet.</b>
          </p>
          <p class="quiet">
            An agent connects with <code>ssh ACCOUNT@TARGET@bastion COMMAND</code>; every connection appears here.
          </p>
        </div>
      ) : list.total === 0 ? (
        <NothingFits action="/sessions" />
      ) : (
        <table class="rows">
          <caption class="away">Sessions</caption>
          <thead>
            <tr>
              {['Agent', 'Where', 'Opened', 'Commands', 'State'].map((name) => (
                <th scope="col">{name}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {list.items.map((session) => (
              <tr data-item>
                <th scope="row">
                  <a href={`/sessions/${encodeURIComponent(session.id)}`} data-open>
                    {session.agent}
                  </a>
                </th>
                <td class="mono">{session.targets.length === 0 ? '—' : session.targets.join(', ')}</td>
                <td>
                  <Moment atMs={session.openedAtMs} />
                </td>
                <td>
                  {session.commands === 1 ? '1 command' : `${session.commands} commands`}
                  {session.held === 0 ? null : <span class="chip approve">{session.held} held</span>}
                  {session.denied === 0 ? null : <span class="chip deny">{session.denied} denied</span>}
                  {session.outsideRule === undefined ? null : (
                    <span class="chip deny">{session.outsideRule} outside the rule</span>
                  )}
                </td>
                <td>
                  <span class={stateOf(session) === 'open' ? 'chip allow' : 'quiet'}>{stateOf(session)}</span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Pages action="/sessions" query={query} list={list} also={{ agent: props.agent }} />
    </>
  );
}

/** Somebody had answered this already. */
function AskedAgain({ action: { askedAgain } }: { readonly action: SessionAction }) {
  if (askedAgain === undefined) return null;
  return (
    <a class="chip deny" href={`/holds/${encodeURIComponent(askedAgain.hold)}`}>
      {askedAgain.isSame ? 'rejected before' : 'respelled after a no'}
    </a>
  );
}

function ActionItem({ session, action }: { readonly session: string; readonly action: SessionAction }) {
  const replay = `/sessions/${encodeURIComponent(session)}/replay?recording=${encodeURIComponent(action.recording ?? '')}`;
  return (
    <li>
      <span class="line">
        {action.outsideRule === undefined ? null : (
          <span class="chip deny">outside the rule by {action.outsideRule}</span>
        )}
        <VerdictChip verdict={action.verdict} /> <AskedAgain action={action} /> <Moment atMs={action.atMs} />
        <span class="mono">
          {action.account}@{action.target}
        </span>
      </span>
      <CommandExcerpt text={action.command} />
      <span class="line quiet">
        <span>
          {action.ended ?? 'waiting or running'}
          {action.durationMs === undefined ? null : ` after ${duration(action.durationMs)}`}
          {action.outBytes === undefined ? null : `, ${bytes(action.outBytes)} of output`}
          {(action.masked ?? 0) === 0 ? null : `, ${action.masked} masked`}
          {' · '}
          {action.reason}
          {action.rule === undefined ? null : (
            <>
              {' '}
              (rule <code>{action.rule}</code>)
            </>
          )}
          {action.reviewers.length === 0 ? null : ` · decided by ${action.reviewers.join(', ')}`}
        </span>
        {action.hold === undefined ? null : <a href={`/holds/${encodeURIComponent(action.hold)}`}>Hold</a>}
        {action.recording === undefined ? null : <a href={replay}>Replay</a>}
      </span>
    </li>
  );
}

export function SessionView({
  session,
  actions,
}: {
  readonly session: SessionSummary;
  readonly actions: readonly SessionAction[];
}) {
  return (
    <>
      <p class="quiet">
        <a href="/sessions">Sessions</a>
      </p>
      <h1>
        <b>{session.agent}</b> {stateOf(session) === 'open' ? 'is connected' : 'was connected'}
      </h1>
      <p class="who">
        from <b>{session.remote}</b> · <Moment atMs={session.openedAtMs} />
        {session.closedAtMs === undefined ? null : ` · ${duration(session.closedAtMs - session.openedAtMs)}`} ·{' '}
        {stateOf(session)}
      </p>
      <h2 class="section">What it did</h2>
      {actions.length === 0 ? (
        <div class="empty">
          <p>
            <b>Nothing yet.</b>
          </p>
          <p class="quiet">It logged in and asked for no command.</p>
        </div>
      ) : (
        <>
          {actions.length <= maxActions ? null : (
            <p class="quiet">
              The newest {maxActions} of {actions.length}. All: <code>sallyport session show {session.id}</code>
            </p>
          )}
          <ol class="before actions">
            {actions.slice(-maxActions).map((action) => (
              <ActionItem session={session.id} action={action} />
            ))}
          </ol>
        </>
      )}
    </>
  );
}

export function ReplayView(props: { readonly session: SessionSummary; readonly action: SessionAction }) {
  const { session, action } = props;
  const cast = `/sessions/${encodeURIComponent(session.id)}/cast?recording=${encodeURIComponent(action.recording ?? '')}`;
  return (
    <>
      <p class="quiet">
        <a href={`/sessions/${encodeURIComponent(session.id)}`}>Session of {session.agent}</a>
      </p>
      <h1>
        What <b>{action.target}</b> answered
      </h1>
      <CommandText text={action.command} />
      {action.outBytes === 0 ? (
        <div class="empty">
          <p>
            <b>It printed nothing.</b>
          </p>
          <p class="quiet">{action.ended}</p>
        </div>
      ) : (
        <div id="player" class="player" data-cast={cast}>
          <noscript>
            <p>
              The player needs script. <a href={cast}>Download the recording</a> and play it with{' '}
              <code>asciinema play</code>.
            </p>
          </noscript>
        </div>
      )}
      <p class="quiet">
        Secrets were masked before this was recorded. Watching it is written in the audit log.{' '}
        <a href={cast}>Download</a>
      </p>
    </>
  );
}
