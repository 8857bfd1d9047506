/**
 * Whether a request came from Slack, and only once.
 *
 * Refuses a signature that is not Slack's over exactly these bytes, a time more than five minutes away, and a request
 * that was here before.
 *
 * SPEC: https://docs.slack.dev/authentication/verifying-requests-from-slack/
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export interface SlackRequest {
  /** The bytes as they came. */
  readonly body: string;
  readonly timestamp: string | undefined;
  readonly signature: string | undefined;
}

const toleranceMs = 5 * 60_000;
/** Only signed requests are remembered, so this many in five minutes are Slack's own. */
const maxSeen = 10_000;

export function isSigned({ body, timestamp, signature }: SlackRequest, secret: string, nowMs: number): boolean {
  if (timestamp === undefined || !/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(nowMs - Number(timestamp) * 1_000) > toleranceMs) return false;
  const given = /^v0=([0-9a-f]{64})$/.exec(signature ?? '')?.[1];
  if (given === undefined) return false;
  const wanted = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest();
  return timingSafeEqual(wanted, Buffer.from(given, 'hex'));
}

export class SeenRequests {
  readonly #seen = new Map<string, number>();

  /** False when it was here before. Only for requests whose signature is right. */
  add({ signature = '' }: SlackRequest, nowMs: number): boolean {
    for (const [old, atMs] of this.#seen) {
      // A time may lie as far ahead as behind.
      if (nowMs - atMs <= 2 * toleranceMs) break;
      this.#seen.delete(old);
    }
    if (this.#seen.has(signature) || this.#seen.size >= maxSeen) return false;
    this.#seen.set(signature, nowMs);
    return true;
  }
}
