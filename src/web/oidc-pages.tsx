/**
 * The way to the company's login service and back.
 *
 * Coming back is a GET, because the service sends the browser by redirect. It signs nobody in without the sealed cookie of
 * the browser that left, and without the service's signed answer to exactly that departure.
 */
import type { Context, Hono } from 'hono';
import { oidcCookie, readCookie, writeCookie } from './cookies.ts';
import type { ConsoleParts } from './guard.tsx';
import { callbackPath, Oidc } from './oidc.ts';
import type { RateLimit } from './rate.ts';
import { remoteOf } from './request.ts';
import { nextOf } from './sign-in.tsx';
import { type Message, MessageCard, page } from './views/layout.tsx';

/** Longer than any path of ours; the cookie must stay small. */
const maxNextLength = 120;

export function addOidcPages(
  app: Hono,
  { options, seal, sessions, attempts }: ConsoleParts & { readonly attempts: RateLimit },
): void {
  const { clock, publicUrl } = options;
  const oidc = new Oidc({ config: () => options.oidc?.(), publicUrl, clock });

  const say = (c: Context, status: 403 | 404 | 429 | 502, message: Message) =>
    c.html(
      page(
        { title: message.heading },
        <MessageCard message={message}>
          <p>
            <a class="button small" href="/sign-in">
              Back to signing in
            </a>
          </p>
        </MessageCard>,
      ),
      status,
    );

  /** Answers for everybody who may not go on; undefined for the rest. */
  function stop(c: Context): Response | Promise<Response> | undefined {
    if (c.req.method === 'HEAD') return c.body(null);
    if (options.oidc?.() === undefined) return c.notFound();
    const waitS = attempts.take(remoteOf(c, options));
    if (waitS === 0) return undefined;
    c.header('Retry-After', String(waitS));
    const lines = [`Wait ${waitS} seconds, then try again.`];
    return say(c, 429, { tone: 'wait', heading: 'Too many tries', lines });
  }

  function unreachable(c: Context, error: unknown) {
    options.onFailure?.({ path: c.req.path, error });
    const lines = ['Nobody is signed in. Try again, or sign in by mail.'];
    return say(c, 502, { tone: 'bad', heading: 'The login service does not answer', lines });
  }

  async function refuse(c: Context, reviewer: string | undefined, reason: string, what: string) {
    await options.audit.append({ event: 'sign-in.refused', reviewer, reason, remote: remoteOf(c, options) });
    return say(c, 403, { tone: 'bad', heading: 'You are not signed in', lines: [what] });
  }

  app.get('/sign-in/oidc', async (c) => {
    const stopped = stop(c);
    if (stopped !== undefined) return stopped;
    try {
      const { url, seed } = await oidc.start();
      const wanted = nextOf(c.req.query('next'));
      const next = wanted.length > maxNextLength ? '/waiting' : wanted;
      const sealed = seal.issue('oidc-flow', [seed, next], oidcCookie.maxAgeS * 1000);
      writeCookie(c, oidcCookie, publicUrl(), `${seed}~${next}~${sealed}`);
      return c.redirect(url.href, 303);
    } catch (error) {
      return unreachable(c, error);
    }
  });

  app.get(callbackPath, async (c) => {
    const stopped = stop(c);
    if (stopped !== undefined) return stopped;
    const [seed = '', next = '', sealed = ''] = (readCookie(c, oidcCookie, publicUrl()) ?? '').split('~');
    // One answer for one departure, whatever comes of it.
    writeCookie(c, oidcCookie, publicUrl(), '');
    if (!seal.isGenuine(sealed, 'oidc-flow', [seed, next])) {
      const what = 'This browser did not ask to sign in, or took too long. Begin again.';
      return refuse(c, undefined, 'a login service’s answer in a browser that did not ask', what);
    }
    let outcome: Awaited<ReturnType<Oidc['finish']>>;
    try {
      outcome = await oidc.finish(seed, new URL(c.req.url).search);
    } catch (error) {
      return unreachable(c, error);
    }
    if (outcome.kind === 'refused') return refuse(c, undefined, outcome.reason, `Because ${outcome.reason}.`);
    const email = outcome.email.toLowerCase();
    const reviewer = options.reviewers().find((known) => known.email.toLowerCase() === email)?.name;
    if (reviewer === undefined) {
      const what = 'You are known there, but your address belongs to no reviewer of this bastion. Ask who runs it.';
      return refuse(c, undefined, 'an address of the login service that no reviewer has', what);
    }
    const remote = remoteOf(c, options);
    await options.audit.append({ event: 'reviewer.signed-in', reviewer, how: 'oidc', remote });
    await sessions.start(c, reviewer, 'oidc', remote);
    return c.redirect(nextOf(next), 303);
  });
}
