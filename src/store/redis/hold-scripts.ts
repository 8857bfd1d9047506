/**
 * What Redis does with holds, each script in one step. ARGV and KEYS are listed above each; keys that depend on stored
 * values are built from KEYS[1], the prefix, and lie in the same slot.
 *
 * A hold is the hash `PREFIX:hold:ID` {body, version, state, digest, agent, created}; sorted sets index it:
 * `newest`, `state:S`, `agent:A`, `agent:A:state:S` and `open:DIGEST` by creation, `due` by deadline.
 */
import { redisScript } from './connection.ts';

/** Shared by insert and replace: puts the hold into the sets of its state. Deadline '' means none. */
const index = `
local function enter(p, id, state, digest, agent, created, deadline)
  redis.call('ZADD', p .. ':state:' .. state, created, id)
  redis.call('ZADD', p .. ':agent:' .. agent .. ':state:' .. state, created, id)
  if state == 'pending' then redis.call('SET', p .. ':pending:' .. digest, id) end
  if state == 'pending' or state == 'approved' then redis.call('ZADD', p .. ':open:' .. digest, created, id) end
  if deadline ~= '' then redis.call('ZADD', p .. ':due', deadline, id) end
end
`;

/** Whether an agent has as many as it may. */
const capped = `
local function isFull(p, agent, maxPending, maxOpened, since)
  local own = p .. ':agent:' .. agent
  return redis.call('ZCARD', own .. ':state:pending') >= tonumber(maxPending)
    or redis.call('ZCOUNT', own, since, '+inf') >= tonumber(maxOpened)
end
`;

/**
 * KEYS: prefix. ARGV: id, version, state, digest, agent, created, deadline, body, most pending, most opened, since when.
 * Returns 1, or 0 for a duplicate, or 2 when the agent has as many as it may.
 */
export const insertHold = redisScript(`${index}${capped}
local p, id, version, state, digest, agent, created, deadline, body, maxPending, maxOpened, since = KEYS[1], unpack(ARGV)
if redis.call('EXISTS', p .. ':hold:' .. id) == 1 then return 0 end
if state == 'pending' and redis.call('EXISTS', p .. ':pending:' .. digest) == 1 then return 0 end
if isFull(p, agent, maxPending, maxOpened, since) then return 2 end
redis.call('HSET', p .. ':hold:' .. id, 'body', body, 'version', version, 'state', state, 'digest', digest,
  'agent', agent, 'created', created)
redis.call('ZADD', p .. ':newest', created, id)
redis.call('ZADD', p .. ':agent:' .. agent, created, id)
enter(p, id, state, digest, agent, created, deadline)
return 1
`);

/** KEYS: prefix. ARGV: id, expected version, expected state, version, state, deadline, body. Returns 1 when it won. */
export const replaceHold = redisScript(`${index}
local p, id, wasVersion, wasState, version, state, deadline, body = KEYS[1], unpack(ARGV)
local key = p .. ':hold:' .. id
local now = redis.call('HMGET', key, 'version', 'state', 'digest', 'agent', 'created')
if now[1] ~= wasVersion or now[2] ~= wasState then return 0 end
local digest, agent, created = now[3], now[4], now[5]
redis.call('HSET', key, 'body', body, 'version', version, 'state', state)
redis.call('ZREM', p .. ':state:' .. wasState, id)
redis.call('ZREM', p .. ':agent:' .. agent .. ':state:' .. wasState, id)
redis.call('ZREM', p .. ':open:' .. digest, id)
redis.call('ZREM', p .. ':due', id)
if wasState == 'pending' and redis.call('GET', p .. ':pending:' .. digest) == id then
  redis.call('DEL', p .. ':pending:' .. digest)
end
enter(p, id, state, digest, agent, created, deadline)
return 1
`);

/** KEYS: prefix, a sorted set. ARGV: limit, and the created and id of the last hold seen ('' for none). Returns bodies. */
export const pageOfHolds = redisScript(`
local p, set, limit, created, id = KEYS[1], KEYS[2], tonumber(ARGV[1]), ARGV[2], ARGV[3]
local start = 0
if id ~= '' then
  local isThere = redis.call('ZSCORE', set, id)
  -- The last one may have left the set since; its place still tells where to go on.
  if not isThere then redis.call('ZADD', set, created, id) end
  start = redis.call('ZREVRANK', set, id) + 1
  if not isThere then
    redis.call('ZREM', set, id)
    start = start - 1
  end
end
local bodies = {}
for _, each in ipairs(redis.call('ZREVRANGE', set, start, start + limit - 1)) do
  local body = redis.call('HGET', p .. ':hold:' .. each, 'body')
  if body then bodies[#bodies + 1] = body end
end
return bodies
`);

/** KEYS: prefix. ARGV: ids. Returns those that are not pending. */
export const settledHolds = redisScript(`
local settled = {}
for _, id in ipairs(ARGV) do
  if redis.call('HGET', KEYS[1] .. ':hold:' .. id, 'state') ~= 'pending' then settled[#settled + 1] = id end
end
return settled
`);

/** KEYS: prefix. ARGV: latest deadline, limit. Returns bodies. */
export const dueHolds = redisScript(`
local bodies = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1] .. ':due', '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])) do
  local body = redis.call('HGET', KEYS[1] .. ':hold:' .. id, 'body')
  if body then bodies[#bodies + 1] = body end
end
return bodies
`);

/** KEYS: prefix. ARGV: agent, since. Returns {pending, opened}. */
export const countHolds = redisScript(`
local agent = KEYS[1] .. ':agent:' .. ARGV[1]
return { redis.call('ZCARD', agent .. ':state:pending'), redis.call('ZCOUNT', agent, ARGV[2], '+inf') }
`);

/** KEYS: prefix. ARGV: opened before, limit, and the final states. Returns how many were dropped. */
export const forgetHolds = redisScript(`
local p, before, limit = KEYS[1], ARGV[1], tonumber(ARGV[2])
local dropped = 0
for at = 3, #ARGV do
  local set = p .. ':state:' .. ARGV[at]
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', set, '-inf', '(' .. before, 'LIMIT', 0, limit - dropped)) do
    local key = p .. ':hold:' .. id
    local agent = redis.call('HGET', key, 'agent') or ''
    redis.call('DEL', key)
    redis.call('ZREM', set, id)
    redis.call('ZREM', p .. ':newest', id)
    redis.call('ZREM', p .. ':agent:' .. agent, id)
    redis.call('ZREM', p .. ':agent:' .. agent .. ':state:' .. ARGV[at], id)
    dropped = dropped + 1
  end
  if dropped >= limit then break end
end
return dropped
`);
