import type { LinkRefusal } from '../../approval/desk.ts';
import type { Hold } from '../../approval/hold.ts';
import { neededInWords, progressInWords } from '../../approval/quorum.ts';
import { agreedChoice } from '../../approval/scope.ts';
import { tallyOf } from '../../approval/state.ts';
import type { Message } from './layout.tsx';

/** The page a mail link opens: it knows nothing yet. The script takes the code from the address and shows the hold. */
export function CodeForm({ problem }: { readonly problem?: string }) {
  return (
    <section class="code" aria-labelledby="code-heading">
      <h1 id="code-heading" data-code-heading>
        Review a held command
      </h1>
      <p data-code-hint>Open the link from your mail, or paste the link or its code here.</p>
      <form method="post" action="/review" autocomplete="off" data-code-form>
        <div class="field">
          <label for="code">Code from the mail</label>
          {problem === undefined ? null : (
            <p class="problem" id="code-problem" role="alert">
              {problem}
            </p>
          )}
          <input
            id="code"
            name="code"
            type="text"
            required
            maxlength={2048}
            autocapitalize="none"
            autocorrect="off"
            spellcheck={false}
            aria-describedby={problem === undefined ? undefined : 'code-problem'}
          />
        </div>
        <div class="buttons">
          <button type="submit">Show the command</button>
        </div>
      </form>
      <p class="quiet">Showing it decides nothing.</p>
    </section>
  );
}

const states: Readonly<Record<Hold['state'], string>> = {
  pending: 'The command is still waiting.',
  approved: 'The command was approved.',
  released: 'The command was approved and has run.',
  rejected: 'The command was rejected and did not run.',
  expired: 'Nobody decided in time; the command did not run.',
  withdrawn: 'The agent took the request back; the command did not run.',
};

/** Where a hold stands now, in one sentence. */
export function stateSentence(hold: Hold): string {
  return states[hold.state];
}

/** For a link that is used up, while the hold still waits. */
export function OtherWay({ hold }: { readonly hold: Hold }) {
  return (
    <p>
      <a class="button small" href={`/holds/${encodeURIComponent(hold.id)}`}>
        Sign in to look at it
      </a>
    </p>
  );
}

/** A refused link, in words that say what to do; `status` is the answer's. */
export function refusal(
  why: LinkRefusal,
  hold: Hold | undefined,
): { readonly status: 400 | 403 | 404 | 410; readonly message: Message } {
  const now = hold === undefined ? [] : [stateSentence(hold)];
  switch (why) {
    case 'used':
      return {
        status: 410,
        message: { tone: 'plain', heading: 'This link has been used', lines: ['A link decides once.', ...now] },
      };
    case 'expired':
      return {
        status: 410,
        message: {
          tone: 'wait',
          heading: 'Too late',
          lines: now.length > 0 ? now : ['The time to decide has passed; the command did not run.'],
        },
      };
    case 'foreign':
      return {
        status: 403,
        message: {
          tone: 'bad',
          heading: 'This link is not yours',
          lines: ['It was made for somebody else or for another request. Open the link from your own mail.'],
        },
      };
    case 'unknown':
      return {
        status: 404,
        message: {
          tone: 'bad',
          heading: 'This link is not known here',
          lines: ['It may have been replaced by a newer mail. Open the newest one for this request.'],
        },
      };
    case 'altered':
    case 'malformed':
      return {
        status: 400,
        message: {
          tone: 'bad',
          heading: 'This link is not complete',
          lines: ['It was cut or changed on its way. Copy the whole link from the mail and try again.'],
        },
      };
  }
}

/** What follows a decision that was recorded. */
export function recorded(hold: Hold, verdict: 'approve' | 'reject'): Message {
  const hasReason = hold.decisions.at(-1)?.reason !== '';
  if (hold.state === 'rejected') {
    return {
      tone: verdict === 'reject' ? 'good' : 'bad',
      heading: 'Rejected',
      lines: [
        `It will not run on ${hold.action.target}. ${hold.action.agent} is told so${hasReason ? ', and why' : ''}.`,
      ],
    };
  }
  if (hold.state === 'pending') {
    return {
      tone: 'wait',
      heading: verdict === 'approve' ? 'Your approval counts' : 'Your answer is recorded',
      lines: [
        `More people have to agree before it runs: it needs ${neededInWords(hold)}.`,
        `So far: ${progressInWords(tallyOf(hold))}.`,
      ],
    };
  }
  return {
    tone: 'good',
    heading: 'Approved',
    lines: [
      hold.isAgentWaiting
        ? `It runs on ${hold.action.target} now, exactly as shown, once.`
        : `${hold.action.agent} has hung up. It may run this once, exactly as shown, when it comes back.`,
      ...(agreedChoice(hold).kind === 'once'
        ? []
        : ['What may run after that is listed under Scopes, where it can be revoked.']),
    ],
  };
}
