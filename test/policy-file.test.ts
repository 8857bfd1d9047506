import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PolicyProblem } from '../src/policy/problem.ts';
import { ActivePolicy } from '../src/policy-file.ts';
import { command, model } from './support/models.ts';
import { context, wordsOnly } from './support/policies.ts';

const allowing = (name: string) => `version: 1\nrules:\n  - { id: a, allow: { commands: ["${name}"] } }\n`;

let directory = '';
let file = '';
let open: ActivePolicy | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'policy-'));
  file = join(directory, 'policy.yaml');
});
afterEach(() => {
  open?.close();
  rmSync(directory, { recursive: true });
});

function watched() {
  const events: string[] = [];
  const waiting: (() => void)[] = [];
  const push = (event: string) => {
    events.push(event);
    for (const wake of waiting.splice(0)) wake();
  };
  const next = async (count: number) => {
    while (events.length < count) await new Promise<void>((wake) => waiting.push(wake));
    return events;
  };
  const callbacks = {
    onLoaded: ({ policyHash, previousHash }: { policyHash: string; previousHash: string | undefined }) =>
      push(`loaded ${policyHash.slice(0, 6)} after ${previousHash?.slice(0, 6)}`),
    onRefused: ({ problems }: { problems: readonly PolicyProblem[] }) => push(`refused ${problems[0]?.message}`),
  };
  return { events, next, callbacks };
}

const verdict = (policy: ActivePolicy, name: string) => policy.decide(model([command(name)]), context()).verdict;

describe('the policy in force', () => {
  it('is not opened with a problem, and names all of them', async () => {
    writeFileSync(file, 'version: 1\nrules:\n  - { id: a, alow: x }\n  - { id: b, dney: y }\n');
    const opening = ActivePolicy.open(file, { understand: wordsOnly }, watched().callbacks);
    await expect(opening).rejects.toMatchObject({
      code: 'POLICY_REFUSED',
      message: expect.stringMatching(/alow[\s\S]*dney/),
    });
  });

  it('is not opened without its file', async () => {
    await expect(ActivePolicy.open(file, { understand: wordsOnly }, watched().callbacks)).rejects.toMatchObject({
      code: 'POLICY_UNREADABLE',
    });
  });

  it('is replaced when its file changes, and stays when the new one is wrong', async () => {
    writeFileSync(file, allowing('ls'));
    const { next, callbacks } = watched();
    open = await ActivePolicy.open(file, { understand: wordsOnly }, callbacks);
    open.watch();
    const first = open.policyHash;
    expect([verdict(open, 'ls'), verdict(open, 'df')]).toEqual(['allow', 'approve']);

    writeFileSync(`${file}.new`, allowing('df'));
    renameSync(`${file}.new`, file);
    await next(2);
    expect([verdict(open, 'ls'), verdict(open, 'df')]).toEqual(['approve', 'allow']);
    const second = open.policyHash;

    writeFileSync(file, 'version: 1\nrules: [');
    const events = await next(3);
    expect(verdict(open, 'df')).toBe('allow');
    expect(open.policyHash).toBe(second);
    expect(events[1]).toBe(`loaded ${second.slice(0, 6)} after ${first.slice(0, 6)}`);
    expect(events[2]).toMatch(/^refused /);
  });

  it('is read again on SIGHUP, with what it includes', async () => {
    const sets = join(directory, 'sets.yaml');
    writeFileSync(sets, 'sets: { s: [a] }\n');
    writeFileSync(file, 'version: 1\ninclude: [sets.yaml]\nrules:\n  - { id: a, deny: { services: [$s] } }\n');
    const { next, callbacks } = watched();
    open = await ActivePolicy.open(file, { understand: wordsOnly }, callbacks);
    open.watch();
    const first = open.policyHash;
    writeFileSync(sets, 'sets: { s: [b] }\n');
    process.kill(process.pid, 'SIGHUP');
    await next(2);
    expect(open.policyHash).not.toBe(first);
  });

  it('denies when the policy itself fails', async () => {
    writeFileSync(file, allowing('ls'));
    open = await ActivePolicy.open(file, { understand: wordsOnly }, watched().callbacks);
    const broken = { ...model([command('ls')]), commands: undefined };
    // Only a defect can hand over such a model, so the types have to be got round.
    const decision = open.decide(JSON.parse(JSON.stringify(broken)), context());
    expect(decision).toMatchObject({ verdict: 'deny', policyHash: open.policyHash });
  });
});
