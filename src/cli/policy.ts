/** `sallyport policy …`: check, test and explain policies, and judge whole files of commands by them. */
import { basename } from 'node:path';
import { type Command, Option } from 'commander';
import { withJudgement } from '../judgement.ts';
import { judgedModel } from '../policy/decision.ts';
import { evaluate } from '../policy/evaluate.ts';
import { loadPolicyFile } from '../policy-file.ts';
import { warmUp } from '../warm-up.ts';
import type { CliIo } from './io.ts';
import { addPolicyHistoryCommands } from './policy-history.ts';
import { readCommandLines } from './policy-lines.ts';
import { openPolicy, refusedStatus, tellProblems } from './policy-open.ts';
import { formatPicture, paintWith } from './policy-picture.ts';
import { countFailures, formatJunit, formatPlain, formatTap, type TestedPolicy } from './policy-report.ts';
import { addSituationOptions, readSituation, type SituationOptions } from './policy-situation.ts';

const policyOption = () =>
  new Option('-p, --policy <file>', 'policy file, or the name of a shipped one').default('default');

export function addPolicyCommands(program: Command, io: CliIo): void {
  const policy = program.command('policy').description('policies: check, test, explain, and try on past commands');

  policy
    .command('check <file>')
    .description('load a policy as the gate would, and report every problem with line and fix')
    .option('--json', 'problems as JSON')
    .action((file: string, options: { readonly json?: true }) => check(io, file, options));

  policy
    .command('test [files...]')
    .description('run the examples and cases of policies (default: the shipped ones)')
    .addOption(new Option('--tap', 'as TAP version 13').conflicts('junit'))
    .option('--junit', 'as JUnit XML')
    .action((files: readonly string[], options: { readonly tap?: true; readonly junit?: true }) =>
      test(io, files, options),
    );

  addSituationOptions(
    policy
      .command('explain <command...>')
      .description("show what a command does and what the policy says: sallyport policy explain -- 'rm -rf build'")
      .addOption(policyOption())
      .option('--json', 'the model and the decision as JSON'),
    io,
  ).action((words: readonly string[], options: ExplainOptions) => explain(io, words.join(' '), options));

  addSituationOptions(
    policy
      .command('eval')
      .description(
        'judge JSON lines with a `command` (or `argv`) from stdin; adds verdict, rule, reason and us (microseconds to understand and decide; what seems slow is timed again, and the lowest counts)',
      )
      .addOption(policyOption())
      .option('--json', 'JSON lines (this is the default and the only form)'),
    io,
  ).action((options: ExplainOptions) => evaluateLines(io, options));

  addPolicyHistoryCommands(policy, io);
}

interface ExplainOptions extends SituationOptions {
  readonly policy: string;
  readonly json?: true;
}

function check(io: CliIo, file: string, { json }: { readonly json?: true }): Promise<void> {
  return withJudgement(async (judgement) => {
    const result = await loadPolicyFile(file, judgement.policyParts);
    if (json) {
      const body =
        result.kind === 'loaded'
          ? { ok: true, hash: result.policy.hash, problems: [] }
          : { ok: false, problems: result.problems };
      io.stdout.write(`${JSON.stringify(body)}\n`);
      if (result.kind === 'refused') io.setExitCode(refusedStatus);
      return;
    }
    if (result.kind === 'refused') return tellProblems(io, file, result);
    const { policy, examples } = result;
    io.stdout.write(
      `${file}: good. ${policy.rules.length} rules, ${examples.length} examples as written, what no rule matches ${policy.unmatched === 'deny' ? 'is denied' : 'is held for review'}\n`,
    );
    if (policy.isShadow)
      io.stdout.write('Careful: the whole policy is in shadow, so everything that is understood runs.\n');
    io.stdout.write(`sha256 ${policy.hash}\n`);
  });
}

const shipped = ['default', 'workspace', 'production', 'database'];

function test(
  io: CliIo,
  files: readonly string[],
  { tap, junit }: { readonly tap?: true; readonly junit?: true },
): Promise<void> {
  return withJudgement(async (judgement) => {
    const tested: TestedPolicy[] = [];
    for (const file of files.length === 0 ? shipped : files) {
      const result = await loadPolicyFile(file, judgement.policyParts);
      tested.push({ file, examples: result.examples, problems: result.kind === 'refused' ? result.problems : [] });
    }
    io.stdout.write(tap ? formatTap(tested) : junit ? formatJunit(tested) : formatPlain(tested));
    if (countFailures(tested) > 0) io.setExitCode(1);
  });
}

function explain(io: CliIo, text: string, options: ExplainOptions): Promise<void> {
  return withJudgement(async (judgement) => {
    const policy = await openPolicy(io, options.policy, judgement);
    if (policy === undefined) return;
    const situation = readSituation(io, options);
    const understood = await judgement.understand(text, situation.understand);
    const decision = evaluate(policy, understood, situation.policy);
    const model = judgedModel(understood, decision);
    if (options.json) {
      io.stdout.write(`${JSON.stringify({ ...decision, model }, null, 2)}\n`);
      return;
    }
    const { agent, target, account } = situation.policy;
    const picture = {
      model,
      decision,
      agent: agent.name,
      target: target.name,
      account,
      policyFile: basename(policy.file),
    };
    io.stdout.write(formatPicture(picture, paintWith(io.useColor)));
  });
}

function evaluateLines(io: CliIo, options: ExplainOptions): Promise<void> {
  return withJudgement(async (judgement) => {
    const policy = await openPolicy(io, options.policy, judgement);
    if (policy === undefined) return;
    const situation = readSituation(io, options);
    // `us` is what a command costs a running bastion, not the first second of a process.
    await warmUp(judgement, (model) => evaluate(policy, model, situation.policy));
    const counts = { allow: 0, approve: 0, deny: 0, bad: 0 };
    let slowestUs = 0;
    for await (const line of readCommandLines(io.stdin)) {
      if (line.kind === 'bad') {
        counts.bad++;
        io.stderr.write(`line ${line.line}: ${line.problem}\n`);
        continue;
      }
      const judge = async () =>
        evaluate(policy, await judgement.understand(line.command, situation.understand), situation.policy);
      const { result, us } = await timed(judge);
      const { verdict, rule, reason } = result;
      counts[verdict]++;
      slowestUs = Math.max(slowestUs, us);
      const answer = `${JSON.stringify({ ...line.fields, verdict, rule: rule ?? null, reason, us })}\n`;
      // HOSTILE: a reader that stops must stop us, not fill our memory.
      if (!io.stdout.write(answer)) await new Promise<void>((drained) => io.stdout.once('drain', drained));
    }
    const total = counts.allow + counts.approve + counts.deny;
    io.stderr.write(
      `${total} commands: ${counts.allow} allow, ${counts.approve} approve, ${counts.deny} deny; ${counts.bad} bad lines; slowest ${slowestUs} us\n`,
    );
    if (counts.bad > 0) io.setExitCode(refusedStatus);
  });
}

/** No ordinary line takes this long. */
const slowUs = 2_000;
const timesForSlow = 3;

/** What seems slow is done again: a pause of the collector or of the machine says nothing about the line. */
async function timed<T>(task: () => Promise<T>): Promise<{ readonly result: T; readonly us: number }> {
  let least = Number.POSITIVE_INFINITY;
  for (let time = 1; ; time++) {
    const startedAt = performance.now();
    const result = await task();
    least = Math.min(least, Math.round((performance.now() - startedAt) * 1000));
    if (least <= slowUs || time === timesForSlow) return { result, us: least };
  }
}
