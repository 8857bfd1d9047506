/**
 * Deciding in Slack: a button opens a dialogue with the whole command, and sending that dialogue decides.
 *
 * Refuses what Slack did not sign, who is not mapped to a reviewer by their Slack user id, and everything the desk refuses.
 *
 * INVARIANT: a click decides nothing; what is decided on is the digest that the dialogue showed, by the person it was
 * opened for.
 */
import { z } from 'zod';
import type { DecideOutcome, HoldDesk } from '../approval/desk.ts';
import type { Hold } from '../approval/hold.ts';
import type { Reviewer } from '../approval/keeper.ts';
import { isEligible } from '../approval/state.ts';
import { holdPage } from './channel.ts';
import { ask, type OutgoingParts, post } from './outgoing.ts';
import { callbackId, decisionView, messageView, type View } from './slack-modal.ts';
import { isSigned, SeenRequests, type SlackRequest } from './slack-request.ts';

/** `action_id` of the button in a message; its value is the hold. */
export const reviewButton = 'sallyport-review';

export interface SlackApp {
  readonly signingSecret: string;
  /** Opens dialogues. */
  readonly botToken: string;
}

export interface SlackDeskParts {
  readonly desk: Pick<HoldDesk, 'get' | 'decide'>;
  /** Asked at every request. */
  readonly apps: () => readonly SlackApp[];
  readonly reviewers: () => readonly (Reviewer & { readonly slackUser?: string })[];
  readonly publicUrl: () => string;
  readonly onProblem: (error: unknown) => void;
  readonly now?: () => number;
  readonly outgoing?: OutgoingParts;
  /** Another place than Slack's own, for tests: on loopback. */
  readonly apiUrl?: string;
}

export type SlackAnswer =
  | { readonly kind: 'refused' }
  | { readonly kind: 'answered'; readonly body: Readonly<Record<string, unknown>> | undefined };

/** Slack opens a dialogue within three seconds of the click, or not at all. */
const openWithinMs = 2_500;

const clickShape = z.object({
  type: z.literal('block_actions'),
  user: z.object({ id: z.string().max(64) }),
  trigger_id: z.string().max(500),
  response_url: z.string().max(2_000).optional(),
  actions: z.array(z.object({ action_id: z.string(), value: z.string().max(200).optional() })).max(25),
});
const shownShape = z.strictObject({ hold: z.string(), digest: z.string(), reviewer: z.string() });
const sentShape = z.object({
  type: z.literal('view_submission'),
  user: z.object({ id: z.string().max(64) }),
  view: z.object({
    callback_id: z.literal(callbackId),
    private_metadata: z.string().max(3_000),
    state: z.object({
      values: z.object({
        decision: z.object({
          decision: z.object({ selected_option: z.object({ value: z.enum(['approve', 'reject']) }) }),
        }),
        reason: z.object({ reason: z.object({ value: z.string().max(4_000).nullable() }) }),
      }),
    }),
  }),
});

export class SlackDesk {
  readonly #parts: SlackDeskParts;
  readonly #now: () => number;
  readonly #seen = new SeenRequests();

  constructor(parts: SlackDeskParts) {
    this.#parts = parts;
    this.#now = parts.now ?? Date.now;
  }

  /** False: there is no Slack here to talk to. */
  isOpen(): boolean {
    return this.#parts.apps().length > 0;
  }

  async answer(request: SlackRequest): Promise<SlackAnswer> {
    const nowMs = this.#now();
    const app = this.#parts.apps().find(({ signingSecret }) => isSigned(request, signingSecret, nowMs));
    if (app === undefined || !this.#seen.add(request, nowMs)) return { kind: 'refused' };
    const payload = payloadOf(request.body);
    const click = clickShape.safeParse(payload);
    if (click.success) {
      await this.#clicked(app, click.data);
      return { kind: 'answered', body: undefined };
    }
    const sent = sentShape.safeParse(payload);
    // Something else of the same app, like a link button that was clicked: Slack wants to hear that it arrived.
    return { kind: 'answered', body: sent.success ? await this.#sent(sent.data) : undefined };
  }

  async #clicked(app: SlackApp, click: z.infer<typeof clickShape>): Promise<void> {
    const id = click.actions.find(({ action_id }) => action_id === reviewButton)?.value;
    if (id === undefined) return;
    const reviewer = this.#reviewerOf(click.user.id);
    const hold = reviewer === undefined ? undefined : await this.#parts.desk.get(id);
    try {
      const view = this.#firstView(reviewer, hold);
      await this.#call(app, 'views.open', { trigger_id: click.trigger_id, view });
    } catch (error) {
      this.#parts.onProblem(error);
      await this.#whisper(click.response_url, id).catch(this.#parts.onProblem);
    }
  }

  #firstView(reviewer: Reviewer | undefined, hold: Hold | undefined): View {
    if (reviewer === undefined)
      return messageView(
        'Sallyport does not know this Slack account. Its administrator sets `slack_user` of a reviewer.',
      );
    if (hold === undefined) return messageView('There is no such request any more.');
    const page = holdPage(this.#parts.publicUrl(), hold.id);
    if (hold.state !== 'pending') return messageView(`Too late: this is already ${hold.state}.`, page);
    if (!isEligible(hold, reviewer)) return messageView('You may not decide on this one.', page);
    return decisionView(hold, reviewer.name, page, this.#now());
  }

  async #sent({ user, view }: z.infer<typeof sentShape>): Promise<Readonly<Record<string, unknown>>> {
    const reviewer = this.#reviewerOf(user.id);
    const shown = shownShape.safeParse(jsonOf(view.private_metadata));
    if (reviewer === undefined || !shown.success || shown.data.reviewer !== reviewer.name)
      return update(messageView('This was not opened for you. Nothing was decided.'));
    const { decision, reason } = view.state.values;
    const outcome = await this.#parts.desk.decide(shown.data.hold, {
      reviewer: reviewer.name,
      verdict: decision.decision.selected_option.value,
      reason: reason.reason.value ?? '',
      channel: 'slack',
      remote: undefined,
      digest: shown.data.digest,
    });
    return answerTo(outcome, holdPage(this.#parts.publicUrl(), shown.data.hold));
  }

  #reviewerOf(slackUser: string): Reviewer | undefined {
    return this.#parts.reviewers().find((reviewer) => reviewer.slackUser === slackUser);
  }

  /** SPEC: https://docs.slack.dev/reference/methods/views.open/: a failure is a 200 with `ok: false`. */
  async #call({ botToken }: SlackApp, method: string, body: unknown): Promise<void> {
    const { apiUrl = 'https://slack.com/api/', outgoing } = this.#parts;
    const headers = { 'Content-Type': 'application/json; charset=utf-8', Authorization: `Bearer ${botToken}` };
    const allowPrivate = this.#parts.apiUrl !== undefined;
    const sent = { url: `${apiUrl}${method}`, headers, body: JSON.stringify(body), allowPrivate };
    const text = await ask(sent, { deadlineMs: openWithinMs, ...outgoing });
    const answer = z.object({ ok: z.boolean(), error: z.string().optional() }).safeParse(jsonOf(text));
    const why = answer.success ? (answer.data.error ?? '') : '';
    if (!answer.success || !answer.data.ok)
      throw new Error(`Slack refused ${method} (${/^[a-z_]{1,60}$/.test(why) ? why : 'unknown'})`);
  }

  /** Only to who clicked. */
  async #whisper(responseUrl: string | undefined, holdId: string): Promise<void> {
    if (responseUrl === undefined) return;
    const text = `The dialogue could not be opened. Decide here: ${holdPage(this.#parts.publicUrl(), holdId)}`;
    const body = JSON.stringify({ response_type: 'ephemeral', replace_original: false, text });
    const headers = { 'Content-Type': 'application/json' };
    const allowPrivate = this.#parts.apiUrl !== undefined;
    await post({ url: responseUrl, headers, body, allowPrivate }, this.#parts.outgoing);
  }
}

function answerTo(outcome: DecideOutcome, page: string): Readonly<Record<string, unknown>> {
  if (outcome.kind === 'recorded') {
    const { state, decisions } = outcome.hold;
    const verdict = decisions.at(-1)?.verdict;
    const text =
      verdict === 'reject'
        ? 'Rejected. It does not run, and the agent is told your reason.'
        : state === 'pending'
          ? 'Your approval counts. More people have to agree.'
          : 'Approved. It runs once, exactly as it was shown.';
    return update(messageView(text, page));
  }
  if (outcome.code === 'REASON_REQUIRED' || outcome.code === 'REASON_TOO_LONG')
    return { response_action: 'errors', errors: { reason: outcome.message } };
  return update(messageView(`Nothing was decided. ${outcome.message}`, page));
}

function update(view: View): Readonly<Record<string, unknown>> {
  return { response_action: 'update', view };
}

function payloadOf(body: string): unknown {
  return jsonOf(new URLSearchParams(body).get('payload') ?? '');
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
