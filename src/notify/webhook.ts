/** A signed JSON message to a receiver of one's own; the payload is described in `webhook-schema.json`. */
import type { HoldEvent, NoticeChannel } from '../approval/delivery.ts';
import { type ChannelParts, type ChannelPlace, holdPage, jsonChannel } from './channel.ts';
import { post } from './outgoing.ts';
import { occasionOf, webhookPayload, webhookSignature } from './webhook-payload.ts';

export interface WebhookPlace extends ChannelPlace {
  /** Signs every message. */
  readonly secret: string;
  /** What it wants to hear besides that something waits. */
  readonly events?: readonly HoldEvent[];
}

export function webhookChannel(place: WebhookPlace, parts: ChannelParts): NoticeChannel {
  const { events = [], name, secret, url, allowPrivate } = place;
  const compose = (occasion: ReturnType<typeof occasionOf>, page: string, nowMs: number) => {
    const body = JSON.stringify(webhookPayload(occasion, { channel: name, url: page }, nowMs));
    // Made anew for each try: a receiver refuses old ones.
    return { body, headers: { 'X-Sallyport-Signature': webhookSignature(secret, body, nowMs) } };
  };
  const channel = jsonChannel('webhook', { place, parts }, (message, page, nowMs) =>
    compose(occasionOf(message), page, nowMs),
  );
  if (events.length === 0) return channel;
  const { publicUrl, now = Date.now, outgoing } = parts;
  const send: NonNullable<NoticeChannel['report']>['send'] = async (event, hold) => {
    const { body, headers } = compose(
      { event, hold, id: `${event}.${hold.id}` },
      holdPage(publicUrl(), hold.id),
      now(),
    );
    const sent = { url, headers: { 'Content-Type': 'application/json', ...headers }, body, allowPrivate };
    await post(sent, outgoing);
  };
  return { ...channel, report: { events, send } };
}
