/** A cluster, and a primary with replicas and sentinels, that speak TLS only and know nobody without an account. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, type RedisProcess, type RedisServers, until } from './redis-servers.ts';
import { type Authority, tlsOptions } from './redis-tls.ts';

const run = promisify(execFile);
const operator = 'operator-of-the-test';

/** An ACL file: the operator, and `accounts`; there is no default account. */
function accountsFile(servers: RedisServers, port: number, accounts: readonly string[]): string {
  const file = join(servers.directory, `accounts-${port}`);
  const everything = `user operator on >${operator} ~* &* +@all`;
  writeFileSync(file, `${['user default off', everything, ...accounts].join('\n')}\n`);
  return file;
}

const asOperator = ({ caFile }: Authority, port: number) => {
  const account = ['--user', 'operator', '--pass', operator, '--no-auth-warning'];
  return ['-p', String(port), '--tls', '--cacert', caFile, ...account];
};

/** Servers take part in replication and clusters with the operator's account, and over TLS. */
const amongEachOther = ['--tls-replication', 'yes', '--masteruser', 'operator', '--masterauth', operator];

async function startGuarded(
  servers: RedisServers,
  authority: Authority,
  port: number,
  accounts: readonly string[],
  options: readonly string[],
): Promise<RedisProcess> {
  const guarded = [...tlsOptions(authority, port), ...amongEachOther, ...options];
  const aclfile = ['--aclfile', accountsFile(servers, port, accounts)];
  return servers.start([...guarded, ...aclfile], { port, ask: asOperator(authority, port) });
}

/** Three primaries. */
export async function startGuardedCluster(
  servers: RedisServers,
  authority: Authority,
  accounts: readonly string[],
): Promise<{ readonly primaries: readonly RedisProcess[]; readonly hosts: string }> {
  const options = ['--cluster-enabled', 'yes', '--tls-cluster', 'yes', '--cluster-node-timeout', '5000'];
  const primaries: RedisProcess[] = [];
  // The bus listens ten thousand ports higher.
  for (let port = await freePort(); primaries.length < 3; port = await freePort())
    if (port < 55_000) primaries.push(await startGuarded(servers, authority, port, accounts, options));
  const addresses = primaries.map(({ port }) => `127.0.0.1:${port}`);
  const [first] = primaries;
  await run('redis-cli', [
    ...asOperator(authority, first?.port ?? 0),
    ...['--cluster', 'create', ...addresses, '--cluster-yes'],
  ]);
  for (const { cli } of primaries) await until(async () => (await cli('CLUSTER', 'INFO')).includes('cluster_state:ok'));
  return { primaries, hosts: addresses.join(',') };
}

/** A primary `gate` with one replica, and three sentinels with accounts of their own. */
export async function startGuardedSentinels(
  servers: RedisServers,
  authority: Authority,
  accounts: { readonly redis: readonly string[]; readonly sentinel: readonly string[] },
): Promise<{ readonly primary: RedisProcess; readonly sentinels: readonly RedisProcess[]; readonly hosts: string }> {
  const primary = await startGuarded(servers, authority, await freePort(), accounts.redis, []);
  const replicaOf = ['--replicaof', '127.0.0.1', String(primary.port)];
  await startGuarded(servers, authority, await freePort(), accounts.redis, replicaOf);
  const sentinels: RedisProcess[] = [];
  for (let at = 0; at < 3; at++) {
    const port = await freePort();
    const { caFile, certFile, keyFile } = authority;
    const sentinel = [
      `tls-port ${port}`,
      `tls-cert-file ${certFile}`,
      `tls-key-file ${keyFile}`,
      `tls-ca-cert-file ${caFile}`,
      'tls-auth-clients no',
      'tls-replication yes',
      `aclfile ${accountsFile(servers, port, accounts.sentinel)}`,
      'sentinel sentinel-user operator',
      `sentinel sentinel-pass ${operator}`,
      `sentinel monitor gate 127.0.0.1 ${primary.port} 2`,
      'sentinel auth-user gate operator',
      `sentinel auth-pass gate ${operator}`,
      'sentinel down-after-milliseconds gate 500',
      'sentinel failover-timeout gate 3000',
      '',
    ].join('\n');
    sentinels.push(await servers.start(['--port', '0'], { port, sentinel, ask: asOperator(authority, port) }));
  }
  await until(async () => (await primary.cli('INFO', 'replication')).includes('state=online'));
  await until(async () => {
    const seen = await Promise.all(sentinels.map(({ cli }) => cli('SENTINEL', 'MASTER', 'gate')));
    return seen.every((text) => /num-slaves\n1\nnum-other-sentinels\n2\n/.test(text));
  });
  return { primary, sentinels, hosts: sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',') };
}
