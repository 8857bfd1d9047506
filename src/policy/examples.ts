/**
 * Examples of a policy, run through the judge that will be in force.
 *
 * `match` and `not_match` of a rule ask that rule alone, `when` aside; `cases` ask the whole policy, `when` included.
 */
import type { Node } from 'yaml';
import type { CommandModel, UnderstandContext } from '../command/model.ts';
import { no } from './certainty.ts';
import type { PolicyContext, Verdict } from './decision.ts';
import type { PolicyDocument } from './document.ts';
import { evaluate, type Policy, touches } from './evaluate.ts';
import { isOnlyAssignment, obstacle } from './permit.ts';
import type { Rule } from './rule.ts';

export interface ExampleScope {
  readonly policy: Policy;
  readonly understand: (text: string, context: UnderstandContext) => CommandModel | Promise<CommandModel>;
}

/** A case as it stands in a file, read. */
export interface PolicyCase {
  readonly commands: readonly { readonly text: string; readonly node: Node }[];
  readonly expect: Verdict;
  readonly rule: string | undefined;
  readonly situation: Situation;
}

export interface Situation {
  readonly understand: UnderstandContext;
  readonly policy: PolicyContext;
}

/** A Wednesday at noon, UTC: examples must come out the same whenever they run. */
const exampleTimeMs = Date.UTC(2026, 0, 7, 12);

export const ordinarySituation: Situation = {
  understand: { dialect: 'bash', workingDirectory: '/home/agent', homeDirectory: '/home/agent' },
  policy: {
    agent: { name: 'agent', owner: 'owner', labels: {} },
    target: { name: 'target', labels: {} },
    account: 'agent',
    nowMs: exampleTimeMs,
    session: { commands: 0, fired: {}, readPaths: [], writtenPaths: [], bytesOut: 0, lastHour: {} },
  },
};

/** Runs `match` and `not_match`; reports what comes out differently and returns how many there were. */
export async function runExamples(rule: Rule, scope: ExampleScope): Promise<number> {
  const { document } = rule.source;
  const { match, notMatch } = rule.examples;
  for (const { node, wants } of [
    ...match.map((node) => ({ node, wants: true })),
    ...notMatch.map((node) => ({ node, wants: false })),
  ]) {
    const text = document.text(node, 'an example');
    if (text === undefined) continue;
    const model = await scope.understand(text, ordinarySituation.understand);
    const why = refusalOf(rule, model);
    if (wants && why !== undefined)
      document.report(node, `\`${rule.id}\` does not match its example \`${text}\`: ${why}`);
    if (!wants && why === undefined)
      document.report(node, `\`${rule.id}\` matches \`${text}\`, which is under \`not_match\``);
  }
  return match.length + notMatch.length;
}

/** Why a rule, alone, does not decide this text; undefined when it does. */
export function refusalOf(rule: Rule, model: CommandModel): string | undefined {
  const subjects = model.commands
    .filter((command) => !isOnlyAssignment(command))
    .map((command) => ({ command, model }));
  if (rule.verdict !== 'allow') {
    const unconditional: Rule = { ...rule, when: undefined };
    const isTouched = subjects.some((subject) => touches(unconditional, subject, ordinarySituation.policy) !== no);
    return isTouched ? undefined : 'no part of it is what the rule is about';
  }
  const [unknown] = model.unknowns;
  if (unknown !== undefined) return `not understood: ${unknown.reason}`;
  if (subjects.length === 0) return 'there is no command in it';
  for (const subject of subjects) {
    const why = obstacle(rule, subject);
    const detail = subject.command.unknowns[0]?.reason;
    if (why !== undefined)
      return `\`${subject.command.argv[0]?.raw ?? '>'}\`: ${why}${detail === undefined ? '' : ` (${detail})`}`;
  }
  return undefined;
}

/** Runs the cases under `node`: mappings, and names of files with more of them. */
export async function runCases(
  document: PolicyDocument,
  node: Node | undefined,
  scope: ExampleScope,
  open: (name: string, from: string) => PolicyDocument | undefined,
): Promise<number> {
  let count = 0;
  for (const item of document.items(node, '`cases`')) {
    if (document.isMapping(item)) {
      count += await runCase(document, readCase(document, item), scope);
      continue;
    }
    const name = document.text(item, 'a case');
    const found = name === undefined ? undefined : open(name, document.file);
    if (name !== undefined && found === undefined)
      document.report(item, `cannot read \`${name}\``, 'a path relative to this file');
    if (found?.root === undefined) continue;
    for (const one of found.items(found.root, 'a case file'))
      count += await runCase(found, readCase(found, one), scope);
  }
  return count;
}

async function runCase(document: PolicyDocument, found: PolicyCase | undefined, scope: ExampleScope): Promise<number> {
  if (found === undefined) return 0;
  for (const { text, node } of found.commands) {
    const model = await scope.understand(text, found.situation.understand);
    const decision = evaluate(scope.policy, model, found.situation.policy);
    const isRight = decision.verdict === found.expect && (found.rule === undefined || decision.rule === found.rule);
    if (isRight) continue;
    const by = decision.rule === undefined ? '' : ` by ${decision.rule}`;
    const wanted = found.rule === undefined ? found.expect : `${found.expect} by ${found.rule}`;
    document.report(node, `\`${text}\` comes out as ${decision.verdict}${by}, not ${wanted}: ${decision.reason}`);
  }
  return found.commands.length;
}

const caseKeys = [
  'command',
  'commands',
  'expect',
  'rule',
  'why',
  'group',
  'dialect',
  'home',
  'cwd',
  'agent',
  'owner',
  'labels',
  'target',
  'target_labels',
  'account',
  'at',
];

export function readCase(document: PolicyDocument, node: Node): PolicyCase | undefined {
  const fields = document.fields(node, 'a case', caseKeys);
  const at = fields.get('command') ?? fields.get('commands');
  const expect = fields.has('expect')
    ? document.choice(fields.get('expect'), '`expect`', ['allow', 'approve', 'deny'])
    : undefined;
  if (at === undefined || expect === undefined) {
    document.report(node, 'a case has `command` (or `commands`) and `expect`');
    return undefined;
  }
  const rule = fields.get('rule');
  const nodes = document.isList(at) ? document.items(at, '`commands`') : [at];
  return {
    commands: nodes.flatMap((one) => {
      const text = document.text(one, 'a command');
      return text === undefined ? [] : [{ text, node: one }];
    }),
    expect,
    rule: rule && document.text(rule, '`rule`'),
    situation: readSituation(document, fields),
  };
}

function readSituation(document: PolicyDocument, fields: ReadonlyMap<string, Node>): Situation {
  const { understand, policy } = ordinarySituation;
  const text = (key: string) => (fields.has(key) ? document.text(fields.get(key), `\`${key}\``) : undefined);
  const labels = (key: string) => {
    const at = fields.get(key);
    if (at === undefined) return {};
    return Object.fromEntries(
      document.entries(at, `\`${key}\``).map(([name, value]) => [name, document.text(value, name) ?? '']),
    );
  };
  const at = text('at');
  const nowMs = at === undefined ? exampleTimeMs : Date.parse(at);
  if (Number.isNaN(nowMs)) document.report(fields.get('at'), '`at` must be a time', 'for example 2026-01-07T12:00:00Z');
  const dialectNode = fields.get('dialect');
  const dialect =
    (dialectNode && document.choice(dialectNode, '`dialect`', ['bash', 'posix', 'busybox', 'unknown'])) ?? 'bash';
  const home = text('home') ?? understand.homeDirectory;
  return {
    understand: { dialect, homeDirectory: home, workingDirectory: text('cwd') ?? home },
    policy: {
      ...policy,
      agent: {
        name: text('agent') ?? policy.agent.name,
        owner: text('owner') ?? policy.agent.owner,
        labels: labels('labels'),
      },
      target: { name: text('target') ?? policy.target.name, labels: labels('target_labels') },
      account: text('account') ?? policy.account,
      nowMs: Number.isNaN(nowMs) ? exampleTimeMs : nowMs,
    },
  };
}
