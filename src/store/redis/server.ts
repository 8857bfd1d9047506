/** What a Redis says about itself: whether it can be used at all, and what an operator should change. */
import { StoreError } from '../errors.ts';
import { prefix, type RedisConnection, redisScript } from './connection.ts';
import type { RedisTarget } from './target.ts';
import { unreachable } from './unreachable.ts';

export type ServerInfo = Readonly<Record<string, string>>;

/** Of every primary. */
export async function infoOf({ primaries }: RedisConnection): Promise<readonly ServerInfo[]> {
  if (primaries.length === 0) throw unreachable(new Error('no primary is known'));
  try {
    const texts = await Promise.all(primaries.map((primary) => primary.info()));
    return texts.map((text) =>
      Object.fromEntries([...text.matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, name, value]) => [name ?? '', value ?? ''])),
    );
  } catch (error) {
    throw unreachable(error);
  }
}

/** @throws StoreError STORE_UNUSABLE */
export function refuseUnusable(servers: readonly ServerInfo[], isCluster: boolean): void {
  for (const info of servers) {
    const [major = 0, minor = 0] = (info.valkey_version ?? info.redis_version ?? '').split('.').map(Number);
    if (info.valkey_version === undefined && (major < 6 || (major === 6 && minor < 2)))
      throw new StoreError('STORE_UNUSABLE', 'this Redis is older than 6.2');
    if (info.role === 'slave') throw new StoreError('STORE_UNUSABLE', 'this Redis is a replica: name its primary');
    if (!isCluster && info.cluster_enabled === '1') {
      const text = 'this Redis belongs to a cluster: write its address as redis+cluster://HOST,…';
      throw new StoreError('STORE_UNUSABLE', text);
    }
  }
}

/** KEYS: a key. Writes what is gone at once. */
const touch = redisScript(`
redis.call('SET', KEYS[1], '1', 'PX', 1)
return redis.call('DEL', KEYS[1])
`);

/** Tries what our account needs, so that a permission that is missing shows now and not when somebody decides. */
export async function requirePermissions(connection: RedisConnection): Promise<void> {
  await connection.run(touch, [`${prefix}:touched`], []);
  try {
    // Listeners pass over a message without a subject.
    await connection.client.publish(`${prefix}:changed`, '');
  } catch (error) {
    throw unreachable(error);
  }
}

export function warningsOf(
  servers: readonly ServerInfo[],
  target: RedisTarget,
  replicas: number | undefined,
): readonly string[] {
  const hasFailOver = target.cluster !== undefined || target.sentinels !== undefined;
  const warnings = servers.flatMap((info) => [
    ...(info.aof_enabled === '1' ? [] : ['Redis: appendonly is off, so a restart forgets every hold (appendonly yes)']),
    ...(info.maxmemory_policy === 'noeviction'
      ? []
      : [`Redis: maxmemory-policy ${info.maxmemory_policy} may drop holds (maxmemory-policy noeviction)`]),
    ...(replicas !== undefined && Number(info.connected_slaves ?? 0) < replicas
      ? [
          `Redis: ${info.connected_slaves ?? 0} of the ${replicas} replicas of store.replicas; nothing can be decided until all are there`,
        ]
      : []),
    ...(hasFailOver && replicas === undefined && Number(info.connected_slaves ?? 0) === 0
      ? ['Redis: a primary has no replica, so when it fails its holds are gone; connect one, then restart Sallyport']
      : []),
    ...(hasFailOver && replicas === 0
      ? ['Redis: store.replicas is 0, so a fail-over may forget a decision, and run an approval twice']
      : []),
  ]);
  return [...new Set(warnings)];
}
