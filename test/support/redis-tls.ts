/** Certificates of a CA of the test's own, and a redis-server that speaks TLS only and knows accounts. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect } from 'vitest';
import { freePort, type RedisProcess, type RedisServers } from './redis-servers.ts';

export interface Authority {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** A CA called `name`, and a certificate it signed for 127.0.0.1. */
export function makeAuthority(directory: string, name: string): Authority {
  const at = (suffix: string) => join(directory, `${name}${suffix}`);
  const openssl = (...words: readonly string[]) => execFileSync('openssl', words, { stdio: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const ca = ['-subj', `/CN=${name}`, '-keyout', at('-ca.key'), '-out', at('-ca.pem'), '-days', '2'];
  openssl('req', '-x509', ...key, ...ca);
  openssl('req', ...key, '-subj', '/CN=redis', '-keyout', at('.key'), '-out', at('.csr'));
  writeFileSync(at('.ext'), 'subjectAltName=IP:127.0.0.1\n');
  const signer = ['-CA', at('-ca.pem'), '-CAkey', at('-ca.key'), '-CAcreateserial', '-extfile', at('.ext')];
  openssl('x509', '-req', '-in', at('.csr'), ...signer, '-out', at('.pem'), '-days', '2');
  return { caFile: at('-ca.pem'), certFile: at('.pem'), keyFile: at('.key') };
}

/** Lines of a redis.conf that let nobody in without TLS. */
export function tlsOptions({ caFile, certFile, keyFile }: Authority, port: number): readonly string[] {
  const files = ['--tls-cert-file', certFile, '--tls-key-file', keyFile, '--tls-ca-cert-file', caFile];
  return ['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no', ...files];
}

const operatorPassword = 'operator-of-the-test';

/** `accounts`: lines of an ACL file beside the operator's; there is no default account. */
export async function startTlsRedis(
  servers: RedisServers,
  authority: Authority,
  accounts: readonly string[],
): Promise<RedisProcess> {
  const port = await freePort();
  const aclFile = join(servers.directory, `accounts-${port}`);
  const operator = `user operator on >${operatorPassword} ~* &* +@all`;
  writeFileSync(aclFile, `${['user default off', operator, ...accounts].join('\n')}\n`);
  const account = ['--user', 'operator', '--pass', operatorPassword, '--no-auth-warning'];
  return servers.start([...tlsOptions(authority, port), '--aclfile', aclFile], {
    port,
    ask: ['-p', String(port), '--tls', '--cacert', authority.caFile, ...account],
  });
}

/** What the account may do that README tells people to make; `cluster`: what it needs there besides. */
export function accountInReadme(where: 'anywhere' | 'cluster' = 'anywhere'): string {
  return inReadme(where === 'cluster' ? /in a cluster also `([^`]+)`/ : /`user sallyport on >PASSWORD ([^`]+)`/);
}

/** The same for the account of the sentinels themselves. */
export function sentinelAccountInReadme(): string {
  return inReadme(/`user lookout on >PASSWORD ([^`]+)`/);
}

function inReadme(pattern: RegExp): string {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const found = pattern.exec(readme)?.[1];
  if (found === undefined) throw new Error(`README names no account (${pattern.source})`);
  return found;
}

/** The store is not opened, says why within a time, and names neither a secret (`CANARY`) nor an address. */
export async function expectQuietRefusal(
  open: (onProblem: (error: unknown) => void) => Promise<unknown>,
  want: RegExp,
  withinMs: number,
): Promise<void> {
  const problems: unknown[] = [];
  const startMs = performance.now();
  const error = await open((problem) => problems.push(problem)).then(
    () => 'opened',
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ message: expect.stringMatching(want) });
  expect(performance.now() - startMs).toBeLessThan(withinMs);
  for (const each of [error, ...problems]) {
    expect(inspect(each, { depth: 10 })).not.toContain('CANARY');
    expect(String(each)).not.toContain('127.0.0.1');
  }
}
