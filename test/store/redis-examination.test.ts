/** What doctor says about a real Redis that is set up wrongly. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../src/config-file.ts';
import { examine } from '../../src/doctor.ts';
import { examineRedis } from '../../src/store/redis/examination.ts';
import { temporaryDirectory } from '../support/directory.ts';
import { freePort, type RedisProcess, RedisServers, until } from '../support/redis-servers.ts';

const servers = new RedisServers();
let redis: RedisProcess;
let url: string;
beforeAll(async () => {
  redis = await servers.start([]);
  url = `redis://127.0.0.1:${redis.port}`;
});
afterAll(() => servers.close());

async function set(name: string, value: string): Promise<void> {
  const before = (await redis.cli('CONFIG', 'GET', name)).split('\n')[1] ?? '';
  await redis.cli('CONFIG', 'SET', name, value);
  onTestFinished(async () => void (await redis.cli('CONFIG', 'SET', name, before)));
}

const look = async (at = url) => {
  const { state, details } = await examineRedis(at, {});
  return { state, text: details.join('\n') };
};

describe('a Redis that is examined', () => {
  it('is good, and stays empty', async () => {
    const found = await look();
    expect(found).toMatchObject({ state: 'ok', text: expect.stringMatching(/^Redis \d+\.\d+\.\d+, primary/) });
    expect(await redis.cli('DBSIZE')).toBe('0');
  });

  it.each([
    { name: 'appendonly', value: 'no', state: 'warn', want: /appendonly yes/ },
    { name: 'maxmemory-policy', value: 'allkeys-lru', state: 'warn', want: /allkeys-lru.*maxmemory-policy noeviction/ },
    { name: 'min-replicas-to-write', value: '1', state: 'fail', want: /NOREPLICAS/ },
    { name: 'maxmemory', value: '1', state: 'fail', want: /OOM.*maxmemory/ },
  ])('$name $value: $state', async ({ name, value, state, want }) => {
    await set(name, value);
    expect(await look()).toMatchObject({ state, text: expect.stringMatching(want) });
  });

  it('wants a password that nobody gave', async () => {
    const port = await freePort();
    const ask = ['-p', String(port), '--no-auth-warning', '-a', 'CANARY'];
    await servers.start(['--requirepass', 'CANARY'], { port, ask });
    const found = await look(`redis://127.0.0.1:${port}`);
    expect(found).toMatchObject({ state: 'fail', text: expect.stringMatching(/NOAUTH.*password_file/) });
  });

  it('says everything at once', async () => {
    await set('appendonly', 'no');
    await set('maxmemory-policy', 'volatile-ttl');
    expect((await examineRedis(url, {})).details).toHaveLength(2);
  });

  it('is a replica', async () => {
    const replica = await servers.start(['--replicaof', '127.0.0.1', String(redis.port)]);
    await until(async () => (await redis.cli('INFO', 'replication')).includes('state=online'));
    const found = await look(`redis://127.0.0.1:${replica.port}`);
    expect(found).toMatchObject({ state: 'fail', text: expect.stringContaining('name its primary') });
    expect(await look()).toMatchObject({ state: 'ok', text: expect.stringContaining('1 replica,') });
    await replica.kill();
  });

  it('belongs to a cluster', async () => {
    const member = await servers.start(['--cluster-enabled', 'yes', '--cluster-port', String(await freePort())]);
    expect(await look(`redis://127.0.0.1:${member.port}`)).toMatchObject({
      state: 'fail',
      text: expect.stringContaining('redis+cluster://'),
    });
  });

  it('does not speak TLS', async () => {
    expect(await look(url.replace('redis:', 'rediss:'))).toMatchObject({ state: 'fail' });
  });

  it('is not there, and doctor says so beside the rest', async () => {
    const file = join(temporaryDirectory(), 'sallyport.yaml');
    const address = `redis://127.0.0.1:${await freePort()}`;
    writeFileSync(file, `version: 1\nstate_directory: state\nstore: ${address}\n`);
    const found = await examine(loadConfig(file, {}).config, Date.now());
    const detail = expect.stringMatching(/ECONNREFUSED.*store\.url/);
    expect(found).toContainEqual({ check: 'store', state: 'fail', detail });
    writeFileSync(file, `version: 1\nstate_directory: state\nstore: ${url}\n`);
    const mended = await examine(loadConfig(file, {}).config, Date.now());
    expect(mended).toContainEqual(expect.objectContaining({ check: 'store', state: 'ok' }));
  });
});
