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
import { Redis, type RedisOptions } from 'ioredis';
import { StoreError } from '../errors.ts';

/** In a cluster all our keys must be in one slot; the braces make them. */
export const prefix = '{sallyport}';

const commandTimeoutMs = 1_500;
const connectTimeoutMs = 5_000;
/** While it is away we ask again every second at most. */
const maxRetryMs = 1_000;

export interface RedisScript {
  readonly lua: string;
  readonly sha1: string;
}

export function redisScript(lua: string): RedisScript {
  return { lua, sha1: createHash('sha1').update(lua).digest('hex') };
}

export type RedisValue = string | number;

/** Where a Redis is; how to behave towards it, each connection adds. */
export type RedisTarget = Omit<RedisOptions, 'replyMapping'>;

/** `redis://` and `rediss://` (TLS), a Unix socket as `redis+unix:///path`, Sentinel as `redis+sentinel://h1,h2/name`. */
export function redisTarget(url: string): RedisTarget {
  const sentinel = /^redis(s?)\+sentinel:\/\/(?:([^@/]*)@)?([^/]+)\/([\w.-]+)$/.exec(url);
  if (sentinel !== null) {
    const [, tls, credentials, hosts = '', name = ''] = sentinel;
    const [username, password] = (credentials ?? '').split(':').map(decodeURIComponent);
    return {
      name,
      sentinels: hosts.split(',').map((host) => {
        const at = new URL(`redis://${host}`);
        return { host: at.hostname, port: Number(at.port || 26_379) };
      }),
      ...(username === undefined || username === '' ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(tls === 's' ? { tls: {}, enableTLSForSentinelMode: true } : {}),
    };
  }
  const socket = /^redis\+unix:\/\/(\/.+)$/.exec(url);
  if (socket !== null) return { path: socket[1] ?? '' };
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^rediss?:$/.test(parsed.protocol) || parsed.hostname === '')
    throw new StoreError('STORE_UNUSABLE', 'store: wants redis://HOST, rediss://HOST or redis+sentinel://HOST,…/NAME');
  const database = parsed.pathname.replace(/^\//, '');
  if (!/^\d*$/.test(database))
    throw new StoreError('STORE_UNUSABLE', 'store: the path of a redis:// address is a number');
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: Number(parsed.port || 6_379),
    ...(database === '' ? {} : { db: Number(database) }),
    ...(parsed.username === '' ? {} : { username: decodeURIComponent(parsed.username) }),
    ...(parsed.password === '' ? {} : { password: decodeURIComponent(parsed.password) }),
    ...(parsed.protocol === 'rediss:' ? { tls: {} } : {}),
  };
}

/** More would wait in the socket and run into their time limit there; they wait here instead, where it does not run. */
const maxInFlight = 256;

export class RedisConnection {
  readonly client: Redis;
  #inFlight = 0;
  readonly #queue: (() => void)[] = [];

  constructor(target: RedisTarget, onProblem: (error: unknown) => void) {
    this.client = new Redis({
      ...target,
      connectTimeout: connectTimeoutMs,
      commandTimeout: commandTimeoutMs,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 1,
      retryStrategy: (times) => Math.min(times * 100, maxRetryMs),
      // A replica that was asked to be the primary: look for the real one.
      reconnectOnError: (error) => error.message.startsWith('READONLY'),
    });
    this.client.on('error', (error: unknown) => onProblem(unreachable(error)));
  }

  async ready(): Promise<void> {
    if (this.client.status === 'ready') return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(unreachable(new Error('no answer'))), connectTimeoutMs);
      this.client.once('ready', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** The reply as Redis gives it; StoreError STORE_UNREACHABLE when there is none. */
  async run(script: RedisScript, keys: readonly string[], values: readonly RedisValue[]): Promise<unknown> {
    const call = (command: 'EVALSHA' | 'EVAL', body: string): Promise<unknown> =>
      this.#inTurn(() => this.client.call(command, body, keys.length, ...keys, ...values));
    try {
      return await call('EVALSHA', script.sha1);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw unreachable(error);
    }
    try {
      return await call('EVAL', script.lua);
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

export function unreachable(cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
  // The first word of a Redis error is its code (READONLY, OOM, LOADING); the rest may repeat keys.
  const word = cause instanceof Error ? /^[A-Z]{3,}(?=\s)/.exec(cause.message)?.[0] : undefined;
  return new StoreError(
    'STORE_UNREACHABLE',
    `Redis does not do what was asked (${code ?? word ?? 'no answer in time'})`,
    {
      cause,
      publicMessage: 'Sallyport cannot reach its store. Nothing ran. Send the command again later.',
    },
  );
}
