import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../support/directory.ts';
import { finish, type Program, poll, runCli, startProgram } from '../support/program.ts';

async function mails(program: Program) {
  const answer = await fetch(`${program.run.mailbox.url}/api/mails`);
  return (await answer.json()) as { to: string[]; subject: string; text: string; html: string }[];
}

describe('npm start', () => {
  it('prints three commands that do what it says, and ends cleanly on Ctrl-C', async () => {
    const home = temporaryDirectory();
    const program = await startProgram({ directory: join(home, 'a path with spaces') });
    const commands = [...program.output.matchAll(/^ {4}(ssh .*)$/gm)].map((match) => match[1] ?? '');
    expect(commands).toHaveLength(3);
    expect(statSync(program.directory).mode & 0o777).toBe(0o700);
    const [allowed, held, denied] = commands.map((command) => {
      const shell = spawn('sh', ['-c', command], { env: { PATH: process.env.PATH ?? '', HOME: home } });
      shell.stdin.end();
      return finish(shell);
    });

    expect(await allowed).toMatchObject({ status: 0, stderr: '', stdout: expect.stringMatching(/ etc\n/) });
    expect(await denied).toMatchObject({ status: 77, stdout: '', stderr: expect.stringMatching(/^sallyport: denied/) });

    await program.pendingHold();
    expect(await program.stop()).toBe(0);
    expect(program.output).toMatch(/stopped\n$/);
    expect(program.output).not.toContain('"level":50');
    // Who waits is not cut off at the end of the grace, and learns that waiting was not in vain.
    expect(await held).toMatchObject({
      status: 75,
      stderr: expect.stringMatching(/The request goes on; send the same command again later\.\n$/),
    });
  });

  it('ends with 0 under npm too, when Ctrl-C reaches every process of the terminal', async () => {
    const root = new URL('../..', import.meta.url).pathname;
    const directory = join(temporaryDirectory(), 'state');
    const ports = ['--ssh-port', '0', '--web-port', '0', '--mailbox-port', '0'];
    const npm = spawn('npm', ['start', '--ignore-scripts', '--', '--dir', directory, ...ports], {
      cwd: root,
      detached: true,
    });
    const finished = finish(npm);
    await poll(() => (existsSync(join(directory, 'run.json')) ? true : undefined), 60_000);
    process.kill(-(npm.pid ?? 0), 'SIGINT');
    expect((await finished).status).toBe(0);
  });

  it('takes no harm from a Ctrl-C that is passed on when all is closed', async () => {
    const running = new URL('../../dist/cli/running.js', import.meta.url).href;
    const script = `
      const { runUntilStopped } = await import('${running}');
      const server = setInterval(() => {}, 1000);
      const app = { reload() {}, hurry() {}, failed: new Promise(() => {}) };
      const signal = () => process.kill(process.pid, 'SIGINT');
      const io = { stderr: process.stderr };
      await runUntilStopped(app, { async close() { clearInterval(server); } }, undefined, io, signal);
      signal();
      await new Promise((resolve) => setTimeout(resolve, 100));
      process.exitCode = 7;
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
    expect(await finish(child)).toMatchObject({ status: 7, stderr: expect.stringMatching(/stopped\n$/) });
  });

  it('is never without a listener, where a second signal would kill it', async () => {
    const running = new URL('../../dist/cli/running.js', import.meta.url).href;
    const script = `
      const { runUntilStopped } = await import('${running}');
      let hurried = 0;
      const app = { reload() {}, hurry() { hurried++; }, failed: new Promise(() => {}) };
      let listeners;
      const signal = () => {
        process.emit('SIGINT', 'SIGINT');
        listeners = process.listenerCount('SIGINT');
        process.emit('SIGINT', 'SIGINT');
      };
      await runUntilStopped(app, { async close() {} }, undefined, { stderr: process.stderr }, signal);
      process.exitCode = listeners === 1 && hurried === 1 ? 7 : 1;
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
    expect((await finish(child)).status).toBe(7);
  });

  it('tells a mistake in a file from one on the command line, and from its own', async () => {
    const file = join(temporaryDirectory(), 'sallyport.yaml');
    writeFileSync(file, 'sssh: {}\n', { mode: 0o600 });
    expect(await runCli(['serve', '--config', file])).toMatchObject({
      status: 78,
      stderr: expect.stringContaining(`${file}:1:`),
    });
    expect((await runCli(['serve', '--konfig', file])).status).toBe(64);
  });

  it('names the flag when a port is taken', async () => {
    const program = await startProgram();
    const second = await runCli([
      'start',
      '--dir',
      `${program.directory}-2`,
      '--ssh-port',
      String(program.run.ssh.port),
      '--web-port',
      '0',
      '--mailbox-port',
      '0',
    ]);
    expect(second.status).not.toBe(0);
    expect(second.stderr).toMatch(/--ssh-port/);
  });

  it('refuses a second process on the same directory', async () => {
    const program = await startProgram();
    const second = await runCli([
      'start',
      '--dir',
      program.directory,
      '--ssh-port',
      '0',
      '--web-port',
      '0',
      '--mailbox-port',
      '0',
    ]);
    expect(second.status).not.toBe(0);
    expect(second.stderr).toMatch(/in use|another/i);
    expect((await program.ssh('true')).status).toBe(0);
  });
});

describe('a held command', () => {
  it('waits, is mailed, approved through the API, runs, and ends with the status of the target', async () => {
    const program = await startProgram();
    const child = program.spawnSsh('touch made-by-agent; exit 3');
    child.stdin?.end();
    const finished = finish(child);
    const hold = await program.pendingHold();
    const mail = await poll(async () => (await mails(program))[0]);
    expect(mail.to).toEqual([program.run.reviewer.email]);
    expect(mail.text).toContain('touch made-by-agent; exit 3');
    expect(mail.text).toMatch(new RegExp(`${program.run.web.url}/review#\\S+`));

    const decided = await program.decide(hold.id, 'approve', 'fine');
    expect(decided.status).toBe(200);
    const { status, stderr } = await finished;
    expect(stderr).toMatch(/sallyport: held/);
    expect(stderr).toMatch(/approved: by maya/);
    expect(status).toBe(3);
    expect(statSync(join(program.directory, 'sandbox', 'made-by-agent')).isFile()).toBe(true);
  });

  it('ends with 77 and the reviewer’s reason when it is rejected', async () => {
    const program = await startProgram();
    const child = program.spawnSsh('rm -rf x');
    child.stdin?.end();
    const finished = finish(child);
    const hold = await program.pendingHold();
    const cli = await runCli([
      'hold',
      'reject',
      hold.id,
      '--reason',
      'not on a Friday',
      '--dir',
      program.directory,
      '--token-file',
      join(program.directory, 'reviewer-token'),
    ]);
    expect(cli).toMatchObject({ status: 0 });
    expect(await finished).toMatchObject({ status: 77, stderr: expect.stringContaining('not on a Friday') });
  });

  it('survives a restart: the agent comes back, joins it, and the approval runs it once', async () => {
    const program = await startProgram();
    const leaving = program.spawnSsh('touch once');
    leaving.stdin?.end();
    const left = finish(leaving);
    const hold = await program.pendingHold();
    await program.stop('SIGKILL');
    expect((await left).status).not.toBe(0);

    const again = await startProgram({ directory: program.directory });
    expect((await again.pendingHold()).id).toBe(hold.id);
    expect((await again.decide(hold.id, 'approve')).status).toBe(200);
    const granted = await again.ssh('touch once');
    expect(granted.status).toBe(0);
    const child = again.spawnSsh('touch once');
    child.stdin?.end();
    const third = finish(child);
    expect((await again.pendingHold()).id).not.toBe(hold.id);
    child.kill();
    await third;
  });
});

describe('evidence', () => {
  it('is a chain that verifies, names a changed byte, and a recording that asciinema plays', async () => {
    const program = await startProgram();
    const masked = await program.ssh('echo AKIAIOSFODNN7EXAMPLE; ls /; false');
    expect(masked.stdout).toMatch(/\[MASKED:aws-access-key/);
    expect(masked).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^sallyport: masked: .*aws-access-key 1\b/),
    });
    expect(await program.stop()).toBe(0);

    const good = await runCli(['audit', 'verify', '--dir', program.directory]);
    expect(good).toMatchObject({ status: 0 });

    const listed = await runCli(['session', 'list', '--dir', program.directory, '--json']);
    expect(listed.status).toBe(0);
    expect(listed.stdout).toContain('demo-agent');

    const casts = readdirSync(join(program.directory, 'recordings'), { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.cast'),
    );
    expect(casts.length).toBe(1);
    const cast = join(program.directory, 'recordings', casts[0] ?? '');
    expect(readFileSync(cast, 'utf8')).not.toContain('AKIAIOSFODNN7EXAMPLE');
    // asciinema wants a terminal; util-linux's script is one.
    const played = await finish(
      spawn('script', ['-qec', `asciinema cat '${cast}'`, '/dev/null'], {
        stdio: 'pipe',
        env: { ...process.env, LC_ALL: 'C.UTF-8' },
      }),
    );
    expect(played.stdout).toContain('[MASKED:aws-access-key');

    const segment = join(
      program.directory,
      'audit',
      readdirSync(join(program.directory, 'audit')).find((name) => /\.(ndjson|log)$/.test(name)) ?? '',
    );
    const bytes = readFileSync(segment);
    const at = bytes.indexOf('demo-agent');
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(segment, bytes);
    const bad = await runCli(['audit', 'verify', '--dir', program.directory]);
    expect(bad.status).toBe(1);
    expect(bad.stdout + bad.stderr).toMatch(/000001\.ndjson:\d+: was changed/);
  });
});
