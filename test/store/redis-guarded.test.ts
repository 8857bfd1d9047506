/** Clusters and sentinels that want TLS and accounts, opened by what stands in a configuration. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRedisBackend } from 'bullmq';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../src/config-file.ts';
import { openStore, type Store } from '../../src/store/open.ts';
import { examineRedis } from '../../src/store/redis/examination.ts';
import { openPatientClient, redisTarget, withSecrets } from '../../src/store/redis/target.ts';
import { temporaryDirectory } from '../support/directory.ts';
import { eventually } from '../support/eventually.ts';
import { holdFor, uncapped } from '../support/holds.ts';
import { raceReviewers } from '../support/races.ts';
import { startGuardedCluster, startGuardedSentinels } from '../support/redis-guarded.ts';
import { type RedisProcess, RedisServers, until } from '../support/redis-servers.ts';
import {
  type Authority,
  accountInReadme,
  expectQuietRefusal,
  makeAuthority,
  sentinelAccountInReadme,
} from '../support/redis-tls.ts';
import { holdStoreContract } from './hold-store-contract.ts';
import { queueContract } from './queue-contract.ts';

const password = 'CANARY-of-redis';
const sentinelPassword = 'CANARY-of-sentinels';
const prefix = '{sallyport}';

/** What a configuration with this section of the store says, its passwords in files. */
function configured(url: string, authority: Authority, more = '', secrets: Readonly<Record<string, string>> = {}) {
  const directory = temporaryDirectory();
  const files = { 'redis-password': password, 'sentinel-password': sentinelPassword, ...secrets };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), `${text}\n`, { mode: 0o600 });
  mkdirSync(join(directory, 'state'));
  const file = join(directory, 'sallyport.yaml');
  const store = `{ url: "${url}", password_file: redis-password, ca_file: "${authority.caFile}"${more} }`;
  writeFileSync(file, `version: 1\nstate_directory: state\nstore: ${store}\n`);
  const { store: config } = loadConfig(file, {}).config;
  if (config?.kind !== 'redis') throw new Error('a Redis is configured');
  return config;
}

type Configured = ReturnType<typeof configured>;

async function open(config: Configured): Promise<Store> {
  const store = await openStore(config, '', () => undefined);
  onTestFinished(() => store.close());
  return store;
}

async function expectRefused(config: Configured, want: RegExp): Promise<void> {
  await expectQuietRefusal((onProblem) => openStore(config, '', onProblem), want, 12_000);
  const found = await examineRedis(config.url, config);
  expect(found).toMatchObject({ state: 'fail', details: [expect.stringMatching(want)] });
  expect(found.details.join()).not.toMatch(/CANARY|127\.0\.0\.1/);
}

function queueOn(config: Configured) {
  const connection = openPatientClient(withSecrets(redisTarget(config.url), config));
  connection.on('error', () => undefined);
  onTestFinished(() => connection.disconnect());
  return Promise.resolve({ factory: createRedisBackend, connection, prefix });
}

async function expectNews(config: Configured): Promise<void> {
  const [one, two] = [await open(config), await open(config)];
  const heard: string[] = [];
  two.wake?.subscribe((id) => heard.push(id));
  await eventually(() => {
    one.wake?.publish('h-1');
    return heard;
  }).toContain('h-1');
}

describe('a cluster that wants TLS and an account', () => {
  const servers = new RedisServers();
  let authority: Authority;
  let hosts: string;
  let primaries: readonly RedisProcess[];
  const at = (name: string) => `rediss+cluster://${name}@${hosts}`;
  const config = () => configured(at('sallyport'), authority);
  beforeAll(async () => {
    authority = makeAuthority(servers.directory, 'ours');
    const account = `user sallyport on >${password} ${accountInReadme()} ${accountInReadme('cluster')}`;
    ({ hosts, primaries } = await startGuardedCluster(servers, authority, [account]));
  }, 120_000);
  afterAll(() => servers.close());
  beforeEach(async () => void (await Promise.all(primaries.map(({ cli }) => cli('FLUSHALL')))));

  describe('holds', () => holdStoreContract(async () => (await open(config())).holds));
  describe('BullMQ', () => queueContract(() => queueOn(config())));
  it('carries what one node tells the other', () => expectNews(config()));
  it('lets one of many reviewers win', { timeout: 60_000 }, async () => {
    const nodes = [await open(config()), await open(config())];
    await raceReviewers(
      nodes.map(({ holds }) => holds),
      50,
    );
  });
  it('is not opened with another password or account, and says so without a secret', async () => {
    const other = configured(at('sallyport'), authority, '', { 'redis-password': 'CANARY-wrong' });
    await expectRefused(other, /WRONGPASS.*store\.password_file/);
    await expectRefused(configured(at('nobody'), authority), /WRONGPASS.*account/);
  });
  it('is not opened when another CA signed its certificates', async () => {
    await expectRefused(
      configured(at('sallyport'), makeAuthority(servers.directory, 'theirs')),
      /certificate.*ca_file/,
    );
  });
});

describe('sentinels that want TLS and an account of their own', () => {
  const servers = new RedisServers();
  let authority: Authority;
  let setUp: Awaited<ReturnType<typeof startGuardedSentinels>>;
  const url = () => `rediss+sentinel://sallyport@${setUp.hosts}/gate`;
  const config = () => configured(url(), authority, own);
  const own = ', sentinel: { account: lookout, password_file: sentinel-password }';
  beforeAll(async () => {
    authority = makeAuthority(servers.directory, 'ours');
    setUp = await startGuardedSentinels(servers, authority, {
      redis: [`user sallyport on >${password} ${accountInReadme()}`],
      sentinel: [`user lookout on >${sentinelPassword} ${sentinelAccountInReadme()}`],
    });
  }, 120_000);
  afterAll(() => servers.close());
  beforeEach(async () => void (await setUp.primary.cli('FLUSHALL')));

  describe('holds', () => holdStoreContract(async () => (await open(config())).holds));
  describe('BullMQ', () => queueContract(() => queueOn(config())));
  it('carries what one node tells the other', () => expectNews(config()));

  it.each([
    { name: 'without their account', more: '', secrets: {} },
    { name: 'with another password of theirs', more: own, secrets: { 'sentinel-password': 'CANARY-wrong' } },
  ])('is not opened $name, and says whose password is missing', async ({ more, secrets }) => {
    await expectRefused(configured(url(), authority, more, secrets), /store\.sentinel/);
  });
  it('is not opened with another password of the Redis, and says so', async () => {
    const other = configured(url(), authority, own, { 'redis-password': 'CANARY-wrong' });
    await expectRefused(other, /WRONGPASS.*store\.password_file/);
  });

  it('that make the replica the primary are followed without anybody’s help', { timeout: 120_000 }, async () => {
    const { holds } = await open(config());
    await holds.insert(holdFor(), uncapped);
    await setUp.primary.kill();
    await until(async () =>
      holds.get('h-000000000000').then(
        (hold) => hold !== undefined,
        () => false,
      ),
    );
  });
});

describe('the section about sentinels', () => {
  const problems = (url: string, more: string) => {
    const directory = temporaryDirectory();
    const file = join(directory, 'sallyport.yaml');
    writeFileSync(file, `version: 1\nstore: { url: "${url}"${more} }\n`);
    try {
      loadConfig(file, {});
      return '';
    } catch (error) {
      return String(error);
    }
  };
  it.each([
    {
      name: 'for no sentinels',
      url: 'redis://h',
      more: ', sentinel: { password_env: PW }',
      want: /store\.sentinel.*sentinel:\/\//,
    },
    {
      name: 'without a password',
      url: 'redis+sentinel://h/gate',
      more: ', sentinel: { account: a }',
      want: /store\.sentinel.*needs a password/,
    },
    {
      name: 'with a password in the file',
      url: 'redis+sentinel://h/gate',
      more: ', sentinel: { password: p }',
      want: /password/,
    },
    {
      name: 'with a variable nobody set',
      url: 'redis+sentinel://h/gate',
      more: ', sentinel: { password_env: PW }',
      want: /PW is not set/,
    },
  ])('is refused $name', ({ url, more, want }) => {
    expect(problems(url, more)).toMatch(want);
  });
});
