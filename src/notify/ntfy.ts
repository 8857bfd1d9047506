/**
 * ntfy: a push message whose button opens the page of the hold.
 *
 * SPEC: https://docs.ntfy.sh/publish/#publish-as-json
 */
import type { NoticeChannel } from '../approval/delivery.ts';
import {
  type ChannelParts,
  type ChannelPlace,
  firstFitting,
  jsonChannel,
  moreOnPage,
  type Notice,
  noticeOf,
} from './channel.ts';

export interface NtfyPlace extends ChannelPlace {
  /** Access token of the server; undefined for an open topic. */
  readonly token: string | undefined;
}

/** ntfy turns a message of more than 4,096 bytes into an attachment, or refuses it. */
const maxMessageBytes = 4_096;
const maxCommandBytes = 3_000;
/** 4 makes a phone ring, 5 makes it ring for long. */
const priorities = { review: 4, reminder: 5, escalation: 5, alarm: 5 } as const;

export function ntfyChannel(place: NtfyPlace, parts: ChannelParts): NoticeChannel {
  return jsonChannel('ntfy', { place, parts }, (message, page, nowMs) => {
    const notice = noticeOf(message, maxCommandBytes, nowMs);
    const { server, topic } = serverAndTopic(place.url);
    const body = JSON.stringify({
      topic,
      title: notice.title,
      message: messageOf(notice),
      priority: priorities[message.kind],
      tags: [message.kind === 'alarm' ? 'rotating_light' : 'raised_hand'],
      click: page,
      actions: [
        { action: 'view', label: message.kind === 'alarm' ? notice.link : 'Look and decide', url: page, clear: true },
      ],
    });
    return {
      url: server,
      body,
      headers: place.token === undefined ? {} : { Authorization: `Bearer ${place.token}` },
    };
  });
}

/** What an alarm or a rule has to say may be as long as a command; the command goes first, and nothing in part. */
function messageOf({ command, longer, besides, timeLeft }: Notice): string {
  const texts = [
    [command ?? longer, '', ...besides, timeLeft],
    [longer, '', ...besides, timeLeft],
    [longer, '', moreOnPage],
  ];
  return firstFitting(
    texts.map((lines) => lines.join('\n')),
    maxMessageBytes,
  );
}

/** JSON is posted to the server's root and names the topic; people write the address of the topic. */
function serverAndTopic(url: string): { readonly server: string; readonly topic: string } {
  const { origin, pathname } = new URL(url);
  const path = pathname.replace(/\/+$/, '');
  const at = path.lastIndexOf('/') + 1;
  return { server: `${origin}${path.slice(0, at)}`, topic: path.slice(at) };
}
