/**
 * Keeps the scopes reviewers gave: grants them after an approval, counts every use, revokes at once.
 *
 * The order is the security property: a grant and a revocation are in the audit log before they are in the store; a use
 * is won in the store by compare-and-set and is in the audit log before `use` returns true, so that a revoked or expired
 * scope lets nothing more run.
 *
 * INVARIANT: a scope exists only after the approval it came from; a crash in between leaves an approval for once.
 */
import type { ScopeEvent } from '../audit/event.ts';
import type { AuditSink, Scopes } from '../gate/ports.ts';
import { digestOf } from './digest.ts';
import { ApprovalError } from './errors.ts';
import type { Hold } from './hold.ts';
import { type AskedScope, covers, isLive, type Scope, scopeOf } from './scope.ts';

export interface ScopeStore {
  /** False, and nothing changed, when there is one with this id. */
  insert(scope: Scope): Promise<boolean>;
  get(id: string): Promise<Scope | undefined>;
  /** Compare-and-set on what was read. */
  replace(before: Scope, after: Scope): Promise<boolean>;
  /** Everything that has not expired at `nowMs`, revoked ones too; drops what expired. */
  list(nowMs: number): Promise<readonly Scope[]>;
}

export interface ScopeBookParts {
  readonly store: ScopeStore;
  readonly audit: AuditSink;
  /** Asked at every use: with a reviewer who is none any more, what they allowed ends. */
  readonly isReviewer: (name: string) => boolean;
  readonly now?: () => number;
}

/** More than a team oversees; further approvals count once. */
const maxLive = 500;
const maxAttempts = 64;

export class ScopeBook implements Scopes {
  readonly #parts: ScopeBookParts;
  readonly #now: () => number;

  constructor(parts: ScopeBookParts) {
    this.#parts = parts;
    this.#now = parts.now ?? Date.now;
  }

  /** Called with a hold that was just approved. Undefined when it was approved once. */
  async grant(hold: Hold): Promise<Scope | undefined> {
    const scope = scopeOf(hold, this.#now());
    if (scope === undefined || (await this.live()).length >= maxLive) return undefined;
    await this.#parts.audit.append({
      event: 'scope.granted',
      ...namesOf(scope),
      hold: scope.hold,
      digest: scope.digest,
      kind: scope.kind,
      pattern: scope.pattern?.text,
      reviewers: scope.createdBy,
      expiresAt: new Date(scope.expiresAtMs).toISOString(),
    });
    return (await this.#parts.store.insert(scope)) ? scope : undefined;
  }

  async find(asked: AskedScope): Promise<Scope | undefined> {
    const digest = digestOf(asked.action);
    const scopes = await this.#parts.store.list(this.#now());
    return scopes.find((scope) => this.#stands(scope) && covers(scope, asked, digest, this.#now()));
  }

  async use(id: string, asked: AskedScope, by: ScopeEvent): Promise<boolean> {
    const digest = digestOf(asked.action);
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const scope = await this.#parts.store.get(id);
      if (scope === undefined || !this.#stands(scope) || !covers(scope, asked, digest, this.#now())) return false;
      const used = { ...scope, version: scope.version + 1, uses: scope.uses + 1 };
      if (!(await this.#parts.store.replace(scope, used))) continue;
      const command = asked.action.command;
      await this.#parts.audit.append({ event: 'scope.used', ...by, scope: id, uses: used.uses, command });
      return true;
    }
    throw contention();
  }

  /** False when it is over already or unknown. */
  async revoke(id: string, reviewer: string): Promise<boolean> {
    let isWrittenDown = false;
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const scope = await this.#parts.store.get(id);
      if (scope === undefined || !isLive(scope, this.#now())) return false;
      if (!isWrittenDown) await this.#parts.audit.append({ event: 'scope.revoked', ...namesOf(scope), reviewer });
      isWrittenDown = true;
      const over = { ...scope, version: scope.version + 1, revokedAtMs: this.#now(), revokedBy: reviewer };
      if (await this.#parts.store.replace(scope, over)) return true;
    }
    throw contention();
  }

  /** Newest first. */
  async live(): Promise<readonly Scope[]> {
    const now = this.#now();
    const scopes = (await this.#parts.store.list(now)).filter((scope) => isLive(scope, now) && this.#stands(scope));
    return scopes.toSorted((a, b) => b.createdAtMs - a.createdAtMs);
  }

  #stands({ createdBy }: Scope): boolean {
    return createdBy.length > 0 && createdBy.every(this.#parts.isReviewer);
  }
}

function namesOf({ id, agent, target, account }: Scope) {
  return { scope: id, agent, target, account };
}

function contention(): ApprovalError {
  return new ApprovalError('HOLD_STORE_FAILED', 'the store refused a change of a scope too often', {
    publicMessage: 'Sallyport could not use the approval. It did not run. Send it again later.',
  });
}
