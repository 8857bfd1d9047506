import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Program, poll, startProgram } from '../support/program.ts';

/** The program with a policy that offers scopes. */
async function withScopes(): Promise<Program> {
  const program = await startProgram();
  const file = join(program.directory, 'policies', 'default.yaml');
  const text = readFileSync(file, 'utf8');
  const changed = text.replace('  expires_in: 15m', '  expires_in: 15m\n  scopes: [session, time, pattern]');
  expect(changed).not.toBe(text);
  writeFileSync(file, changed);
  await poll(() =>
    program.auditRecords().filter(({ event }) => event === 'policy.loaded').length > 1 ? true : undefined,
  );
  return program;
}

async function approveFirst(program: Program, command: string, scope: Record<string, unknown>): Promise<void> {
  const finished = program.ssh(command);
  const hold = await program.pendingHold();
  const body = JSON.stringify({ decision: 'approve', scope });
  const response = await program.api(`/holds/${hold.id}/decisions`, { method: 'POST', body });
  expect(response.status).toBe(200);
  expect((await finished).status).toBe(0);
}

const names = (program: Program, ...wanted: string[]) =>
  program
    .auditRecords()
    .map(({ event }) => String(event))
    .filter((event) => wanted.includes(event));

describe('a scope', () => {
  it('for a time runs the same again without a person, in the log before it ran, and nothing else', async () => {
    const program = await withScopes();
    await approveFirst(program, 'touch a', { kind: 'time', minutes: 5 });
    const again = await program.ssh('touch a');
    expect(again.status).toBe(0);
    expect(again.stderr).toContain('approved this beforehand');
    expect(names(program, 'scope.granted')).toHaveLength(1);
    expect(names(program, 'scope.used', 'command.started')).toEqual([
      'command.started',
      'scope.used',
      'command.started',
    ]);
    const started = program.auditRecords().findLast(({ event }) => event === 'command.started');
    expect(readFileSync(join(program.directory, String(started?.recording)), 'utf8')).toMatch(
      /allowed by scope s-\w+ of /,
    );

    const other = program.spawnSsh('touch a b');
    other.stdin?.end();
    expect(await program.pendingHold()).toMatchObject({ action: { command: 'touch a b' } });
    other.kill();
  });

  it('of a pattern covers its directory and nothing that leaves it', async () => {
    const program = await withScopes();
    await approveFirst(program, 'mkdir -p builds/1', { kind: 'pattern', pattern: 'mkdir -p builds/*', minutes: 5 });
    expect((await program.ssh('mkdir -p builds/2')).status).toBe(0);
    const other = program.spawnSsh('mkdir -p builds/../elsewhere');
    other.stdin?.end();
    expect(await program.pendingHold()).toMatchObject({ action: { command: 'mkdir -p builds/../elsewhere' } });
    other.kill();
  });
});
