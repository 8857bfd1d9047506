/**
 * What a decision costs: understanding and 200 rules over many lines, the worst texts of 16 KB, and the time to start.
 *
 *   npm run bench -- policy [--lines=FILE]     FILE has JSON lines with a `command`
 */
import { readFileSync } from 'node:fs';
import type { Policy } from '../../src/policy/evaluate.ts';

/** The program as it is shipped: run from its sources it pays for the loader, and for every closure that is named. */
const compiled = <T>(file: string): Promise<T> => import(new URL(`../../dist/${file}`, import.meta.url).href);
const { createJudgement } = await compiled<typeof import('../../src/judgement.ts')>('judgement.js');
const { createLocalUnderstander } =
  await compiled<typeof import('../../src/local-understander.ts')>('local-understander.js');
const { ordinarySituation } = await compiled<typeof import('../../src/policy/case.ts')>('policy/case.js');
const { evaluate } = await compiled<typeof import('../../src/policy/evaluate.ts')>('policy/evaluate.js');
const { loadPolicy } = await compiled<typeof import('../../src/policy/load.ts')>('policy/load.js');
const { printProblem } = await compiled<typeof import('../../src/policy/problem.ts')>('policy/problem.js');
const { loadPolicyFile } = await compiled<typeof import('../../src/policy-file.ts')>('policy-file.js');
const { warmUp, warmUpThread } = await compiled<typeof import('../../src/warm-up.ts')>('warm-up.js');

export interface PolicyFigures {
  readonly lines: number;
  readonly rules: number;
  /** Of each line the median of several runs: what the line costs, not what else the machine did in one of them. */
  readonly understandUs: Percentiles;
  readonly decideUs: Percentiles;
  readonly wholeUs: Percentiles;
  /** Deciding by the policy that is shipped, which compares every path with many patterns. */
  readonly shippedUs: Percentiles;
  /** Every run of every line: with the collector's pauses, and whatever shares the machine. */
  readonly everyRunUs: Percentiles;
  readonly adversarial: readonly { readonly name: string; readonly kib: number; readonly ms: number }[];
  /** The longest the main thread was held up while the adversarial texts were understood. */
  readonly blockedMs: number;
  readonly bootMs: number;
  /** From the request to the answer, a text of 1 MiB. */
  readonly megabyteMs: number;
}

interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

const ruleCount = 200;
/** Measured: the times still fall after 120,000 decisions, because few lines need the grammar, which is compiled late. */
const warmingDecisions = 200_000;
const runsPerLine = 5;
const adversarialRuns = 3;

export async function run(options: { readonly linesFile?: string } = {}): Promise<PolicyFigures> {
  const bootAt = performance.now();
  const judgement = await createJudgement();
  const shipped = await loadPolicyFile('default', judgement.policyParts);
  const bootMs = performance.now() - bootAt;
  if (shipped.kind === 'refused') throw new Error(shipped.problems.map(printProblem).join('\n'));

  const local = createLocalUnderstander();
  const policy = await manyRules();
  const lines = options.linesFile === undefined ? builtInLines() : readLines(options.linesFile);
  // A gate that runs for days is warm: as the server warms itself, and then as traffic does.
  await warmUpThread(judgement);
  await warmUp(judgement, (model) => evaluate(policy, model, ordinarySituation.policy));
  for (let judged = 0; judged < warmingDecisions; judged += lines.length)
    for (const line of lines)
      evaluate(policy, await local.understand(line, ordinarySituation.understand), ordinarySituation.policy);
  // Allocated before, so that the collector is not kept busy by the measuring.
  const runs = lines.map(() => Array.from({ length: runsPerLine }, () => new Float64Array(4)));
  for (let run = 0; run < runsPerLine; run++) {
    for (const [i, line] of lines.entries()) {
      const startedAt = performance.now();
      const model = await local.understand(line, ordinarySituation.understand);
      const understoodAt = performance.now();
      evaluate(policy, model, ordinarySituation.policy);
      const decidedAt = performance.now();
      const at = runs[i]?.[run];
      if (at === undefined) continue;
      at[0] = (understoodAt - startedAt) * 1000;
      at[1] = (decidedAt - understoodAt) * 1000;
      at[2] = (decidedAt - startedAt) * 1000;
    }
  }
  // By itself: a gate has one policy, and a second one in between would empty the processor's caches.
  for (let run = 0; run < runsPerLine; run++) {
    for (const [i, line] of lines.entries()) {
      const model = await local.understand(line, ordinarySituation.understand);
      const understoodAt = performance.now();
      evaluate(shipped.policy, model, ordinarySituation.policy);
      const at = runs[i]?.[run];
      if (at !== undefined) at[3] = (performance.now() - understoodAt) * 1000;
    }
  }
  const medians = (part: 0 | 1 | 2 | 3) => percentiles(runs.map((of) => median(of.map((run) => run[part] ?? 0))));

  const blocked = watchLoop();
  const adversarial = [];
  for (const { name, text } of adversarialTexts(16 * 1024)) {
    const ms: number[] = [];
    for (let run = 0; run < adversarialRuns; run++) {
      const startedAt = performance.now();
      const model = await judgement.understand(text, ordinarySituation.understand);
      evaluate(policy, model, ordinarySituation.policy);
      ms.push(performance.now() - startedAt);
    }
    adversarial.push({ name, kib: Math.round(text.length / 1024), ms: round(median(ms)) });
  }
  const megabyteAt = performance.now();
  await judgement.understand(`echo ${'a '.repeat(524_288)}`, ordinarySituation.understand);
  const megabyteMs = performance.now() - megabyteAt;
  const blockedMs = blocked();
  await judgement.close();
  return {
    lines: lines.length,
    rules: policy.rules.length,
    understandUs: medians(0),
    decideUs: medians(1),
    wholeUs: medians(2),
    shippedUs: medians(3),
    everyRunUs: percentiles(runs.flatMap((of) => of.map((run) => run[2] ?? 0))),
    adversarial: adversarial.sort((a, b) => b.ms - a.ms),
    blockedMs: round(blockedMs),
    bootMs: round(bootMs),
    megabyteMs: round(megabyteMs),
  };
}

export function format(figures: PolicyFigures): string {
  const row = (name: string, { p50, p95, p99, max }: Percentiles) =>
    `${name.padEnd(12)} p50 ${p50}  p95 ${p95}  p99 ${p99}  max ${max} us`;
  const worst = figures.adversarial.slice(0, 5).map(({ name, kib, ms }) => `  ${ms} ms  ${name} (${kib} KiB)`);
  return [
    `${figures.lines} lines, ${figures.rules} rules`,
    row('understand', figures.understandUs),
    row('decide', figures.decideUs),
    row('together', figures.wholeUs),
    row('default', figures.shippedUs),
    row('every run', figures.everyRunUs),
    `worst of ${figures.adversarial.length} adversarial texts, main thread held up ${figures.blockedMs} ms at most:`,
    ...worst,
    `1 MiB answered after ${figures.megabyteMs} ms; start ${figures.bootMs} ms`,
    '',
  ].join('\n');
}

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
const round = (value: number) => Math.round(value * 10) / 10;

function percentiles(values: number[]): Percentiles {
  values.sort((a, b) => a - b);
  const at = (share: number) => round(values[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0);
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}

/** Measures how late a timer comes: that long nobody else was served. */
function watchLoop(): () => number {
  let worst = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    worst = Math.max(worst, now - last - 5);
    last = now;
  }, 5);
  return () => {
    clearInterval(timer);
    return worst;
  };
}

/** A policy of a size that a large team has: effects, paths, tools, commands, hosts, SQL, windows and expressions. */
async function manyRules(): Promise<Policy> {
  const rules = [
    '  - { id: reads, allow: { effects: [read], tools: library/read-only }, except: { paths: ["**/.ssh/**", "/etc/shadow"] } }',
    '  - { id: options, deny: { commands: ["svn commit --force **", "svn commit -f **", "tar -xf *", "curl -k **"] } }',
    '  - { id: mail, deny: { hosts: [mail.example.com], ports: ["25", "465-587"] } }',
  ];
  for (let n = 1; rules.length < ruleCount; n++) {
    const kinds = [
      `deny: { access: [write], paths: ["/opt/app${n}/**", "/etc/app${n}/*.conf"] }`,
      `allow: { commands: ["systemctl restart app${n}", "journalctl -u app${n} **"] }`,
      `approve: { effects: [delete], paths: ["/data/${n}/**/*.db"] }, when: { targets: { env: prod } }`,
      `allow: { effects: [network, read], hosts: ["api${n}.example.com"], ports: ["443"] }, when: { time: { days: mon-fri, from: "09:00", to: "18:00" } }`,
      `deny: { sql: { verbs: [delete], tables: [table${n}] } }`,
      `deny: { commands: ["app${n} {start,stop} **"] }, when: { cel: 'command.words.exists(w, w == "--force${n}")' }`,
    ];
    rules.push(`  - { id: rule-${n}, ${kinds[n % kinds.length]} }`);
  }
  const result = await loadPolicy({
    file: 'bench',
    text: `version: 1\nrules:\n${rules.join('\n')}\n`,
    resolve: () => undefined,
    understand: () => unused(),
  });
  if (result.kind === 'refused') throw new Error(result.problems.map(printProblem).join('\n'));
  return result.policy;
}

function unused(): never {
  throw new Error('the policy of the bench has no examples');
}

function readLines(file: string): readonly string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      if (line.trim() === '') return [];
      const value: unknown = JSON.parse(line);
      const isUsable =
        typeof value === 'object' && value !== null && 'command' in value && typeof value.command === 'string';
      return isUsable && typeof value.command === 'string' ? [value.command] : [];
    });
}

function builtInLines(): readonly string[] {
  const shapes = [
    (n: number) => `ls -la /srv/app${n}`,
    (n: number) => `grep -rn "error ${n}" /var/log/app${n} | head -20`,
    (n: number) => `cat /srv/app${n}/config.json | jq '.a${n}'`,
    (n: number) => `find /srv/app${n} -name '*.log' -mtime +${n} -exec rm {} +`,
    (n: number) => `cd /srv/app${n} && git log --oneline -${n} && git status`,
    (n: number) => `for f in a b c; do wc -l "$f.${n}"; done`,
    (n: number) => `sudo systemctl restart app${n}`,
    (n: number) => `tail -n ${n} /var/log/syslog | awk '{print $${(n % 9) + 1}}' | sort | uniq -c | sort -rn`,
    (n: number) => `echo ${n} > /tmp/x${n}`,
    (n: number) => `if [ -f /srv/app${n}/x ]; then cat /srv/app${n}/x; else echo none; fi`,
  ];
  return Array.from({ length: 2_000 }, (_, n) => shapes[n % shapes.length]?.(n) ?? 'true');
}

/** Shapes that made parsers or matchers slow, each filled up to a size. */
function adversarialTexts(bytes: number): readonly { readonly name: string; readonly text: string }[] {
  const fill = (unit: string, head = '', tail = '') =>
    head + unit.repeat(Math.floor((bytes - head.length - tail.length) / unit.length)) + tail;
  const nest = (open: string, close: string, inside = 'x') => {
    const depth = Math.floor((bytes - inside.length) / (open.length + close.length));
    return open.repeat(depth) + inside + close.repeat(depth);
  };
  const texts: Readonly<Record<string, string>> = {
    pipes: fill('a|', '', 'a'),
    semicolons: fill('ls;'),
    words: fill('a ', 'echo '),
    'long word': fill('a', 'cat '),
    slashes: fill('/', 'cat '),
    parents: fill('../', 'cat '),
    'deep path': fill('a/', 'cat /'),
    substitutions: nest('$(', ')'),
    'quoted substitutions': nest('"$(echo ', ')"'),
    backticks: fill('`a` '),
    subshells: nest('( ', ' )'),
    groups: nest('{ ', ' ;}'),
    braces: fill('{a,b}', 'echo '),
    'nested braces': nest('{a,', '}'),
    globs: fill('*a', 'ls '),
    'copied globs': `cp ${Array.from({ length: Math.floor(bytes / 8) }, (_, n) => `*.x${n}`).join(' ')} d`,
    'copied word': `cp ${'a'.repeat(bytes - 8)}/b d`,
    'word before a scheme': `npm install '${'a'.repeat(bytes - 20)} ://x'`,
    'copied to many': `cp ${'-t d '.repeat(1_500)}${'a '.repeat(60)}`,
    'dotted program': `${fill('1.')}a`.slice(-bytes),
    'moved names': `mv ${Array.from({ length: Math.floor(bytes / 10) }, (_, n) => `/srv/x${n}`).join(' ')} d`,
    brackets: fill('[a', 'ls '),
    options: fill('-a ', 'svn commit '),
    clusters: fill('-abcd ', 'tar '),
    'ports of a host': fill('1-99999 ', 'nc mail.example.com '),
    redirects: fill('>a ', 'ls '),
    heredocs: fill('cat <<E\nx\nE\n'),
    'open heredocs': fill('<<E ', 'cat '),
    ifs: nest('if a; then ', '; fi'),
    whiles: nest('while a; do ', '; done'),
    cases: nest('case a in a) ', ';; esac'),
    loops: nest('for i in a b; do ', '; done'),
    functions: fill('f() { a; }; f; '),
    'function chain': fill('g() { f; f; }; ', 'f() { a; }; '),
    parameters: fill('$x', 'echo '),
    defaults: nest('${x:-', '}'),
    arithmetic: fill('1+', 'echo $((', '1))'),
    'nested arithmetic': nest('$((1+', '))', '1'),
    'single quotes': fill("''", 'echo '),
    backslashes: fill('\\a', 'echo '),
    'open quote': fill('a', "echo '"),
    comments: fill('# a\n'),
    newlines: fill('\n', '', 'ls'),
    assignments: fill('a=b '),
    'growing variable': fill('a=$a$a; '),
    directories: fill('cd a; '),
    'or lists': fill('cd a || cd b; '),
    'nested shells': fill("sh -c '", '', 'x'),
    xargs: fill('xargs ', '', 'ls'),
    sudo: fill('sudo ', '', 'ls'),
    finds: fill(' -o -name a', 'find . -name b'),
    seds: fill('s/a/b/;', "sed '", "'"),
    awks: fill('print $1;', "awk '{", "}'"),
  };
  return Object.entries(texts).map(([name, text]) => ({ name, text }));
}
