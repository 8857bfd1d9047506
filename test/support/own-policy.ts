/** A policy written in a test, with the grammar, the tools and the readers of the live path. */
import { afterAll, beforeAll } from 'vitest';
import { createJudgement } from '../../src/judgement.ts';
import { ordinarySituation } from '../../src/policy/case.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import { loadPolicy } from '../../src/policy/load.ts';
import { printProblem } from '../../src/policy/problem.ts';

export interface OwnPolicy {
  verdictOf(command: string): Promise<'allow' | 'approve' | 'deny'>;
  close(): Promise<void>;
}

export async function openOwnPolicy(text: string): Promise<OwnPolicy> {
  const judgement = await createJudgement();
  const result = await loadPolicy({ file: 'policy.yaml', text, resolve: () => undefined, ...judgement.policyParts });
  if (result.kind === 'refused') throw new Error(result.problems.map(printProblem).join('\n'));
  const { understand, policy: context } = ordinarySituation;
  return {
    verdictOf: async (command) =>
      evaluate(result.policy, await judgement.understand(command, understand), context).verdict,
    close: () => judgement.close(),
  };
}

/** The same for all tests of a group, which closes it. */
export function useOwnPolicy(text: string): Pick<OwnPolicy, 'verdictOf'> {
  let policy: OwnPolicy;
  beforeAll(async () => {
    policy = await openOwnPolicy(text);
  });
  afterAll(() => policy.close());
  return { verdictOf: (command) => policy.verdictOf(command) };
}
