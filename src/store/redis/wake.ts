/** Tells the other nodes what changed. A lost message costs a few seconds: everything is read again by the clock. */
import { randomBytes } from 'node:crypto';
import type { Wake } from '../../approval/bells.ts';
import { prefix, type RedisConnection } from './connection.ts';
import { openPatientClient, type RedisClient, type RedisTarget } from './target.ts';
import { unreachable } from './unreachable.ts';

export class RedisWake implements Wake {
  readonly #channel: string;
  readonly #publisher: RedisConnection;
  readonly #subscriber: RedisClient;
  readonly #onProblem: (error: unknown) => void;
  readonly #listeners = new Set<(id: string) => void>();
  /** Our own messages come back; what changed here is known here. */
  readonly #node = randomBytes(6).toString('hex');
  #isClosed = false;

  /** `about` names what the messages are about; wakes about different things do not hear each other. */
  constructor(
    about: 'changed' | 'nodes',
    publisher: RedisConnection,
    target: RedisTarget,
    onProblem: (error: unknown) => void,
  ) {
    this.#channel = `${prefix}:${about}`;
    this.#publisher = publisher;
    this.#onProblem = onProblem;
    this.#subscriber = openPatientClient(target);
    this.#subscriber.on('error', (error: unknown) => onProblem(unreachable(error)));
    this.#subscriber.on('ready', () => this.#listen());
    this.#subscriber.on('message', (_channel: string, message: string) => {
      const [node, id] = message.split(' ');
      if (node === this.#node || id === undefined) return;
      for (const listener of this.#listeners) listener(id);
    });
  }

  /** Asked again after each reconnect by us: the client's own renewal leaves its promise to nobody. */
  #listen(): void {
    this.#subscriber.subscribe(this.#channel).catch((error: unknown) => {
      if (!this.#isClosed) this.#onProblem(unreachable(error));
    });
  }

  publish(id: string): void {
    this.#publisher.client
      .publish(this.#channel, `${this.#node} ${id}`)
      .catch((error: unknown) => this.#onProblem(unreachable(error)));
  }

  subscribe(listener: (id: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#isClosed = true;
    this.#subscriber.disconnect();
  }
}
