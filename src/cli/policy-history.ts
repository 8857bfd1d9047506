/** `policy diff`, `replay` and `suggest`: what another policy would have made of commands that were really asked. */
import { createHash } from 'node:crypto';
import { type Command, Option } from 'commander';
import { visibleText } from '../approval/visible.ts';
import type { AuditRecord } from '../audit/event.ts';
import { readRecords } from '../audit/reader.ts';
import { SallyportError } from '../errors.ts';
import type { Judgement } from '../judgement.ts';
import { withJudgement } from '../judgement.ts';
import { type PolicyDecision, rulesFired, type SessionFacts, type Verdict } from '../policy/decision.ts';
import { evaluate, type Policy } from '../policy/evaluate.ts';
import { suggestRules } from '../policy/suggest.ts';
import { directoryOption, findEvidence } from './evidence.ts';
import type { CliIo } from './io.ts';
import { readCommandLines } from './policy-lines.ts';
import { openPolicy } from './policy-open.ts';
import { addSituationOptions, readSituation, type SituationOptions } from './policy-situation.ts';

const dayMs = 86_400_000;

interface Flip {
  readonly from: Verdict;
  readonly to: Verdict;
  readonly rule: string | undefined;
  readonly command: string;
}

export function addPolicyHistoryCommands(policy: Command, io: CliIo): void {
  addSituationOptions(
    policy
      .command('diff <old> <new>')
      .description('judge JSON lines with a `command` from stdin by two policies; shows what differs')
      .option('--json', 'the differences as JSON lines'),
    io,
  ).action((before: string, after: string, options: SituationOptions & { readonly json?: true }) =>
    diff(io, before, after, options),
  );

  addSituationOptions(
    policy
      .command('replay')
      .description('judge what agents really asked, from the audit log, by another policy')
      .requiredOption('-p, --policy <file>', 'the policy to try')
      .addOption(sinceOption())
      .addOption(directoryOption(io))
      .option('--json', 'the differences as JSON lines'),
    io,
  ).action((options: HistoryOptions & { readonly policy: string }) => replay(io, options));

  addSituationOptions(
    policy
      .command('suggest')
      .description('rules for commands that people approved again and again; never for what executes code')
      .option('--times <count>', 'approvals needed', '3')
      .addOption(sinceOption())
      .addOption(directoryOption(io)),
    io,
  ).action((options: HistoryOptions & { readonly times: string }) => suggest(io, options));
}

interface HistoryOptions extends SituationOptions {
  readonly since: string;
  readonly dir: string;
  readonly json?: true;
}

const sinceOption = () => new Option('--since <duration>', 'how far back, like 12h or 30d').default('30d');

function sinceMs(text: string): number {
  const found = /^([1-9]\d{0,4})(h|d)$/.exec(text);
  if (found === null)
    throw new SallyportError('CLI_OPTION_INVALID', `--since ${text}: write a number of hours or days, like 12h or 30d`);
  return Date.now() - Number(found[1]) * (found[2] === 'h' ? dayMs / 24 : dayMs);
}

function diff(
  io: CliIo,
  before: string,
  after: string,
  options: SituationOptions & { readonly json?: true },
): Promise<void> {
  return withJudgement(async (judgement) => {
    const [old, next] = [await openPolicy(io, before, judgement), await openPolicy(io, after, judgement)];
    if (old === undefined || next === undefined) return;
    const situation = readSituation(io, options);
    const flips: Flip[] = [];
    let count = 0;
    let reviews = 0;
    for await (const line of readCommandLines(io.stdin)) {
      if (line.kind === 'bad') {
        io.stderr.write(`line ${line.line}: ${line.problem}\n`);
        continue;
      }
      count++;
      const model = await judgement.understand(line.command, situation.understand);
      const [was, is] = [evaluate(old, model, situation.policy), evaluate(next, model, situation.policy)];
      if (is.verdict === 'approve') reviews++;
      if (was.verdict !== is.verdict)
        flips.push({ from: was.verdict, to: is.verdict, rule: is.rule ?? was.rule, command: line.command });
    }
    tell(io, flips, options.json);
    io.stderr.write(`${count} commands, ${flips.length} differ; ${reviews} would ask a reviewer\n`);
  });
}

function replay(io: CliIo, options: HistoryOptions & { readonly policy: string }): Promise<void> {
  return withJudgement(async (judgement) => {
    const policy = await openPolicy(io, options.policy, judgement);
    if (policy === undefined) return;
    const since = sinceMs(options.since);
    const flips: Flip[] = [];
    const sessions = new Sessions();
    let [count, masked, reviews, firstMs] = [0, 0, 0, Date.now()];
    for await (const record of readRecords(findEvidence(options.dir).auditDirectory)) {
      const atMs = Date.parse(record.at);
      if (record.event !== 'command.decided' || record.kind !== 'exec' || atMs < since) continue;
      count++;
      if (isMasked(record)) masked++;
      firstMs = Math.min(firstMs, atMs);
      const decision = await judgeAgain(io, judgement, policy, record, atMs, sessions, options);
      if (decision.verdict === 'approve') reviews++;
      if (decision.verdict === record.verdict) continue;
      flips.push({
        from: record.verdict,
        to: decision.verdict,
        rule: decision.rule ?? record.rule,
        command: record.command,
      });
    }
    tell(io, flips, options.json);
    const days = Math.max(1, (Date.now() - firstMs) / dayMs);
    io.stderr.write(
      `${count} commands, ${flips.length} would differ; ${reviews} would ask a reviewer, about ${(reviews / days).toFixed(1)} a day\n`,
    );
    if (masked > 0) io.stderr.write(`${masked} held secrets the log does not have; they were judged as masked there\n`);
  });
}

type Decided = Extract<AuditRecord, { event: 'command.decided' }>;

/** Whether the log has another text than the agent sent. */
function isMasked({ command, commandSha256 }: Decided): boolean {
  return commandSha256 !== undefined && createHash('sha256').update(command).digest('hex') !== commandSha256;
}

async function judgeAgain(
  io: CliIo,
  judgement: Judgement,
  policy: Policy,
  record: Decided,
  nowMs: number,
  sessions: Sessions,
  options: SituationOptions,
): Promise<PolicyDecision> {
  const { agent, target, account } = record;
  const situation = readSituation(io, { ...options, agent, target, account });
  const model = await judgement.understand(record.command, situation.understand);
  const session = sessions.facts(record.session, agent, nowMs);
  const decision = evaluate(policy, model, { ...situation.policy, nowMs, session });
  sessions.add(record.session, agent, nowMs, rulesFired(decision));
  return decision;
}

/** The counters of sessions as the gate would have kept them; what was read and written is not in the log. */
class Sessions {
  readonly #sessions = new Map<string, { commands: number; readonly fired: Map<string, number> }>();
  readonly #recent = new Map<string, { readonly rule: string; readonly atMs: number }[]>();

  facts(session: string, agent: string, nowMs: number): SessionFacts {
    const found = this.#sessions.get(session);
    const hour = (this.#recent.get(agent) ?? []).filter(({ atMs }) => atMs > nowMs - dayMs / 24);
    this.#recent.set(agent, hour);
    const lastHour: Record<string, number> = {};
    for (const { rule } of hour) lastHour[rule] = (lastHour[rule] ?? 0) + 1;
    return {
      commands: found?.commands ?? 0,
      fired: Object.fromEntries(found?.fired ?? []),
      readPaths: [],
      writtenPaths: [],
      bytesOut: 0,
      lastHour,
    };
  }

  add(session: string, agent: string, atMs: number, rules: readonly string[]): void {
    const found = this.#sessions.get(session) ?? { commands: 0, fired: new Map<string, number>() };
    found.commands++;
    for (const rule of rules) {
      found.fired.set(rule, (found.fired.get(rule) ?? 0) + 1);
      this.#recent.set(agent, [...(this.#recent.get(agent) ?? []), { rule, atMs }]);
    }
    this.#sessions.set(session, found);
  }
}

/** Groups by what changed and which rule did it, largest first, with a few commands each. */
function tell(io: CliIo, flips: readonly Flip[], json: true | undefined): void {
  if (json) {
    for (const flip of flips) io.stdout.write(`${JSON.stringify({ ...flip, rule: flip.rule ?? null })}\n`);
    return;
  }
  const groups = new Map<string, Flip[]>();
  for (const flip of flips) {
    const name = `${flip.from} → ${flip.to}  ${flip.rule ?? 'no rule'}`;
    groups.set(name, [...(groups.get(name) ?? []), flip]);
  }
  for (const [name, group] of [...groups].sort((a, b) => b[1].length - a[1].length)) {
    io.stdout.write(`${name}: ${group.length}\n`);
    for (const command of new Set(group.slice(0, 3).map((flip) => flip.command))) {
      io.stdout.write(`    ${visibleText(command)}\n`);
    }
  }
}

async function suggest(io: CliIo, options: HistoryOptions & { readonly times: string }): Promise<void> {
  const times = Number(options.times);
  if (!Number.isInteger(times) || times < 2)
    throw new SallyportError('CLI_OPTION_INVALID', '--times: write a number from 2');
  await withJudgement(async (judgement) => {
    const since = sinceMs(options.since);
    const commands = new Map<string, Decided>();
    const holds = new Map<string, string>();
    const approvals = new Map<string, number>();
    const rejected = new Set<string>();
    for await (const record of readRecords(findEvidence(options.dir).auditDirectory)) {
      if (Date.parse(record.at) < since) continue;
      if (
        record.event === 'command.decided' &&
        record.kind === 'exec' &&
        record.verdict === 'approve' &&
        !isMasked(record)
      )
        commands.set(record.action, record);
      if (record.event === 'hold.created') holds.set(record.hold, record.action);
      const asked =
        record.event === 'hold.approved' || record.event === 'hold.rejected'
          ? commands.get(holds.get(record.hold) ?? '')
          : undefined;
      if (asked === undefined) continue;
      if (record.event === 'hold.approved') approvals.set(asked.command, (approvals.get(asked.command) ?? 0) + 1);
      else rejected.add(asked.command);
    }
    const { understand } = readSituation(io, options);
    const approved = [];
    for (const [command, count] of approvals) {
      if (rejected.has(command)) continue;
      approved.push({ model: await judgement.understand(command, understand), count });
    }
    const rules = suggestRules(approved, times);
    if (rules === '')
      io.stdout.write(`# nothing was approved ${times} times, or it executes code and should be looked at each time\n`);
    else io.stdout.write(rules);
  });
}
