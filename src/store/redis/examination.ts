/** Looks at the Redis of the configuration as an operator would, without opening a store: nothing of ours starts. */
import { messageOf } from '../../errors.ts';
import { StoreError } from '../errors.ts';
import { RedisConnection } from './connection.ts';
import { infoOf, refuseUnusable, requirePermissions, type ServerInfo, warningsOf } from './server.ts';
import { type RedisTerms, redisTarget, withSecrets } from './target.ts';

export interface Examination {
  readonly state: 'ok' | 'warn' | 'fail';
  /** One each; what is wrong, and how to mend it. */
  readonly details: readonly string[];
}

export async function examineRedis(url: string, terms: RedisTerms): Promise<Examination> {
  let connection: RedisConnection | undefined;
  try {
    const target = withSecrets(redisTarget(url), terms);
    // What is the matter comes as the reason why it is not ready.
    connection = new RedisConnection(target, () => undefined);
    await connection.ready({ isPatient: false });
    const servers = await infoOf(connection);
    refuseUnusable(servers, target.cluster !== undefined);
    await requirePermissions(connection);
    const warnings = warningsOf(servers, target, terms.replicas);
    return warnings.length > 0
      ? { state: 'warn', details: warnings }
      : { state: 'ok', details: [servers.map(describe).join('; ')] };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return { state: 'fail', details: [messageOf(error)] };
  } finally {
    connection?.close();
  }
}

function describe(info: ServerInfo): string {
  const name = info.valkey_version === undefined ? `Redis ${info.redis_version}` : `Valkey ${info.valkey_version}`;
  const count = Number(info.connected_slaves ?? 0);
  const replicas = count === 0 ? 'no replica' : `${count} replica${count === 1 ? '' : 's'}`;
  return `${name}, primary, ${replicas}, appendonly, noeviction, all permissions`;
}
