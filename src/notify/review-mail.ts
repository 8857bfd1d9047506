/**
 * The words of a review mail, as text and as HTML, readable on a phone. Pure: what is said depends on the arguments.
 *
 * Everything the agent chose is shown whole, with invisible, moving and look-alike characters named, and every line of
 * it carries a mark in front, so that no command can pretend to be a line of ours.
 *
 * INVARIANT: headers contain no character of an agent's that could start another header.
 */
import type { ReviewMessage } from '../approval/delivery.ts';
import { neededInWords } from '../approval/quorum.ts';
import { againOf, differs, duration, type MailFacts, oneLine, quoted, timeOf } from './mail-facts.ts';
import { htmlOf } from './review-html.ts';

export interface MailContent {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly messageId: string;
  /** All mails of one session hang together in the reader's mailbox. */
  readonly references: string;
}

export function reviewMail(
  message: ReviewMessage,
  place: { readonly publicUrl: string; readonly domain: string },
  nowMs: number,
): MailContent {
  const { hold, reviewer, kind, round = 1 } = message;
  const facts: MailFacts = {
    headline: `${oneLine(hold.action.agent)} wants to run a command on ${oneLine(hold.action.target)} as ${oneLine(hold.action.account)}.`,
    hold,
    link: `${place.publicUrl.replace(/\/+$/, '')}/review#${message.token}`,
    timeLeft: duration(hold.expiresAtMs - nowMs),
    until: `${new Date(hold.expiresAtMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    again: againOf(message),
  };
  return {
    // The same for a session, so that threads stay together; the command is in the body, whole.
    subject: `Review: ${oneLine(hold.action.agent)} on ${oneLine(hold.action.target)}`,
    text: textOf(facts),
    html: htmlOf(facts),
    // Mail programs drop a second mail with the same id: a repeated job shall be, a second reminder shall not.
    messageId: `<${kind}${round === 1 ? '' : `-${round}`}.${hold.id}.${Buffer.from(reviewer.name).toString('hex')}@${place.domain}>`,
    references: `<session.${Buffer.from(hold.session).toString('hex')}@${place.domain}>`,
  };
}

function textOf({ hold, headline, link, timeLeft, until, again }: MailFacts): string {
  const { action } = hold;
  const rule = hold.rule === undefined ? '' : ` (rule ${oneLine(hold.rule)})`;
  const list = (title: string, lines: readonly string[]) => (lines.length === 0 ? [] : ['', title, ...lines]);
  return [
    ...(again === undefined ? [] : [again, '']),
    headline,
    ...askedAgain(hold),
    `It waits until ${until} (${timeLeft} left). Without an approval it does not run.`,
    '',
    ...quoted(action.command),
    '',
    `Why it was held: ${oneLine(hold.reason)}${rule}`,
    ...list(
      'What it would do:',
      hold.effects.map((effect) => `  - ${oneLine(effect)}`),
    ),
    ...list('As Sallyport reads it:', differs(action.canonical, action.command) ? quoted(action.canonical ?? '') : []),
    ...list(
      action.kind === 'stdin' ? 'Program on stdin:' : 'Data on stdin:',
      action.stdin === undefined ? [] : quoted(action.stdin),
    ),
    ...(action.stdinUse === 'streamed' ? ['', 'It also reads data from the agent that nobody has seen.'] : []),
    ...list(
      'Environment:',
      Object.entries(action.environment).flatMap(([name, value]) => quoted(`${name}=${value}`)),
    ),
    '',
    `Agent:   ${oneLine(action.agent)}, owned by ${oneLine(action.agentOwner)}`,
    `Target:  ${oneLine(action.target)} as ${oneLine(action.account)}`,
    ...(hold.quorum > 1 ? [`Needs:   ${oneLine(neededInWords(hold))}, each a different person`] : []),
    ...list(
      'Before that, from this agent:',
      hold.before.flatMap(({ command, verdict, atMs }) => [
        `  ${new Date(atMs).toISOString().slice(11, 19)} ${verdict}`,
        ...quoted(command),
      ]),
    ),
    '',
    'Look at it and decide:',
    link,
    '',
    'The link is yours alone, works once and ends with the request. No answer is not a yes.',
    `Request ${hold.id}`,
    '',
  ].join('\n');
}

function askedAgain({ respelling }: MailFacts['hold']): string[] {
  if (respelling === undefined) return [];
  const what = respelling.isSame ? 'THE SAME AGAIN that' : 'A RESPELLING of what';
  return [
    `${what} ${oneLine(respelling.reviewer)} rejected at ${timeOf(respelling.atMs)}:`,
    ...quoted(respelling.command),
    '',
  ];
}
