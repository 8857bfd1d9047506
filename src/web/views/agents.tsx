import type { AgentLock } from '../../approval/standing.ts';
import type { AgentConfig } from '../../config.ts';
import type { AgentState } from '../agent-state.ts';
import type { ListPage, ListQuery } from '../list-query.ts';
import { ListForm, NothingFits, Pages } from './list.tsx';
import { Moment } from './moment.tsx';
import { Labels } from './setup.tsx';

export interface ShownAgent {
  readonly agent: AgentConfig;
  readonly seenAtMs: number | undefined;
  /** Present while it is locked for respelling what was rejected. */
  readonly lock: AgentLock | undefined;
  readonly state: AgentState;
}

/** Agent → nonce of its form; undefined when this visitor may not. */
type NonceOf = (agent: string) => string | undefined;

export interface AgentsTerms {
  readonly list: ListPage<ShownAgent>;
  readonly query: ListQuery<string>;
  readonly nowMs: number;
  readonly nonces: Readonly<Record<'disable' | 'enable' | 'unlock' | 'expiry', NonceOf>>;
  readonly hasAny: boolean;
}

const states: Readonly<Record<AgentState, { readonly tone: string; readonly name: string }>> = {
  active: { tone: 'allow', name: 'active' },
  expiring: { tone: 'approve', name: 'expires soon' },
  stale: { tone: 'approve', name: 'stale: not seen for 30 days' },
  expired: { tone: 'deny', name: 'expired' },
  locked: { tone: 'deny', name: 'locked' },
  disabled: { tone: 'deny', name: 'disabled' },
};

export function AgentList({ list, query, nowMs, nonces, hasAny }: AgentsTerms) {
  return (
    <>
      <h1>Agents</h1>
      <ListForm
        action="/agents"
        query={query}
        what="Find by name, owner or target"
        filters={[
          { value: 'all', name: 'all' },
          ...Object.entries(states).map(([value, { name }]) => ({ value, name: name.split(':')[0] ?? name })),
        ]}
        sorts={[
          { value: 'name', name: 'name' },
          { value: 'owner', name: 'owner' },
          { value: 'seen', name: 'last seen' },
          { value: 'expiry', name: 'end' },
        ]}
      />
      {!hasAny ? (
        <div class="empty">
          <p>
            <b>No agent is known.</b>
          </p>
          <p class="quiet">
            Add one on the bastion: <code>sallyport agent add NAME --owner REVIEWER --by YOU --key-file FILE</code>
          </p>
        </div>
      ) : list.total === 0 ? (
        <NothingFits action="/agents" />
      ) : (
        <ul class="holds">
          {list.items.map((shown) => (
            <AgentCard shown={shown} nowMs={nowMs} nonces={nonces} />
          ))}
        </ul>
      )}
      <Pages action="/agents" query={query} list={list} />
    </>
  );
}

function AgentCard(props: {
  readonly shown: ShownAgent;
  readonly nowMs: number;
  readonly nonces: AgentsTerms['nonces'];
}) {
  const { agent, seenAtMs, state } = props.shown;
  const places = Object.entries(agent.targets).flatMap(([target, accounts]) =>
    accounts.map((account) => `${account}@${target}`),
  );
  return (
    <li class="hold-card" data-item>
      <div class="hold-head">
        <h2>{agent.name}</h2>
        <span class={`chip ${states[state].tone}`}>{states[state].name}</span>
      </div>
      <p class="quiet">
        owned by <b>{agent.owner}</b> · {agent.keys.length === 1 ? '1 key' : `${agent.keys.length} keys`}
        {' · '}
        {seenAtMs === undefined ? (
          'never seen'
        ) : (
          <>
            last seen <Moment atMs={seenAtMs} />
          </>
        )}
        {' · '}
        {agent.expiresAtMs === undefined ? (
          'never expires'
        ) : (
          <>
            {agent.expiresAtMs <= props.nowMs ? 'expired' : 'expires'} <Moment atMs={agent.expiresAtMs} />
          </>
        )}
        {' · '}
        <a href={`/sessions?agent=${encodeURIComponent(agent.name)}`} aria-label={`Sessions of ${agent.name}`}>
          sessions
        </a>
      </p>
      <p class="mono places-of">
        {places.length === 0 ? 'may reach no target' : places.map((place) => <span>{place}</span>)}
      </p>
      <Labels labels={agent.labels} />
      {props.shown.lock === undefined ? null : <Locked lock={props.shown.lock} />}
      <Manage {...props} />
    </li>
  );
}

/** Why everything it sends is refused, and where to read what it did. */
function Locked({ lock }: { readonly lock: AgentLock }) {
  return (
    <p class="warning" role="note">
      <strong>Locked</strong> <Moment atMs={lock.atMs} />: {lock.count} times it asked again for what a reviewer had
      rejected, last for{' '}
      <a href={`/holds/${encodeURIComponent(lock.hold)}`} aria-label={`The rejected request ${lock.hold}`}>
        {lock.hold}
      </a>
      . Everything it sends is refused until somebody unlocks it.
    </p>
  );
}

interface Deed {
  readonly verb: 'disable' | 'enable' | 'unlock';
  /** What the box says one agrees to. */
  readonly sure: string;
  /** What the button says before and after the name, which is seen above and heard here. */
  readonly button: readonly [string, string?];
}

function Manage({ shown: { agent, lock }, nowMs, nonces }: Parameters<typeof AgentCard>[0]) {
  const base = `/agents/${encodeURIComponent(agent.name)}`;
  const deeds: readonly Deed[] = [
    ...(lock === undefined ? [] : [{ verb: 'unlock', sure: 'I know why it asked again', button: ['Unlock'] } as const]),
    agent.isDisabled
      ? { verb: 'enable', sure: 'Let it in again', button: ['Enable'] }
      : { verb: 'disable', sure: 'End its sessions and refuse it from now on', button: ['Disable', ' now'] },
  ];
  const expiryNonce = nonces.expiry(agent.name);
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  if (expiryNonce === undefined && deeds.every(({ verb }) => nonces[verb](agent.name) === undefined)) return null;
  return (
    <div class="manage">
      {deeds.map(({ verb, sure, button }) => {
        const nonce = nonces[verb](agent.name);
        return nonce === undefined ? null : (
          <form method="post" action={`${base}/${verb}`} class="inline">
            <input type="hidden" name="nonce" value={nonce} />
            <label class="check">
              <input type="checkbox" name="sure" value="yes" required /> {sure}
            </label>
            <button type="submit" class={verb === 'disable' ? 'danger small' : 'small'}>
              <span>
                {button[0]}
                <span class="away"> {agent.name}</span>
                {button[1]}
              </span>
            </button>
          </form>
        );
      })}
      {expiryNonce === undefined ? null : (
        <form method="post" action={`${base}/expiry`} class="inline">
          <input type="hidden" name="nonce" value={expiryNonce} />
          <label class="day">
            <span>Refuse it from</span>
            <input
              type="date"
              name="date"
              required
              min={day(nowMs + 86_400_000)}
              max={day(nowMs + 365 * 86_400_000)}
              value={agent.expiresAtMs === undefined ? '' : day(agent.expiresAtMs)}
              aria-label={`Day on which ${agent.name} ends`}
            />
          </label>
          <button type="submit" class="small">
            <span>
              Set the end
              <span class="away"> of {agent.name}</span>
            </span>
          </button>
        </form>
      )}
    </div>
  );
}
