/**
 * What one agent did in the last hour, over all its connections: a new connection makes no fresh start.
 *
 * INVARIANT: bounded, and never less than what happened: what does not fit is told as partial, counts are kept by the
 * minute and leave a minute late.
 */
import type { PathObject } from '../command/model.ts';
import type { SessionFacts } from '../policy/decision.ts';

const minuteMs = 60_000;
const minutesPerHour = 60;
/** A hostile agent must not grow our memory with names. */
const maxPaths = 4_000;
/** Each is compared with the patterns of every rule that asks, at more cost than a name. */
export const maxUnsurePaths = 256;

class MinuteCounts {
  readonly #byMinute = new Map<number, number>();

  add(nowMs: number, count: number): void {
    const minute = Math.floor(nowMs / minuteMs);
    this.#byMinute.set(minute, (this.#byMinute.get(minute) ?? 0) + count);
  }

  lastHour(nowMs: number): number {
    const first = Math.floor(nowMs / minuteMs) - minutesPerHour;
    let sum = 0;
    for (const [minute, count] of this.#byMinute) {
      if (minute < first) this.#byMinute.delete(minute);
      else sum += count;
    }
    return sum;
  }
}

class RecentPaths {
  readonly #most: number;
  readonly #seenAt = new Map<string, number>();
  #lostAtMs = Number.NEGATIVE_INFINITY;

  constructor(most: number) {
    this.#most = most;
  }

  add(path: string, nowMs: number): void {
    // A path that is seen again counts from now, and stands last.
    this.#seenAt.delete(path);
    this.#dropOld(nowMs);
    if (this.#seenAt.size < this.#most) this.#seenAt.set(path, nowMs);
    else this.#lostAtMs = nowMs;
  }

  list(nowMs: number): readonly string[] {
    this.#dropOld(nowMs);
    return [...this.#seenAt.keys()];
  }

  isPartial(nowMs: number): boolean {
    return this.#lostAtMs > nowMs - minuteMs * minutesPerHour;
  }

  #dropOld(nowMs: number): void {
    for (const [path, atMs] of this.#seenAt) {
      if (atMs > nowMs - minuteMs * minutesPerHour) return;
      this.#seenAt.delete(path);
    }
  }
}

export class RecentDeeds {
  readonly #commands = new MinuteCounts();
  readonly #bytesOut = new MinuteCounts();
  readonly #fired = new Map<string, MinuteCounts>();
  readonly #read = new RecentPaths(maxPaths);
  readonly #written = new RecentPaths(maxPaths);
  readonly #unsure = new RecentPaths(maxUnsurePaths);

  noteDecision(fired: ReadonlyMap<string, number>, nowMs: number): void {
    this.#commands.add(nowMs, 1);
    for (const [rule, count] of fired) {
      const counts = this.#fired.get(rule) ?? new MinuteCounts();
      counts.add(nowMs, count);
      this.#fired.set(rule, counts);
    }
  }

  /** `unsure` is everything that is known of a path, as JSON. */
  notePath(kind: 'read' | 'written' | 'unsure', path: string, nowMs: number): void {
    const paths = { read: this.#read, written: this.#written, unsure: this.#unsure }[kind];
    paths.add(path, nowMs);
  }

  noteOutput(bytes: number, nowMs: number): void {
    this.#bytesOut.add(nowMs, bytes);
  }

  /** Rule id → how often it decided. */
  fired(nowMs: number): Readonly<Record<string, number>> {
    // Rule ids come from the policy, but a plain object would still answer `constructor`.
    const counts = Object.create(null) as Record<string, number>;
    for (const [rule, minutes] of this.#fired) {
      const count = minutes.lastHour(nowMs);
      if (count > 0) counts[rule] = count;
      else this.#fired.delete(rule);
    }
    return counts;
  }

  facts(nowMs: number): SessionFacts {
    const fired = this.fired(nowMs);
    return {
      commands: this.#commands.lastHour(nowMs),
      fired,
      readPaths: this.#read.list(nowMs),
      writtenPaths: this.#written.list(nowMs),
      unsurePaths: this.#unsure.list(nowMs).map((path): PathObject => JSON.parse(path)),
      bytesOut: this.#bytesOut.lastHour(nowMs),
      lastHour: fired,
      isPartial: [this.#read, this.#written, this.#unsure].some((paths) => paths.isPartial(nowMs)),
    };
  }
}
