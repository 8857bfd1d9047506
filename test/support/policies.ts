/** Policies written in a test, loaded by the code that is in force. */
import type { CommandModel } from '../../src/command/model.ts';
import type { ToolNames } from '../../src/command/tools/index.ts';
import { ordinarySituation } from '../../src/policy/case.ts';
import type { PolicyContext } from '../../src/policy/decision.ts';
import type { Policy } from '../../src/policy/evaluate.ts';
import { type LoadResult, loadPolicy } from '../../src/policy/load.ts';
import { printProblem } from '../../src/policy/problem.ts';
import { command, model } from './models.ts';

/** Reads words only: enough for policies whose examples are about argv. */
export function wordsOnly(text: string): CommandModel {
  return model([command(text, { tool: undefined })], { text });
}

export function load(
  text: string,
  more: {
    readonly files?: Record<string, string>;
    readonly understand?: (text: string) => CommandModel;
    readonly toolNames?: ToolNames;
  } = {},
): Promise<LoadResult> {
  const { files = {}, understand = wordsOnly, toolNames } = more;
  return loadPolicy({
    file: 'policy.yaml',
    text,
    resolve: (name) => (files[name] === undefined ? undefined : { file: name, text: files[name] }),
    understand,
    ...(toolNames === undefined ? {} : { toolNames }),
  });
}

export async function loaded(text: string, more: Parameters<typeof load>[1] = {}): Promise<Policy> {
  const result = await load(text, more);
  if (result.kind === 'refused') throw new Error(result.problems.map(printProblem).join('\n'));
  return result.policy;
}

export async function problemsOf(text: string, more: Parameters<typeof load>[1] = {}): Promise<readonly string[]> {
  const result = await load(text, more);
  return result.kind === 'refused' ? result.problems.map(printProblem) : [];
}

export function context(more: Partial<PolicyContext> = {}): PolicyContext {
  return { ...ordinarySituation.policy, ...more };
}
