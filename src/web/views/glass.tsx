import type { BreakGlassTerms } from '../../approval/glass.ts';
import type { Hold } from '../../approval/hold.ts';
import { neededInWords } from '../../approval/quorum.ts';
import { maxReasonLength } from '../../approval/reason.ts';

export interface GlassFormTerms {
  readonly hold: Hold;
  readonly terms: BreakGlassTerms;
  readonly action: string;
  /** Hidden fields: what proves that this page was shown, and what it showed. */
  readonly fields: Readonly<Record<string, string>>;
  readonly again: { readonly text: string; readonly reason: string } | undefined;
}

/** Approving alone and outside the rule. Folded away, red, with no key of its own: nobody gets here in passing. */
export function GlassForm({ hold, terms, action, fields, again }: GlassFormTerms) {
  return (
    <details class="glass" data-glass open={again !== undefined}>
      <summary>Emergency: break the glass</summary>
      <form method="post" action={action} autocomplete="off">
        <p>
          <strong>This approves alone and outside the rule</strong>, which wants {neededInWords(hold)}. It runs once.
          Everybody is told at once, and it stays marked in red for ever.
        </p>
        {Object.entries(fields).map(([name, value]) => (
          <input type="hidden" name={name} value={value} />
        ))}
        <div class="field">
          <label for="glass-reason">
            What is the emergency? <span class="quiet">(at least {terms.minReasonLength} characters)</span>
          </label>
          {again === undefined ? null : (
            <p class="problem" id="glass-problem" role="alert">
              {again.text}
            </p>
          )}
          <textarea
            id="glass-reason"
            name="reason"
            rows={3}
            required
            minlength={terms.minReasonLength}
            maxlength={maxReasonLength}
            aria-invalid={again === undefined ? undefined : 'true'}
            aria-describedby={again === undefined ? undefined : 'glass-problem'}
          >
            {again?.reason ?? ''}
          </textarea>
        </div>
        <label class="check">
          <input type="checkbox" name="sure" value="yes" required /> I have read the command, and answer for it alone
        </label>
        <button type="submit" class="glass-button">
          Approve outside the rule
        </button>
      </form>
    </details>
  );
}
