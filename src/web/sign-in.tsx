/**
 * Signing in and out.
 *
 * The answer to an address is the same for everybody; whether a reviewer has it shows only in their mailbox.
 */
import type { Context, Hono } from 'hono';
import type { ApiTokens } from './api-tokens.ts';
import { readCookie, signInCookie, writeCookie } from './cookies.ts';
import type { ConsoleParts, Guard } from './guard.tsx';
import type { Passkeys } from './passkeys.ts';
import { RateLimit } from './rate.ts';
import { formOf, remoteOf } from './request.ts';
import type { SignedIn } from './reviewer-sessions.ts';
import { readable, SignIns } from './sign-ins.ts';
import { MessageCard, page } from './views/layout.tsx';
import { PasskeySignIn } from './views/passkey.tsx';
import { CodePage, OidcSignIn, SignInForm } from './views/sign-in.tsx';

/** A person asks once or twice; more is somebody filling somebody's mailbox. */
const mailTerms = { burst: 3, perMinute: 0.3 };

/** Only a path of ours: a link may not send anybody elsewhere after signing in. */
export function nextOf(text: string | undefined): string {
  return text !== undefined && /^\/[\w/.-]*$/.test(text) && !text.startsWith('//') ? text : '/waiting';
}

export function addSignIn(
  app: Hono,
  parts: ConsoleParts & {
    readonly guard: Guard;
    readonly attempts: RateLimit;
    readonly passkeys: Passkeys | undefined;
    readonly tokens: ApiTokens;
  },
): void {
  const { options, sessions, attempts, guard, passkeys, tokens } = parts;
  const signIns = new SignIns(options.shelf, options.clock);
  const mails = new RateLimit(mailTerms, options.clock);

  const form = (c: Context, next: string, status: 200 | 403, problem?: string) =>
    c.html(
      page(
        { title: 'Sign in', scripts: ['sign-in.js', 'passkey.js'] },
        <SignInForm next={next} {...(problem === undefined ? {} : { problem })}>
          <OidcSignIn issuer={options.oidc?.()?.issuer} next={next} />
          {passkeys?.isPossible === true ? <PasskeySignIn /> : null}
        </SignInForm>,
      ),
      status,
    );

  function tooMany(c: Context): Response | Promise<Response> | undefined {
    const waitS = attempts.take(remoteOf(c, options));
    if (waitS === 0) return undefined;
    c.header('Retry-After', String(waitS));
    const message = {
      tone: 'wait' as const,
      heading: 'Too many tries',
      lines: [`Wait ${waitS} seconds, then try again.`],
    };
    return c.html(page({ title: message.heading }, <MessageCard message={message} />), 429);
  }

  async function accept(c: Context, reviewer: string, how: SignedIn['how'], next: string): Promise<Response> {
    const remote = remoteOf(c, options);
    await options.audit.append({ event: 'reviewer.signed-in', reviewer, how, remote });
    await sessions.start(c, reviewer, how, remote);
    return c.redirect(next, 303);
  }

  const refuse = (c: Context, reason: string) =>
    options.audit.append({ event: 'sign-in.refused', reviewer: undefined, reason, remote: remoteOf(c, options) });

  app.get('/sign-in', (c) => form(c, nextOf(c.req.query('next')), 200));

  app.post('/sign-in', async (c) => {
    const limited = tooMany(c);
    if (limited !== undefined) return limited;
    const fields = await formOf(c);
    const email = (fields.get('email') ?? '').trim().toLowerCase();
    const reviewer = options.reviewers().find((known) => known.email.toLowerCase() === email);
    const { cookie, code, expiresAtMs } = await signIns.start(reviewer);
    if (reviewer !== undefined && mails.take(reviewer.name) === 0) {
      const link = `${options.publicUrl()}/sign-in#${code}`;
      // Not awaited: the time a mail takes would tell whether the address is known.
      options
        .sendSignInMail({ reviewer, link, code: readable(code), expiresAtMs })
        .catch((error: unknown) => options.onFailure?.({ path: c.req.path, error }));
    }
    writeCookie(c, signInCookie, options.publicUrl(), cookie);
    return c.html(
      page({ title: 'Look into your mail', scripts: ['sign-in.js'] }, <CodePage next={nextOf(fields.get('next'))} />),
    );
  });

  app.post('/sign-in/code', async (c) => {
    const limited = tooMany(c);
    if (limited !== undefined) return limited;
    const fields = await formOf(c);
    const next = nextOf(fields.get('next'));
    const cookie = readCookie(c, signInCookie, options.publicUrl());
    const reviewer = await signIns.finish(cookie, fields.get('code') ?? '');
    if (reviewer !== undefined) {
      writeCookie(c, signInCookie, options.publicUrl(), '');
      return accept(c, reviewer, 'mail', next);
    }
    await refuse(c, cookie === undefined ? 'a code in a browser that did not ask' : 'a wrong or old code');
    const problem =
      cookie === undefined
        ? 'This code works only in the browser that asked for it. Ask for a new one here.'
        : 'That code is wrong, old or used. Look again, or ask for a new one.';
    if (cookie === undefined) return form(c, next, 403, problem);
    return c.html(page({ title: 'Sign in', scripts: ['sign-in.js'] }, <CodePage next={next} problem={problem} />), 403);
  });

  app.post('/sign-in/token', async (c) => {
    const limited = tooMany(c);
    if (limited !== undefined) return limited;
    const fields = await formOf(c);
    const found = tokens.check((fields.get('token') ?? '').trim());
    // A token for one purpose is for the API: a session would be more than it says.
    if (found.kind === 'valid' && found.token.scopes === undefined) {
      await tokens.used(found, remoteOf(c, options));
      return accept(c, found.reviewer.name, 'token', nextOf(fields.get('next')));
    }
    if (found.kind !== 'unknown') {
      const [reason, problem] =
        found.kind === 'expired'
          ? ['expired', 'This token has expired.']
          : ['sign-in with a token for one purpose', 'This token is for the API only.'];
      await tokens.refused(found, remoteOf(c, options), reason);
      return form(c, nextOf(fields.get('next')), 403, problem);
    }
    await refuse(c, 'an unknown token');
    return form(c, nextOf(fields.get('next')), 403, 'This token is not known here.');
  });

  app.post(
    '/sign-out',
    guard.form(
      undefined,
      () => ['sign-out'],
      async (c) => {
        await sessions.end(c);
        return c.redirect('/sign-in', 303);
      },
    ),
  );
}
