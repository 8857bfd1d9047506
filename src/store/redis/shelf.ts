/**
 * The shelf in Redis: per kind a hash key → body and a sorted set key → end.
 *
 * The end is compared with the clock of the node that asks, like every other deadline of ours.
 */
import type { Shelf, ShelfKind, ShelfRecord } from '../shelf.ts';
import { prefix, type RedisConnection, redisScript } from './connection.ts';

/** KEYS: bodies, ends. ARGV: now, most, key, body, end. */
const put = redisScript(`
local function drop(keys)
  for _, each in ipairs(keys) do
    redis.call('HDEL', KEYS[1], each)
    redis.call('ZREM', KEYS[2], each)
  end
end
drop(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[1], 'LIMIT', 0, 1000))
redis.call('ZREM', KEYS[2], ARGV[3])
local over = redis.call('ZCARD', KEYS[2]) + 1 - tonumber(ARGV[2])
if over > 0 then drop(redis.call('ZRANGE', KEYS[2], 0, over - 1)) end
redis.call('HSET', KEYS[1], ARGV[3], ARGV[4])
redis.call('ZADD', KEYS[2], ARGV[5], ARGV[3])
return 1
`);

/** KEYS: bodies, ends. ARGV: now, key. Returns {body, end}, or {}. */
const get = redisScript(`
local ends = redis.call('ZSCORE', KEYS[2], ARGV[2])
if not ends or tonumber(ends) <= tonumber(ARGV[1]) then return {} end
return { redis.call('HGET', KEYS[1], ARGV[2]), ends }
`);

/** KEYS: bodies, ends. ARGV: now. Returns key, body, end in turn. */
const list = redisScript(`
local found = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. ARGV[1], '+inf', 'WITHSCORES')
local reply = {}
for at = 1, #found, 2 do
  reply[#reply + 1] = found[at]
  reply[#reply + 1] = redis.call('HGET', KEYS[1], found[at])
  reply[#reply + 1] = found[at + 1]
end
return reply
`);

/** KEYS: bodies, ends. ARGV: now, key, body as read, body to be, end to be. Returns 1 when it won. */
const replace = redisScript(`
local ends = redis.call('ZSCORE', KEYS[2], ARGV[2])
if not ends or tonumber(ends) <= tonumber(ARGV[1]) then return 0 end
if redis.call('HGET', KEYS[1], ARGV[2]) ~= ARGV[3] then return 0 end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[4])
redis.call('ZADD', KEYS[2], ARGV[5], ARGV[2])
return 1
`);

/** KEYS: bodies, ends. ARGV: now, key. Returns {body, end} to one caller. */
const take = redisScript(`
local ends = redis.call('ZSCORE', KEYS[2], ARGV[2])
local body = redis.call('HGET', KEYS[1], ARGV[2])
if not ends or not body then return {} end
redis.call('HDEL', KEYS[1], ARGV[2])
redis.call('ZREM', KEYS[2], ARGV[2])
if tonumber(ends) <= tonumber(ARGV[1]) then return {} end
return { body, ends }
`);

export class RedisShelf implements Shelf {
  readonly #redis: RedisConnection;
  readonly #now: () => number;

  constructor(redis: RedisConnection, now: () => number = Date.now) {
    this.#redis = redis;
    this.#now = now;
  }

  async put(kind: ShelfKind, { key, body, expiresAtMs }: ShelfRecord, most: number): Promise<void> {
    await this.#redis.run(put, keysOf(kind), [this.#now(), most, key, body, expiresAtMs]);
  }

  async get(kind: ShelfKind, key: string): Promise<ShelfRecord | undefined> {
    return recordOf(key, await this.#redis.run(get, keysOf(kind), [this.#now(), key]));
  }

  async list(kind: ShelfKind): Promise<readonly ShelfRecord[]> {
    const reply = await this.#redis.run(list, keysOf(kind), [this.#now()]);
    if (!Array.isArray(reply)) return [];
    return Array.from({ length: reply.length / 3 }, (_, at) => ({
      key: String(reply[at * 3]),
      body: String(reply[at * 3 + 1]),
      expiresAtMs: Number(reply[at * 3 + 2]),
    }));
  }

  async replace(kind: ShelfKind, before: ShelfRecord, after: ShelfRecord): Promise<boolean> {
    const values = [this.#now(), before.key, before.body, after.body, after.expiresAtMs];
    return (await this.#redis.run(replace, keysOf(kind), values)) === 1;
  }

  async take(kind: ShelfKind, key: string): Promise<ShelfRecord | undefined> {
    return recordOf(key, await this.#redis.run(take, keysOf(kind), [this.#now(), key]));
  }
}

function keysOf(kind: ShelfKind): readonly string[] {
  return [`${prefix}:shelf:${kind}`, `${prefix}:shelf:${kind}:ends`];
}

function recordOf(key: string, reply: unknown): ShelfRecord | undefined {
  if (!Array.isArray(reply) || reply.length === 0) return undefined;
  return { key, body: String(reply[0]), expiresAtMs: Number(reply[1]) };
}
