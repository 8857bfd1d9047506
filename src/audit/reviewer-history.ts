/**
 * How people decided in the last thirty days, put together from audit records one after the other.
 *
 * Whoever approves everything within seconds does not read it: that is said, so that somebody asks.
 */
import type { AuditRecord } from './event.ts';

export interface ReviewerFigures {
  readonly approvals: number;
  readonly rejections: number;
  /** From the hold to the decision; undefined when no decision's hold is known here. */
  readonly medianMs: number | undefined;
  readonly approvesEverything: boolean;
}

interface Decision {
  readonly isApproval: boolean;
  readonly atMs: number;
  readonly tookMs: number | undefined;
}

const windowMs = 30 * 86_400_000;
/** Fewer say little about a person. */
const enoughDecisions = 20;
/** Nobody reads a command, its reasons and what ran before in less. */
const readingMs = 5_000;
/** Nobody decides that often in the window; a log that says so shall not cost more. */
const maxDecisions = 5_000;
const maxReviewers = 1_000;
const maxHolds = 20_000;

export class ReviewerHistory {
  readonly #decisions = new Map<string, Decision[]>();
  /** Hold → when it came, oldest first. */
  readonly #holds = new Map<string, number>();

  add(record: AuditRecord): void {
    const atMs = Date.parse(record.at);
    if (record.event === 'hold.created') {
      this.#holds.set(record.hold, atMs);
      const oldest = this.#holds.size > maxHolds ? this.#holds.keys().next().value : undefined;
      if (oldest !== undefined) this.#holds.delete(oldest);
      return;
    }
    if (record.event !== 'hold.decided') return;
    const known = this.#decisions.get(record.reviewer);
    if (known === undefined && this.#decisions.size >= maxReviewers) return;
    const createdMs = this.#holds.get(record.hold);
    const tookMs = createdMs === undefined ? undefined : Math.max(0, atMs - createdMs);
    const recent = (known ?? []).filter((decision) => atMs - decision.atMs <= windowMs).slice(1 - maxDecisions);
    this.#decisions.set(record.reviewer, [...recent, { isApproval: record.verdict === 'approve', atMs, tookMs }]);
  }

  figures(reviewer: string, nowMs: number): ReviewerFigures {
    const recent = (this.#decisions.get(reviewer) ?? []).filter(({ atMs }) => nowMs - atMs <= windowMs);
    const approvals = recent.filter(({ isApproval }) => isApproval).length;
    const medianMs = medianOf(recent.flatMap(({ tookMs }) => (tookMs === undefined ? [] : [tookMs])));
    const isFast = medianMs !== undefined && medianMs < readingMs;
    const approvesEverything = recent.length >= enoughDecisions && approvals === recent.length && isFast;
    return { approvals, rejections: recent.length - approvals, medianMs, approvesEverything };
  }
}

function medianOf(numbers: readonly number[]): number | undefined {
  const sorted = numbers.toSorted((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}
