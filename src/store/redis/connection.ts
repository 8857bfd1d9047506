/**
 * Connections to Redis or Valkey, and the scripts that run there.
 *
 * Commands fail fast: a server that is away, hung or read-only is an error within seconds, never a queue that fills and
 * is sent later. What was sent before the time ran out may still take effect; every script is a compare-and-set, so that
 * can only complete what was asked, once.
 *
 * INVARIANT: no error names the address, which may contain a password.
 */
import { createHash } from 'node:crypto';
import { Cluster, type Redis } from 'ioredis';
import { connectTimeoutMs, openHastyClient, type RedisClient, type RedisTarget, troubleOf } from './target.ts';
import { codeOf, isMisconfigured, unreachable } from './unreachable.ts';

/** In a cluster all our keys must be in one slot; the braces make them. */
export const prefix = '{sallyport}';

/** A replica answers within a millisecond; one that does not in this time is as good as none. */
const replicaTimeoutMs = 1_000;

export interface RedisScript {
  readonly lua: string;
  readonly sha1: string;
}

export function redisScript(lua: string): RedisScript {
  return { lua, sha1: createHash('sha1').update(lua).digest('hex') };
}

export type RedisValue = string | number;

/** More would wait in the socket and run into their time limit there; they wait here instead, where it does not run. */
const maxInFlight = 256;

export class RedisConnection {
  readonly client: RedisClient;
  /** A change counts only when so many replicas have it, so that no fail-over forgets it. */
  #replicas = 0;
  #inFlight = 0;
  readonly #queue: (() => void)[] = [];
  readonly #target: RedisTarget;

  constructor(target: RedisTarget, onProblem: (error: unknown) => void) {
    this.#target = target;
    this.client = openHastyClient(target);
    this.client.on('error', (error: unknown) => onProblem(unreachable(error)));
  }

  /** Rejects with why not: within seconds, or at once when waiting is no use or nobody wants to. */
  async ready({ isPatient }: { readonly isPatient: boolean } = { isPatient: true }): Promise<void> {
    if (this.client.status === 'ready') return;
    try {
      await this.#becomesReady(isPatient);
    } catch (error) {
      // A cluster says that it failed; one of its nodes, asked alone, says why.
      const isTelling = codeOf(error) !== undefined || this.#target.cluster === undefined;
      throw unreachable(isTelling ? error : ((await troubleOf(this.#target)) ?? error));
    }
  }

  async #becomesReady(isPatient: boolean): Promise<void> {
    let last: unknown = new Error('no answer');
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => end(() => reject(last)), connectTimeoutMs);
      const onReady = () => end(resolve);
      const onError = (error: unknown) => {
        last = error;
        if (!isPatient || isMisconfigured(error)) end(() => reject(error));
      };
      const end = (settle: () => void) => {
        clearTimeout(timer);
        this.client.off('ready', onReady);
        this.client.off('error', onError);
        settle();
      };
      this.client.once('ready', onReady);
      this.client.on('error', onError);
    });
  }

  /** The primaries: one, or those of a cluster. */
  get primaries(): readonly Redis[] {
    return this.client instanceof Cluster ? this.client.nodes('master') : [this.client];
  }

  requireReplicas(count: number): void {
    this.#replicas = count;
  }

  /** The reply as Redis gives it; StoreError STORE_UNREACHABLE when there is none. */
  async run(script: RedisScript, keys: readonly string[], values: readonly RedisValue[]): Promise<unknown> {
    return this.#load(script, (command, body) =>
      this.#inTurn(() => this.client.call(command, body, keys.length, ...keys, ...values)),
    );
  }

  /**
   * The same for a change that must survive a fail-over: an answer comes only when the replicas have the change too.
   *
   * INVARIANT: both commands go over one connection, one behind the other; after a reconnect the second one would speak
   * of another history, so it is not sent again.
   */
  async runDurably(script: RedisScript, keys: readonly string[], values: readonly RedisValue[]): Promise<unknown> {
    const replicas = this.#replicas;
    if (replicas === 0) return this.run(script, keys, values);
    return this.#load(script, async (command, body) => {
      const commands = [
        [command, body, keys.length, ...keys, ...values],
        ['wait', replicas, replicaTimeoutMs],
      ];
      const replies = await this.#inTurn(() => this.client.pipeline(commands).exec());
      const [changed, waited] = replies ?? [];
      const failure = changed?.[0] ?? waited?.[0];
      if (changed === undefined || waited === undefined || failure) throw failure ?? new Error('no answer');
      if (Number(waited[1]) < replicas) throw new Error('NOREPLICAS too few replicas have the change');
      return changed[1];
    });
  }

  async #load(script: RedisScript, call: (command: 'evalsha' | 'eval', body: string) => Promise<unknown>) {
    try {
      return await call('evalsha', script.sha1);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw unreachable(error);
    }
    try {
      return await call('eval', script.lua);
    } catch (error) {
      throw unreachable(error);
    }
  }

  async get(key: string, field: string): Promise<string | undefined> {
    try {
      return (await this.#inTurn(() => this.client.hget(key, field))) ?? undefined;
    } catch (error) {
      throw unreachable(error);
    }
  }

  close(): void {
    this.client.disconnect();
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#inFlight >= maxInFlight) await new Promise<void>((resolve) => this.#queue.push(resolve));
    this.#inFlight += 1;
    try {
      return await work();
    } finally {
      this.#inFlight -= 1;
      this.#queue.shift()?.();
    }
  }
}
