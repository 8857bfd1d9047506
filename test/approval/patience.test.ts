/** Reminders and escalation as jobs, over both stores. */
import { describe, expect, it } from 'vitest';
import type { NoticeChannel } from '../../src/approval/delivery.ts';
import { bothBackends } from '../support/backends.ts';
import { eventually } from '../support/eventually.ts';
import { decisionOf, requestFor } from '../support/holds.ts';
import { openOffice } from '../support/office.ts';

const told = (mails: readonly { kind: string; reviewer: { name: string } }[], kind: string) =>
  mails
    .filter((mail) => mail.kind === kind)
    .map(({ reviewer }) => reviewer.name)
    .sort();

const toDba = (afterMs: number) => ({ escalation: { afterMs, groups: ['dba'] } });

describe.each(bothBackends())('on $name', ({ open }) => {
  it('people are reminded again and again, until they decide', async () => {
    const { store } = await open();
    const { keeper, mails } = await openOffice(store);
    const { hold } = await keeper.open(requestFor('touch x', { quorum: 2, remindAfterMs: 100 }));
    const rounds = (id: string, name = 'noor') =>
      mails
        .filter((mail) => mail.kind === 'reminder' && mail.hold.id === id && mail.reviewer.name === name)
        .map(({ round }) => round);
    await keeper.decide(hold.id, decisionOf(hold, 'maya'));
    const before = rounds(hold.id, 'maya').length;
    await eventually(() => rounds(hold.id).slice(0, 3)).toEqual([1, 2, 3]);
    expect(rounds(hold.id, 'maya').length - before).toBeLessThanOrEqual(1);
    await keeper.decide(hold.id, decisionOf(hold, 'noor'));
    const count = rounds(hold.id).length;
    const { hold: other } = await keeper.open(requestFor('touch y', { groups: ['dba'], remindAfterMs: 100 }));
    await eventually(() => rounds(other.id).includes(3)).toBe(true);
    // One may have been on its way.
    expect(rounds(hold.id).length - count).toBeLessThanOrEqual(1);
  });

  it('more people may decide after a while, and are told; the record says so', async () => {
    const { store } = await open();
    const notices: string[] = [];
    const channel = (name: string, groups: readonly string[]): NoticeChannel => ({
      kind: 'ntfy',
      name,
      groups,
      send: async ({ kind }) => void notices.push(`${name} ${kind}`),
    });
    const channels = [channel('sre-room', ['sre']), channel('dba-room', ['dba']), channel('all', [])];
    const { keeper, audit, mails } = await openOffice(store, { channels: () => channels });
    const { hold } = await keeper.open(requestFor('touch x', toDba(400)));
    await eventually(() => told(mails, 'review')).toEqual(['maya', 'noor']);
    expect(await keeper.decide(hold.id, decisionOf(hold, 'pete'))).toMatchObject({ code: 'REVIEWER_NOT_ALLOWED' });
    await eventually(() => told(mails, 'escalation')).toEqual(['pete']);
    await eventually(() => notices.toSorted()).toEqual(['all review', 'dba-room escalation', 'sre-room review']);
    expect(audit.named('hold.escalated')).toEqual([
      { event: 'hold.escalated', hold: hold.id, digest: hold.digest, groups: ['dba'] },
    ]);
    await eventually(async () => {
      const deliveries = (await keeper.get(hold.id))?.deliveries ?? [];
      return deliveries.map((to) => `${to.channel === 'mail' ? to.reviewer : to.name} ${to.state}`).sort();
    }).toEqual([
      'all delivered',
      'dba-room delivered',
      'maya delivered',
      'noor delivered',
      'pete delivered',
      'sre-room delivered',
    ]);
    await keeper.decide(hold.id, decisionOf(hold, 'pete'));
    expect((await keeper.get(hold.id))?.state).toBe('approved');
  });

  it('an escalation that is due during a restart happens after it, once', async () => {
    const { store, again } = await open();
    const first = await openOffice(store);
    const { hold } = await first.keeper.open(requestFor('touch x', toDba(300)));
    await eventually(() => told(first.mails, 'review')).toEqual(['maya', 'noor']);
    await first.close();
    await eventually(() => Date.now() > hold.createdAtMs + 300).toBe(true);
    const second = await openOffice(await again());
    await eventually(() => told(second.mails, 'escalation')).toEqual(['pete']);
    await second.close();
    const third = await openOffice(await again());
    await third.jobs.announce(hold);
    await third.keeper.escalate(hold.id);
    expect((await third.keeper.get(hold.id))?.escalation?.doneAtMs).toBeDefined();
    expect([first, second, third].flatMap(({ audit }) => audit.named('hold.escalated'))).toHaveLength(1);
    expect(third.mails).toEqual([]);
  });

  it('the schedule says who is told, the first time and again; a restart asks it nothing', async () => {
    const { store, again } = await open();
    let awake = ['maya'];
    const isTold = ({ name }: { readonly name: string }) => awake.includes(name);
    const first = await openOffice(store, { isTold });
    const { hold } = await first.keeper.open(requestFor('touch x', { remindAfterMs: 1_500 }));
    await eventually(() => told(first.mails, 'review')).toEqual(['maya']);
    awake = ['noor'];
    await first.close();
    const second = await openOffice(await again(), { isTold });
    await eventually(() => told(second.mails, 'reminder')).toContain('noor');
    expect(told(second.mails, 'review')).toEqual([]);
    expect((await second.keeper.get(hold.id))?.deliveries).toMatchObject([{ reviewer: 'maya' }]);
    // Told or not, whoever is eligible may decide.
    await second.keeper.decide(hold.id, decisionOf(hold, 'maya'));
    expect((await second.keeper.get(hold.id))?.state).toBe('approved');
  });

  it('what was decided does not escalate', async () => {
    const { store } = await open();
    const { keeper, audit, mails } = await openOffice(store);
    const { hold } = await keeper.open(requestFor('touch x', toDba(200)));
    await keeper.decide(hold.id, decisionOf(hold, 'maya', { verdict: 'reject' }));
    const { hold: other } = await keeper.open(requestFor('touch y', toDba(250)));
    // Both are due by then; the jobs run in the order of their time.
    await eventually(() => told(mails, 'escalation')).toEqual(['pete']);
    expect(audit.named('hold.escalated')).toMatchObject([{ hold: other.id }]);
  });

  it('racing escalations and decisions end as one of the two, whole', async () => {
    const { store } = await open();
    const { keeper, audit, problems } = await openOffice(store);
    for (let at = 0; at < 15; at++) {
      const { hold } = await keeper.open(requestFor(`touch ${at}`, { quorum: 2, ...toDba(1) }));
      await Promise.all([
        ...Array.from({ length: 4 }, () => keeper.escalate(hold.id)),
        ...['maya', 'pete', 'olga'].map((name) => keeper.decide(hold.id, decisionOf(hold, name))),
      ]);
      const after = await keeper.get(hold.id);
      expect(after?.quorum).toBe(2);
      expect(after?.decisions.map(({ reviewer }) => reviewer)).not.toContain('olga');
      expect(after?.state).toBe(after?.decisions.length === 2 ? 'approved' : 'pending');
      if (after?.state === 'pending') await keeper.decide(hold.id, decisionOf(hold, 'maya', { verdict: 'reject' }));
    }
    expect(audit.named('hold.escalated').length).toBeLessThanOrEqual(15 * 2);
    expect(problems).toEqual([]);
  });
});
