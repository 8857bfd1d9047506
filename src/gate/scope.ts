/** What reviewers may choose for a held action, and how an action is compared with what they chose. */

import type { HeldAction } from '../approval/hold.ts';
import type { AskedScope, ScopeOffer } from '../approval/scope.ts';
import type { CommandModel } from '../command/model.ts';
import { maxScopeCapMs, type ReviewTerms } from '../policy/decision.ts';
import { defaultScopeMs } from '../policy/review.ts';
import { generalCommand, patternCovers, proposedPattern } from '../policy/scope-pattern.ts';

/** Undefined when an approval is for once only. */
export function offerOf(
  review: ReviewTerms | undefined,
  model: CommandModel,
  action: HeldAction,
): ScopeOffer | undefined {
  // Streamed input is never the same twice, and nobody reviewed it.
  if (review?.scopes === undefined || action.stdinUse === 'streamed') return undefined;
  // The same words run something else once the script, the build or the unknown tool behind them has changed.
  if (runsCode(model)) return undefined;
  const general = action.kind === 'exec' && action.stdinUse === 'closed' ? generalCommand(model) : undefined;
  const isGeneral = general !== undefined && proposedPattern(general) !== undefined;
  const kinds = review.scopes.filter((kind) => kind !== 'pattern' || isGeneral);
  if (kinds.every((kind) => kind === 'once')) return undefined;
  const maxMs = Math.min(review.maxScopeMs ?? defaultScopeMs, maxScopeCapMs);
  return { kinds, maxMs, terms: termsText(review), ...(isGeneral && kinds.includes('pattern') ? { general } : {}) };
}

function runsCode({ commands, unknowns }: CommandModel): boolean {
  const isCode = (kind: string) => kind === 'execute-code' || kind === 'unknown';
  return (
    unknowns.length > 0 ||
    commands.some((c) => c.unknowns.length > 0 || c.code.length > 0 || c.effects.some(({ kind }) => isCode(kind)))
  );
}

/** HOSTILE: `rm /srv/app/*` was approved by those who may, and another rule wants two others for `/srv/app/keys`. */
const termsText = (review: ReviewTerms): string => JSON.stringify(review);

export function askedScope(
  action: HeldAction,
  session: string,
  { model, review }: { readonly model: CommandModel; readonly review: ReviewTerms | undefined },
): AskedScope {
  const terms = review === undefined ? {} : { terms: termsText(review) };
  return { action, session, ...terms, isCovered: (pattern, general) => patternCovers(pattern, general, model) };
}
