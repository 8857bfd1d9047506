/**
 * Microsoft Teams, by the address of a workflow: an Adaptive Card that says who asks and opens the page of the hold.
 * The command itself is only on the page: cards are cut and read as Markdown in some clients.
 *
 * SPEC: https://adaptivecards.io/explorer/
 */
import type { NoticeChannel } from '../approval/delivery.ts';
import { type ChannelParts, type ChannelPlace, jsonChannel, noticeOf } from './channel.ts';

export function teamsChannel(place: ChannelPlace, parts: ChannelParts): NoticeChannel {
  return jsonChannel('teams', { place, parts }, (message, page, nowMs) => {
    const { title, timeLeft, besides, link } = noticeOf(message, 0, nowMs);
    // Text runs are not read as Markdown, text blocks are.
    const line = (text: string, weight: 'Bolder' | 'Default') => ({
      type: 'RichTextBlock',
      inlines: [{ type: 'TextRun', text, weight }],
    });
    const card = {
      $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
      type: 'AdaptiveCard',
      version: '1.4',
      body: [
        line(title, 'Bolder'),
        ...(message.kind === 'alarm' ? besides : []).map((text) => line(text, 'Default')),
        line(timeLeft, 'Default'),
      ],
      actions: [{ type: 'Action.OpenUrl', title: link, url: page }],
    };
    const attachment = { contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content: card };
    return { body: JSON.stringify({ type: 'message', attachments: [attachment] }) };
  });
}
