/** One hold on the console: what waits, and what this visitor may do about it. Shows, and decides nothing. */
import type { Context } from 'hono';
import { decidingGroups } from '../approval/escalation.ts';
import { type BreakGlassTerms, mayBreakGlass } from '../approval/glass.ts';
import type { Hold } from '../approval/hold.ts';
import { isOwnAffair } from '../approval/state.ts';
import { wordsOf } from './explain.ts';
import type { ConsoleParts, Guard, Visitor } from './guard.tsx';
import { may } from './roles.ts';
import { DecideForm } from './views/decide.tsx';
import { GlassForm } from './views/glass.tsx';
import { HoldView } from './views/hold.tsx';
import { stateSentence } from './views/review.tsx';
import { StateChip } from './views/waiting.tsx';

/** What was sent and cannot be taken as it is; the page shows it again. */
export type Again =
  | {
      readonly form: 'decide';
      readonly field: 'reason' | 'scope';
      readonly text: string;
      readonly entered: ReadonlyMap<string, string>;
    }
  | { readonly form: 'glass'; readonly text: string; readonly entered: ReadonlyMap<string, string> };

/** What a nonce for breaking the glass is bound to, besides the session. */
export const glassFields = (hold: string, digest: string) => ['break-glass', hold, digest];

export const noHold = (guard: Guard, c: Context, visitor: Visitor) =>
  guard.say(c, 404, visitor, {
    tone: 'plain',
    heading: 'There is no such request',
    lines: ['The address may be mistyped, or the request was cleaned up long ago.'],
  });

export function holdPage({ options, guard }: Pick<ConsoleParts, 'options'> & { readonly guard: Guard }) {
  return async (c: Context, visitor: Visitor, hold: Hold, again?: Again) => {
    const { reviewer } = visitor;
    const why = whyNot(hold, reviewer);
    const glass = glassTerms(hold, reviewer, options.breakGlass?.(), why !== undefined);
    const fields = { nonce: guard.nonce(visitor, [hold.id, hold.digest]), digest: hold.digest };
    const words = await wordsOf(options, hold.action);
    const base = `/holds/${encodeURIComponent(hold.id)}`;
    const body = (
      <HoldView hold={hold} nowMs={options.clock()} words={words}>
        {why === undefined ? (
          <DecideForm
            terms={{
              hold,
              action: `${base}/decision`,
              fields,
              ...(again?.form === 'decide'
                ? { problem: again, reason: again.entered.get('reason') ?? '', entered: again.entered }
                : {}),
            }}
          />
        ) : (
          <div class="card">
            <p>
              <StateChip state={hold.state} />
            </p>
            <p>{why}</p>
          </div>
        )}
        {glass === undefined ? null : (
          <GlassForm
            hold={hold}
            terms={glass}
            action={`${base}/break-glass`}
            fields={{ nonce: guard.nonce(visitor, glassFields(hold.id, hold.digest)), digest: hold.digest }}
            again={
              again?.form === 'glass' ? { text: again.text, reason: again.entered.get('reason') ?? '' } : undefined
            }
          />
        )}
      </HoldView>
    );
    const title = `${hold.action.agent} → ${hold.action.target}`;
    return guard.show(c, visitor, { title, current: '/waiting', status: again === undefined ? 200 : 422 }, body);
  };
}

/** Why this visitor cannot decide as the rule has it; undefined when they can. */
function whyNot(hold: Hold, reviewer: Visitor['reviewer']): string | undefined {
  if (hold.state !== 'pending') return stateSentence(hold);
  if (!may(reviewer, 'decide')) return 'You may look; your roles do not decide.';
  if (hold.action.agentOwner === reviewer.name) return 'You own this agent, so somebody else decides.';
  if (isOwnAffair(hold.action, reviewer.name)) return 'You changed the keys of this agent, so somebody else decides.';
  if (!isAsked(hold, reviewer)) return `For reviewers of ${decidingGroups(hold).join(', ')}.`;
  const hasDecided = hold.decisions.some((decision) => decision.reviewer === reviewer.name);
  return hasDecided ? 'You have decided. More people have to agree.' : undefined;
}

function isAsked(hold: Hold, reviewer: Visitor['reviewer']): boolean {
  const deciding = decidingGroups(hold);
  return deciding.length === 0 || deciding.some((group) => reviewer.groups.includes(group));
}

/** Offered to those who may, where their plain approval would not be enough. The desk asks everything again. */
function glassTerms(
  hold: Hold,
  reviewer: Visitor['reviewer'],
  terms: BreakGlassTerms | undefined,
  isBarred: boolean,
): BreakGlassTerms | undefined {
  const isOpen = hold.state === 'pending' && may(reviewer, 'decide') && !isOwnAffair(hold.action, reviewer.name);
  const isEnough = !isBarred && hold.quorum < 2;
  return isOpen && !isEnough && mayBreakGlass(reviewer, terms) ? terms : undefined;
}
