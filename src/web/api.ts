/**
 * The API of reviewers: `/api/v1`, a bearer token, JSON, problem details.
 *
 * Refuses what it does not know: an unknown field or parameter is an error that names it, so that a typo in `digest` does
 * not decide on something unseen. Cookies mean nothing here, so no other site's page can call it.
 */
import type { Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { DecideRefusal } from '../approval/desk.ts';
import { ApiDoor, type DoorTerms, parsed } from './api-door.ts';
import { addReadApi } from './api-read.ts';
import { decisionShape, holdJson, listQueryShape, scopeChoice } from './api-schema.ts';
import { openApi } from './openapi.ts';
import { type ProblemStatus, problem } from './problem.ts';
import { remoteOf } from './request.ts';

/** A decision is a verdict and a reason; nothing else is posted here. */
const maxBodyBytes = 16_384;

const statuses: Readonly<Record<DecideRefusal, ProblemStatus>> = {
  HOLD_NOT_FOUND: 404,
  HOLD_NOT_PENDING: 409,
  HOLD_CHANGED: 409,
  REVIEWER_NOT_ALLOWED: 403,
  REVIEWER_IS_OWNER: 403,
  REVIEWER_CHANGED_KEYS: 403,
  REVIEWER_DECIDED_ALREADY: 409,
  REASON_REQUIRED: 422,
  REASON_TOO_LONG: 422,
  SCOPE_NOT_OFFERED: 422,
  BREAK_GLASS_OFF: 403,
  BREAK_GLASS_NOT_ALLOWED: 403,
  BREAK_GLASS_ONLY_ONCE: 422,
};

export function addApi(app: Hono, terms: DoorTerms): void {
  const { options } = terms;
  const door = new ApiDoor(terms);

  const notFound = (c: Context) =>
    problem(c, {
      status: 404,
      code: 'HOLD_NOT_FOUND',
      title: 'No such hold',
      detail: 'There is no hold with this id; list them with GET /api/v1/holds.',
    });

  app.get('/api/v1/openapi.json', (c) => c.json(openApi(options.version)));

  app.get(
    '/api/v1/holds',
    door.as('see-holds', async (c) => {
      const query = parsed(c, listQueryShape, c.req.query(), 400);
      if (query.kind === 'bad') return query.response;
      const { state, agent, limit, cursor } = query.value;
      const { holds, next } = await options.desk.list({ state, agent, limit, cursor });
      return c.json({ holds: holds.map(holdJson), next: next ?? null });
    }),
  );

  app.get(
    '/api/v1/holds/:id',
    door.as('see-holds', async (c) => {
      const hold = await options.desk.get(c.req.param('id') ?? '');
      return hold === undefined ? notFound(c) : c.json(holdJson(hold));
    }),
  );

  app.post(
    '/api/v1/holds/:id/decisions',
    bodyLimit({
      maxSize: maxBodyBytes,
      onError: (c) => {
        const detail = `At most ${maxBodyBytes} bytes.`;
        return problem(c, { status: 413, code: 'BODY_TOO_LARGE', title: 'The body is too large', detail });
      },
    }),
    door.as('decide', async (c, reviewer) => {
      if (!/^application\/json\s*(;|$)/i.test(c.req.header('content-type') ?? '')) {
        const detail = 'Send Content-Type: application/json.';
        return problem(c, { status: 415, code: 'BODY_NOT_JSON', title: 'JSON is wanted', detail });
      }
      const body = parsed(c, decisionShape, jsonOf(await c.req.text()), 422);
      if (body.kind === 'bad') return body.response;
      const id = c.req.param('id') ?? '';
      const hold = await options.desk.get(id);
      if (hold === undefined) return notFound(c);
      const outcome = await options.desk.decide(id, {
        reviewer: reviewer.name,
        verdict: body.value.decision,
        reason: body.value.reason.trim(),
        channel: c.req.header('x-sallyport-client') === 'cli' ? 'cli' : 'api',
        remote: remoteOf(c, options),
        digest: body.value.digest ?? hold.digest,
        ...(body.value.scope === undefined ? {} : { scope: scopeChoice(body.value.scope) }),
        ...(body.value.breakGlass === true ? { breakGlass: true } : {}),
      });
      if (outcome.kind === 'recorded') return c.json(holdJson(outcome.hold));
      return problem(c, {
        status: statuses[outcome.code],
        code: outcome.code,
        title: 'Not decided',
        detail: outcome.message,
        ...(outcome.code.startsWith('REASON') ? { field: 'reason' } : {}),
        ...(outcome.code === 'SCOPE_NOT_OFFERED' ? { field: 'scope' } : {}),
        ...(outcome.code.startsWith('BREAK_GLASS') ? { field: 'breakGlass' } : {}),
      });
    }),
  );

  addReadApi(app, door, options);

  app.all('/api/*', (c) =>
    problem(c, {
      status: 404,
      code: 'ROUTE_NOT_FOUND',
      title: 'No such route',
      detail: 'GET /api/v1/openapi.json describes every route and its method.',
    }),
  );
}

/** Undefined for anything that is not JSON, which then fails like any other wrong shape. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
