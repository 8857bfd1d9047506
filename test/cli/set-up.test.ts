/** From an empty directory to a bastion that `doctor` calls sound, with a real sshd as the target. */
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AuditLog } from '../../src/audit/log.ts';
import { addAgentCommands } from '../../src/cli/agent.ts';
import { addDoctorCommand } from '../../src/cli/doctor.ts';
import { addInitCommand } from '../../src/cli/init.ts';
import type { CliIo } from '../../src/cli/io.ts';
import { addReviewerCommands } from '../../src/cli/reviewer.ts';
import { addTargetCommands } from '../../src/cli/target.ts';
import { runCli } from '../support/cli.ts';
import { temporaryDirectory } from '../support/directory.ts';
import { makeKey } from '../support/keys.ts';
import { startSshd } from '../support/sshd.ts';

function addAll(program: Command, io: CliIo): void {
  for (const add of [addInitCommand, addReviewerCommands, addTargetCommands, addAgentCommands, addDoctorCommand])
    add(program, io);
}

/** An empty configuration with two reviewers, and a target that nobody has added yet. */
async function begin() {
  const directory = temporaryDirectory();
  const file = join(directory, 'sallyport.yaml');
  const run = (...words: readonly string[]) => runCli(addAll, words, { SALLYPORT_CONFIG: file });
  expect(await run('init', directory)).toMatchObject({ code: undefined, stdout: expect.stringContaining(file) });
  await run('reviewer', 'add', 'maya', '--email', 'maya@example.com', '--group', 'sre');
  await run('reviewer', 'add', 'sam', '--email', 'sam@example.com');
  const sshd = await startSshd(directory);
  onTestFinished(() => sshd.stop());
  const at = ['--host', sshd.host, '--port', String(sshd.port), '--account', sshd.account];
  const addTarget = (...more: readonly string[]) =>
    run('target', 'add', 'web-1', ...at, '--key-file', sshd.credential.file, ...more);
  return { directory, file, run, sshd, addTarget };
}

const findings = async (run: (...words: readonly string[]) => Promise<{ stdout: string; status: number }>) => {
  const { stdout, status } = await run('doctor', '--json');
  const found: { check: string; state: string; detail: string }[] = JSON.parse(stdout);
  // How full this machine's disk is is not the test's business.
  const notOk = found.filter(({ check, state }) => state !== 'ok' && check !== 'disk');
  return { status, notOk: notOk.map(({ check, state }) => `${state} ${check}`) };
};

describe('setting up', () => {
  it('init, reviewer, target and agent make what doctor finds sound', async () => {
    const { directory, file, run, sshd, addTarget } = await begin();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const added = await addTarget('--fingerprint', sshd.hostKey.fingerprint, '--label', 'env=staging');
    expect(added).toMatchObject({ code: undefined, stdout: expect.stringMatching(/reads (bash|posix)/) });
    const agent = makeKey(directory, 'agent');
    const may = ['--target', `web-1=${sshd.account}`, '--label', 'team=web'];
    await run('agent', 'add', 'robot', '--owner', 'sam', '--by', 'sam', '--key-file', `${agent.file}.pub`, ...may);

    const listed = JSON.parse((await run('agent', 'list', '--json')).stdout);
    expect(listed).toMatchObject([{ name: 'robot', owner: 'sam', targets: { 'web-1': [sshd.account] } }]);
    const targets = JSON.parse((await run('target', 'list', '--json')).stdout);
    expect(targets).toMatchObject([{ name: 'web-1', labels: { env: 'staging' } }]);
    // No mail server is named yet.
    expect(await findings(run)).toEqual({ status: 0, notOk: ['warn mail'] });
  });

  it('reviewer list says how people decided lately, and who approves everything', async () => {
    const { directory, run } = await begin();
    expect((await run('reviewer', 'list')).stdout).toMatch(/^maya +maya@example.com +sre +0 +- +-$/m);
    const log = await AuditLog.open({ directory: join(directory, '.sallyport', 'audit'), now: () => new Date() });
    const facts = { reason: '', by: 'web', remote: undefined, digest: '' } as const;
    for (let n = 0; n < 20; n++) {
      const names = { session: 's', agent: 'a', channel: 'c', target: 't', account: 'x', action: 'a' };
      await log.append({ event: 'hold.created', ...names, hold: `h-${n}`, digest: '', expiresAt: '' });
      await log.append({ event: 'hold.decided', ...facts, hold: `h-${n}`, reviewer: 'maya', verdict: 'approve' });
    }
    await log.append({ event: 'hold.decided', ...facts, hold: 'h-x', reviewer: 'sam', verdict: 'reject' });
    await log.close();
    const { stdout } = await run('reviewer', 'list');
    expect(stdout).toMatch(/^maya .* 20 yes, 0 no +0 s$/m);
    expect(stdout).toMatch(/^sam .* 0 yes, 1 no +-$/m);
    expect(stdout.match(/^!.*$/gm)).toEqual(['! maya approves everything, and faster than one can read']);
    const [maya] = JSON.parse((await run('reviewer', 'list', '--json')).stdout);
    expect(maya).toMatchObject({ lately: { approvals: 20, approvesEverything: true } });

    writeFileSync(join(directory, '.sallyport', 'audit', '000001.ndjson'), 'no record\n');
    const without = await run('reviewer', 'list');
    expect(without.stdout).toMatch(/^maya +maya@example.com +sre +0 +- +-$/m);
    expect(without.stderr).toContain('how they decided is not known');
  });

  it('init does not write over what is there', async () => {
    const { directory, file, run } = await begin();
    const before = readFileSync(file, 'utf8');
    expect(await run('init', directory)).toMatchObject({ code: 'CLI_EXISTS' });
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  it('refuses a host key that is not the one that was told, and pins nothing', async () => {
    const { directory, file, addTarget } = await begin();
    const before = readFileSync(file, 'utf8');
    const { fingerprint } = makeKey(directory, 'other');
    expect(await addTarget('--fingerprint', fingerprint)).toMatchObject({ code: 'CLI_FINGERPRINT' });
    expect(await addTarget()).toMatchObject({ code: 'CLI_FINGERPRINT', stderr: expect.stringContaining('compare it') });
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  it.each(['env', '=staging'])('refuses the label %j', async (label) => {
    const { file, sshd, addTarget } = await begin();
    const before = readFileSync(file, 'utf8');
    const added = await addTarget('--fingerprint', sshd.hostKey.fingerprint, '--label', label);
    expect(added).toMatchObject({ code: 'CLI_USAGE', stderr: expect.stringContaining('--label wants key=value') });
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  it.each(['ssh', '70000', '-1'])('refuses the port %j', async (port) => {
    const { addTarget } = await begin();
    expect(await addTarget(`--port=${port}`)).toMatchObject({ code: 'CLI_USAGE' });
  });

  it('refuses a key file that is not there before it asks anybody', async () => {
    const { file, addTarget } = await begin();
    const before = readFileSync(file, 'utf8');
    const added = await addTarget('--key-file', 'keys/nobody-made-it');
    expect(added).toMatchObject({ code: 'CLI_USAGE', stderr: expect.stringContaining('keys/nobody-made-it') });
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  it('names the file a person knows when a change is not valid', async () => {
    const { file, run } = await begin();
    const added = await run('reviewer', 'add', 'ann', '--email', 'nowhere');
    expect(added).toMatchObject({ code: 'CONFIG_INVALID', stderr: expect.stringContaining(`${file}:`) });
    expect(added.stderr).not.toContain('.draft');
  });

  it('remembers who put in the keys, until all of them are replaced', async () => {
    const { directory, file, run } = await begin();
    const [first, second, third] = ['one', 'two', 'three'].map((name) => `${makeKey(directory, name).file}.pub`);
    const people = async () => JSON.parse((await run('agent', 'list', '--json')).stdout)[0];
    await run('reviewer', 'add', 'ann', '--email', 'ann@example.test');
    const withoutName = run('agent', 'add', 'robot', '--owner', 'sam', '--key-file', first ?? '');
    await expect(withoutName).rejects.toThrow("required option '--by <reviewer>'");
    await run('agent', 'add', 'robot', '--owner', 'sam', '--by', 'sam', '--key-file', first ?? '');
    await run('agent', 'keys', 'robot', '--by', 'ann', '--key-file', second ?? '', '--keep');
    expect(await people()).toMatchObject({
      keysChangedBy: ['sam', 'ann'],
      keys: [expect.any(String), expect.any(String)],
    });
    await run('agent', 'keys', 'robot', '--by', 'ann', '--key-file', third ?? '');
    expect(await people()).toMatchObject({ keysChangedBy: ['ann'], keys: [expect.any(String)] });
    const before = readFileSync(file, 'utf8');
    const unknown = await run('agent', 'keys', 'robot', '--by', 'anna', '--key-file', first ?? '');
    expect(unknown).toMatchObject({
      code: 'CONFIG_INVALID',
      stderr: expect.stringContaining('`anna` is not a reviewer'),
    });
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  it('refuses a private key as the key of an agent', async () => {
    const { directory, run } = await begin();
    const { file } = makeKey(directory, 'agent');
    const added = await run('agent', 'add', 'robot', '--owner', 'sam', '--by', 'sam', '--key-file', file);
    expect(added).toMatchObject({ code: 'CLI_PRIVATE_KEY' });
    expect(added.stderr).not.toContain(readFileSync(file, 'utf8').split('\n')[1]);
  });
});

describe('doctor', () => {
  it('fails for another host key, a key others can read, and a policy that does not load', async () => {
    const { directory, file, run, sshd, addTarget } = await begin();
    await addTarget('--fingerprint', sshd.hostKey.fingerprint);
    const { publicLine } = makeKey(directory, 'other');
    const blobOf = (line: string) => line.split(' ')[1] ?? '';
    const pinned = readFileSync(file, 'utf8');
    expect(pinned).toContain(blobOf(sshd.hostKey.publicLine));
    writeFileSync(file, pinned.replace(blobOf(sshd.hostKey.publicLine), blobOf(publicLine)));
    chmodSync(sshd.credential.file, 0o644);
    writeFileSync(join(directory, 'policies/default.yaml'), 'version: 1\nruls: []\n');
    const { status, notOk } = await findings(run);
    expect(status).toBe(1);
    expect(notOk).toEqual(
      expect.arrayContaining(['fail target web-1', `fail key ${sshd.credential.file}`, 'fail policy']),
    );
    const { stdout } = await run('doctor');
    expect(stdout).toMatch(/^FAIL {2}policy: .*default\.yaml:2:1: unknown key `ruls`/m);
  });

  it('has the problems of a configuration that does not load as findings, each with its line', async () => {
    const { file, run } = await begin();
    writeFileSync(file, 'version: 1\nwebb: {}\nssh: { listen: x }\n');
    const { status, notOk } = await findings(run);
    expect({ status, notOk }).toEqual({ status: 1, notOk: ['fail configuration', 'fail configuration'] });
    expect((await run('doctor')).stdout).toMatch(
      /^FAIL {2}configuration: .*sallyport\.yaml:2:1: .*did you mean `web`/m,
    );
  });
});
