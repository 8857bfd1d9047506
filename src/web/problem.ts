/** Errors of the API, as RFC 9457 problem details. */
import type { Context } from 'hono';

export type ProblemStatus = 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 422 | 429 | 500 | 503;

export interface Problem {
  readonly status: ProblemStatus;
  /** For programs: `AREA_WHAT_HAPPENED`. */
  readonly code: string;
  readonly title: string;
  /** What to do about it. */
  readonly detail: string;
  /** Name of the offending field, when one is to blame. */
  readonly field?: string;
}

export function problem(c: Context, { status, ...rest }: Problem): Response {
  c.header('Content-Type', 'application/problem+json');
  return c.body(JSON.stringify({ type: `urn:sallyport:problem:${rest.code}`, status, ...rest }), status);
}
