/**
 * Examples of a policy, run through the judge that will be in force.
 *
 * `match` and `not_match` of a rule ask that rule alone, `when` aside; `cases` ask the whole policy, `when` included.
 */
import type { Node } from 'yaml';
import type { CommandModel, UnderstandContext } from '../command/model.ts';
import { ordinarySituation, type PolicyCase, readCase } from './case.ts';
import { no } from './certainty.ts';
import type { PolicyDocument } from './document.ts';
import { evaluate, type Policy, touches } from './evaluate.ts';
import { History } from './history.ts';
import { isOnlyAssignment, obstacle } from './permit.ts';
import type { Rule } from './rule.ts';

export interface ExampleScope {
  readonly policy: Policy;
  readonly understand: (text: string, context: UnderstandContext) => CommandModel | Promise<CommandModel>;
  readonly results: ExampleResult[];
}

/** One example and how it came out, for `policy test`. */
export interface ExampleResult {
  readonly file: string;
  readonly line: number;
  /** `look-around matches git log`. */
  readonly name: string;
  /** Undefined when it came out as written. */
  readonly problem: string | undefined;
}

/** Runs `match` and `not_match` of a rule; what comes out differently is a problem of the policy. */
export async function runExamples(rule: Rule, scope: ExampleScope): Promise<void> {
  const { match, notMatch } = rule.examples;
  for (const node of match) await runExample(rule, node, true, scope);
  for (const node of notMatch) await runExample(rule, node, false, scope);
}

async function runExample(rule: Rule, node: Node, wantsMatch: boolean, scope: ExampleScope): Promise<void> {
  const { document } = rule.source;
  const text = document.text(node, 'an example');
  if (text === undefined) return;
  const model = await scope.understand(text, ordinarySituation.understand);
  const why = refusalOf(rule, model);
  let problem: string | undefined;
  if (wantsMatch && why !== undefined) problem = `\`${rule.id}\` does not match its example \`${text}\`: ${why}`;
  if (!wantsMatch && why === undefined) problem = `\`${rule.id}\` matches \`${text}\`, which is under \`not_match\``;
  finish(document, node, `${rule.id} ${wantsMatch ? 'matches' : 'does not match'} ${text}`, problem, scope);
}

function finish(
  document: PolicyDocument,
  node: Node,
  name: string,
  problem: string | undefined,
  scope: ExampleScope,
): void {
  scope.results.push({ file: document.file, line: document.position(node).line, name, problem });
  if (problem !== undefined) document.report(node, problem);
}

/** Why a rule, alone, does not decide this text; undefined when it does. */
export function refusalOf(rule: Rule, model: CommandModel): string | undefined {
  const subjects = model.commands
    .filter((command) => !isOnlyAssignment(command))
    .map((command) => ({ command, model }));
  if (rule.verdict !== 'allow') {
    const unconditional: Rule = { ...rule, when: undefined };
    const history = new History(ordinarySituation.policy, model);
    const isTouched = subjects.some((subject) => touches(unconditional, subject, history) !== no);
    return isTouched ? undefined : 'no part of it is what the rule is about';
  }
  const [unknown] = model.unknowns;
  if (unknown !== undefined) return `not understood: ${unknown.reason}`;
  if (subjects.length === 0) return 'there is no command in it';
  for (const subject of subjects) {
    const why = obstacle(rule, subject);
    const detail = subject.command.unknowns[0]?.reason;
    const name = subject.command.argv[0]?.raw ?? '>';
    if (why !== undefined) return `\`${name}\`: ${why}${detail === undefined ? '' : ` (${detail})`}`;
  }
  return undefined;
}

/** Runs the cases under `node`: mappings, and names of files with more of them. */
export async function runCases(
  document: PolicyDocument,
  node: Node | undefined,
  scope: ExampleScope,
  open: (name: string, from: string) => PolicyDocument | undefined,
): Promise<void> {
  for (const item of document.items(node, '`cases`')) {
    if (document.isMapping(item)) {
      await runCase(document, readCase(document, item), scope);
      continue;
    }
    const name = document.text(item, 'a case');
    const found = name === undefined ? undefined : open(name, document.file);
    if (name !== undefined && found === undefined) {
      document.report(item, `cannot read \`${name}\``, 'a path relative to this file');
    }
    if (found?.root === undefined) continue;
    for (const one of found.items(found.root, 'a case file')) await runCase(found, readCase(found, one), scope);
  }
}

async function runCase(document: PolicyDocument, found: PolicyCase | undefined, scope: ExampleScope): Promise<void> {
  for (const { text, node } of found?.commands ?? []) {
    if (found === undefined) return;
    const model = await scope.understand(text, found.situation.understand);
    const decision = evaluate(scope.policy, model, found.situation.policy);
    const wanted = found.rule === undefined ? found.expect : `${found.expect} by ${found.rule}`;
    const isRight = decision.verdict === found.expect && (found.rule === undefined || decision.rule === found.rule);
    const by = decision.rule === undefined ? '' : ` by ${decision.rule}`;
    const problem = isRight
      ? undefined
      : `\`${text}\` comes out as ${decision.verdict}${by}, not ${wanted}: ${decision.reason}`;
    finish(document, node, `${wanted}: ${text}`, problem, scope);
  }
}
