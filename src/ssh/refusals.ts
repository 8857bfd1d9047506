/**
 * Writes refused connections and logins to the audit log without letting a flood fill the disk: in every window the
 * first ones are written whole, the rest is counted and written as one event when the window ends.
 */
import type { AuditEvent } from '../audit/event.ts';

const windowMs = 10_000;
const maxWholePerWindow = 50;

export class RefusalLog {
  readonly #append: (event: AuditEvent) => void;
  readonly #now: () => number;
  #windowEndsMs = 0;
  #written = 0;
  #suppressed = 0;

  constructor(append: (event: AuditEvent) => void, now: () => number) {
    this.#append = append;
    this.#now = now;
  }

  write(event: AuditEvent): void {
    this.tick();
    if (this.#written < maxWholePerWindow) {
      this.#written += 1;
      this.#append(event);
    } else {
      this.#suppressed += 1;
    }
  }

  /** To be called about every second and at the end, so that a count is never kept back for long. */
  tick(isLast = false): void {
    const nowMs = this.#now();
    if (nowMs < this.#windowEndsMs && !isLast) return;
    this.#windowEndsMs = nowMs + windowMs;
    this.#written = 0;
    if (this.#suppressed > 0) {
      const count = this.#suppressed;
      this.#suppressed = 0;
      this.#append({
        event: 'connection.refused',
        remote: 'several',
        reason: 'flood: refused connections and logins that were only counted',
        count,
      });
    }
  }
}
