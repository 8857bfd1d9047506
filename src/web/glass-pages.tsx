/**
 * Breaking the glass on the console: one person approves alone what waits, in an emergency.
 *
 * INVARIANT: only a POST of the form that the hold's page showed to this session, with its own nonce, a reason and the
 * box ticked, asks for it. No mail link leads here, and the desk asks again whether this person may.
 */
import type { Hono } from 'hono';
import { maxReasonLength } from '../approval/reason.ts';
import type { ConsoleParts, Guard } from './guard.tsx';
import { glassFields, holdPage, noHold } from './hold-page.tsx';
import { remoteOf } from './request.ts';
import { refusedDecision } from './review.tsx';
import { MessageCard } from './views/layout.tsx';

export function addGlassPages(app: Hono, { options, guard }: ConsoleParts & { readonly guard: Guard }): void {
  const { desk } = options;
  const showHold = holdPage({ options, guard });

  app.get('/holds/:id/break-glass', (c) => c.redirect(`/holds/${encodeURIComponent(c.req.param('id'))}`, 303));

  app.post(
    '/holds/:id/break-glass',
    guard.form(
      'decide',
      (c, form) => glassFields(c.req.param('id') ?? '', form.get('digest') ?? ''),
      async (c, visitor, form) => {
        const hold = await desk.get(c.req.param('id') ?? '');
        if (hold === undefined) return noHold(guard, c, visitor);
        const reason = (form.get('reason') ?? '').trim();
        const least = Math.max(1, options.breakGlass?.()?.minReasonLength ?? 1, hold.minReasonLength ?? 0);
        const length = [...reason].length;
        const problem =
          length < least
            ? `Say what the emergency is, in at least ${least} characters.`
            : length > maxReasonLength
              ? 'That is too long; shorten it.'
              : form.get('sure') !== 'yes'
                ? 'Tick the box to say that you mean it.'
                : undefined;
        if (hold.state === 'pending' && problem !== undefined)
          return showHold(c, visitor, hold, { form: 'glass', text: problem, entered: form });
        const outcome = await desk.decide(hold.id, {
          reviewer: visitor.reviewer.name,
          verdict: 'approve',
          reason,
          channel: 'web',
          remote: remoteOf(c, options),
          digest: form.get('digest') ?? '',
          breakGlass: true,
        });
        if (outcome.kind === 'refused') {
          const [status, message] = refusedDecision(outcome.code, outcome.hold);
          return guard.say(c, status, visitor, message);
        }
        const { action } = hold;
        const message = {
          // Not the cross of a failure: it was done.
          tone: 'plain' as const,
          heading: 'Approved outside the rule',
          lines: [
            `It runs on ${action.target} once, exactly as shown. Everybody is being told that you approved it alone, and why.`,
          ],
        };
        const body = (
          <MessageCard message={message}>
            <p>
              <a class="button small" href={`/holds/${encodeURIComponent(hold.id)}`}>
                What became of it
              </a>
            </p>
          </MessageCard>
        );
        return guard.show(c, visitor, { title: message.heading, current: '/waiting' }, body);
      },
    ),
  );
}
