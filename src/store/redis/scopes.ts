/** Scopes in Redis: one hash, id → record. INVARIANT: a record changes only while its bytes are still as read. */
import type { Scope } from '../../approval/scope.ts';
import type { ScopeStore } from '../../approval/scopes.ts';
import { parseScope } from '../record.ts';
import { prefix, type RedisConnection, redisScript } from './connection.ts';

const key = `${prefix}:scopes`;

/** KEYS: the hash. ARGV: id, record. */
const put = redisScript(`return redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2])`);

/** KEYS: the hash. ARGV: id, record as read, record to be. */
const swap = redisScript(`
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
`);

/** KEYS: the hash. ARGV: id, record as read. */
const drop = redisScript(`
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
return redis.call('HDEL', KEYS[1], ARGV[1])
`);

const values = redisScript(`return redis.call('HVALS', KEYS[1])`);

export class RedisScopeStore implements ScopeStore {
  readonly #connection: RedisConnection;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  async insert(scope: Scope): Promise<boolean> {
    return (await this.#connection.run(put, [key], [scope.id, JSON.stringify(scope)])) === 1;
  }

  async get(id: string): Promise<Scope | undefined> {
    const body = await this.#connection.get(key, id);
    return body === undefined ? undefined : parseScope(body);
  }

  async replace(before: Scope, after: Scope): Promise<boolean> {
    const bodies = [JSON.stringify(before), JSON.stringify(after)];
    return (await this.#connection.run(swap, [key], [before.id, ...bodies])) === 1;
  }

  async list(nowMs: number): Promise<readonly Scope[]> {
    const reply = await this.#connection.run(values, [key], []);
    const scopes = Array.isArray(reply) ? reply.map((body) => parseScope(String(body))) : [];
    for (const scope of scopes) {
      if (scope.expiresAtMs <= nowMs) await this.#connection.run(drop, [key], [scope.id, JSON.stringify(scope)]);
    }
    return scopes.filter(({ expiresAtMs }) => expiresAtMs > nowMs);
  }
}
