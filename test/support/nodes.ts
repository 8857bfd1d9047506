/** Several built programs with the same keys and configuration on one real Redis, as behind a load balancer. */
import { appendFileSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Program, startProgram } from './program.ts';
import { startRedis, type TestRedis } from './redis.ts';

/** Evidence, lock and what was written about a run are each node's own. */
const ownFiles = ['audit', 'recordings', 'sallyport.db', 'sallyport.lock', 'run.json', 'known_hosts'];

/** `settings`: more lines of the configuration. */
export async function startNodes(
  names: readonly string[],
  settings = '',
): Promise<{ readonly nodes: readonly Program[]; readonly redis: TestRedis }> {
  const redis = await startRedis();
  onTestFinished(() => redis.close());
  const first = await startProgram();
  await first.stop();
  const configFile = join(first.directory, 'sallyport.yaml');
  appendFileSync(configFile, `store: redis+unix://${redis.socket}\n${settings}`);
  const config = readFileSync(configFile, 'utf8');
  const own = new Set(ownFiles.map((name) => join(first.directory, name)));
  const directories = names.map((name, at) => {
    const directory = at === 0 ? first.directory : `${first.directory}-${name}`;
    if (at > 0) cpSync(first.directory, directory, { recursive: true, filter: (source) => !own.has(source) });
    writeFileSync(join(directory, 'sallyport.yaml'), `${config}node: ${name}\n`);
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    return directory;
  });
  const nodes: Program[] = [];
  // One after the other: a machine under load starts three together slower.
  for (const directory of directories) nodes.push(await startProgram({ directory }));
  return { nodes, redis };
}

/** A browser's cookie that a sign-in on this node gave. */
export async function signIn(node: Program): Promise<string> {
  const answer = await post(node, '/sign-in/token', { token: node.run.reviewer.apiToken }, '');
  const cookie = answer.headers.getSetCookie().find((line) => line.startsWith('sallyport='));
  return cookie?.split(';')[0] ?? '';
}

export async function look(node: Program, path: string, cookie: string): Promise<string> {
  const answer = await fetch(`${node.run.web.url}${path}`, { headers: { cookie }, redirect: 'manual' });
  return answer.status === 200 ? answer.text() : `status ${answer.status}`;
}

export function post(
  node: Program,
  path: string,
  fields: Readonly<Record<string, string>>,
  cookie: string,
): Promise<Response> {
  return fetch(`${node.run.web.url}${path}`, {
    method: 'POST',
    headers: { cookie, origin: node.run.web.url, 'sec-fetch-site': 'same-origin' },
    body: new URLSearchParams(fields),
    redirect: 'manual',
  });
}
