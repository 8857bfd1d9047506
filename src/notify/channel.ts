/**
 * What the channels have in common: where they are, the page they point to, and how they are sent.
 *
 * INVARIANT: what a channel says carries nobody's token; the page it points to needs a sign-in.
 */
import type { ChannelMessage, NoticeChannel } from '../approval/delivery.ts';
import { brokenGlass } from '../approval/glass.ts';
import type { ChannelKind, Hold, HoldDecision } from '../approval/hold.ts';
import { neededInWords } from '../approval/quorum.ts';
import { visibleText } from '../approval/visible.ts';
import { duration, oneLine } from './mail-facts.ts';
import { type OutgoingParts, post } from './outgoing.ts';

/** From the configuration. `url` is a secret: for most services whoever knows it may write there. */
export interface ChannelPlace {
  readonly name: string;
  readonly groups: readonly string[];
  readonly url: string;
  readonly allowPrivate: boolean;
}

export interface ChannelParts {
  /** What links start with, read at each message: with port 0 it is known only after the web server listens. */
  readonly publicUrl: () => string;
  readonly now?: () => number;
  readonly outgoing?: OutgoingParts;
}

export interface Composed {
  /** Absent: the channel's own address. */
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** `compose` is called for each try, with the address of the hold's page. */
export function jsonChannel(
  kind: ChannelKind,
  { place, parts }: { readonly place: ChannelPlace; readonly parts: ChannelParts },
  compose: (message: ChannelMessage, page: string, nowMs: number) => Composed,
): NoticeChannel {
  const { name, groups, url, allowPrivate } = place;
  const { publicUrl, now = Date.now, outgoing } = parts;
  const send = async (message: ChannelMessage) => {
    const composed = compose(message, holdPage(publicUrl(), message.hold.id), now());
    const headers = { 'Content-Type': 'application/json', ...composed.headers };
    await post({ url: composed.url ?? url, headers, body: composed.body, allowPrivate }, outgoing);
  };
  return { kind, name, groups, send };
}

/** The console's page of a hold. */
export function holdPage(publicUrl: string, holdId: string): string {
  return `${publicUrl.replace(/\/+$/, '')}/holds/${encodeURIComponent(holdId)}`;
}

export interface Notice {
  readonly title: string;
  readonly timeLeft: string;
  /** With invisible characters named; undefined when it is longer than the channel can show: never a part of it. */
  readonly command: string | undefined;
  /** Said instead of the command. */
  readonly longer: string;
  /** Also to be read on the page. */
  readonly besides: readonly string[];
  /** What one does there. */
  readonly link: string;
}

/** The words for channels that people read, all plain text without mark-up. */
export function noticeOf({ kind, hold }: ChannelMessage, maxCommandBytes: number, nowMs: number): Notice {
  const { action } = hold;
  const glass = brokenGlass(hold);
  if (kind === 'alarm' && glass !== undefined) return alarmNotice(hold, glass, maxCommandBytes);
  const start = { alarm: '', review: '', reminder: 'Still waiting: ', escalation: 'Nobody decided yet: ' }[kind];
  return {
    title: `${start}${oneLine(action.agent)} wants to run a command on ${oneLine(action.target)} as ${oneLine(action.account)}`,
    timeLeft: `${duration(hold.expiresAtMs - nowMs)} left; no answer is not a yes`,
    ...shownCommand(hold, maxCommandBytes),
    link: 'Look at it and decide',
    besides: [
      ...(hold.respelling === undefined
        ? []
        : [
            `${hold.respelling.isSame ? 'The same again that' : 'A respelling of what'} ${oneLine(hold.respelling.reviewer)} rejected.`,
          ]),
      ...(action.stdin === undefined ? [] : ['It runs a program given on stdin: read it on the page.']),
      ...(action.stdinUse === 'streamed' ? ['It reads data from the agent that nobody has seen.'] : []),
      ...(hold.quorum > 1 ? [`Needs ${oneLine(neededInWords(hold))}, each a different person.`] : []),
    ],
  };
}

/** Said instead of what does not fit. */
export const moreOnPage = 'There is more to say than fits here: read it on the page.';

/** The first of these texts that fits; the last one fits always. */
export function firstFitting(texts: readonly string[], maxBytes: number): string {
  return texts.find((text) => Buffer.byteLength(text) <= maxBytes) ?? texts.at(-1) ?? '';
}

function shownCommand({ action }: Hold, maxCommandBytes: number): Pick<Notice, 'command' | 'longer'> {
  const shown = visibleText(action.command);
  return {
    command: Buffer.byteLength(shown) <= maxCommandBytes ? shown : undefined,
    longer: `The command is ${[...action.command].length} characters long, too long to be shown here: read it on the page.`,
  };
}

/** Decided already: nothing waits, and there is nothing to be late for. */
function alarmNotice(hold: Hold, { reviewer, reason }: HoldDecision, maxCommandBytes: number): Notice {
  const { action } = hold;
  return {
    title: `OUTSIDE THE RULE: ${oneLine(reviewer)} alone approved a command of ${oneLine(action.agent)} on ${oneLine(action.target)} as ${oneLine(action.account)}`,
    timeLeft: `The rule wants ${oneLine(neededInWords(hold))}.`,
    ...shownCommand(hold, maxCommandBytes),
    link: 'Look at it',
    besides: [
      `Reason: ${oneLine(reason)}`,
      ...(action.stdin === undefined ? [] : ['It runs a program given on stdin: read it on the page.']),
    ],
  };
}
