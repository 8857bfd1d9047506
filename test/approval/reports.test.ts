/** What became of a hold, told to webhooks that want to hear of it, over both stores. */

import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type HoldEvent, holdEvents } from '../../src/approval/delivery.ts';
import { webhookChannel } from '../../src/notify/webhook.ts';
import { webhookShape } from '../../src/notify/webhook-payload.ts';
import { bothBackends } from '../support/backends.ts';
import { eventually } from '../support/eventually.ts';
import { decisionOf, requestFor } from '../support/holds.ts';
import { openOffice } from '../support/office.ts';
import { type Received, receiver } from '../support/receiver.ts';

const secret = 'CANARY-0123456789';

function hookAt(url: string, events: readonly HoldEvent[], groups: readonly string[] = []) {
  const place = { name: 'audit', groups, url, allowPrivate: true, secret, events };
  return webhookChannel(place, { publicUrl: () => 'https://gate.example.test' });
}

const eventsOf = (received: readonly Received[]) => received.map(({ body }) => JSON.parse(body).event);

describe.each(bothBackends())('on $name', ({ open }) => {
  it('each event is told once, signed, by the schema', async () => {
    const hook = await receiver();
    const { keeper, audit } = await openOffice((await open()).store, {
      channels: () => [hookAt(hook.url, holdEvents)],
    });
    const { hold } = await keeper.open(requestFor('touch a', { quorum: 2 }));
    for (const name of ['maya', 'noor']) await keeper.decide(hold.id, decisionOf(hold, name));
    await keeper.release(hold.id, hold.action);
    const rejected = (await keeper.open(requestFor('touch b'))).hold;
    await keeper.decide(rejected.id, decisionOf(rejected, 'maya', { verdict: 'reject', reason: 'no' }));
    const withdrawn = (await keeper.open(requestFor('touch c'))).hold;
    await keeper.withdraw(withdrawn.id, withdrawn.action.agent);
    await keeper.open(requestFor('touch d', { expiresInMs: 300 }));
    const want = ['approved', 'released', 'rejected', 'withdrawn', 'expired', ...Array(4).fill('created')];
    await eventually(() =>
      eventsOf(hook.received)
        // Whoever is asked is told by the way, and reminded at half time when the machine is slow.
        .filter((event) => event !== 'hold.waiting' && event !== 'hold.reminder')
        .sort(),
    ).toEqual(want.map((name) => `hold.${name}`).sort());
    for (const { body, headers } of hook.received) {
      expect(webhookShape.safeParse(JSON.parse(body)).error).toBeUndefined();
      const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['x-sallyport-signature'])) ?? [];
      expect(createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')).toBe(v1);
    }
    const ids = hook.received.map(({ body }) => JSON.parse(body).id);
    expect(new Set(ids).size).toBe(ids.length);
    const approved = hook.received.map(({ body }) => JSON.parse(body)).find(({ event }) => event === 'hold.approved');
    expect(approved.hold.decisions).toMatchObject([
      { reviewer: 'maya', verdict: 'approve', reason: 'known deploy' },
      { reviewer: 'noor', verdict: 'approve' },
    ]);
    expect(JSON.stringify(audit.events)).not.toContain('CANARY');
    // Who was told that it waits is a matter of its own.
    expect((await keeper.get(hold.id))?.deliveries?.filter(({ channel }) => channel === 'webhook')).toHaveLength(1);
  });

  it('only what a channel asked for, of holds it is told of, and again while it cannot take it', async () => {
    let refusals = 2;
    const hook = await receiver((_request, response) => response.writeHead(refusals-- > 0 ? 503 : 200).end());
    const other = await receiver();
    const channels = () => [
      hookAt(hook.url, ['hold.rejected']),
      { ...hookAt(other.url, holdEvents, ['dba']), name: 'dba' },
    ];
    const { keeper } = await openOffice((await open()).store, { channels });
    const { hold } = await keeper.open(requestFor('touch a'));
    await eventually(async () =>
      (await keeper.get(hold.id))?.deliveries?.every(({ state }) => state === 'delivered'),
    ).toBe(true);
    refusals = 1;
    await keeper.decide(hold.id, decisionOf(hold, 'maya', { verdict: 'reject' }));
    await eventually(() => eventsOf(hook.received).filter((event) => event === 'hold.rejected')).toHaveLength(2);
    expect(eventsOf(hook.received)).not.toContain('hold.created');
    expect(other.received).toEqual([]);
  });
});

it('the printed schema has every event', () => {
  const schema = JSON.parse(readFileSync(new URL('../../src/notify/webhook-schema.json', import.meta.url), 'utf8'));
  expect(schema.properties.event.enum).toEqual(expect.arrayContaining([...holdEvents]));
});
