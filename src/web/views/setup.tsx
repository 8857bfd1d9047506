import type { Child } from 'hono/jsx';
import type { AgentConfig, ReviewerConfig, TargetConfig } from '../../config.ts';
import type { HealthCheck, PolicyInfo } from '../ports.ts';
import type { SignedIn } from '../reviewer-sessions.ts';
import { rolesOf } from '../roles.ts';
import { Listing } from './command.tsx';
import { Moment } from './moment.tsx';

/** Warned about this long before: somebody has to find the owner first. */
const soonMs = 7 * 24 * 3_600_000;

function Labels({ labels }: { readonly labels: Readonly<Record<string, string>> }) {
  const entries = Object.entries(labels);
  if (entries.length === 0) return null;
  return (
    <span class="labels">
      {entries.map(([name, value]) => (
        <span class="chip other">
          {name}={value}
        </span>
      ))}
    </span>
  );
}

function AgentState({ agent, nowMs }: { readonly agent: AgentConfig; readonly nowMs: number }) {
  if (agent.isDisabled) return <span class="chip deny">disabled</span>;
  const { expiresAtMs } = agent;
  if (expiresAtMs !== undefined && expiresAtMs <= nowMs) return <span class="chip deny">expired</span>;
  if (expiresAtMs !== undefined && expiresAtMs <= nowMs + soonMs) return <span class="chip approve">expires soon</span>;
  return <span class="chip allow">active</span>;
}

export interface AgentsTerms {
  readonly agents: readonly AgentConfig[];
  readonly nowMs: number;
  /** Agent → when it was last seen. */
  readonly lastSeen: ReadonlyMap<string, number>;
  /** Agent → nonce of its disable button; empty when this visitor may not. */
  readonly nonces: ReadonlyMap<string, string>;
}

export function AgentList({ agents, nowMs, lastSeen, nonces }: AgentsTerms) {
  return (
    <>
      <h1>Agents</h1>
      {agents.length === 0 ? (
        <div class="empty">
          <p>
            <b>No agent is known.</b>
          </p>
          <p class="quiet">
            Add one on the bastion: <code>sallyport agent add NAME --owner REVIEWER --by YOU --key-file FILE</code>
          </p>
        </div>
      ) : (
        <ul class="holds">
          {agents.map((agent) => {
            const seen = lastSeen.get(agent.name);
            const nonce = nonces.get(agent.name);
            return (
              <li class="hold-card" data-item>
                <div class="hold-head">
                  <h2>{agent.name}</h2>
                  <AgentState agent={agent} nowMs={nowMs} />
                </div>
                <p class="quiet">
                  owned by <b>{agent.owner}</b> · {agent.keys.length === 1 ? '1 key' : `${agent.keys.length} keys`}
                  {' · '}
                  {seen === undefined ? (
                    'not seen lately'
                  ) : (
                    <>
                      last seen <Moment atMs={seen} />
                    </>
                  )}
                  {agent.expiresAtMs === undefined ? null : (
                    <>
                      {' · expires '}
                      <Moment atMs={agent.expiresAtMs} />
                    </>
                  )}
                </p>
                <p class="mono">
                  {Object.entries(agent.targets)
                    .flatMap(([target, accounts]) => accounts.map((account) => `${account}@${target}`))
                    .join(', ') || 'may reach no target'}
                </p>
                <Labels labels={agent.labels} />
                {nonce === undefined || agent.isDisabled ? null : (
                  <form method="post" action={`/agents/${encodeURIComponent(agent.name)}/disable`} class="inline">
                    <input type="hidden" name="nonce" value={nonce} />
                    <label class="check">
                      <input type="checkbox" name="sure" value="yes" required /> End its sessions and refuse it from now
                      on
                    </label>
                    <button type="submit" class="danger small">
                      Disable {agent.name} now
                    </button>
                  </form>
                )}
              </li>
            );
          })}
        </ul>
      )}
    </>
  );
}

export function TargetList({ targets }: { readonly targets: readonly TargetConfig[] }) {
  return (
    <>
      <h1>Targets</h1>
      {targets.length === 0 ? (
        <div class="empty">
          <p>
            <b>No target is known.</b>
          </p>
          <p class="quiet">
            Add one on the bastion: <code>sallyport target add NAME --host HOST</code>
          </p>
        </div>
      ) : (
        <ul class="holds">
          {targets.map((target) => (
            <li class="hold-card" data-item>
              <div class="hold-head">
                <h2>{target.name}</h2>
                <span class="mono quiet">
                  {target.host}:{target.port}
                </span>
              </div>
              <p class="quiet">
                accounts {Object.keys(target.accounts).join(', ')} · shell {target.dialect} · host key pinned
              </p>
              <Labels labels={target.labels} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

export function PolicyView({ policy }: { readonly policy: PolicyInfo }) {
  return (
    <>
      <h1>Policy in force</h1>
      <p class="who">
        <b>{policy.file}</b> · loaded <Moment atMs={policy.loadedAtMs} />
      </p>
      <p class="quiet">
        SHA-256 <code>{policy.hash}</code>, which stamps every decision made with it.
      </p>
      <Listing text={policy.text} />
      <p class="quiet">
        Try a command against it: <code>sallyport policy explain -- 'COMMAND'</code>
      </p>
    </>
  );
}

export function HealthView({ checks }: { readonly checks: readonly HealthCheck[] }) {
  const tones = { ok: 'allow', warn: 'approve', fail: 'deny' };
  const words = { ok: 'good', warn: 'look at it', fail: 'broken' };
  return (
    <>
      <h1>Health</h1>
      <ul class="holds">
        {checks.map((check) => (
          <li class="hold-card">
            <div class="hold-head">
              <h2>{check.name}</h2>
              <span class={`chip ${tones[check.state]}`}>{words[check.state]}</span>
            </div>
            <p class="quiet">{check.detail}</p>
          </li>
        ))}
      </ul>
    </>
  );
}

export interface MeTerms {
  readonly reviewer: ReviewerConfig;
  readonly current: string;
  readonly sessions: readonly { readonly session: SignedIn; readonly nonce: string }[];
  readonly signOutNonce: string;
  readonly children?: Child;
}

export function MeView({ reviewer, current, sessions, signOutNonce, children }: MeTerms) {
  const ways = {
    mail: 'by mail',
    token: 'with an API token',
    passkey: 'with a passkey',
    oidc: 'with the company login',
  };
  return (
    <>
      <h1>{reviewer.name}</h1>
      <p class="who">
        {reviewer.email} · {rolesOf(reviewer).join(', ')} · groups {reviewer.groups.join(', ') || 'none'}
      </p>
      <h2 class="section">Where you are signed in</h2>
      <ul class="holds">
        {sessions.map(({ session, nonce }) => (
          <li class="hold-card">
            <p>
              {session.key === current ? <b>This browser</b> : 'Another browser'} · {ways[session.how]} · from{' '}
              {session.remote} · <Moment atMs={session.sinceMs} />
            </p>
            {session.key === current ? null : (
              <form method="post" action="/me/revoke">
                <input type="hidden" name="key" value={session.key} />
                <input type="hidden" name="nonce" value={nonce} />
                <button type="submit" class="danger small">
                  Sign it out
                </button>
              </form>
            )}
          </li>
        ))}
      </ul>
      {children}
      <form method="post" action="/sign-out" class="leave">
        <input type="hidden" name="nonce" value={signOutNonce} />
        <button type="submit" class="small">
          Sign out here
        </button>
      </form>
    </>
  );
}
