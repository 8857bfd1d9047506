/**
 * Whose token this is, and what it is good for.
 *
 * A token belongs to a reviewer and can do at most what they can: its scopes narrow their roles and never widen them.
 *
 * INVARIANT: every configured hash is compared in constant time, found or not; a token that expired is no token.
 * INVARIANT: the first use of a token from an address, and then one an hour, is in the audit log before it has an effect.
 */
import type { ApiToken, ReviewerConfig, TokenScope } from '../config.ts';
import type { AuditSink } from '../gate/ports.ts';
import type { Clock } from './clock.ts';
import type { Right } from './roles.ts';
import { hasHash } from './seal.ts';

/** Writing down each call of a dashboard would drown the log. */
const auditAgainMs = 3_600_000;
const maxRemembered = 5_000;

export interface KnownToken {
  readonly reviewer: ReviewerConfig;
  readonly token: ApiToken;
}

export type TokenCheck =
  | ({ readonly kind: 'valid' } & KnownToken)
  | ({ readonly kind: 'expired' } & KnownToken)
  | { readonly kind: 'unknown' };

const rightsOf: Readonly<Record<TokenScope, readonly Right[]>> = {
  'holds:read': ['see-holds'],
  // Nobody decides on what they cannot see.
  'holds:decide': ['see-holds', 'decide'],
  'evidence:read': ['see-evidence'],
  'setup:read': ['see-setup'],
};

/** Whether the token's scopes include this right; the reviewer's roles are another question. */
export function covers({ scopes }: ApiToken, right: Right): boolean {
  return scopes === undefined || scopes.some((scope) => rightsOf[scope].includes(right));
}

/** Enough of the hash to tell tokens apart, for lists, the log and `reviewer revoke-token`. */
export const tokenId = ({ hash }: Pick<ApiToken, 'hash'>) => hash.slice(0, 12);

export interface ApiTokensTerms {
  reviewers(): readonly ReviewerConfig[];
  readonly audit: AuditSink;
  readonly clock: Clock;
}

export class ApiTokens {
  readonly #terms: ApiTokensTerms;
  /** Token, address and outcome → when that was last written down. */
  readonly #written = new Map<string, number>();
  readonly #used = new Map<string, number>();

  constructor(terms: ApiTokensTerms) {
    this.#terms = terms;
  }

  check(secret: string): TokenCheck {
    let found: KnownToken | undefined;
    for (const reviewer of this.#terms.reviewers()) {
      for (const token of reviewer.apiTokens) if (hasHash(secret, [token.hash])) found = { reviewer, token };
    }
    if (found === undefined) return { kind: 'unknown' };
    const { expiresAtMs } = found.token;
    return { kind: expiresAtMs !== undefined && expiresAtMs <= this.#terms.clock() ? 'expired' : 'valid', ...found };
  }

  async used({ reviewer, token }: KnownToken, remote: string): Promise<void> {
    if (this.#isDue(`used ${token.hash} ${remote}`)) {
      const { purpose, hash } = token;
      const which = { reviewer: reviewer.name, token: tokenId({ hash }), purpose, remote };
      await this.#terms.audit.append({ event: 'token.used', ...which });
    }
    this.#used.set(token.hash, this.#terms.clock());
  }

  async refused({ reviewer, token }: KnownToken, remote: string, reason: string): Promise<void> {
    if (!this.#isDue(`refused ${token.hash} ${remote} ${reason}`)) return;
    const which = { reviewer: reviewer.name, token: tokenId(token), purpose: token.purpose, remote };
    await this.#terms.audit.append({ event: 'token.refused', ...which, reason });
  }

  /** Since this process started; the audit log has what was before. */
  lastUsedAtMs({ hash }: ApiToken): number | undefined {
    return this.#used.get(hash);
  }

  #isDue(key: string): boolean {
    const nowMs = this.#terms.clock();
    const lastMs = this.#written.get(key);
    if (lastMs !== undefined && nowMs - lastMs < auditAgainMs) return false;
    this.#written.delete(key);
    this.#written.set(key, nowMs);
    const oldest = this.#written.size > maxRemembered ? this.#written.keys().next().value : undefined;
    if (oldest !== undefined) this.#written.delete(oldest);
    return true;
  }
}
