/** Waiting for a ring, with a time limit and a way out. */
import { once } from 'node:events';
import type { Database } from '../sqlite/database.ts';
import { wiresOf } from './wires.ts';

export class Waits {
  readonly #database: Database;
  readonly #queue: string;
  #stop = new AbortController();

  constructor(database: Database, queue: string) {
    this.#database = database;
    this.#queue = queue;
  }

  /** Ends what waits now and everything that starts to wait before `allow`. */
  interrupt(): void {
    this.#stop.abort();
  }

  allow(): void {
    this.#stop = new AbortController();
  }

  /** False after `ms` or when interrupted. */
  async rung(kind: 'job' | 'event', ms: number): Promise<boolean> {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), ms);
    try {
      const signal = AbortSignal.any([this.#stop.signal, timeout.signal]);
      await once(wiresOf(this.#database).bell, `${kind} ${this.#queue}`, { signal });
      return true;
    } catch {
      return false;
    } finally {
      clearTimeout(timer);
    }
  }
}
