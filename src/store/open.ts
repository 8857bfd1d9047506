/** The store the configuration asks for: embedded in one file, or Redis for several nodes. */
import { createRedisBackend } from 'bullmq';
import type { Wake } from '../approval/bells.ts';
import type { QueueHome } from '../approval/jobs.ts';
import type { ScopeStore } from '../approval/scopes.ts';
import type { HoldStore, ProofStore } from '../approval/store.ts';
import type { StoreConfig } from '../config.ts';
import { sqliteBackend } from './queue/backend.ts';
import { prefix, RedisConnection } from './redis/connection.ts';
import { RedisHoldStore } from './redis/holds.ts';
import { RedisProofStore } from './redis/proofs.ts';
import { RedisScopeStore } from './redis/scopes.ts';
import { SentinelWatch } from './redis/sentinel-watch.ts';
import { infoOf, refuseUnusable, requirePermissions, warningsOf } from './redis/server.ts';
import { RedisShelf } from './redis/shelf.ts';
import { openPatientClient, type RedisTerms, redisTarget, withSecrets } from './redis/target.ts';
import { unreachable } from './redis/unreachable.ts';
import { RedisWake } from './redis/wake.ts';
import type { Shelf } from './shelf.ts';
import { type Database, openDatabase } from './sqlite/database.ts';
import { SqliteHoldStore } from './sqlite/holds.ts';
import { SqliteProofStore } from './sqlite/proofs.ts';
import { SqliteScopeStore } from './sqlite/scopes.ts';
import { SqliteShelf } from './sqlite/shelf.ts';

export interface Store {
  readonly holds: HoldStore;
  readonly proofs: ProofStore;
  readonly scopes: ScopeStore;
  readonly shelf: Shelf;
  readonly queues: QueueHome;
  /** Present when several nodes may share the store: rings when a hold changed. */
  readonly wake: Wake | undefined;
  /** Beside it, for what the nodes tell each other about sessions and agents. */
  readonly peers: Wake | undefined;
  /** What an operator should change, in words; empty when all is well. */
  warnings(): Promise<readonly string[]>;
  close(): void;
}

/** What the configuration says; `directory` is used by the embedded store only. */
export async function openStore(
  config: StoreConfig | undefined,
  directory: string,
  onProblem: (error: unknown) => void,
): Promise<Store> {
  return config?.kind === 'redis' ? openRedisStore(config.url, onProblem, config) : openEmbeddedStore(directory);
}

/** Throws StoreError STORE_IN_USE when another process has the directory. */
export function openEmbeddedStore(directory: string): Store {
  return embeddedStore(openDatabase(directory));
}

export function embeddedStore(database: Database): Store {
  return {
    holds: new SqliteHoldStore(database),
    proofs: new SqliteProofStore(database),
    scopes: new SqliteScopeStore(database),
    shelf: new SqliteShelf(database),
    queues: { factory: sqliteBackend(database), producer: {}, worker: {} },
    wake: undefined,
    peers: undefined,
    warnings: async () => [],
    close: () => database.close(),
  };
}

/** Rejects with StoreError when there is no usable primary at `url` (see `redisTarget` for its forms). */
export async function openRedisStore(
  url: string,
  onProblem: (error: unknown) => void,
  terms: RedisTerms = {},
): Promise<Store> {
  const named = withSecrets(redisTarget(url), terms);
  const watch = named.sentinels === undefined ? undefined : new SentinelWatch(named, onProblem);
  const target = watch === undefined ? named : { ...named, Connector: watch.connector };
  const connection = new RedisConnection(target, onProblem);
  try {
    await connection.ready();
    const servers = await infoOf(connection);
    refuseUnusable(servers, target.cluster !== undefined);
    await requirePermissions(connection);
    const hasReplica = servers.every(({ connected_slaves }) => Number(connected_slaves ?? 0) > 0);
    connection.requireReplicas(terms.replicas ?? (hasReplica ? 1 : 0));
  } catch (error) {
    connection.close();
    watch?.close();
    throw error;
  }
  // Workers wait for ever, through any outage; BullMQ makes its blocking connections from this one.
  const worker = openPatientClient(target);
  worker.on('error', (error: unknown) => onProblem(unreachable(error)));
  const wake = new RedisWake('changed', connection, target, onProblem);
  const peers = new RedisWake('nodes', connection, target, onProblem);
  const close = () => {
    wake.close();
    peers.close();
    worker.disconnect();
    connection.close();
    watch?.close();
  };
  return {
    holds: new RedisHoldStore(connection),
    proofs: new RedisProofStore(connection),
    scopes: new RedisScopeStore(connection),
    shelf: new RedisShelf(connection),
    queues: { factory: createRedisBackend, producer: connection.client, worker, prefix },
    wake,
    peers,
    warnings: async () => warningsOf(await infoOf(connection), target, terms.replicas),
    close,
  };
}
