import type { Hold } from '../../approval/hold.ts';
import { leastReasonLength, maxReasonLength, reasonProblem } from '../../approval/reason.ts';
import type { ShownChallenge } from '../challenges.ts';
import { WhatNext } from './hold.tsx';
import { type Entered, ScopeFields } from './scope.tsx';

export interface DecideFormTerms {
  readonly hold: Hold;
  readonly action: string;
  /** Hidden fields: what proves that this page was shown, and what it showed. */
  readonly fields: Readonly<Record<string, string>>;
  /** Absent when the device has been confirmed before. */
  readonly challenge?: ShownChallenge;
  /** Whether a passkey can stand in for the challenge. */
  readonly hasPasskey?: boolean;
  /** Whose link this is, and whose browser, when that is not theirs. Absent on the console, which says it on every page. */
  readonly as?: { readonly reviewer: string; readonly insteadOf: readonly string[] };
  readonly problem?: { readonly field: 'reason' | 'answer' | 'scope'; readonly text: string };
  readonly reason?: string;
  /** What was sent before, when the form is shown again. */
  readonly entered?: Entered;
}

function Challenge({ terms }: { readonly terms: DecideFormTerms }) {
  const { challenge, problem } = terms;
  if (challenge === undefined) return null;
  if (challenge.kind === 'spent') return <p class="note">{challenge.text}</p>;
  const wrong = problem?.field === 'answer' ? problem.text : undefined;
  return (
    <div class="field challenge">
      <label for="answer">
        To approve from this device for the first time: <b>{challenge.text}</b>
      </label>
      {wrong === undefined ? null : (
        <p class="problem" id="answer-problem" role="alert">
          {wrong}
        </p>
      )}
      <input type="hidden" name="challenge" value={challenge.id} />
      <input
        id="answer"
        name="answer"
        type="text"
        maxlength={200}
        autocomplete="off"
        autocapitalize="none"
        autocorrect="off"
        spellcheck={false}
        aria-invalid={wrong === undefined ? undefined : 'true'}
        aria-describedby={wrong === undefined ? 'answer-hint' : 'answer-problem answer-hint'}
      />
      <p class="quiet" id="answer-hint">
        This shows that a person is here, not a mail scanner. Rejecting does not need it.
      </p>
      <label class="check">
        <input type="checkbox" name="remember" value="yes" checked /> Remember this device: one tap next time
      </label>
    </div>
  );
}

/** A link that was passed on decides as the one it was made for: said before the buttons, and loudly on another's browser. */
function DecideAs({ as }: { readonly as: DecideFormTerms['as'] }) {
  if (as === undefined) return null;
  const who = (
    <>
      You decide as <b>{as.reviewer}</b>.
    </>
  );
  if (as.insteadOf.length === 0) return <p class="quiet">{who}</p>;
  return (
    <p class="warning" role="note">
      {who} This browser was confirmed as that of {as.insteadOf.join(' and ')}: if that is you, open the link from your
      own mail.
    </p>
  );
}

/** What the label says of a reason. */
export function wantedReason(least: number): string {
  if (least === 0) return '(optional; the agent and the log get it)';
  return `(to approve: ${least === 1 ? 'required' : `at least ${least} characters`})`;
}

/** What is wrong with a reason, in words for the person who wrote it; undefined when it will do. */
export function reasonTrouble(
  verdict: 'approve' | 'reject',
  reason: string,
  hold: Pick<Hold, 'reasonRequired' | 'minReasonLength'>,
): string | undefined {
  const least = leastReasonLength(hold);
  const problem = reasonProblem(verdict, reason, least);
  if (problem === undefined) return undefined;
  if (problem.code === 'REASON_TOO_LONG') return `That is too long: at most ${maxReasonLength} characters.`;
  return least === 1 ? 'Say why: this request wants a reason.' : `Say why, in at least ${least} characters.`;
}

/** Approve and reject, with a reason. A POST of its own; nothing is decided by looking. */
export function DecideForm({ terms }: { readonly terms: DecideFormTerms }) {
  const { hold, problem } = terms;
  const wrong = problem?.field === 'reason' ? problem.text : undefined;
  const least = leastReasonLength(hold);
  return (
    <form method="post" action={terms.action} class="decision" autocomplete="off" data-decide>
      <h2>Your decision</h2>
      {Object.entries(terms.fields).map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
      <div class="field">
        <label for="reason">
          Reason <span class="quiet">{wantedReason(least)}</span>
        </label>
        {wrong === undefined ? null : (
          <p class="problem" id="reason-problem" role="alert">
            {wrong}
          </p>
        )}
        <textarea
          id="reason"
          name="reason"
          rows={2}
          maxlength={maxReasonLength}
          required={least > 0}
          minlength={least}
          aria-invalid={wrong === undefined ? undefined : 'true'}
          aria-describedby={wrong === undefined ? undefined : 'reason-problem'}
        >
          {terms.reason ?? ''}
        </textarea>
      </div>
      <ScopeFields
        hold={hold}
        entered={terms.entered}
        problem={problem?.field === 'scope' ? problem.text : undefined}
      />
      <Challenge terms={terms} />
      {terms.hasPasskey === true ? (
        <div class="passkey" data-approve-passkey hidden>
          <input type="hidden" name="passkey" value="" />
          <button type="button">Approve with a passkey</button>
          <p class="problem" data-passkey-state role="alert"></p>
        </div>
      ) : null}
      <DecideAs as={terms.as} />
      <div class="buttons">
        <button
          type="submit"
          name="decision"
          value="approve"
          class="approve"
          disabled={terms.challenge?.kind === 'spent'}
        >
          Approve
        </button>
        {/* Saying no is never held up. */}
        <button type="submit" name="decision" value="reject" class="reject" formnovalidate>
          Reject
        </button>
      </div>
      <WhatNext hold={hold} />
      <p class="keys quiet">
        Keys: <kbd>a</kbd> goes to Approve, <kbd>r</kbd> to Reject; <kbd>Enter</kbd> confirms.
      </p>
    </form>
  );
}
