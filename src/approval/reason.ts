/** What a reviewer gives as the reason for a decision. Pure; asked before anything is used up, and again when it counts. */
import type { Hold, HoldDecision } from './hold.ts';

/** Longer reasons are refused; the agent gets the reason on one line. */
export const maxReasonLength = 1_000;

/** HOSTILE: a reason ends up on terminals; it may not move their cursor. */
export function oneLine(reason: string): string {
  return reason.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').trim();
}

/** How many characters an approval has to give; a rejection never has to. */
export function leastReasonLength({
  reasonRequired,
  minReasonLength,
}: Pick<Hold, 'reasonRequired' | 'minReasonLength'>) {
  return Math.max(reasonRequired ? 1 : 0, minReasonLength ?? 0);
}

/** Undefined when it will do. `least`: for an approval. */
export function reasonProblem(
  verdict: HoldDecision['verdict'],
  reason: string,
  least: number,
): { readonly code: 'REASON_REQUIRED' | 'REASON_TOO_LONG'; readonly message: string } | undefined {
  const length = [...oneLine(reason)].length;
  if (length > maxReasonLength)
    return { code: 'REASON_TOO_LONG', message: `A reason has at most ${maxReasonLength} characters.` };
  if (verdict === 'approve' && length < least)
    return { code: 'REASON_REQUIRED', message: `Approving this needs a reason of at least ${least} characters.` };
  return undefined;
}
