/** A real Redis with TLS by a private CA and the account that README names, opened by what stands in a configuration. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRedisBackend } from 'bullmq';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../src/config-file.ts';
import { openStore, type Store } from '../../src/store/open.ts';
import { prefix } from '../../src/store/redis/connection.ts';
import { openPatientClient, redisTarget, withSecrets } from '../../src/store/redis/target.ts';
import { temporaryDirectory } from '../support/directory.ts';
import { eventually } from '../support/eventually.ts';
import { holdFor, uncapped } from '../support/holds.ts';
import { raceReviewers } from '../support/races.ts';
import { type RedisProcess, RedisServers } from '../support/redis-servers.ts';
import {
  type Authority,
  accountInReadme,
  expectQuietRefusal,
  makeAuthority,
  startTlsRedis,
} from '../support/redis-tls.ts';
import { holdStoreContract } from './hold-store-contract.ts';
import { proofStoreContract } from './proof-store-contract.ts';
import { queueContract } from './queue-contract.ts';
import { scopeStoreContract } from './scope-store-contract.ts';
import { standingContract } from './standing-contract.ts';

const password = 'CANARY-right';
const servers = new RedisServers();
let redis: RedisProcess;
let ours: Authority;
let theirs: Authority;
beforeAll(async () => {
  ours = makeAuthority(servers.directory, 'ours');
  theirs = makeAuthority(servers.directory, 'theirs');
  redis = await startTlsRedis(servers, ours, [
    `user sallyport on >${password} ${accountInReadme()}`,
    `user reader on >${password} ~{sallyport}* &* +@read +@connection +info`,
    `user elsewhere on >${password} ~other* &* +@all -@admin -@dangerous +info`,
    `user mute on >${password} ~{sallyport}* +@all -@admin -@dangerous +info`,
    `user blind on >${password} ~{sallyport}* &* +@all -@admin -@dangerous`,
  ]);
});
afterAll(() => servers.close());
beforeEach(async () => void (await redis.cli('FLUSHALL')));

interface Written {
  readonly account?: string;
  readonly secret?: string;
  readonly ca?: Authority | undefined;
}

/** The part about the store of a configuration, with the files it names. */
function written({ account = 'sallyport', secret = password, ca = ours }: Written = {}) {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'redis-password'), `${secret}\n`, { mode: 0o600 });
  const file = join(directory, 'sallyport.yaml');
  const store = `{ url: "rediss://${account}@127.0.0.1:${redis.port}", password_file: redis-password, ca_file: "${ca.caFile}" }`;
  writeFileSync(file, `version: 1\nstate_directory: state\nstore: ${store}\n`);
  mkdirSync(join(directory, 'state'));
  const { store: config } = loadConfig(file, {}).config;
  if (config?.kind !== 'redis') throw new Error('a Redis is configured');
  return config;
}

async function open(how: Written = {}, onProblem: (error: unknown) => void = () => undefined): Promise<Store> {
  const store = await openStore(written(how), '', onProblem);
  onTestFinished(() => store.close());
  return store;
}

describe('holds over TLS', () => holdStoreContract(async () => (await open()).holds));
describe('proofs over TLS', () => proofStoreContract(async () => (await open()).proofs));
describe('scopes over TLS', () => scopeStoreContract(async () => (await open()).scopes));
describe('standings over TLS', () => standingContract(open));
describe('BullMQ over TLS', () =>
  queueContract(async () => {
    const config = written();
    const connection = openPatientClient(withSecrets(redisTarget(config.url), config));
    connection.on('error', () => undefined);
    onTestFinished(() => connection.disconnect());
    return { factory: createRedisBackend, connection, prefix };
  }));

describe('a store over TLS', () => {
  it('has no warning, and lets one of many reviewers win', { timeout: 60_000 }, async () => {
    const nodes = [await open(), await open()];
    expect(await nodes[0]?.warnings()).toEqual([]);
    await raceReviewers(
      nodes.map(({ holds }) => holds),
      50,
    );
  });

  it('carries what one node tells the other', async () => {
    const [one, two] = [await open(), await open()];
    const heard: string[] = [];
    two.wake?.subscribe((id) => heard.push(id));
    await eventually(() => {
      one.wake?.publish('h-1');
      return heard;
    }).toContain('h-1');
  });

  it('asks for no permission that its account does not have', async () => {
    await redis.cli('ACL', 'LOG', 'RESET');
    const store = await open();
    await store.holds.insert(holdFor(), uncapped);
    await store.warnings();
    expect(await redis.cli('ACL', 'LOG')).toBe('');
  });

  it.each([
    { name: 'another password', how: { secret: 'CANARY-wrong' }, want: /WRONGPASS.*store\.password_file/ },
    { name: 'an unknown account', how: { account: 'nobody' }, want: /WRONGPASS.*account/ },
    { name: 'an account for reading', how: { account: 'reader' }, want: /NOPERM.*may not/ },
    { name: 'an account for other keys', how: { account: 'elsewhere' }, want: /NOPERM.*may not/ },
    { name: 'an account without channels', how: { account: 'mute' }, want: /NOPERM.*may not/ },
    { name: 'an account that may not ask what this is', how: { account: 'blind' }, want: /NOPERM.*may not/ },
  ])('is not opened with $name, and says so without a secret', async ({ how, want }) => {
    await refused(how, want);
  });

  it('is not opened when another CA signed its certificate', async () => {
    await refused({ ca: theirs }, /certificate.*store\.ca_file/);
  });

  it('is not opened without TLS', async () => {
    const { url, ...secrets } = written();
    const config = { ...secrets, url: url.replace('rediss:', 'redis:') };
    const opened = openStore(config, '', () => undefined);
    await expect(opened).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' });
  });

  const refused = (how: Written, want: RegExp) => expectQuietRefusal((onProblem) => open(how, onProblem), want, 8_000);
});
