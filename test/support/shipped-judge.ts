/** A shipped policy with the grammar, the tools and the readers of the live path. */
import { join } from 'node:path';
import type { Dialect } from '../../src/command/model.ts';
import { createJudgement } from '../../src/judgement.ts';
import { shippedPolicies } from '../../src/package-root.ts';
import { ordinarySituation, type Situation } from '../../src/policy/case.ts';
import type { PolicyDecision } from '../../src/policy/decision.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import { printProblem } from '../../src/policy/problem.ts';
import { loadPolicyFile } from '../../src/policy-file.ts';

/** Where a coding agent works: in its workspace, on a target made for that. */
const inWorkspace: Situation = {
  understand: { ...ordinarySituation.understand, workingDirectory: '/home/agent/workspace/app' },
  policy: { ...ordinarySituation.policy, target: { name: 'target', labels: { use: 'workspace' } } },
};

export interface ShippedJudge {
  decide(command: string, dialect: Dialect): Promise<PolicyDecision>;
  close(): Promise<void>;
}

export async function openShippedJudge(name: string): Promise<ShippedJudge> {
  const judgement = await createJudgement();
  const result = await loadPolicyFile(join(shippedPolicies, `${name}.yaml`), judgement.policyParts);
  if (result.kind === 'refused') throw new Error(result.problems.map(printProblem).join('\n'));
  const { understand, policy: context } = name === 'workspace' ? inWorkspace : ordinarySituation;
  return {
    decide: async (command, dialect) =>
      evaluate(result.policy, await judgement.understand(command, { ...understand, dialect }), context),
    close: () => judgement.close(),
  };
}
