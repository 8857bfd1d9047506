import type { Hold } from './hold.ts';

/** Wakes whoever waits for a hold, in this process. Late or lost rings are harmless: waiters read again by the clock. */
export class Bells {
  readonly #waiting = new Map<string, Set<() => void>>();

  ring(id: string): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    for (const wake of waiting ?? []) wake();
  }

  /** Listens from now on; `heard` ends with the next ring, after `ms`, or when `signal` aborts. Never rejects. */
  listen(id: string): {
    readonly heard: (ms: number, signal: AbortSignal) => Promise<void>;
    readonly stop: () => void;
  } {
    let wake = (): void => undefined;
    const rung = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const waiting = this.#waiting.get(id) ?? new Set();
    waiting.add(wake);
    this.#waiting.set(id, waiting);
    const stop = (): void => {
      waiting.delete(wake);
      if (waiting.size === 0 && this.#waiting.get(id) === waiting) this.#waiting.delete(id);
    };
    const heard = async (ms: number, signal: AbortSignal): Promise<void> => {
      const timer = setTimeout(wake, ms);
      signal.addEventListener('abort', wake, { once: true });
      if (!signal.aborted) await rung;
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
      stop();
    };
    return { heard, stop };
  }
}

/** Carries "this hold changed" between nodes. Embedded there is one node and nothing to carry. */
export interface Wake {
  publish(id: string): void;
  subscribe(listener: (id: string) => void): () => void;
}

/** Listeners that cannot harm each other or the caller. */
export class Listeners {
  readonly #all = new Set<(hold: Hold) => void>();
  readonly #onProblem: (error: unknown) => void;

  constructor(onProblem: (error: unknown) => void) {
    this.#onProblem = onProblem;
  }

  add(listener: (hold: Hold) => void): () => void {
    this.#all.add(listener);
    return () => this.#all.delete(listener);
  }

  get size(): number {
    return this.#all.size;
  }

  tell(hold: Hold): void {
    for (const listener of this.#all) {
      try {
        listener(hold);
      } catch (error) {
        this.#onProblem(error);
      }
    }
  }
}
