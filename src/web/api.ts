/**
 * The API of reviewers: `/api/v1`, a bearer token, JSON, problem details.
 *
 * Refuses what it does not know: an unknown field or parameter is an error that names it, so that a typo in `digest` does
 * not decide on something unseen. Cookies mean nothing here, so no other site's page can call it.
 */
import type { Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { z } from 'zod';
import type { DecideRefusal } from '../approval/desk.ts';
import type { ReviewerConfig } from '../config.ts';
import { decisionShape, holdJson, listQueryShape, scopeChoice } from './api-schema.ts';
import { openApi } from './openapi.ts';
import type { WebOptions } from './ports.ts';
import { type ProblemStatus, problem } from './problem.ts';
import type { RateLimit } from './rate.ts';
import { remoteOf } from './request.ts';
import { may, type Right } from './roles.ts';
import { hasHash } from './seal.ts';

/** A decision is a verdict and a reason; nothing else is posted here. */
const maxBodyBytes = 16_384;

const statuses: Readonly<Record<DecideRefusal, ProblemStatus>> = {
  HOLD_NOT_FOUND: 404,
  HOLD_NOT_PENDING: 409,
  HOLD_CHANGED: 409,
  REVIEWER_NOT_ALLOWED: 403,
  REVIEWER_IS_OWNER: 403,
  REVIEWER_DECIDED_ALREADY: 409,
  REASON_REQUIRED: 422,
  REASON_TOO_LONG: 422,
  SCOPE_NOT_OFFERED: 422,
};

export interface ApiParts {
  readonly options: WebOptions;
  /** Failed logins, per address. */
  readonly attempts: RateLimit;
  /** Calls, per reviewer. */
  readonly calls: RateLimit;
}

type Parsed<T> = { readonly kind: 'ok'; readonly value: T } | { readonly kind: 'bad'; readonly response: Response };

function parsed<Shape extends z.ZodType>(
  c: Context,
  shape: Shape,
  input: unknown,
  status: 400 | 422,
): Parsed<z.infer<Shape>> {
  const result = shape.safeParse(input);
  if (result.success) return { kind: 'ok', value: result.data };
  const issue = result.error.issues[0];
  const unknownField = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const field = unknownField ?? issue?.path.join('.') ?? '';
  const detail =
    unknownField === undefined
      ? `${field === '' ? 'the body' : field}: ${issue?.message ?? 'not valid'}`
      : `unknown field ${unknownField}`;
  const title = unknownField === undefined ? 'A field is not valid' : 'Unknown field';
  const code = unknownField === undefined ? 'REQUEST_INVALID' : 'REQUEST_UNKNOWN_FIELD';
  return { kind: 'bad', response: problem(c, { status, code, title, detail, ...(field === '' ? {} : { field }) }) };
}

export function addApi(app: Hono, { options, attempts, calls }: ApiParts): void {
  /** The reviewer whose token this is; every configured hash is compared, found or not. */
  function reviewerOf(c: Context): ReviewerConfig | undefined {
    const token = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(c.req.header('authorization') ?? '')?.[1];
    if (token === undefined) return undefined;
    let found: ReviewerConfig | undefined;
    for (const reviewer of options.reviewers()) {
      if (hasHash(token, reviewer.apiTokenHashes)) found = reviewer;
    }
    return found;
  }

  function tooMany(c: Context, waitS: number): Response {
    c.header('Retry-After', String(waitS));
    const detail = `Wait ${waitS} s, then try again.`;
    return problem(c, { status: 429, code: 'RATE_LIMITED', title: 'Too many requests', detail });
  }

  /** Runs `handle` for a reviewer with this right; everybody else gets the reason. */
  function as(right: Right, handle: (c: Context, reviewer: ReviewerConfig) => Promise<Response>) {
    return async (c: Context): Promise<Response> => {
      const reviewer = reviewerOf(c);
      if (reviewer === undefined) {
        const waitS = attempts.take(remoteOf(c, options));
        if (waitS > 0) return tooMany(c, waitS);
        c.header('WWW-Authenticate', 'Bearer realm="sallyport"');
        const detail =
          'Send a reviewer’s API token as `Authorization: Bearer …`; `sallyport reviewer token` makes one.';
        return problem(c, { status: 401, code: 'TOKEN_NOT_ACCEPTED', title: 'No valid token', detail });
      }
      const waitS = calls.take(reviewer.name);
      if (waitS > 0) return tooMany(c, waitS);
      if (!may(reviewer, right)) {
        const detail = `Your roles do not include the right ${right}.`;
        return problem(c, { status: 403, code: 'ROLE_NOT_ALLOWED', title: 'Not allowed', detail });
      }
      return handle(c, reviewer);
    };
  }

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
    as('see-holds', async (c) => {
      const query = parsed(c, listQueryShape, c.req.query(), 400);
      if (query.kind === 'bad') return query.response;
      const { state, agent, limit, cursor } = query.value;
      const { holds, next } = await options.desk.list({ state, agent, limit, cursor });
      return c.json({ holds: holds.map(holdJson), next: next ?? null });
    }),
  );

  app.get(
    '/api/v1/holds/:id',
    as('see-holds', async (c) => {
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
    as('decide', async (c, reviewer) => {
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
      });
      if (outcome.kind === 'recorded') return c.json(holdJson(outcome.hold));
      return problem(c, {
        status: statuses[outcome.code],
        code: outcome.code,
        title: 'Not decided',
        detail: outcome.message,
        ...(outcome.code.startsWith('REASON') ? { field: 'reason' } : {}),
        ...(outcome.code === 'SCOPE_NOT_OFFERED' ? { field: 'scope' } : {}),
      });
    }),
  );

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
