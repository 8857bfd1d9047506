import { execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { finish, runCli, startProgram } from '../support/program.ts';

describe('kill -9 in the middle of everything', () => {
  it('loses no event that somebody saw the effect of, and the next start goes on', async () => {
    const directory = join(mkdtempSync(join(tmpdir(), 'sallyport-crash-')), 'state');
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    for (let round = 0; round < 4; round += 1) {
      const program = await startProgram({ directory });
      const seen: string[] = [];
      const clients = Array.from({ length: 6 }, async (_, n) => {
        for (let i = 0; ; i += 1) {
          const word = `r${round}-c${n}-${i}`;
          const { status, stdout } = await program.ssh(`echo ${word}`);
          if (stdout.includes(word)) seen.push(word);
          if (status !== 0) return;
        }
      });
      const held = program.spawnSsh(`touch never-${round}`);
      held.stdin?.end();
      const heldFinished = finish(held);
      await program.pendingHold();
      // On a busy machine six logins at once take their time; a kill before the first answer would try nothing.
      await eventually(() => seen.length).toBeGreaterThan(0);
      await delay(randomInt(1_000));
      await program.stop('SIGKILL');
      await Promise.all([...clients, heldFinished]);

      const decided = new Set(
        program
          .auditRecords()
          .filter((r) => r.event === 'command.decided')
          .map((r) => r.command),
      );
      const started = program.auditRecords().filter((r) => r.event === 'command.started');
      expect(seen.filter((word) => !decided.has(`echo ${word}`))).toEqual([]);
      expect(started.length).toBeGreaterThanOrEqual(seen.length);
    }
    const last = await startProgram({ directory });
    expect((await last.ssh('true')).status).toBe(0);
    expect(await last.stop()).toBe(0);
    expect(await runCli(['audit', 'verify', '--dir', directory])).toMatchObject({ status: 0 });
  });
});

describe('a full disk', () => {
  /** A state directory on a small disk, and a way to fill the rest of it. */
  async function smallDisk() {
    const mount = mkdtempSync(join(tmpdir(), 'sallyport-full-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m,mode=0700', 'tmpfs', mount]);
    onTestFinished(() => {
      execFileSync('umount', ['-l', mount]);
      rmSync(mount, { recursive: true, force: true });
    });
    const directory = join(mount, 'state');
    mkdirSync(directory, { mode: 0o700 });
    const ballast = join(mount, 'ballast');
    return {
      program: await startProgram({ directory }),
      fill: () => finish(spawn('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=1k'], { stdio: 'pipe' })),
      empty: () => rmSync(ballast),
    };
  }

  it('runs nothing that cannot be written down, and says so', async () => {
    const { program, fill } = await smallDisk();
    expect((await program.ssh('true')).status).toBe(0);
    await fill();

    const { status, stdout } = await program.ssh('echo must-not-run');
    expect(status).not.toBe(0);
    expect(stdout).toBe('');
  });

  it('ends what runs already, tells its agent why, and leaves evidence that verifies', async () => {
    const { program, fill, empty } = await smallDisk();
    const child = program.spawnSsh('for i in $(seq 100000); do echo "line $i of what is recorded"; sleep 0.01; done');
    if (child.stdout === null) throw new Error('ssh has no output');
    await once(child.stdout, 'data');
    const ended = finish(child);
    const stopped = once(program.child, 'exit');
    await fill();
    // Whichever of the two is written to first; it is not given time to finish.
    expect(await ended).toMatchObject({
      status: 70,
      stderr: expect.stringMatching(
        /^sallyport: failed: (?:what it prints can no longer be recorded, so it was stopped|Sallyport can no longer write down what happens, so nothing may run)\.\n$/,
      ),
    });
    expect(await stopped).toEqual([70, null]);
    expect(program.output).toContain('the audit log cannot be written: ENOSPC');
    empty();
    const again = await startProgram({ directory: program.directory });
    expect((await again.ssh('true')).status).toBe(0);
    expect(await again.stop()).toBe(0);
    expect(await runCli(['audit', 'verify', '--dir', program.directory])).toMatchObject({ status: 0 });
  });
});
