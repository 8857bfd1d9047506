/** A signed JSON message to a receiver of one's own; the payload is described in `webhook-schema.json`. */
import type { NoticeChannel } from '../approval/delivery.ts';
import { type ChannelParts, type ChannelPlace, jsonChannel } from './channel.ts';
import { webhookPayload, webhookSignature } from './webhook-payload.ts';

export interface WebhookPlace extends ChannelPlace {
  /** Signs every message. */
  readonly secret: string;
}

export function webhookChannel(place: WebhookPlace, parts: ChannelParts): NoticeChannel {
  return jsonChannel('webhook', { place, parts }, (message, page, nowMs) => {
    const body = JSON.stringify(webhookPayload(message, { channel: place.name, url: page }, nowMs));
    // Made anew for each try: a receiver refuses old ones.
    return { body, headers: { 'X-Sallyport-Signature': webhookSignature(place.secret, body, nowMs) } };
  });
}
