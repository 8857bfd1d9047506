import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { webhookChannel } from '../../src/notify/webhook.ts';
import { webhookSchema } from '../../src/notify/webhook-payload.ts';
import { holdFor } from '../support/holds.ts';
import { receiver } from '../support/receiver.ts';

const secret = 'CANARY-SIGNING-SECRET';
const schemaFile = new URL('../../src/notify/webhook-schema.json', import.meta.url);
const schema: unknown = JSON.parse(readFileSync(schemaFile, 'utf8'));

function webhook(url: string, nowMs = 1_700_000_000_123) {
  const place = { name: 'ops', groups: [], url, allowPrivate: true, secret };
  return webhookChannel(place, { publicUrl: () => 'https://gate.example.test/', now: () => nowMs });
}

describe('a webhook', () => {
  it.each(['review', 'reminder'] as const)('sends what the published schema describes: %s', async (kind) => {
    const { url, received } = await receiver();
    const hold = holdFor();
    await webhook(url).send({ kind, hold });
    const body: unknown = JSON.parse(received[0]?.body ?? '');
    expect(z.fromJSONSchema(schema as z.core.JSONSchema.JSONSchema).safeParse(body).error).toBeUndefined();
    expect(body).toMatchObject({
      event: kind === 'review' ? 'hold.waiting' : 'hold.reminder',
      sentAt: '2023-11-14T22:13:20.123Z',
      hold: { command: hold.action.command, url: `https://gate.example.test/holds/${hold.id}`, quorum: 1 },
    });
  });

  it('says what was rejected before and is asked again', async () => {
    const { url, received } = await receiver();
    const respelling = { hold: 'h-1', command: 'rm -rf /srv/x', reviewer: 'maya', atMs: 1_000, isSame: false };
    await webhook(url).send({ kind: 'review', hold: holdFor({ respelling }) });
    const body: unknown = JSON.parse(received[0]?.body ?? '');
    expect(z.fromJSONSchema(schema as z.core.JSONSchema.JSONSchema).safeParse(body).error).toBeUndefined();
    const { atMs: _, ...rest } = respelling;
    expect(body).toMatchObject({ hold: { respelling: { ...rest, at: '1970-01-01T00:00:01.000Z' } } });
  });

  it('has a schema that refuses what it does not describe', () => {
    expect(schema).toEqual(webhookSchema());
    expect(z.fromJSONSchema(schema as z.core.JSONSchema.JSONSchema).safeParse({ version: 1 }).success).toBe(false);
  });

  it('is signed over time and body, anew for each try', async () => {
    const { url, received } = await receiver();
    const message = { kind: 'review', hold: holdFor() } as const;
    await webhook(url).send(message);
    await webhook(url, 1_700_000_060_000).send(message);
    const times = received.map(({ headers, body }) => {
      const match = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['x-sallyport-signature']));
      expect(match?.[2]).toBe(createHmac('sha256', secret).update(`${match?.[1]}.${body}`).digest('hex'));
      return match?.[1];
    });
    expect(times).toEqual(['1700000000', '1700000060']);
    const ids = received.map(({ body }) => JSON.parse(body).id);
    expect(ids[0]).toBe(ids[1]);
    expect(JSON.stringify(received)).not.toContain('CANARY');
  });
});
