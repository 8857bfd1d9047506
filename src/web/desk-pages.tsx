/**
 * The console's own side of the desk: one hold, several at once.
 *
 * A signed-in session is the proof here. The nonce of a form is bound to the session and to the digest that was shown, so
 * what a reviewer saw is what they decide on.
 */
import type { Context, Hono } from 'hono';
import type { Hold } from '../approval/hold.ts';
import { maxReasonLength } from '../approval/reason.ts';
import type { ScopeChoice } from '../approval/scope.ts';
import { wordsOf } from './explain.ts';
import type { ConsoleParts, Guard, Visitor } from './guard.tsx';
import { holdPage, noHold } from './hold-page.tsx';
import { remoteOf } from './request.ts';
import { refusedDecision } from './review.tsx';
import { readScope } from './scope-form.ts';
import { reasonTrouble } from './views/decide.tsx';
import { MessageCard } from './views/layout.tsx';
import { recorded } from './views/review.tsx';
import { BatchResult, BatchView } from './views/waiting.tsx';

/** As many as a person can read before they answer for all of them. */
const maxBatch = 20;

export function addDeskPages(app: Hono, { options, guard }: ConsoleParts & { readonly guard: Guard }): void {
  const { desk } = options;

  async function decide(
    c: Context,
    visitor: Visitor,
    hold: Hold,
    verdict: 'approve' | 'reject',
    reason: string,
    scope?: ScopeChoice,
  ) {
    return desk.decide(hold.id, {
      reviewer: visitor.reviewer.name,
      verdict,
      reason,
      channel: 'web',
      remote: remoteOf(c, options),
      digest: hold.digest,
      ...(scope === undefined ? {} : { scope }),
    });
  }

  app.get('/', (c) => c.redirect('/waiting', 303));

  const showHold = holdPage({ options, guard });

  app.get(
    '/holds/:id',
    guard.page('see-holds', async (c, visitor) => {
      const hold = await desk.get(c.req.param('id') ?? '');
      return hold === undefined ? noHold(guard, c, visitor) : showHold(c, visitor, hold);
    }),
  );
  app.get('/holds/:id/decision', (c) => c.redirect(`/holds/${encodeURIComponent(c.req.param('id'))}`, 303));

  app.post(
    '/holds/:id/decision',
    guard.form(
      'decide',
      (c, form) => [c.req.param('id') ?? '', form.get('digest') ?? ''],
      async (c, visitor, form) => {
        const hold = await desk.get(c.req.param('id') ?? '');
        if (hold === undefined) return noHold(guard, c, visitor);
        const verdict = form.get('decision');
        if (form.get('digest') !== hold.digest || (verdict !== 'approve' && verdict !== 'reject')) {
          const [status, message] = refusedDecision('HOLD_CHANGED', hold);
          return guard.say(c, status, visitor, message);
        }
        const reason = (form.get('reason') ?? '').trim();
        const text = reasonTrouble(verdict, reason, hold);
        if (hold.state === 'pending' && text !== undefined)
          return showHold(c, visitor, hold, { form: 'decide', field: 'reason', text, entered: form });
        const chosen = readScope(form, hold);
        if (hold.state === 'pending' && verdict === 'approve' && chosen.kind === 'again')
          return showHold(c, visitor, hold, { form: 'decide', field: 'scope', text: chosen.text, entered: form });
        const scope = verdict === 'approve' && chosen.kind === 'chosen' ? chosen.scope : undefined;
        const outcome = await decide(c, visitor, hold, verdict, reason, scope);
        if (outcome.kind === 'refused') {
          const [status, message] = refusedDecision(outcome.code, outcome.hold);
          return guard.say(c, status, visitor, message);
        }
        const message = recorded(outcome.hold, verdict);
        const body = (
          <MessageCard message={message}>
            <p>
              <a class="button small" href="/waiting">
                Back to what waits
              </a>
            </p>
          </MessageCard>
        );
        return guard.show(c, visitor, { title: message.heading, current: '/waiting' }, body);
      },
    ),
  );

  app.get(
    '/batch',
    guard.page('decide', async (c, visitor) => {
      const ids = [...new Set(c.req.queries('id') ?? [])].slice(0, maxBatch);
      const found = await Promise.all(ids.map((id) => desk.get(id)));
      const holds = found.filter((hold) => hold?.state === 'pending').filter((hold) => hold !== undefined);
      if (holds.length === 0) return c.redirect('/waiting', 303);
      const words = new Map(
        await Promise.all(holds.map(async (hold) => [hold.id, await wordsOf(options, hold.action)] as const)),
      );
      const nonce = guard.nonce(visitor, ['batch', ...holds.map((hold) => `${hold.id}:${hold.digest}`)]);
      return guard.show(
        c,
        visitor,
        { title: 'Together', current: '/waiting' },
        <BatchView holds={holds} words={words} nonce={nonce} />,
      );
    }),
  );

  const pairsOf = (form: ReadonlyMap<string, string>) => (form.get('ids') ?? '').split(' ').slice(0, maxBatch);

  app.post(
    '/batch',
    guard.form(
      'decide',
      (_c, form) => ['batch', ...pairsOf(form)],
      async (c, visitor, form) => {
        const verdict = form.get('decision');
        if (verdict !== 'approve' && verdict !== 'reject') return c.redirect('/waiting', 303);
        const reason = (form.get('reason') ?? '').trim().slice(0, maxReasonLength);
        const lines: { hold: Hold; text: string; isGood: boolean }[] = [];
        for (const pair of pairsOf(form)) {
          const [id, digest] = [pair.slice(0, pair.lastIndexOf(':')), pair.slice(pair.lastIndexOf(':') + 1)];
          const hold = await desk.get(id);
          if (hold === undefined) continue;
          const outcome = await decide(c, visitor, { ...hold, digest }, verdict, reason);
          lines.push(
            outcome.kind === 'recorded'
              ? { hold, text: recorded(outcome.hold, verdict).heading.toLowerCase(), isGood: true }
              : { hold, text: refusedDecision(outcome.code, outcome.hold)[1].heading.toLowerCase(), isGood: false },
          );
        }
        return guard.show(c, visitor, { title: 'Decided', current: '/waiting' }, <BatchResult lines={lines} />);
      },
    ),
  );
}
