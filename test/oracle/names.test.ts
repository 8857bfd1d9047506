/**
 * Names that one command prints and another takes, run by real shells among files whose names are traps: what the default
 * policy allows about `src` reads nothing beside it, changes nothing, and runs nothing that a name says.
 *
 * A failure prints the text, so that it can become a row of test/bypass and a guard.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dialect, PathObject } from '../../src/command/model.ts';
import { createJudgement, type Judgement } from '../../src/judgement.ts';
import { shippedPolicies } from '../../src/package-root.ts';
import { ordinarySituation } from '../../src/policy/case.ts';
import { judgedModel } from '../../src/policy/decision.ts';
import type { Policy } from '../../src/policy/evaluate.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import { loadPolicyFile } from '../../src/policy-file.ts';
import { temporaryDirectory } from '../support/directory.ts';
import { Random } from '../support/random.ts';
import { nameProgram } from './name-programs.ts';

const budgetMs = Number(process.env.ORACLE_SECONDS ?? '60') * 250;
const seed = Number(process.env.ORACLE_SEED ?? Date.now() % 1_000_000_007);
const shells: readonly { readonly dialect: Dialect; readonly argv: readonly [string, ...string[]] }[] = [
  { dialect: 'bash', argv: ['bash', '-c'] },
  { dialect: 'posix', argv: ['dash', '-c'] },
  { dialect: 'busybox', argv: ['busybox', 'sh', '-c'] },
];

const beside = ['secret.c', 'b.c', 'c', 'a', 'x', 'lib/s.c', '.hidden'];

/** Files beside `src` say CANARY; those in it mean one of them, or a command, once their names are split or expanded. */
function trap(): string {
  const directory = temporaryDirectory();
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  };
  for (const name of beside) put(name, 'CANARY\n');
  for (const name of ['a.c', 'b.md', 'plain.sh', 'd/e.c', '-n', '-o.c', '--', '+x.c', 'a=b.c', '~root.c', '{}', '%.c'])
    put(`src/${name}`, 'ok\n');
  for (const name of [
    '*',
    '?.c',
    '[a]b.c',
    '[.][.]/secret.c',
    '.*/secret.c',
    '@(..)/secret.c',
    'r {b,c}.c',
    "z 'a' b.c",
  ])
    put(`src/${name}`, 'ok\n');
  for (const name of ['$(touch PWNED).c', '`touch PWNED`.c', ';touch PWNED;.c', '"; touch PWNED; ".c'])
    put(`src/${name}`, 'ok\n');
  for (const split of [' ', '\n', '\t', '\r', '\v', '\\\n', '\u00a0'])
    for (const to of [`${directory}/secret.c`, 'secret.c', '../secret.c']) put(`src/q${split}${to}`, 'ok\n');
  return directory;
}

const stateOf = (directory: string): string =>
  readdirSync(directory, { recursive: true, encoding: 'latin1' })
    .map((name) => {
      const { mtimeMs, size, mode } = statSync(Buffer.from(join(directory, name), 'latin1'));
      return `${name} ${mtimeMs} ${size} ${mode}`;
    })
    .sort()
    .join('\0');

const run = ([name, ...args]: readonly [string, ...string[]], text: string, cwd: string) => {
  const env = { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: '/nonexistent', LANG: 'C.UTF-8' };
  const { stdout, stderr } = spawnSync(name, [...args, text], {
    cwd,
    env,
    input: '',
    timeout: 5_000,
    encoding: 'latin1',
  });
  return `${stdout}${stderr}`;
};

let judgement: Judgement;
let policy: Policy;
beforeAll(async () => {
  judgement = await createJudgement();
  const loaded = await loadPolicyFile(join(shippedPolicies, 'default.yaml'), judgement.policyParts);
  if (loaded.kind === 'refused') throw new Error('the default policy is not loaded');
  policy = loaded.policy;
});
afterAll(() => judgement.close());

describe(`names are what they were (ORACLE_SEED=${seed})`, () => {
  it.each(shells)('$dialect would read what a name says', ({ argv }) => {
    expect(run(argv, 'cat $(find src -type f)', trap())).toContain('CANARY');
    expect(run(argv, 'find src -type f | xargs cat', trap())).toContain('CANARY');
  });

  it.each(shells)('$dialect reads nothing beside src', async ({ dialect, argv }) => {
    const random = new Random(seed);
    const directory = trap();
    const before = stateOf(directory);
    const found: string[] = [];
    let programs = 0;
    let allowed = 0;
    const endsAt = Date.now() + budgetMs / shells.length;
    while (Date.now() < endsAt && found.length < 5) {
      const text = nameProgram(random);
      programs++;
      const situation = { ...ordinarySituation.understand, workingDirectory: directory, dialect };
      const understood = await judgement.understand(text, situation);
      const decision = evaluate(policy, understood, ordinarySituation.policy);
      const model = judgedModel(understood, decision);
      if (model.canonical === undefined || decision.verdict !== 'allow') continue;
      // `cat x $(find src)` is judged as reading x, and `xargs grep -r x` as reading all there is, where no name comes.
      const isSaid = ({ path, isTree }: PathObject) =>
        path === directory ? isTree === true : beside.some((name) => path === join(directory, name));
      if (model.commands.some(({ paths }) => paths.some(isSaid))) continue;
      allowed++;
      const isRead = run(argv, model.canonical, directory).includes('CANARY');
      const isChanged = stateOf(directory) !== before;
      if (isRead || isChanged) found.push(`${isChanged ? 'changes' : 'reads'}: ${text}\n  sent ${model.canonical}`);
      if (isChanged) break;
    }
    console.log(`${dialect}: ${programs} programs, ${allowed} allowed and run`);
    expect(found).toEqual([]);
    expect(allowed).toBeGreaterThan(0);
  });
});
