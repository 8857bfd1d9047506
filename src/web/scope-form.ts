/**
 * What a reviewer chose an approval to cover, read from the form of the review page.
 *
 * INVARIANT: a pattern is granted only as it was shown with its examples; an edited one is shown again first.
 */
import type { Hold } from '../approval/hold.ts';
import { choiceProblem, type ScopeChoice } from '../approval/scope.ts';
import { patternProblem } from '../policy/scope-pattern.ts';

export type ScopeReading =
  | { readonly kind: 'chosen'; readonly scope: ScopeChoice }
  /** Shown to the reviewer beside the choice; nothing is decided. */
  | { readonly kind: 'again'; readonly text: string };

const kinds = ['once', 'session', 'time', 'pattern'] as const;

export function readScope(form: ReadonlyMap<string, string>, hold: Hold): ScopeReading {
  const kind = kinds.find((known) => known === (form.get('scope') ?? 'once'));
  if (kind === undefined) return { kind: 'again', text: 'Choose what the approval covers.' };
  if (kind === 'once') return { kind: 'chosen', scope: { kind } };
  const forMs = kind === 'session' ? undefined : minutesOf(form.get('minutes'));
  const pattern = kind === 'pattern' ? (form.get('pattern') ?? '').trim() : undefined;
  const scope: ScopeChoice = {
    kind,
    ...(forMs === undefined ? {} : { forMs }),
    ...(pattern === undefined ? {} : { pattern }),
  };
  const text = choiceProblem(hold, scope, patternProblem);
  if (text !== undefined) return { kind: 'again', text };
  if (pattern !== undefined && pattern !== form.get('pattern-shown'))
    return { kind: 'again', text: 'The pattern was changed. Look at what it covers now, then approve again.' };
  return { kind: 'chosen', scope };
}

/** NaN, which no hold accepts, for anything that is not whole minutes. */
function minutesOf(text: string | undefined): number {
  return /^\d{1,4}$/.test(text ?? '') ? Number(text) * 60_000 : Number.NaN;
}
