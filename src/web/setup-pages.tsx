/** Agents, targets, policy, health, and the visitor's own sessions. Everything here only shows, but for the named forms. */
import type { Hono } from 'hono';
import { type ApiTokens, tokenId } from './api-tokens.ts';
import type { ConsoleParts, Guard } from './guard.tsx';
import type { Passkeys } from './passkeys.ts';
import { may } from './roles.ts';
import { PasskeyList } from './views/passkey.tsx';
import { AgentList, HealthView, MeView, PolicyView, TargetList } from './views/setup.tsx';
import { TokenList } from './views/token.tsx';

/** How far back "last seen" looks: one page of sessions. */
const recentSessions = 200;

export interface SetupParts extends ConsoleParts {
  readonly guard: Guard;
  readonly passkeys: Passkeys | undefined;
  readonly tokens: ApiTokens;
}

export function addSetupPages(app: Hono, { options, sessions, guard, passkeys, tokens }: SetupParts): void {
  app.get(
    '/agents',
    guard.page('see-setup', async (c, visitor) => {
      const recent = await options.sessions.list({ agent: undefined, limit: recentSessions, cursor: undefined });
      const lastSeen = new Map<string, number>();
      for (const session of recent.sessions) {
        const atMs = session.closedAtMs ?? session.openedAtMs;
        lastSeen.set(session.agent, Math.max(atMs, lastSeen.get(session.agent) ?? 0));
      }
      const mayManage = options.disableAgent !== undefined && may(visitor.reviewer, 'manage-agents');
      const agents = options.agents();
      const nonces = new Map(
        mayManage ? agents.map(({ name }) => [name, guard.nonce(visitor, ['disable', name])] as const) : [],
      );
      const terms = { agents, nowMs: options.clock(), lastSeen, nonces };
      return guard.show(c, visitor, { title: 'Agents', current: '/agents' }, <AgentList {...terms} />);
    }),
  );

  app.post(
    '/agents/:name/disable',
    guard.form(
      'manage-agents',
      (c) => ['disable', c.req.param('name') ?? ''],
      async (c, visitor, form) => {
        const name = c.req.param('name') ?? '';
        const isKnown = options.agents().some((agent) => agent.name === name);
        if (!isKnown || options.disableAgent === undefined || form.get('sure') !== 'yes') {
          const lines = ['Tick the box to say that you mean it.'];
          return guard.say(c, 400, visitor, { tone: 'bad', heading: 'Nothing was done', lines });
        }
        try {
          await options.disableAgent(name, visitor.reviewer.name);
        } catch (error) {
          options.onFailure?.({ path: c.req.path, error });
          const lines = [
            `The configuration could not be changed from here. On the bastion: sallyport agent disable ${name}`,
          ];
          return guard.say(c, 500, visitor, { tone: 'bad', heading: `${name} is not disabled`, lines });
        }
        const lines = ['Its sessions end within a second, and its keys are refused from now on.'];
        return guard.say(c, 200, visitor, { tone: 'good', heading: `${name} is disabled`, lines });
      },
    ),
  );

  app.get(
    '/targets',
    guard.page('see-setup', (c, visitor) =>
      guard.show(c, visitor, { title: 'Targets', current: '/targets' }, <TargetList targets={options.targets()} />),
    ),
  );
  app.get(
    '/policy',
    guard.page('see-setup', (c, visitor) =>
      guard.show(c, visitor, { title: 'Policy', current: '/policy' }, <PolicyView policy={options.policy()} />),
    ),
  );
  app.get(
    '/health',
    guard.page('see-setup', async (c, visitor) =>
      guard.show(c, visitor, { title: 'Health', current: '/health' }, <HealthView checks={await options.health()} />),
    ),
  );

  app.get(
    '/me',
    guard.page(undefined, async (c, visitor) => {
      const { reviewer, session } = visitor;
      const own = (await sessions.of(reviewer.name)).map((entry) => ({
        session: entry,
        nonce: guard.nonce(visitor, ['revoke', entry.key]),
      }));
      const terms = { reviewer, current: session.key, sessions: own, signOutNonce: guard.nonce(visitor, ['sign-out']) };
      const keys = ((await passkeys?.of(reviewer.name)) ?? []).map((passkey) => ({
        passkey,
        nonce: guard.nonce(visitor, ['remove-passkey', passkey.id]),
      }));
      const shown = reviewer.apiTokens.map((token) => ({
        token,
        id: tokenId(token),
        usedAtMs: tokens.lastUsedAtMs(token),
        nonce: options.revokeToken === undefined ? undefined : guard.nonce(visitor, ['revoke-token', tokenId(token)]),
      }));
      const scripts = ['review.js', 'console.js', 'passkey.js'];
      return guard.show(
        c,
        visitor,
        { title: reviewer.name, scripts },
        <MeView {...terms}>
          {passkeys?.isPossible === true ? (
            <PasskeyList passkeys={keys} addNonce={guard.nonce(visitor, ['passkeys'])} />
          ) : null}
          <TokenList tokens={shown} nowMs={options.clock()} />
        </MeView>,
      );
    }),
  );

  app.post(
    '/me/revoke',
    guard.form(
      undefined,
      (_c, form) => ['revoke', form.get('key') ?? ''],
      async (c, visitor, form) => {
        const key = form.get('key') ?? '';
        // The nonce says that we showed it; this says that it is still theirs.
        const own = await sessions.of(visitor.reviewer.name);
        if (own.some((entry) => entry.key === key)) await sessions.revoke(key);
        return c.redirect('/me', 303);
      },
    ),
  );

  app.post(
    '/me/revoke-token',
    guard.form(
      undefined,
      (_c, form) => ['revoke-token', form.get('id') ?? ''],
      async (c, visitor, form) => {
        const id = form.get('id') ?? '';
        if (options.revokeToken === undefined || !visitor.reviewer.apiTokens.some((token) => tokenId(token) === id))
          return c.redirect('/me', 303);
        try {
          await options.revokeToken(visitor.reviewer.name, id);
        } catch (error) {
          options.onFailure?.({ path: c.req.path, error });
          const lines = [
            `The configuration could not be changed from here. On the bastion: sallyport reviewer revoke-token ${visitor.reviewer.name} ${id}`,
          ];
          return guard.say(c, 500, visitor, { tone: 'bad', heading: 'The token is not revoked', lines });
        }
        const lines = ['It is refused within a second.'];
        return guard.say(c, 200, visitor, { tone: 'good', heading: `Token ${id} is revoked`, lines });
      },
    ),
  );
}
