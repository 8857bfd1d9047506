/** At most so many of something in a minute for each name; names come from the configuration, so that there are few. */
const minuteMs = 60_000;

export class MinuteQuota {
  readonly #most: number;
  readonly #used = new Map<string, readonly number[]>();

  constructor(most: number) {
    this.#most = most;
  }

  /** False, and nothing is used, when this minute's are gone. */
  take(name: string, nowMs: number): boolean {
    const recent = (this.#used.get(name) ?? []).filter((atMs) => atMs > nowMs - minuteMs);
    const isLeft = recent.length < this.#most;
    this.#used.set(name, isLeft ? [...recent, nowMs] : recent);
    return isLeft;
  }
}
