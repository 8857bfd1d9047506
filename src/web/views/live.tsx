import type { LiveSession } from '../../live-sessions.ts';
import type { ListPage, ListQuery } from '../list-query.ts';
import { ListForm, NothingFits, Pages } from './list.tsx';
import { Moment } from './moment.tsx';

export interface LiveTerms {
  readonly list: ListPage<LiveSession>;
  readonly query: ListQuery<string>;
  readonly hasAny: boolean;
  /** Session → nonce of its button; empty when this visitor may not end any. */
  readonly nonces: ReadonlyMap<string, string>;
  readonly maySeeEvidence: boolean;
}

export function LiveList({ list, query, hasAny, nonces, maySeeEvidence }: LiveTerms) {
  return (
    <>
      <h1>Open sessions</h1>
      <ListForm
        action="/live"
        query={query}
        what="Find by agent, target, address or node"
        filters={['all', 'busy', 'idle'].map((value) => ({ value, name: value }))}
        sorts={[
          { value: 'newest', name: 'newest' },
          { value: 'agent', name: 'agent' },
          { value: 'node', name: 'node' },
        ]}
      />
      {!hasAny ? (
        <div class="empty">
          <p>
            <b>No session is open.</b>
          </p>
          <p class="quiet">Those of every node appear here within seconds; what was, is under Sessions.</p>
        </div>
      ) : list.total === 0 ? (
        <NothingFits action="/live" />
      ) : (
        <ul class="holds">
          {list.items.map((session) => (
            <LiveItem session={session} nonce={nonces.get(session.id)} maySeeEvidence={maySeeEvidence} />
          ))}
        </ul>
      )}
      <Pages action="/live" query={query} list={list} />
    </>
  );
}

function LiveItem(props: {
  readonly session: LiveSession;
  readonly nonce: string | undefined;
  readonly maySeeEvidence: boolean;
}) {
  const { session, nonce } = props;
  return (
    <li class="hold-card" data-item>
      <div class="hold-head">
        <h2>{session.agent}</h2>
        <span class={session.isBusy ? 'chip allow' : 'chip other'}>{session.isBusy ? 'busy' : 'idle'}</span>
      </div>
      <p class="mono">{session.username}</p>
      <p class="quiet">
        since <Moment atMs={session.openedAtMs} /> · from {session.remote} · on <b>{session.node}</b>
      </p>
      {!props.maySeeEvidence ? null : session.isHere ? (
        <p>
          <a href={`/sessions/${encodeURIComponent(session.id)}`} data-open>
            What it did
          </a>
        </p>
      ) : (
        <p class="quiet">Its evidence is on {session.node}: open the console of that node.</p>
      )}
      {nonce === undefined ? null : (
        <form method="post" action={`/live/${encodeURIComponent(session.id)}/end`} class="inline">
          <input type="hidden" name="nonce" value={nonce} />
          <button type="submit" class="danger small">
            End this session
          </button>
        </form>
      )}
    </li>
  );
}
