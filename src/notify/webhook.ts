/** A signed JSON message to a receiver of one's own; the payload is described in `schemas/webhook.json`. */
import type { ChannelMessage, NoticeChannel } from '../approval/delivery.ts';
import { type ChannelParts, type ChannelPlace, holdPage } from './channel.ts';
import { post } from './outgoing.ts';
import { webhookPayload, webhookSignature } from './webhook-payload.ts';

export interface WebhookPlace extends ChannelPlace {
  /** Signs every message. */
  readonly secret: string;
}

export class WebhookChannel implements NoticeChannel {
  readonly kind = 'webhook';
  readonly #place: WebhookPlace;
  readonly #parts: ChannelParts;

  constructor(place: WebhookPlace, parts: ChannelParts) {
    this.#place = place;
    this.#parts = parts;
  }

  get name(): string {
    return this.#place.name;
  }

  get groups(): readonly string[] {
    return this.#place.groups;
  }

  async send(message: ChannelMessage): Promise<void> {
    const { url, secret, allowPrivate, name } = this.#place;
    const { publicUrl, now = Date.now, outgoing } = this.#parts;
    const nowMs = now();
    const page = holdPage(publicUrl(), message.hold.id);
    const body = JSON.stringify(webhookPayload(message, { channel: name, url: page }, nowMs));
    const headers = {
      'Content-Type': 'application/json',
      // Made new for each try: a receiver refuses old ones.
      'X-Sallyport-Signature': webhookSignature(secret, body, nowMs),
    };
    await post({ url, headers, body, allowPrivate }, outgoing);
  }
}
