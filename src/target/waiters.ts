/** Those who wait until something is free again. All are woken and look for themselves: only one may find it. */
export class Waiters {
  #waiting: (() => void)[] = [];

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Resolves when woken, after `timeoutMs`, or when aborted; which of these it was, the caller looks up. */
  wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.#waiting = this.#waiting.filter((waiter) => waiter !== done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      signal.addEventListener('abort', done, { once: true });
      this.#waiting.push(done);
    });
  }

  wake(): void {
    for (const waiter of [...this.#waiting]) waiter();
  }
}
