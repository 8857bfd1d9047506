/**
 * Reviewing by mail link.
 *
 * The token arrives in the fragment, which no server, log or Referer sees; a script posts it, or a person pastes it.
 * Looking (GET, HEAD, or the first POST) changes nothing. Deciding is a POST that carries the token, a nonce bound to what
 * the page showed, and for an approval one proof that a mail scanner lacks: this reviewer's confirmed device, their
 * signed-in session, or the answer to a challenge.
 *
 * INVARIANT: the token is used up before the decision is made and after every check that can send the reviewer back.
 * INVARIANT: no answer holds the token except as a hidden field of the page that was opened with it.
 */
import type { Context, Hono } from 'hono';
import type { Child } from 'hono/jsx';
import type { DecideRefusal, LinkCheck, LinkRefusal } from '../approval/desk.ts';
import type { Hold } from '../approval/hold.ts';
import { Challenges } from './challenges.ts';
import { deviceCookie, writeCookie } from './cookies.ts';
import { wordsOf } from './explain.ts';
import { isSpokenFor, KnownDevices } from './known-devices.ts';
import type { Passkeys } from './passkeys.ts';
import type { WebOptions } from './ports.ts';
import type { RateLimit } from './rate.ts';
import { formOf, remoteOf } from './request.ts';
import type { ReviewerSessions } from './reviewer-sessions.ts';
import { may } from './roles.ts';
import { readScope } from './scope-form.ts';
import { type Seal, sha256 } from './seal.ts';
import { DecideForm, reasonTrouble } from './views/decide.tsx';
import { HoldView } from './views/hold.tsx';
import { type Message, MessageCard, page } from './views/layout.tsx';
import { CodeForm, OtherWay, recorded, refusal, stateSentence } from './views/review.tsx';

/** Longer than any hold; the link's own expiry decides. */
const nonceLifetimeMs = 24 * 3_600_000;
const maxTokenLength = 1_024;

const scripts = ['review.js', 'passkey.js'];
const purposeOf = (token: string, hold: Hold) => `approve ${sha256(token)} ${hold.id} ${hold.digest}`;

export interface ReviewParts {
  readonly options: WebOptions;
  readonly seal: Seal;
  readonly sessions: ReviewerSessions;
  readonly attempts: RateLimit;
  readonly passkeys: Passkeys | undefined;
}

type ValidLink = Extract<LinkCheck, { kind: 'valid' }>;

/** A pasted link counts as its code. */
function tokenOf(field: string | undefined): string {
  const text = (field ?? '').trim();
  return text.slice(text.lastIndexOf('#') + 1);
}

const nonceFields = (token: string, { hold, reviewer }: ValidLink) => [sha256(token), hold.id, hold.digest, reviewer];

export function addReview(app: Hono, parts: ReviewParts): void {
  const { options, seal, sessions, attempts, passkeys } = parts;
  const challenges = new Challenges(options.devices, options.clock);
  const devices = new KnownDevices(options, sessions);

  const say = (
    c: Context,
    status: 200 | 400 | 403 | 404 | 409 | 410 | 422 | 429,
    message: Message,
    onwards: Child = null,
  ) => {
    const card = <MessageCard message={message}>{onwards}</MessageCard>;
    return c.html(page({ title: message.heading, scripts: ['review.js'] }, card), status);
  };

  const sayRefusal = (c: Context, why: LinkRefusal, hold: Hold | undefined) => {
    const { status, message } = refusal(why, hold);
    // A link may be used up and nothing decided: the store went away in between, or more people have to agree.
    const isOpen = why === 'used' && hold?.state === 'pending';
    return say(c, status, message, isOpen ? <OtherWay hold={hold} /> : null);
  };

  /** For what the links themselves cannot see; they write down their own refusals. */
  async function refuse(c: Context, why: LinkRefusal, hold: Hold | undefined, reviewer: string | undefined) {
    await options.audit.append({
      event: 'hold.refused',
      hold: hold?.id,
      reviewer,
      reason: `link ${why}`,
      remote: remoteOf(c, options),
    });
    return sayRefusal(c, why, hold);
  }

  function tooMany(c: Context): Response | Promise<Response> | undefined {
    const waitS = attempts.take(remoteOf(c, options));
    if (waitS === 0) return undefined;
    c.header('Retry-After', String(waitS));
    return say(c, 429, { tone: 'wait', heading: 'Too many tries', lines: [`Wait ${waitS} seconds, then try again.`] });
  }

  /** The link's hold and reviewer, or the answer that says why not. */
  async function open(c: Context, token: string): Promise<ValidLink | Response> {
    if (token === '' || token.length > maxTokenLength) return refuse(c, 'malformed', undefined, undefined);
    const link = await options.links.check(token, remoteOf(c, options));
    if (link.kind === 'refused') return sayRefusal(c, link.why, link.hold);
    const signedIn = await sessions.read(c);
    if (signedIn !== undefined && signedIn.reviewer !== link.reviewer) {
      return refuse(c, 'foreign', undefined, signedIn.reviewer);
    }
    const person = options.reviewers().find(({ name }) => name === link.reviewer);
    if (person === undefined || !may(person, 'decide')) return refuse(c, 'foreign', link.hold, link.reviewer);
    if (link.hold.state !== 'pending') {
      return say(c, 410, { tone: 'wait', heading: 'Too late', lines: [stateSentence(link.hold)] });
    }
    const others = await devices.others(c, link.reviewer);
    if (others.some((other) => isSpokenFor(link.hold, other))) return refuse(c, 'foreign', link.hold, link.reviewer);
    return link;
  }

  async function show(
    c: Context,
    token: string,
    link: ValidLink,
    again?: {
      readonly status: 403 | 422;
      readonly field: 'reason' | 'answer' | 'scope';
      readonly text: string;
      readonly entered: ReadonlyMap<string, string>;
    },
  ) {
    const { hold, reviewer } = link;
    const isKnown = await devices.isKnown(c, reviewer);
    const challenge = isKnown ? undefined : await challenges.show(sha256(token), reviewer, hold.id);
    const fields = {
      code: token,
      nonce: seal.issue('review-form', nonceFields(token, link), nonceLifetimeMs),
      digest: hold.digest,
    };
    return c.html(
      page(
        { title: `${hold.action.agent} → ${hold.action.target}`, scripts, wide: true },
        <HoldView hold={hold} nowMs={options.clock()} words={await wordsOf(options, hold.action)}>
          <DecideForm
            terms={{
              hold,
              action: '/review/decision',
              fields,
              as: { reviewer, insteadOf: await devices.others(c, reviewer) },
              ...(challenge === undefined ? {} : { challenge }),
              hasPasskey: !isKnown && passkeys?.isPossible === true && (await passkeys.of(reviewer)).length > 0,
              ...(again === undefined
                ? {}
                : { problem: again, reason: again.entered.get('reason') ?? '', entered: again.entered }),
            }}
          />
        </HoldView>,
      ),
      again?.status ?? 200,
    );
  }

  app.get('/review', (c) => c.html(page({ title: 'Review', scripts }, <CodeForm />)));
  // After a reload of a result, or a scanner that guesses: nothing to see by GET.
  app.get('/review/decision', (c) => c.redirect('/review', 303));

  app.post('/review', async (c) => {
    const limited = tooMany(c);
    if (limited !== undefined) return limited;
    const token = tokenOf((await formOf(c)).get('code'));
    const link = await open(c, token);
    return link instanceof Response ? link : show(c, token, link);
  });

  /** A challenge for approving exactly this with a passkey. */
  app.post('/review/passkey', async (c) => {
    const limited = tooMany(c);
    if (limited !== undefined) return limited;
    const token = tokenOf((await formOf(c)).get('code'));
    const link = await open(c, token);
    if (link instanceof Response) return link;
    if (passkeys?.isPossible !== true || (await passkeys.of(link.reviewer)).length === 0) return c.notFound();
    return c.json(await passkeys.askOptions(purposeOf(token, link.hold), link.reviewer));
  });

  /** The proof that a scanner lacks: a passkey's answer when there is one, else the challenge's. */
  async function isPerson(token: string, { hold, reviewer }: ValidLink, form: ReadonlyMap<string, string>) {
    const answer = form.get('passkey') ?? '';
    if (answer !== '') return (await passkeys?.answer(purposeOf(token, hold), answer)) === reviewer;
    const given = { id: form.get('challenge') ?? '', typed: form.get('answer') ?? '' };
    return challenges.answer(sha256(token), reviewer, hold.id, given);
  }

  app.post('/review/decision', async (c) => {
    const limited = tooMany(c);
    if (limited !== undefined) return limited;
    const form = await formOf(c);
    const token = tokenOf(form.get('code'));
    const link = await open(c, token);
    if (link instanceof Response) return link;
    const { hold, reviewer } = link;
    const verdict = form.get('decision');
    const reason = (form.get('reason') ?? '').trim();
    const isShown =
      form.get('digest') === hold.digest &&
      seal.isGenuine(form.get('nonce') ?? '', 'review-form', nonceFields(token, link));
    if ((verdict !== 'approve' && verdict !== 'reject') || !isShown) {
      return say(c, 400, {
        tone: 'bad',
        heading: 'Nothing was decided',
        lines: ['This page is not complete or too old. Open the link from the mail again.'],
      });
    }
    const text = reasonTrouble(verdict, reason, hold);
    if (text !== undefined) return show(c, token, link, { status: 422, field: 'reason', text, entered: form });
    const chosen = readScope(form, hold);
    if (verdict === 'approve' && chosen.kind === 'again')
      return show(c, token, link, { status: 422, field: 'scope', text: chosen.text, entered: form });
    const isKnown = await devices.isKnown(c, reviewer);
    if (verdict === 'approve' && !isKnown) {
      if (!(await isPerson(token, link, form))) {
        const text = 'That is not the answer. Nothing was approved.';
        return show(c, token, link, { status: 403, field: 'answer', text, entered: form });
      }
    }
    const used = await options.links.use(token, remoteOf(c, options));
    if (used.kind === 'refused') return sayRefusal(c, used.why, used.hold);
    const outcome = await options.desk.decide(hold.id, {
      reviewer,
      verdict,
      reason,
      channel: 'web',
      remote: remoteOf(c, options),
      digest: hold.digest,
      ...(verdict === 'approve' && chosen.kind === 'chosen' ? { scope: chosen.scope } : {}),
    });
    if (outcome.kind === 'refused') return say(c, ...refusedDecision(outcome.code, outcome.hold));
    if (verdict === 'approve' && !isKnown && form.get('remember') === 'yes') {
      writeCookie(c, deviceCookie(reviewer), options.publicUrl(), await options.devices.remember(reviewer));
    }
    return say(c, 200, recorded(outcome.hold, verdict));
  });
}

/** The desk's refusal in words for the reviewer. */
export function refusedDecision(code: DecideRefusal, hold: Hold | undefined): [403 | 404 | 409 | 410 | 422, Message] {
  const bad = (heading: string, line: string): Message => ({
    tone: 'bad',
    heading,
    lines: [line, 'Nothing was decided by you.'],
  });
  switch (code) {
    case 'HOLD_NOT_FOUND':
      return [404, bad('There is no such request', 'It may have been cleaned up long ago.')];
    case 'HOLD_NOT_PENDING':
      return [
        410,
        { tone: 'wait', heading: 'Too late', lines: [hold === undefined ? 'It is decided.' : stateSentence(hold)] },
      ];
    case 'HOLD_CHANGED':
      return [409, bad('The request has changed', 'What you were shown is not what would run. Look at it again.')];
    case 'REVIEWER_NOT_ALLOWED':
      return [403, bad('Not yours to decide', 'Another group of reviewers answers for this rule.')];
    case 'REVIEWER_IS_OWNER':
      return [403, bad('Not for yourself', 'You own this agent, so somebody else has to decide.')];
    case 'REVIEWER_CHANGED_KEYS':
      return [403, bad('Not for yourself', 'You changed the keys of this agent, so somebody else has to decide.')];
    case 'REVIEWER_DECIDED_ALREADY':
      return [409, bad('You have decided already', 'People are counted once.')];
    case 'REASON_REQUIRED':
      return [422, bad('A reason is missing', 'This request wants a reason. Look at it again and give one.')];
    case 'SCOPE_NOT_OFFERED':
      return [
        422,
        bad('That cannot be approved for more than once', 'Look at it again and choose what the page offers.'),
      ];
    case 'BREAK_GLASS_OFF':
    case 'BREAK_GLASS_NOT_ALLOWED':
      return [403, bad('Not yours to break the glass', 'Only members of the `break_glass` group may.')];
    case 'BREAK_GLASS_ONLY_ONCE':
      return [422, bad('That cannot be approved outside the rule', 'Breaking the glass approves one run.')];
    case 'REASON_TOO_LONG':
      return [422, bad('The reason is too long', 'Shorten it and try again.')];
  }
}
