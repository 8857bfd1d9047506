/** Where browsers get challenges, and where passkeys are added, removed and used to sign in. */

import { randomBytes } from 'node:crypto';
import type { Context, Hono } from 'hono';
import { passkeyCookie, readCookie, writeCookie } from './cookies.ts';
import type { ConsoleParts, Guard } from './guard.tsx';
import type { Passkeys } from './passkeys.ts';
import type { RateLimit } from './rate.ts';
import { formOf, remoteOf } from './request.ts';
import { sha256 } from './seal.ts';

export interface PasskeyParts extends ConsoleParts {
  readonly guard: Guard;
  readonly passkeys: Passkeys;
  readonly attempts: RateLimit;
}

const maxNameLength = 60;

export function addPasskeyPages(app: Hono, { options, sessions, guard, passkeys, attempts }: PasskeyParts): void {
  const failed = (c: Context, visitor: Parameters<Guard['say']>[2]) =>
    guard.say(c, 400, visitor, {
      tone: 'bad',
      heading: 'The passkey was not accepted',
      lines: ['Try again. If it stays so, remove it on your device and add it anew.'],
    });

  app.post(
    '/passkeys/options',
    guard.form(
      undefined,
      () => ['passkeys'],
      async (c, { reviewer, session }) => c.json(await passkeys.addOptions(reviewer, session.key)),
    ),
  );

  app.post(
    '/passkeys',
    guard.form(
      undefined,
      () => ['passkeys'],
      async (c, visitor, form) => {
        const { reviewer, session } = visitor;
        const name = (form.get('name') ?? '').trim().slice(0, maxNameLength) || 'Passkey';
        if (!(await passkeys.add(reviewer.name, session.key, name, form.get('answer') ?? '')))
          return failed(c, visitor);
        const change = 'passkey added';
        await options.audit.append({ event: 'reviewer.changed', reviewer: reviewer.name, change, by: reviewer.name });
        return c.redirect('/me', 303);
      },
    ),
  );

  app.post(
    '/passkeys/remove',
    guard.form(
      undefined,
      (_c, form) => ['remove-passkey', form.get('id') ?? ''],
      async (c, { reviewer }, form) => {
        if (await passkeys.remove(reviewer.name, form.get('id') ?? '')) {
          const change = 'passkey removed';
          await options.audit.append({ event: 'reviewer.changed', reviewer: reviewer.name, change, by: reviewer.name });
        }
        return c.redirect('/me', 303);
      },
    ),
  );

  app.post('/sign-in/passkey/options', async (c) => {
    const waitS = attempts.take(remoteOf(c, options));
    if (waitS > 0) return c.json({ error: 'too many tries' }, 429);
    // The challenge is for this browser: the cookie says which.
    const cookie = randomBytes(24).toString('base64url');
    writeCookie(c, passkeyCookie, options.publicUrl(), cookie);
    return c.json(await passkeys.askOptions(`sign-in ${sha256(cookie)}`, undefined));
  });

  app.post('/sign-in/passkey', async (c) => {
    const remote = remoteOf(c, options);
    const cookie = readCookie(c, passkeyCookie, options.publicUrl());
    const isAllowed = attempts.take(remote) === 0;
    const answer = (await formOf(c)).get('answer') ?? '';
    const reviewer =
      isAllowed && cookie !== undefined ? await passkeys.answer(`sign-in ${sha256(cookie)}`, answer) : undefined;
    const isKnown = options.reviewers().some(({ name }) => name === reviewer);
    if (reviewer === undefined || !isKnown) {
      await options.audit.append({
        event: 'sign-in.refused',
        reviewer,
        reason: 'a passkey that was not accepted',
        remote,
      });
      return failed(c, undefined);
    }
    writeCookie(c, passkeyCookie, options.publicUrl(), '');
    await options.audit.append({ event: 'reviewer.signed-in', reviewer, how: 'passkey', remote });
    await sessions.start(c, reviewer, 'passkey', remote);
    return c.redirect('/waiting', 303);
  });
}
