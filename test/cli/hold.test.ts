import { chmodSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HoldKeeper, type KeeperParts } from '../../src/approval/keeper.ts';
import { defaultHoldLimits } from '../../src/approval/opening.ts';
import { addHoldCommands } from '../../src/cli/hold.ts';
import { openDatabase } from '../../src/store/sqlite/database.ts';
import { SqliteHoldStore } from '../../src/store/sqlite/holds.ts';
import { startWeb } from '../../src/web/server.ts';
import { runCli } from '../support/cli.ts';
import { temporaryDirectory } from '../support/directory.ts';
import { MemoryAudit, requestFor } from '../support/holds.ts';
import { people, testWeb } from '../support/web.ts';

async function gate(reviewers: KeeperParts['reviewers'] = () => Object.values(people)) {
  const directory = temporaryDirectory();
  const database = openDatabase(directory);
  const audit = new MemoryAudit();
  const keeper = new HoldKeeper({
    store: new SqliteHoldStore(database),
    audit,
    reviewers,
    limits: defaultHoldLimits,
    grantMs: 60_000,
    onProblem: (error) => {
      throw error;
    },
  });
  const web = await startWeb(testWeb({ desk: keeper, clock: Date.now }).app, { host: '127.0.0.1', port: 0 });
  onTestFinished(async () => {
    await web.close();
    keeper.close();
    database.close();
  });
  const run = (args: readonly string[], token = 'token-of-maya') =>
    runCli(addHoldCommands, ['hold', ...args, '--url', web.url], { SALLYPORT_TOKEN: token });
  return { keeper, run, web, directory, audit };
}

describe('sallyport hold', () => {
  it('lists what waits, on one line each, with hostile characters shown', async () => {
    const { keeper, run } = await gate();
    expect((await run(['list'])).stdout).toBe('nothing waits\n');
    const { hold } = await keeper.open(requestFor('rm -rf /srv\n\u001b[2Jnice'));
    const { stdout } = await run(['list']);
    expect(stdout).toContain(hold.id);
    expect(stdout).toContain('deploy@web-1');
    expect(stdout).toContain('rm -rf /srv ↵ ⟨U+001B escape⟩[2Jnice');
    expect(stdout.split('\n')).toHaveLength(3);
    expect((await run(['list', '--state', 'rejected'])).stdout).toBe('none\n');
    const json: unknown = JSON.parse((await run(['list', '--json', '--state', 'all', '--agent', 'builder'])).stdout);
    expect(json).toMatchObject([{ id: hold.id, digest: hold.digest }]);
  });

  it('shows one whole', async () => {
    const { keeper, run } = await gate();
    const { hold } = await keeper.open(requestFor(`echo ${'x'.repeat(5_000)}\nrm -rf /`));
    const { stdout } = await run(['show', hold.id]);
    expect(stdout).toContain(`  | echo ${'x'.repeat(5_000)}\n  | rm -rf /\n`);
    expect(stdout).toContain('needs    1 of sre');
    expect(stdout).toContain(`digest   ${hold.digest}`);
  });

  it('shows what was rejected and is asked again before the command itself', async () => {
    const { keeper, run } = await gate();
    const respelling = { hold: 'h-1', command: 'rm -rf /srv/x', reviewer: 'noor', atMs: 61_000, isSame: false };
    const { hold } = await keeper.open(requestFor('find /srv/x -delete', { respelling }));
    const { stdout } = await run(['show', hold.id]);
    const said = 'A RESPELLING of what noor rejected at 1970-01-01T00:01:01.000Z:\n  | rm -rf /srv/x\n';
    expect(stdout).toContain(`${said}\nNow:\n  | find /srv/x -delete\n`);
  });

  it.each([
    { decision: 'approve', state: 'approved' },
    { decision: 'reject', state: 'rejected' },
  ])('can $decision', async ({ decision, state }) => {
    const { keeper, run, audit } = await gate();
    const { hold } = await keeper.open(requestFor('systemctl restart nginx'));
    const { stdout, status } = await run([decision, hold.id, '--reason', 'known deploy', '--digest', hold.digest]);
    expect(stdout).toBe(`${hold.id} is ${state}:\n  | systemctl restart nginx\n`);
    expect(status).toBe(0);
    expect((await keeper.get(hold.id))?.state).toBe(state);
    expect(audit.named('hold.decided')).toMatchObject([{ reviewer: 'maya', reason: 'known deploy', by: 'cli' }]);
  });

  it('says how many people are still wanted', async () => {
    const { keeper, run } = await gate();
    const { hold } = await keeper.open(requestFor('systemctl restart nginx', { quorum: 2 }));
    expect((await run(['approve', hold.id])).stdout).toContain(
      'is pending, and needs more people (sre: maya, 1 missing)',
    );
  });

  it('says whose approval does not count any more, and why', async () => {
    let isThere = true;
    const { keeper, run } = await gate(() => Object.values(people).filter(({ name }) => isThere || name !== 'tom'));
    const { hold } = await keeper.open(requestFor('systemctl restart nginx', { quorum: 2 }));
    await run(['approve', hold.id, '--reason', 'looks right'], 'token-of-tom');
    expect((await run(['show', hold.id])).stdout).toContain('needs    2 of sre: tom, 1 missing');
    isThere = false;
    const { stdout } = await run(['show', hold.id]);
    expect(stdout).toMatch(/approve {2}tom .* looks right\n {9}DOES NOT COUNT: no reviewer here any more\n/);
    expect(stdout).toContain('needs    2 of sre: 2 missing');
    const json: unknown = JSON.parse((await run(['show', hold.id, '--json'])).stdout);
    expect(json).toMatchObject({ decisions: [{ reviewer: 'tom', lapsed: 'reviewer-left' }], needs: [{ people: [] }] });
  });

  it.each([
    { name: 'the agent’s owner', token: 'token-of-olga', says: 'You own this agent' },
    { name: 'somebody of another group', token: 'token-of-dan', says: 'Only members of sre' },
    { name: 'an auditor', token: 'token-of-aud', says: 'Not allowed' },
    { name: 'a wrong token', token: 'CANARY-wrong', says: 'No valid token' },
  ])('refuses $name, with status 1 and the reason', async ({ token, says }) => {
    const { keeper, run } = await gate();
    const { hold } = await keeper.open(requestFor('systemctl restart nginx'));
    const { stderr, status } = await run(['approve', hold.id], token);
    expect(stderr).toContain(says);
    expect(stderr).not.toContain(token);
    expect(status).toBe(1);
    expect((await keeper.get(hold.id))?.state).toBe('pending');
  });

  it('refuses a hold that is not the one that was looked at', async () => {
    const { keeper, run } = await gate();
    const { hold } = await keeper.open(requestFor('systemctl restart nginx'));
    const { stderr, status } = await run(['approve', hold.id, '--digest', 'f'.repeat(64)]);
    expect(stderr).toContain('not what is waiting');
    expect(status).toBe(1);
  });

  it('finds address and token of a Sallyport that runs here', async () => {
    const { keeper, web, directory } = await gate();
    const { hold } = await keeper.open(requestFor('systemctl restart nginx'));
    const run = { web: { url: web.url }, reviewer: { email: 'maya@example.com', apiToken: 'token-of-maya' } };
    writeFileSync(join(directory, 'run.json'), JSON.stringify(run));
    const { stdout } = await runCli(addHoldCommands, ['hold', 'list', '--dir', directory]);
    expect(stdout).toContain(hold.id);
    const file = join(directory, 'token');
    writeFileSync(file, 'token-of-olga\n', { mode: 0o600 });
    const asOlga = await runCli(addHoldCommands, [
      'hold',
      'approve',
      hold.id,
      '--dir',
      directory,
      '--token-file',
      file,
    ]);
    expect(asOlga.stderr).toContain('You own this agent');
  });

  it('refuses a token file that others can read', async () => {
    const { directory, web } = await gate();
    const file = join(directory, 'token');
    writeFileSync(file, 'CANARY-token');
    chmodSync(file, 0o644);
    const { code, stderr } = await runCli(addHoldCommands, ['hold', 'list', '--url', web.url, '--token-file', file]);
    expect({ code, stderr }).toEqual({ code: 'CLI_USAGE', stderr: expect.stringContaining(`chmod 600 ${file}`) });
    expect(stderr).not.toContain('CANARY');
  });

  it.each([
    { name: 'no address', args: ['--dir', '/nonexistent'], says: 'no running Sallyport in /nonexistent' },
    { name: 'no token', args: ['--url', 'http://127.0.0.1:1'], env: {}, says: 'no reviewer token' },
    { name: 'a token in clear over the network', args: ['--url', 'http://gate.example.com'], says: 'use https://' },
    { name: 'something that is no address', args: ['--url', 'gate'], says: 'wants an address' },
    { name: 'a password in the address', args: ['--url', 'https://a:b@gate.example.com'], says: 'wants an address' },
  ])('explains $name', async ({ args, says, env = { SALLYPORT_TOKEN: 'CANARY' } }) => {
    const asked = await runCli(addHoldCommands, ['hold', 'list', ...args], env);
    expect(asked).toMatchObject({ code: 'CLI_USAGE', stderr: expect.stringContaining(says) });
  });

  it('ends with 69 when nobody answers', async () => {
    const { stderr, status } = await runCli(addHoldCommands, ['hold', 'list', '--url', 'http://127.0.0.1:1'], {
      SALLYPORT_TOKEN: 'CANARY',
    });
    expect(stderr).toContain('http://127.0.0.1:1 cannot be reached');
    expect(status).toBe(69);
  });

  it('takes the token nowhere else', async () => {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      seen.push(request.url ?? '');
      response.writeHead(302, { location: 'http://127.0.0.1:1/steal' }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const { status } = await runCli(addHoldCommands, ['hold', 'list', '--url', `http://127.0.0.1:${port}`], {
      SALLYPORT_TOKEN: 'CANARY',
    });
    expect(status).toBe(69);
    expect(seen).toHaveLength(1);
  });
});
