/**
 * Does something again when another node rings, and by the clock in case a ring was lost. One run at a time; a ring during
 * a run makes one more run.
 */
import type { Wake } from './approval/bells.ts';

/** A lost ring costs this long. */
const beatMs = 2_000;

export class Pulse {
  readonly #wake: Wake;
  readonly #topic: string;
  readonly #work: () => Promise<void>;
  readonly #onProblem: (error: unknown) => void;
  readonly #unsubscribe: () => void;
  #timer: NodeJS.Timeout | undefined;
  #isRunning = false;
  #isAskedAgain = false;
  #isClosed = false;

  constructor(wake: Wake, topic: string, work: () => Promise<void>, onProblem: (error: unknown) => void) {
    this.#wake = wake;
    this.#topic = topic;
    this.#work = work;
    this.#onProblem = onProblem;
    this.#unsubscribe = wake.subscribe((heard) => {
      if (heard === topic) void this.beat();
    });
    this.#later();
  }

  /** Tells the other nodes to look now. */
  ring(): void {
    this.#wake.publish(this.#topic);
  }

  /** Never rejects. */
  async beat(): Promise<void> {
    if (this.#isClosed) return;
    if (this.#isRunning) {
      this.#isAskedAgain = true;
      return;
    }
    this.#isRunning = true;
    clearTimeout(this.#timer);
    do {
      this.#isAskedAgain = false;
      await this.#work().catch((error: unknown) => {
        if (!this.#isClosed) this.#onProblem(error);
      });
    } while (this.#isAskedAgain && !this.#isClosed);
    this.#isRunning = false;
    this.#later();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#unsubscribe();
  }

  #later(): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => void this.beat(), beatMs);
    this.#timer.unref();
  }
}
