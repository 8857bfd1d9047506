import type { LiveSession } from '../../live-sessions.ts';
import { Moment } from './moment.tsx';

export interface LiveTerms {
  readonly sessions: readonly LiveSession[];
  /** Session → nonce of its button; empty when this visitor may not end any. */
  readonly nonces: ReadonlyMap<string, string>;
  readonly maySeeEvidence: boolean;
}

export function LiveList({ sessions, nonces, maySeeEvidence }: LiveTerms) {
  return (
    <>
      <h1>Open sessions</h1>
      {sessions.length === 0 ? (
        <div class="empty">
          <p>
            <b>No session is open.</b>
          </p>
          <p class="quiet">Those of every node appear here within seconds; what was, is under Sessions.</p>
        </div>
      ) : (
        <ul class="holds">
          {sessions.map((session) => (
            <LiveItem session={session} nonce={nonces.get(session.id)} maySeeEvidence={maySeeEvidence} />
          ))}
        </ul>
      )}
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
