import type { Child } from 'hono/jsx';
import type { ReviewerConfig } from '../../config.ts';
import type { HealthCheck } from '../ports.ts';
import type { SignedIn } from '../reviewer-sessions.ts';
import { rolesOf } from '../roles.ts';
import { Moment } from './moment.tsx';

export function Labels({ labels }: { readonly labels: Readonly<Record<string, string>> }) {
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
