/**
 * What a webhook gets, once: the shape, from which `webhook-schema.json` is printed, and how a hold becomes it.
 *
 * `X-Sallyport-Signature: t=SECONDS,v1=HEX`, HEX being HMAC-SHA256 of `SECONDS.BODY` with the channel's secret. A
 * receiver compares in constant time and refuses what is older than five minutes.
 */
import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { type ChannelMessage, holdEvents } from '../approval/delivery.ts';
import { decidingGroups } from '../approval/escalation.ts';
import type { Hold, Respelling } from '../approval/hold.ts';
import { neededInWords } from '../approval/quorum.ts';

const time = z.iso.datetime({ precision: 3 }).describe('RFC 3339, UTC, with milliseconds');

export const webhookShape = z
  .strictObject({
    version: z.literal(1),
    id: z.string().describe('The same when a delivery is repeated: drop what you have seen'),
    event: z.enum(['hold.waiting', 'hold.reminder', 'hold.escalated', 'hold.glass-broken', ...holdEvents]),
    sentAt: time,
    hold: z.strictObject({
      id: z.string(),
      state: z
        .enum(['pending', 'approved', 'rejected', 'expired', 'withdrawn', 'released'])
        .describe('When this was sent, which may be later than the event'),
      digest: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .describe('SHA-256 of everything that decides what runs'),
      url: z.url().describe('Where a reviewer who is signed in decides; it carries no token'),
      createdAt: time,
      expiresAt: time.describe('Not run unless approved by then'),
      command: z.string().describe('Exactly what would be sent to the target, whole. Chosen by the agent: escape it'),
      canonical: z.string().nullable().describe('The same as Sallyport reads it'),
      stdin: z.string().nullable().describe('The whole program given on stdin'),
      stdinUse: z.enum(['closed', 'reviewed', 'streamed']),
      environment: z.record(z.string(), z.string()),
      agent: z.string(),
      agentOwner: z.string().describe('May not approve'),
      target: z.string(),
      account: z.string(),
      reason: z.string().describe('Why it was held'),
      rule: z.string().nullable(),
      effects: z.array(z.string()).describe('What it would do, in words'),
      groups: z.array(z.string()).describe('Who may decide; empty means every reviewer'),
      quorum: z.int().min(1).describe('How many people must agree, in all'),
      needs: z.string().describe('The same in words, like `1 of sre and 1 of security`; each a different person'),
      reasonRequired: z.boolean(),
      respelling: z
        .strictObject({
          hold: z.string(),
          command: z.string().describe('What was rejected. Chosen by the agent: escape it'),
          reviewer: z.string(),
          at: time,
          isSame: z.boolean(),
        })
        .optional()
        .describe('What a reviewer rejected shortly before and is asked again here, in another form unless `isSame`'),
      decisions: z
        .array(
          z.strictObject({
            reviewer: z.string(),
            verdict: z.enum(['approve', 'reject']),
            reason: z.string(),
            at: time,
            breakGlass: z.literal(true).optional().describe('Approved alone, outside the rule'),
          }),
        )
        .describe('So far, oldest first'),
    }),
  })
  .describe('A command of an agent waits for reviewers, or what became of it');

const names = {
  review: 'hold.waiting',
  reminder: 'hold.reminder',
  escalation: 'hold.escalated',
  alarm: 'hold.glass-broken',
} as const;

export type WebhookPayload = z.infer<typeof webhookShape>;

/** As JSON Schema, draft 2020-12. */
export function webhookSchema(): unknown {
  return z.toJSONSchema(webhookShape);
}

interface Occasion {
  readonly event: WebhookPayload['event'];
  readonly hold: Hold;
  /** The same for the same occasion. */
  readonly id: string;
}

export function occasionOf({ kind, hold, round = 1 }: ChannelMessage): Occasion {
  return { event: names[kind], hold, id: `${kind}${round === 1 ? '' : `-${round}`}.${hold.id}` };
}

export function webhookPayload(
  { event, hold, id }: Occasion,
  place: { readonly channel: string; readonly url: string },
  nowMs: number,
): WebhookPayload {
  const { action } = hold;
  return {
    version: 1,
    id: `${id}.${place.channel}`,
    event,
    sentAt: new Date(nowMs).toISOString(),
    hold: {
      id: hold.id,
      state: hold.state,
      digest: hold.digest,
      url: place.url,
      createdAt: new Date(hold.createdAtMs).toISOString(),
      expiresAt: new Date(hold.expiresAtMs).toISOString(),
      command: action.command,
      canonical: action.canonical ?? null,
      stdin: action.stdin ?? null,
      stdinUse: action.stdinUse,
      environment: action.environment,
      agent: action.agent,
      agentOwner: action.agentOwner,
      target: action.target,
      account: action.account,
      reason: hold.reason,
      rule: hold.rule ?? null,
      effects: [...hold.effects],
      groups: [...decidingGroups(hold)],
      quorum: Math.max(1, hold.quorum),
      needs: neededInWords(hold),
      reasonRequired: hold.reasonRequired,
      ...(hold.respelling === undefined ? {} : { respelling: respelled(hold.respelling) }),
      decisions: hold.decisions.map(({ reviewer, verdict, reason, atMs, breakGlass }) => ({
        reviewer,
        verdict,
        reason,
        at: new Date(atMs).toISOString(),
        ...(breakGlass === true ? { breakGlass } : {}),
      })),
    },
  };
}

function respelled({ hold, command, reviewer, atMs, isSame }: Respelling) {
  return { hold, command, reviewer, at: new Date(atMs).toISOString(), isSame };
}

export function webhookSignature(secret: string, body: string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1_000);
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
}
