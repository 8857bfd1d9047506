/**
 * The grammar against real shells: whatever a shell executes must be in the model, and the canonical text must execute
 * the same.
 *
 * A text counts when the model has no unknowns (only then may it run without a person). A failure prints the text, so
 * that it can become a row of test/bypass and a guard.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandModel, Dialect } from '../../src/command/model.ts';
import { createUnderstander } from '../../src/command/understand.ts';
import { Random } from '../support/random.ts';
import { readAnyTool } from '../support/tool-readings.ts';
import { Jail, type Shell, type Variant } from './jail.ts';
import { escapes } from './match.ts';
import { grow, mutate, names } from './programs.ts';
import { seeds } from './seeds.ts';

const budgetMs = Number(process.env.ORACLE_SECONDS ?? '60') * 750;
const seed = Number(process.env.ORACLE_SEED ?? Date.now() % 1_000_000_007);
/** The names of wrappers are plain commands here: nothing in the jail unwraps them. */
const understander = createUnderstander({
  readTool: (argv, context) => ({ ...readAnyTool(argv, context), nested: [], stdin: 'unused' }),
});
const understood = (text: string, dialect: Dialect): CommandModel | undefined => {
  const model = understander.understandSync(text, { dialect, workingDirectory: '/w', homeDirectory: undefined });
  return model.canonical === undefined ? undefined : model;
};
const sorted = (records: readonly (readonly string[])[]): readonly string[] =>
  records.map((argv) => JSON.stringify(argv)).sort();

let jail: Jail;
beforeAll(() => {
  jail = new Jail(names);
});
afterAll(() => jail.close());

interface Findings {
  readonly escapes: string[];
  readonly differences: string[];
  programs: number;
  understood: number;
  executed: number;
}

async function judge(shell: Shell, text: string, variant: Variant, findings: Findings): Promise<void> {
  findings.programs++;
  const model = understood(text, shell === 'dash' ? 'posix' : shell);
  if (model?.canonical === undefined) return;
  findings.understood++;
  const { records: executed, isComplete } = await jail.run(shell, variant, text);
  findings.executed += executed.length;
  const missed = escapes(model, executed);
  if (missed.length > 0) findings.escapes.push(`${JSON.stringify(text)} ran ${JSON.stringify(missed[0])}`);
  const canonical = await jail.run(shell, variant, model.canonical);
  const again = canonical.records;
  const missedAgain = escapes(model, again);
  if (missedAgain.length > 0) {
    findings.escapes.push(`canonical ${JSON.stringify(model.canonical)} ran ${JSON.stringify(missedAgain[0])}`);
  }
  // Left out: what runs at the same time, process numbers, files of the run before, writers that a closed pipe ends.
  const isRacing = /[&*?[]|>\(|\$\{?[$!]|RANDOM|\|[^|]/.test(text);
  const isStable = isComplete && canonical.isComplete && !isRacing;
  if (isStable && sorted(executed).join() !== sorted(again).join()) {
    findings.differences.push(
      `${JSON.stringify(text)}\n  canonical ${JSON.stringify(model.canonical)}\n  ran ${sorted(executed).join(' ')}\n  and ${sorted(again).join(' ')}`,
    );
  }
}

describe(`what a shell executes is in the model (ORACLE_SEED=${seed})`, () => {
  it('the jail logs commands and runs none', async () => {
    const bash = await jail.run('bash', 0, `ls "a b" $'c\\n'"d'" é $(id); echo x`);
    expect(bash.records).toEqual([['id'], ['ls', 'a b', "c\nd'", 'é'], ['echo', 'x']]);
    expect((await jail.run('dash', 0, 'ls "a b" $(id)')).records).toEqual([['id'], ['ls', 'a b']]);
    expect((await jail.run('busybox', 0, 'C0 "a b"')).records).toEqual([['C0', 'a b']]);
    expect((await jail.run('bash', 1, 'id && ls')).records).toEqual([['id']]);
    expect(await jail.run('bash', 0, 'while :; do :; done')).toEqual({ records: [], isComplete: false });
  });

  it.each([
    { shell: 'bash', share: 0.6 },
    { shell: 'dash', share: 0.2 },
    { shell: 'busybox', share: 0.2 },
  ] as const)('$shell', async ({ shell, share }) => {
    const random = new Random(seed);
    const findings: Findings = { escapes: [], differences: [], programs: 0, understood: 0, executed: 0 };
    for (const text of seeds) await judge(shell, text, 0, findings);
    const endsAt = Date.now() + budgetMs * share;
    while (Date.now() < endsAt && findings.escapes.length + findings.differences.length < 20) {
      const text = random.below(2) === 0 ? grow(random) : mutate(random, seeds);
      await judge(shell, text, random.pick([0, 1, 2] as const), findings);
    }
    console.log(
      `${shell}: ${findings.programs} programs, ${findings.understood} understood, ${findings.executed} commands executed`,
    );
    expect(findings.escapes).toEqual([]);
    expect(findings.differences).toEqual([]);
    expect(findings.executed).toBeGreaterThan(0);
  });
});
