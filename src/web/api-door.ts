/**
 * The door of the API: a bearer token that is known, not expired, within its limit, good for this, and of somebody who may.
 * Whoever does not pass hears why, as problem details.
 */
import type { Context } from 'hono';
import type { z } from 'zod';
import type { ReviewerConfig } from '../config.ts';
import { type ApiTokens, covers, type KnownToken, tokenId } from './api-tokens.ts';
import type { WebOptions } from './ports.ts';
import { problem } from './problem.ts';
import type { RateLimit } from './rate.ts';
import { remoteOf } from './request.ts';
import { may, type Right } from './roles.ts';

export interface DoorTerms {
  readonly options: WebOptions;
  readonly tokens: ApiTokens;
  /** Failed logins, per address. */
  readonly attempts: RateLimit;
  /** Calls, per token. */
  readonly calls: RateLimit;
}

export type ApiHandler = (c: Context, reviewer: ReviewerConfig, token: KnownToken['token']) => Promise<Response>;

export class ApiDoor {
  readonly #terms: DoorTerms;

  constructor(terms: DoorTerms) {
    this.#terms = terms;
  }

  /** Runs `handle` for a token with this right; without a right named, for any valid token. */
  as(right: Right | undefined, handle: ApiHandler) {
    return async (c: Context): Promise<Response> => {
      const { options, tokens, calls } = this.#terms;
      const secret = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(c.req.header('authorization') ?? '')?.[1];
      const known = secret === undefined ? { kind: 'unknown' as const } : tokens.check(secret);
      if (known.kind === 'unknown') return this.#unknown(c);
      const remote = remoteOf(c, options);
      const { reviewer, token } = known;
      if (known.kind === 'expired') {
        await tokens.refused(known, remote, 'expired');
        const detail = `This token (${tokenId(token)}) has expired; \`sallyport reviewer token\` makes another.`;
        return unauthorized(c, 'TOKEN_EXPIRED', 'The token has expired', detail);
      }
      const waitS = calls.take(token.hash);
      if (waitS > 0) return tooMany(c, waitS);
      if (right !== undefined && !covers(token, right)) {
        await tokens.refused(known, remote, `not good for ${right}`);
        const detail = `This token is for ${(token.scopes ?? []).join(', ')}; that does not include the right ${right}.`;
        return problem(c, { status: 403, code: 'TOKEN_SCOPE', title: 'The token is not for this', detail });
      }
      if (right !== undefined && !may(reviewer, right)) {
        await tokens.refused(known, remote, `roles without ${right}`);
        const detail = `Your roles do not include the right ${right}.`;
        return problem(c, { status: 403, code: 'ROLE_NOT_ALLOWED', title: 'Not allowed', detail });
      }
      await tokens.used(known, remote);
      return handle(c, reviewer, token);
    };
  }

  #unknown(c: Context): Response {
    const { options, attempts } = this.#terms;
    const waitS = attempts.take(remoteOf(c, options));
    if (waitS > 0) return tooMany(c, waitS);
    const detail = 'Send a reviewer’s API token as `Authorization: Bearer …`; `sallyport reviewer token` makes one.';
    return unauthorized(c, 'TOKEN_NOT_ACCEPTED', 'No valid token', detail);
  }
}

function unauthorized(c: Context, code: string, title: string, detail: string): Response {
  c.header('WWW-Authenticate', 'Bearer realm="sallyport"');
  return problem(c, { status: 401, code, title, detail });
}

function tooMany(c: Context, waitS: number): Response {
  c.header('Retry-After', String(waitS));
  const detail = `Wait ${waitS} s, then try again.`;
  return problem(c, { status: 429, code: 'RATE_LIMITED', title: 'Too many requests', detail });
}

export type Parsed<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'bad'; readonly response: Response };

/** The input in this shape, or the answer that names the first field that is not. */
export function parsed<Shape extends z.ZodType>(
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
