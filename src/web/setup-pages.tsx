/** Health, and what is the visitor's own: sessions, passkeys, tokens. */
import type { Hono } from 'hono';
import { type ApiTokens, tokenId } from './api-tokens.ts';
import type { ConsoleParts, Guard } from './guard.tsx';
import type { Passkeys } from './passkeys.ts';
import { PasskeyList } from './views/passkey.tsx';
import { HealthView, MeView } from './views/setup.tsx';
import { TokenList } from './views/token.tsx';

export interface SetupParts extends ConsoleParts {
  readonly guard: Guard;
  readonly passkeys: Passkeys | undefined;
  readonly tokens: ApiTokens;
}

export function addSetupPages(app: Hono, { options, sessions, guard, passkeys, tokens }: SetupParts): void {
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
        usedAtMs: tokens.lastUsedAtMs(token) ?? options.history?.tokenUsedAtMs(tokenId(token)),
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
