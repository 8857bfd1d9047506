/**
 * The web: review pages for mail links, the console for signed-in reviewers, the API, and what every answer has in common.
 */
import { randomBytes } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { SallyportError } from '../errors.ts';
import { addAgentPages } from './agent-pages.tsx';
import { addApi } from './api.ts';
import { ApiTokens } from './api-tokens.ts';
import { loadAssets } from './assets.ts';
import { addDeskPages } from './desk-pages.tsx';
import { addEvidencePages } from './evidence-pages.tsx';
import { addGlassPages } from './glass-pages.tsx';
import { Guard } from './guard.tsx';
import { securityHeaders } from './headers.ts';
import { addLive } from './live.ts';
import { addLivePages } from './live-pages.tsx';
import { addOidcPages } from './oidc-pages.tsx';
import { addPasskeyPages } from './passkey-pages.tsx';
import { Passkeys } from './passkeys.ts';
import { addPolicyPages } from './policy-pages.tsx';
import type { WebOptions } from './ports.ts';
import { problem } from './problem.ts';
import { RateLimit } from './rate.ts';
import { isSameOrigin } from './request.ts';
import { addReview } from './review.tsx';
import { addReviewerPages } from './reviewer-pages.tsx';
import { ReviewerSessions } from './reviewer-sessions.ts';
import { addScopePages } from './scope-pages.tsx';
import { Seal } from './seal.ts';
import { addSetupPages } from './setup-pages.tsx';
import { addSignIn } from './sign-in.tsx';
import { addSlack } from './slack.ts';
import { addTargetPages } from './target-pages.tsx';
import { MessageCard, page } from './views/layout.tsx';
import { addWaitingPages } from './waiting-pages.tsx';

/** A form of ours is a token, a nonce and a reason. */
const maxFormBytes = 32_768;
/** A proposed policy; only for those who are signed in. */
const maxTextBytes = 524_288;
/** A person opens a few links a minute; guessing wants millions. */
const attemptTerms = { burst: 30, perMinute: 30 };
const callTerms = { burst: 200, perMinute: 600 };

/** Builds the whole web; it listens nowhere until `startWeb`. */
export function createWeb(options: WebOptions): Hono {
  const app = new Hono();
  const assets = loadAssets();
  const { clock } = options;
  const seal = new Seal(options.secret.length >= 32 ? options.secret : randomBytes(32), clock);
  const sessions = new ReviewerSessions({
    shelf: options.shelf,
    seal,
    clock,
    publicUrl: options.publicUrl,
    reviewers: options.reviewers,
  });
  const attempts = new RateLimit(attemptTerms, clock);
  const calls = new RateLimit(callTerms, clock);

  app.use(securityHeaders(options));
  addSlack(app, { options, attempts });
  app.use(async (c, next) => {
    const isUnsafe = c.req.method !== 'GET' && c.req.method !== 'HEAD';
    if (!isUnsafe || c.req.path.startsWith('/api/') || isSameOrigin(c, options.publicUrl())) return next();
    const message = {
      tone: 'bad' as const,
      heading: 'Nothing was done',
      lines: ['This request did not come from a page of Sallyport. Open the page again and use its own buttons.'],
    };
    return c.html(page({ title: message.heading }, <MessageCard message={message} />), 403);
  });
  const limitedTo = (maxSize: number) =>
    bodyLimit({ maxSize, onError: (c) => c.text('The request is too large.\n', 413) });
  const [forms, texts] = [limitedTo(maxFormBytes), limitedTo(maxTextBytes)];
  app.use((c, next) => {
    // The API limits its bodies itself, and says so as it says everything.
    if (c.req.path.startsWith('/api/')) return next();
    return c.req.path.startsWith('/policy/') ? texts(c, next) : forms(c, next);
  });

  app.get('/healthz', (c) => c.json({ status: 'ok', version: options.version }));
  app.get('/robots.txt', (c) => c.text('User-agent: *\nDisallow: /\n'));
  app.get('/assets/:name', (c) => {
    const asset = assets.get(c.req.param('name'));
    if (asset === undefined) return c.notFound();
    c.header('Cache-Control', 'no-cache');
    c.header('ETag', asset.etag);
    if (c.req.header('if-none-match') === asset.etag) return c.body(null, 304);
    c.header('Content-Type', asset.type);
    return c.body(asset.body);
  });
  const tokens = new ApiTokens(options);
  addApi(app, { options, tokens, attempts, calls });
  const passkeys = passkeysOf(options);
  addReview(app, { options, seal, sessions, attempts, passkeys });
  const guard = new Guard({ options, seal, sessions });
  const console = { options, seal, sessions, guard };
  addSignIn(app, { ...console, attempts, passkeys, tokens });
  addOidcPages(app, { ...console, attempts });
  if (passkeys !== undefined) addPasskeyPages(app, { ...console, attempts, passkeys });
  addWaitingPages(app, console);
  addDeskPages(app, console);
  addGlassPages(app, console);
  addEvidencePages(app, console);
  addAgentPages(app, console);
  addReviewerPages(app, console);
  addTargetPages(app, console);
  addPolicyPages(app, console);
  addLivePages(app, console);
  addScopePages(app, console);
  addSetupPages(app, { ...console, passkeys, tokens });
  addLive(app, console);

  app.notFound((c) => {
    const message = {
      tone: 'plain' as const,
      heading: 'There is nothing here',
      lines: ['The address may be old or mistyped.'],
    };
    return c.html(page({ title: message.heading }, <MessageCard message={message} />), 404);
  });
  app.onError((error, c) => {
    options.onFailure?.({ path: c.req.path, error });
    if (error instanceof SallyportError && error.code === 'STORE_UNREACHABLE') return sayStoreIsAway(c);
    if (c.req.path.startsWith('/api/')) {
      const detail = 'Sallyport failed. Nothing was decided unless the hold says so; look at it again.';
      return problem(c, { status: 500, code: 'INTERNAL', title: 'Our failure', detail });
    }
    const message = {
      tone: 'bad' as const,
      heading: 'Sallyport failed',
      lines: ['This is our fault. Nothing was decided unless the request itself says so; open it again.'],
    };
    return c.html(page({ title: message.heading }, <MessageCard message={message} />), 500);
  });
  return app;
}

/** No store: nobody is known to be signed in, and nothing can be decided. */
function sayStoreIsAway(c: Context): Response | Promise<Response> {
  c.header('Retry-After', '5');
  if (c.req.path.startsWith('/api/')) {
    const detail = 'Sallyport cannot reach its store. Nothing was decided unless the hold says so; try again soon.';
    return problem(c, { status: 503, code: 'STORE_UNREACHABLE', title: 'The store is away', detail });
  }
  const message = {
    tone: 'bad' as const,
    heading: 'Sallyport cannot reach its store',
    lines: [
      'Until it is back nobody can sign in and nothing can be decided; no command that needs a person runs.',
      'Nothing was decided unless the request itself says so. Try again in a moment.',
    ],
  };
  return c.html(page({ title: message.heading }, <MessageCard message={message} />), 503);
}

function passkeysOf({ passkeys, shelf, clock, publicUrl }: WebOptions): Passkeys | undefined {
  return passkeys === undefined ? undefined : new Passkeys({ store: passkeys, shelf, clock, publicUrl });
}
