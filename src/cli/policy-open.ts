import { visibleText } from '../approval/visible.ts';
import type { Judgement } from '../judgement.ts';
import type { Policy } from '../policy/evaluate.ts';
import type { LoadResult } from '../policy/load.ts';
import { printProblem } from '../policy/problem.ts';
import { loadPolicyFile } from '../policy-file.ts';
import type { CliIo } from './io.ts';

/** sysexits EX_DATAERR: the policy is wrong, not the way it was asked about. */
export const refusedStatus = 65;

/** The policy, or undefined after its problems were told. */
export async function openPolicy(io: CliIo, file: string, judgement: Judgement): Promise<Policy | undefined> {
  const result = await loadPolicyFile(file, judgement.policyParts);
  if (result.kind === 'loaded') return result.policy;
  tellProblems(io, file, result);
  return undefined;
}

export function tellProblems(io: CliIo, file: string, { problems }: Extract<LoadResult, { kind: 'refused' }>): void {
  for (const problem of problems) io.stderr.write(`${visibleText(printProblem(problem))}\n`);
  io.stderr.write(`${file}: not loaded, ${problems.length} problem${problems.length === 1 ? '' : 's'}\n`);
  io.setExitCode(refusedStatus);
}
