/**
 * Slack, by incoming webhook: the whole command and a link to the page of the hold; with a signing secret also a button
 * that opens a dialogue (see `slack-desk.ts`).
 *
 * What the agent chose stands in elements that Slack does not read as mark-up; only the fallback text is mark-up, and
 * is escaped.
 *
 * SPEC: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
 */
import type { NoticeChannel } from '../approval/delivery.ts';
import { type ChannelParts, type ChannelPlace, firstFitting, jsonChannel, moreOnPage, noticeOf } from './channel.ts';
import { reviewButton, type SlackApp } from './slack-desk.ts';

/** Slack refuses a text of more than 3,000 characters; bytes are never fewer. */
const maxTextBytes = 2_900;

export interface SlackPlace extends ChannelPlace {
  /** Present when one may decide in Slack. */
  readonly app?: SlackApp | undefined;
}

export function slackChannel(place: SlackPlace, parts: ChannelParts): NoticeChannel {
  return jsonChannel('slack', { place, parts }, (message, page, nowMs) => {
    const { title, command, longer, besides, timeLeft, link } = noticeOf(message, maxTextBytes, nowMs);
    const plain = (text: string) => ({ type: 'plain_text', text, emoji: false });
    const text = (value: string) => ({ type: 'text', text: value });
    const shown =
      command === undefined
        ? { type: 'rich_text_section', elements: [text(longer)] }
        : // An empty text element is refused; a command of nothing is drawn as one space.
          { type: 'rich_text_preformatted', elements: [text(command === '' ? ' ' : command)] };
    const body = {
      text: escaped(title),
      blocks: [
        { type: 'section', text: plain(title) },
        { type: 'rich_text', elements: [shown] },
        {
          type: 'context',
          elements: [plain(firstFitting([[...besides, timeLeft].join(' '), moreOnPage], maxTextBytes))],
        },
        { type: 'section', text: { type: 'mrkdwn', text: `<${escaped(page)}|${link}>` } },
        ...(place.app === undefined || message.kind === 'alarm'
          ? []
          : [{ type: 'actions', elements: [button(message.hold.id)] }]),
      ],
      unfurl_links: false,
    };
    return { body: JSON.stringify(body) };
  });
}

function button(holdId: string) {
  const text = { type: 'plain_text', text: 'Review it here', emoji: false };
  return { type: 'button', action_id: reviewButton, value: holdId, text };
}

/** SPEC: https://docs.slack.dev/messaging/formatting-message-text/#escaping */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
