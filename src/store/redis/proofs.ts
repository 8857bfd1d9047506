/**
 * Links, devices and challenges in Redis: hashes of what was sent, each a hash key; `expiring` knows when to drop it.
 *
 * INVARIANT: a link is used once and a try is taken once, on however many nodes.
 */
import type { ProofStore, StoredChallenge, StoredDevice, StoredLink } from '../../approval/store.ts';
import { prefix, type RedisConnection, type RedisValue, redisScript } from './connection.ts';

/** KEYS: prefix, the key. ARGV: expiry, then fields and values. */
const put = redisScript(`
redis.call('HSET', KEYS[2], unpack(ARGV, 2))
redis.call('ZADD', KEYS[1] .. ':expiring', ARGV[1], KEYS[2])
return 1
`);

/** KEYS: prefix, the key. Returns fields and values in turn, empty when there is no such key. */
const all = redisScript(`
local found = {}
local reply = redis.call('HGETALL', KEYS[2])
for at, each in ipairs(reply) do found[at] = each end
return found
`);

/** KEYS: prefix, the link, the set of its reviewer's links to the hold. */
const putLink = redisScript(`
redis.call('HSET', KEYS[2], unpack(ARGV, 2))
redis.call('SADD', KEYS[3], KEYS[2])
redis.call('ZADD', KEYS[1] .. ':expiring', ARGV[1], KEYS[2], ARGV[1], KEYS[3])
return 1
`);

/** KEYS: prefix, the link. Returns 1 for the one who used it. */
const useLink = redisScript(`
if redis.call('HGET', KEYS[2], 'used') ~= '0' then return 0 end
for _, link in ipairs(redis.call('SMEMBERS', redis.call('HGET', KEYS[2], 'siblings'))) do
  if redis.call('EXISTS', link) == 1 then redis.call('HSET', link, 'used', '1') end
end
redis.call('HSET', KEYS[2], 'used', '1')
return 1
`);

/** KEYS: prefix, the device, the reviewer's devices. ARGV: how many to keep, expiry, reviewer. */
const putDevice = redisScript(`
redis.call('HSET', KEYS[2], 'reviewer', ARGV[3], 'expires', ARGV[2])
redis.call('ZADD', KEYS[3], ARGV[2], KEYS[2])
redis.call('ZADD', KEYS[1] .. ':expiring', ARGV[2], KEYS[2])
for _, old in ipairs(redis.call('ZREVRANGE', KEYS[3], ARGV[1], -1)) do
  redis.call('DEL', old)
  redis.call('ZREM', KEYS[3], old)
  redis.call('ZREM', KEYS[1] .. ':expiring', old)
end
return 1
`);

/** KEYS: prefix, the reviewer's devices. */
const dropDevices = redisScript(`
for _, device in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
  redis.call('DEL', device)
  redis.call('ZREM', KEYS[1] .. ':expiring', device)
end
return redis.call('DEL', KEYS[2])
`);

/** KEYS: prefix, the challenge, the counter of reviewer and hold. ARGV: most, expiry, then fields and values. */
const putChallenge = redisScript(`
if tonumber(redis.call('HGET', KEYS[3], 'count') or '0') >= tonumber(ARGV[1]) then return 0 end
redis.call('HINCRBY', KEYS[3], 'count', 1)
redis.call('HSET', KEYS[2], unpack(ARGV, 3))
redis.call('ZADD', KEYS[1] .. ':expiring', ARGV[2], KEYS[2], ARGV[2], KEYS[3])
return 1
`);

/** KEYS: prefix, the challenge. Returns its fields as they were before the try. */
const takeTry = redisScript(`
local state = redis.call('HMGET', KEYS[2], 'tries', 'answered')
if not state[1] or tonumber(state[1]) <= 0 or state[2] ~= '0' then return {} end
local before = {}
for at, each in ipairs(redis.call('HGETALL', KEYS[2])) do before[at] = each end
redis.call('HINCRBY', KEYS[2], 'tries', -1)
return before
`);

/** KEYS: prefix, the challenge. Returns 1 for the one who closed it. */
const closeChallenge = redisScript(`
if redis.call('HGET', KEYS[2], 'answered') ~= '0' then return 0 end
redis.call('HSET', KEYS[2], 'answered', '1')
return 1
`);

/** KEYS: prefix. ARGV: latest expiry. Returns how many were dropped. */
const forget = redisScript(`
local old = redis.call('ZRANGEBYSCORE', KEYS[1] .. ':expiring', '-inf', ARGV[1], 'LIMIT', 0, 1000)
for _, key in ipairs(old) do
  redis.call('DEL', key)
  redis.call('ZREM', KEYS[1] .. ':expiring', key)
end
return #old
`);

export class RedisProofStore implements ProofStore {
  readonly #redis: RedisConnection;

  constructor(redis: RedisConnection) {
    this.#redis = redis;
  }

  async insertLink(link: StoredLink): Promise<void> {
    const { hold, reviewer, expiresAtMs, isUsed } = link;
    const siblings = `${prefix}:links:${hold}:${reviewer}`;
    const fields = ['hold', hold, 'reviewer', reviewer, 'expires', expiresAtMs, 'used', isUsed ? 1 : 0];
    const keys = [prefix, keyOf('link', link.tokenHash), siblings];
    await this.#redis.run(putLink, keys, [expiresAtMs, ...fields, 'siblings', siblings]);
  }

  async getLink(tokenHash: string): Promise<StoredLink | undefined> {
    const found = await this.#fields(keyOf('link', tokenHash));
    return (
      found && {
        tokenHash,
        hold: found.hold ?? '',
        reviewer: found.reviewer ?? '',
        expiresAtMs: Number(found.expires),
        isUsed: found.used !== '0',
      }
    );
  }

  async useLink(tokenHash: string): Promise<boolean> {
    return this.#won(useLink, [prefix, keyOf('link', tokenHash)]);
  }

  async insertDevice({ secretHash, reviewer, expiresAtMs }: StoredDevice, keep: number): Promise<void> {
    const keys = [prefix, keyOf('device', secretHash), keyOf('devices', reviewer)];
    await this.#redis.run(putDevice, keys, [keep, expiresAtMs, reviewer]);
  }

  async getDevice(secretHash: string): Promise<StoredDevice | undefined> {
    const found = await this.#fields(keyOf('device', secretHash));
    return found && { secretHash, reviewer: found.reviewer ?? '', expiresAtMs: Number(found.expires) };
  }

  async removeDevices(reviewer: string): Promise<void> {
    await this.#redis.run(dropDevices, [prefix, keyOf('devices', reviewer)], []);
  }

  async insertChallenge(challenge: StoredChallenge, most: number): Promise<boolean> {
    const { id, reviewer, hold, answerHash, triesLeft, expiresAtMs } = challenge;
    const fields = ['reviewer', reviewer, 'hold', hold, 'answer', answerHash, 'tries', triesLeft];
    const keys = [prefix, keyOf('challenge', id), `${prefix}:challenges:${hold}:${reviewer}`];
    const values = [most, expiresAtMs, ...fields, 'expires', expiresAtMs, 'answered', 0];
    return this.#won(putChallenge, keys, values);
  }

  async takeTry(id: string): Promise<StoredChallenge | undefined> {
    const found = fieldsOf(await this.#redis.run(takeTry, [prefix, keyOf('challenge', id)], []));
    return (
      found && {
        id,
        reviewer: found.reviewer ?? '',
        hold: found.hold ?? '',
        answerHash: found.answer ?? '',
        triesLeft: Number(found.tries),
        expiresAtMs: Number(found.expires),
      }
    );
  }

  async closeChallenge(id: string): Promise<boolean> {
    return this.#won(closeChallenge, [prefix, keyOf('challenge', id)]);
  }

  async forgetExpired(beforeMs: number): Promise<void> {
    while (Number(await this.#redis.run(forget, [prefix], [beforeMs])) > 0);
  }

  async #won(script: typeof put, keys: readonly string[], values: readonly RedisValue[] = []): Promise<boolean> {
    return (await this.#redis.run(script, keys, values)) === 1;
  }

  async #fields(key: string): Promise<Readonly<Record<string, string>> | undefined> {
    return fieldsOf(await this.#redis.run(all, [prefix, key], []));
  }
}

function keyOf(kind: 'link' | 'device' | 'devices' | 'challenge', name: string): string {
  return `${prefix}:${kind}:${name}`;
}

function fieldsOf(reply: unknown): Readonly<Record<string, string>> | undefined {
  if (!Array.isArray(reply) || reply.length === 0) return undefined;
  const pairs = Array.from({ length: reply.length / 2 }, (_, at) => [String(reply[at * 2]), String(reply[at * 2 + 1])]);
  return Object.fromEntries(pairs);
}
