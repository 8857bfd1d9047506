/** A case of a policy: a command, the situation it is asked in, and the verdict it must get. */
import type { Node } from 'yaml';
import type { UnderstandContext } from '../command/model.ts';
import type { PolicyContext, Verdict } from './decision.ts';
import type { PolicyDocument } from './document.ts';

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

/** Undefined, and reported, when it is malformed. */
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
