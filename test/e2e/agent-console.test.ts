import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { finish, poll, startProgram } from '../support/program.ts';

describe('what an agent asks the bastion itself', () => {
  it('shows, waits for and withdraws its own holds, and knows no other', async () => {
    const program = await startProgram();
    const ask = (words: string) => program.ssh(`sallyport ${words}`, { target: 'sallyport' });

    expect(await ask('whoami')).toMatchObject({ status: 0, stdout: expect.stringContaining(program.run.agent.name) });
    expect((await ask('holds')).stdout).toBe('no commands of yours were held\n');
    expect(await ask('nonsense')).toMatchObject({ status: 64 });
    expect(await program.ssh('id', { target: 'sallyport' })).toMatchObject({ status: 64 });

    const explained = await ask('explain --target sandbox --json -- touch first');
    expect(explained.status).toBe(75);
    expect(JSON.parse(explained.stdout)).toMatchObject({ verdict: 'approve', reason: expect.any(String) });
    expect(await ask('explain --target sandbox -- id')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^allow/),
    });
    expect(await ask('explain --target elsewhere -- id')).toMatchObject({ status: 69 });
    expect(program.auditRecords().filter(({ event }) => event === 'command.explained')).toHaveLength(2);
    expect(program.auditRecords().some(({ event }) => event === 'hold.created')).toBe(false);

    const first = finish(program.spawnSsh('touch first'));
    const { id } = await program.pendingHold();
    const listed = JSON.parse((await ask('holds --json')).stdout) as { holds: unknown[] };
    expect(listed.holds).toMatchObject([{ id, state: 'pending', command: 'touch first' }]);
    expect(await ask(`wait ${id} --timeout 1`)).toMatchObject({ status: 75 });
    expect(await ask('withdraw h-000000000000')).toMatchObject({ status: 69 });
    expect(await ask(`withdraw ${id}`)).toMatchObject({ status: 0 });
    expect((await first).status).toBe(75);
    expect(program.auditRecords().map(({ event }) => event)).toContain('hold.withdrawn');
    expect(await ask(`withdraw ${id}`)).toMatchObject({ status: 77 });

    const second = finish(program.spawnSsh('touch second'));
    const held = await program.pendingHold();
    const waiting = ask(`wait ${held.id} --json`);
    await program.decide(held.id, 'reject', 'not today');
    expect((await second).status).toBe(77);
    const rejected = await waiting;
    expect(rejected.status).toBe(77);
    expect(JSON.parse(rejected.stdout)).toMatchObject({ id: held.id, state: 'rejected', reason: 'not today' });

    // Over its limit the agent hears so at once; what waits, waits on.
    const config = join(program.directory, 'sallyport.yaml');
    const limited = readFileSync(config, 'utf8').replace(/^reviewers:\n {2}- name: .*\n/m, '$&    groups: [sre]\n');
    writeFileSync(config, `${limited}\nholds: { max_pending_per_agent: 1 }\n`);
    // In force when the other change in it is in the log.
    await poll(() => program.auditRecords().some(({ event }) => event === 'reviewer.changed') || undefined);
    const waits = finish(program.spawnSsh('touch third'));
    const third = await program.pendingHold();
    const over = await program.ssh('touch fourth');
    expect(over).toMatchObject({ status: 75, stderr: expect.stringContaining('wait for review already') });
    await program.decide(third.id, 'approve');
    expect((await waits).status).toBe(0);
  });
});
