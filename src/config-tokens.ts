/**
 * `api_tokens` of a reviewer: a line `sha256:…` for everything the person may do, or an entry that says for what and until
 * when. The tokens themselves are shown once and not stored.
 */
import { z } from 'zod';
import type { ApiToken } from './config.ts';

export const tokenScopes = ['holds:read', 'holds:decide', 'evidence:read', 'setup:read'] as const;

const hash = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be the line `sallyport reviewer token` printed');

export const apiTokenSchema = (expiry: z.ZodType<number>) =>
  z.union(
    [
      hash,
      z.strictObject({
        hash,
        purpose: z
          .string()
          .max(100)
          // HOSTILE: shown in terminals and on the console.
          .regex(/^[^\p{C}\p{Zl}\p{Zp}]+$/u, 'must be words on one line'),
        scopes: z
          .array(z.enum(tokenScopes, { error: `must be ${tokenScopes.join(', ')}` }))
          .min(1, 'must name at least one scope, or be left out for everything this person may do')
          .optional(),
        expires: expiry.optional(),
      }),
    ],
    { error: 'must be sha256:… or { hash, purpose, scopes, expires }; `sallyport reviewer token` writes one' },
  );

export function toApiToken(entry: z.output<ReturnType<typeof apiTokenSchema>>): ApiToken {
  if (typeof entry === 'string')
    return { hash: entry.replace(/^sha256:/, ''), purpose: '', scopes: undefined, expiresAtMs: undefined };
  const { hash: line, purpose, scopes, expires } = entry;
  return { hash: line.replace(/^sha256:/, ''), purpose, scopes, expiresAtMs: expires };
}
