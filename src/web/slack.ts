/** Where Slack sends clicks and dialogues. Not for browsers: what counts is Slack's signature over the raw body. */
import type { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { WebOptions } from './ports.ts';
import type { RateLimit } from './rate.ts';
import { remoteOf } from './request.ts';

/** A dialogue comes back with all of its blocks, percent-encoded. */
const maxBytes = 1_048_576;

/** Before the limits and checks that are for pages of ours. */
export function addSlack(
  app: Hono,
  { options, attempts }: { readonly options: WebOptions; readonly attempts: RateLimit },
): void {
  const { slack } = options;
  if (slack === undefined) return;
  const limit = bodyLimit({ maxSize: maxBytes, onError: (c) => c.text('The request is too large.\n', 413) });
  app.post('/slack/interactions', limit, async (c, next) => {
    if (!slack.isOpen()) return next();
    const answer = await slack.answer({
      body: await c.req.text(),
      timestamp: c.req.header('x-slack-request-timestamp'),
      signature: c.req.header('x-slack-signature'),
    });
    if (answer.kind === 'answered') return answer.body === undefined ? c.body(null, 200) : c.json(answer.body);
    // Only what is not Slack's costs attempts: all of Slack comes from a few addresses.
    const waitS = attempts.take(remoteOf(c, options));
    return waitS === 0
      ? c.text('This is not signed by Slack.\n', 401)
      : c.text('Too many requests.\n', 429, { 'Retry-After': String(waitS) });
  });
}
