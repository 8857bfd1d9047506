/**
 * The console's own side of the desk: one hold, several at once.
 *
 * A signed-in session is the proof here. The nonce of a form is bound to the session and to the digest that was shown, so
 * what a reviewer saw is what they decide on.
 */
import type { Context, Hono } from 'hono';
import { decidingGroups } from '../approval/escalation.ts';
import type { Hold } from '../approval/hold.ts';
import type { ScopeChoice } from '../approval/scope.ts';
import { isOwnAffair } from '../approval/state.ts';
import { wordsOf } from './explain.ts';
import type { ConsoleParts, Guard, Visitor } from './guard.tsx';
import { remoteOf } from './request.ts';
import { refusedDecision } from './review.tsx';
import { may } from './roles.ts';
import { readScope } from './scope-form.ts';
import { DecideForm, maxReasonLength } from './views/decide.tsx';
import { HoldView } from './views/hold.tsx';
import { MessageCard } from './views/layout.tsx';
import { recorded, stateSentence } from './views/review.tsx';
import { BatchResult, BatchView, StateChip } from './views/waiting.tsx';

/** As many as a person can read before they answer for all of them. */
const maxBatch = 20;

export function addDeskPages(app: Hono, { options, guard }: ConsoleParts & { readonly guard: Guard }): void {
  const { desk } = options;

  const noHold = (c: Context, visitor: Visitor) =>
    guard.say(c, 404, visitor, {
      tone: 'plain',
      heading: 'There is no such request',
      lines: ['The address may be mistyped, or the request was cleaned up long ago.'],
    });

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

  async function showHold(
    c: Context,
    visitor: Visitor,
    hold: Hold,
    again?: {
      readonly field: 'reason' | 'scope';
      readonly text: string;
      readonly entered: ReadonlyMap<string, string>;
    },
  ) {
    const { reviewer } = visitor;
    const own = hold.decisions.find((decision) => decision.reviewer === reviewer.name);
    const deciding = decidingGroups(hold);
    const isMine = deciding.length === 0 || deciding.some((group) => reviewer.groups.includes(group));
    const why =
      hold.state !== 'pending'
        ? stateSentence(hold)
        : !may(reviewer, 'decide')
          ? 'You may look; your roles do not decide.'
          : hold.action.agentOwner === reviewer.name
            ? 'You own this agent, so somebody else decides.'
            : isOwnAffair(hold.action, reviewer.name)
              ? 'You changed the keys of this agent, so somebody else decides.'
              : !isMine
                ? `For reviewers of ${deciding.join(', ')}.`
                : own !== undefined
                  ? 'You have decided. More people have to agree.'
                  : undefined;
    const fields = { nonce: guard.nonce(visitor, [hold.id, hold.digest]), digest: hold.digest };
    const tokens = await wordsOf(options, hold.action);
    const body = (
      <HoldView hold={hold} nowMs={options.clock()} tokens={tokens}>
        {why === undefined ? (
          <DecideForm
            terms={{
              hold,
              action: `/holds/${encodeURIComponent(hold.id)}/decision`,
              fields,
              ...(again === undefined
                ? {}
                : { problem: again, reason: again.entered.get('reason') ?? '', entered: again.entered }),
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
      </HoldView>
    );
    const title = `${hold.action.agent} → ${hold.action.target}`;
    return guard.show(c, visitor, { title, current: '/waiting', status: again === undefined ? 200 : 422 }, body);
  }

  app.get(
    '/holds/:id',
    guard.page('see-holds', async (c, visitor) => {
      const hold = await desk.get(c.req.param('id') ?? '');
      return hold === undefined ? noHold(c, visitor) : showHold(c, visitor, hold);
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
        if (hold === undefined) return noHold(c, visitor);
        const verdict = form.get('decision');
        if (form.get('digest') !== hold.digest || (verdict !== 'approve' && verdict !== 'reject')) {
          const [status, message] = refusedDecision('HOLD_CHANGED', hold);
          return guard.say(c, status, visitor, message);
        }
        const reason = (form.get('reason') ?? '').trim();
        if (hold.state === 'pending' && ((hold.reasonRequired && reason === '') || reason.length > maxReasonLength)) {
          const text = reason === '' ? 'Say why: this request wants a reason.' : 'That is too long; shorten it.';
          return showHold(c, visitor, hold, { field: 'reason', text, entered: form });
        }
        const chosen = readScope(form, hold);
        if (hold.state === 'pending' && verdict === 'approve' && chosen.kind === 'again')
          return showHold(c, visitor, hold, { field: 'scope', text: chosen.text, entered: form });
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
      const nonce = guard.nonce(visitor, ['batch', ...holds.map((hold) => `${hold.id}:${hold.digest}`)]);
      return guard.show(
        c,
        visitor,
        { title: 'Together', current: '/waiting' },
        <BatchView holds={holds} nonce={nonce} />,
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
