import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { DecideRefusal, DecideRequest } from '../../src/approval/desk.ts';
import { type BreakGlassTerms, brokenGlass } from '../../src/approval/glass.ts';
import type { Hold } from '../../src/approval/hold.ts';
import * as state from '../../src/approval/state.ts';
import { alarmMail } from '../../src/notify/alarm-mail.ts';
import { channelOf } from '../../src/notify/channels.ts';
import { MailMessenger } from '../../src/notify/mail.ts';
import type { Store } from '../../src/store/open.ts';
import { bothBackends } from '../support/backends.ts';
import { eventually } from '../support/eventually.ts';
import type { HoldChange } from '../support/hold-parts.ts';
import { decisionOf, holdFor, requestFor, reviewers } from '../support/holds.ts';
import { testMailbox } from '../support/mailbox.ts';
import { openOffice } from '../support/office.ts';
import { receiver } from '../support/receiver.ts';

const terms: BreakGlassTerms = { group: 'dba', minReasonLength: 10 };
const why = 'production is down, sre asleep';
const glass = { breakGlass: true, reason: why } as const;
const hold = holdFor({ quorum: 2 });

interface Case {
  readonly hold?: Hold;
  readonly by?: string;
  readonly change?: Partial<DecideRequest>;
  readonly nowMs?: number;
  readonly breakGlass?: BreakGlassTerms | undefined;
  readonly barred?: readonly string[];
}

function decided({ hold: held = hold, by = 'pete', change = {}, nowMs = 2_000, barred = [], ...rest }: Case) {
  const reviewer = reviewers.find(({ name }) => name === by);
  const breakGlass = 'breakGlass' in rest ? rest.breakGlass : terms;
  const request = decisionOf(held, by, { ...glass, ...change });
  return state.decide(held, request, reviewer, { nowMs, grantMs: 60_000, barred, breakGlass });
}

describe('breaking the glass', () => {
  it('approves alone what the rule wants two others for, marked, once', () => {
    const step = decided({});
    if (step.kind !== 'moved') throw new Error(step.message);
    expect(step.hold).toMatchObject({
      state: 'approved',
      grantExpiresAtMs: 62_000,
      decisions: [{ reviewer: 'pete', verdict: 'approve', reason: why, breakGlass: true }],
    });
    expect(brokenGlass(step.hold)?.reviewer).toBe('pete');
    const released = state.release(step.hold, 3_000);
    expect(released && brokenGlass(released)?.reviewer).toBe('pete');
    expect(released && state.release(released, 3_000)).toBeUndefined();
  });

  it('replaces several clauses too', () => {
    const allOf = [{ groups: ['sre'], quorum: 2 }];
    expect(decided({ hold: holdFor({ allOf }) })).toMatchObject({ hold: { state: 'approved' } });
  });

  it('is open to somebody whose own vote was not enough', () => {
    const request = decisionOf(hold, 'noor');
    const first = state.decide(hold, request, reviewers[1], { nowMs: 2_000, grantMs: 60_000, breakGlass: terms });
    if (first.kind !== 'moved') throw new Error(first.message);
    expect(first.hold.state).toBe('pending');
    expect(brokenGlass(first.hold)).toBeUndefined();
    expect(decided({ hold: first.hold, by: 'noor' })).toMatchObject({ hold: { state: 'approved' } });
  });

  const keysOf = (name: string) => holdFor({ action: { ...hold.action, keysChangedBy: [name] } });
  const refusals: readonly (Case & { readonly name: string; readonly want: DecideRefusal })[] = [
    { name: 'where no group is configured', breakGlass: undefined, want: 'BREAK_GLASS_OFF' },
    { name: 'by somebody of another group', by: 'maya', want: 'BREAK_GLASS_NOT_ALLOWED' },
    { name: 'by the agent’s owner', by: 'olga', want: 'REVIEWER_IS_OWNER' },
    { name: 'by whoever put in the keys', hold: keysOf('pete'), want: 'REVIEWER_CHANGED_KEYS' },
    { name: 'by whoever has put in keys since', barred: ['pete'], want: 'REVIEWER_CHANGED_KEYS' },
    { name: 'by a stranger', by: 'nobody', want: 'REVIEWER_NOT_ALLOWED' },
    { name: 'without a reason', change: { reason: ' ' }, want: 'REASON_REQUIRED' },
    { name: 'with too short a reason', change: { reason: '   urgent!   ' }, want: 'REASON_REQUIRED' },
    { name: 'with less than the rule wants', hold: holdFor({ minReasonLength: 40 }), want: 'REASON_REQUIRED' },
    { name: 'of something else than was shown', change: { digest: 'x' }, want: 'HOLD_CHANGED' },
    { name: 'in the millisecond of the deadline', nowMs: 901_000, want: 'HOLD_NOT_PENDING' },
    { name: 'of what was rejected', hold: holdFor({ state: 'rejected' }), want: 'HOLD_NOT_PENDING' },
    { name: 'to reject', change: { verdict: 'reject' }, want: 'BREAK_GLASS_ONLY_ONCE' },
    { name: 'for longer than once', change: { scope: { kind: 'session' } }, want: 'BREAK_GLASS_ONLY_ONCE' },
    { name: 'in Slack', change: { channel: 'slack' }, want: 'BREAK_GLASS_ONLY_ONCE' },
  ];
  it.each(refusals)('is refused $name', ({ want, ...rest }) => {
    expect(decided(rest)).toMatchObject({ kind: 'refused', code: want });
  });

  it.each(['auditor', 'admin'])('is refused from somebody who is only %s', (role) => {
    const step = state.decide(
      hold,
      decisionOf(hold, 'aud', glass),
      { name: 'aud', groups: ['dba'], roles: [role] },
      {
        nowMs: 2_000,
        grantMs: 60_000,
        breakGlass: terms,
      },
    );
    expect(step).toMatchObject({ code: 'REVIEWER_NOT_ALLOWED' });
  });

  it('never lets anybody through who is barred, late, silent or not of the group', () => {
    const some = fc.record({
      by: fc.constantFrom('maya', 'noor', 'pete', 'olga', 'nobody'),
      reason: fc.string({ maxLength: 30 }),
      nowMs: fc.integer({ min: 1_000, max: 1_000_000 }),
      keys: fc.subarray(['maya', 'noor', 'pete']),
      barred: fc.subarray(['maya', 'noor', 'pete']),
      quorum: fc.integer({ min: 0, max: 3 }),
      groups: fc.subarray(['sre', 'dba']),
      breakGlass: fc.constantFrom(undefined, terms, { group: 'sre', minReasonLength: 1 }),
    });
    fc.assert(
      fc.property(some, ({ by, reason, nowMs, keys, barred, quorum, groups, breakGlass }) => {
        const held = holdFor({ quorum, groups, action: { ...hold.action, keysChangedBy: keys } });
        const step = decided({ hold: held, by, change: { reason }, nowMs, barred, breakGlass });
        if (step.kind === 'refused') return;
        expect(breakGlass).toBeDefined();
        expect(reviewers.find(({ name }) => name === by)?.groups).toContain(breakGlass?.group);
        expect([by, ...keys, ...barred].filter((name) => name === by)).toEqual([by]);
        expect(by).not.toBe('olga');
        expect(nowMs).toBeLessThan(held.expiresAtMs);
        expect([...reason.trim()].length).toBeGreaterThanOrEqual(breakGlass?.minReasonLength ?? 1);
        expect(step.hold.state).toBe('approved');
      }),
      { numRuns: 3_000 },
    );
  });
});

function mailTo(port: number): MailMessenger {
  const smtp = {
    host: '127.0.0.1',
    port,
    security: 'none',
    from: 'gate@example.test',
    credentials: undefined,
  } as const;
  const messenger = new MailMessenger({ smtp, publicUrl: () => 'https://gate.example.test' });
  onTestFinished(() => messenger.close());
  return messenger;
}

const webhookTo = (url: string, groups: readonly string[] = []) =>
  channelOf(
    { kind: 'webhook', name: 'ops', groups, url, allowPrivate: true, secret: 'CANARY-SIGNING-SECRET', events: [] },
    { publicUrl: () => 'https://gate.example.test' },
  );

describe.each(bothBackends())('the alarm, on $name', ({ open }) => {
  const office = async (change: HoldChange = {}, store?: Store) =>
    openOffice(store ?? (await open()).store, { breakGlass: () => terms, ...change });

  it('reaches everybody, owner and channels of other groups too, at any hour, without a token', async () => {
    const mailbox = await testMailbox();
    const hook = await receiver();
    const { keeper, audit, jobs } = await office({
      messenger: mailTo(mailbox.smtp.port),
      channels: () => [webhookTo(hook.url, ['dba'])],
      isTold: () => false,
    });
    const { hold } = await keeper.open(requestFor('systemctl restart nginx', { quorum: 2 }));
    await eventually(async () => mailbox.mails()).toHaveLength(2);
    const outcome = await keeper.decide(hold.id, decisionOf(hold, 'pete', glass));
    if (outcome.kind !== 'recorded') throw new Error(outcome.message);
    expect(outcome.hold.state).toBe('approved');
    await eventually(async () => mailbox.mails()).toHaveLength(6);
    await eventually(async () => hook.received).toHaveLength(1);
    // Queued again by a restart or a sweep: the same jobs.
    await jobs.announce(outcome.hold);
    const alarms = mailbox.mails().filter(({ subject }) => subject.startsWith('OUTSIDE THE RULE'));
    expect(alarms.flatMap(({ to }) => to).sort()).toEqual(reviewers.map(({ email }) => email).sort());
    for (const { subject, text } of alarms) {
      expect(subject).toBe('OUTSIDE THE RULE: pete approved builder on web-1');
      for (const part of ['pete alone', why, '| systemctl restart nginx', '2 of sre', `/holds/${hold.id}`])
        expect(text).toContain(part);
      expect(text).not.toMatch(/sp1\.|review#/);
    }
    expect(JSON.parse(hook.received[0]?.body ?? '')).toMatchObject({
      id: `alarm.${hold.id}.ops`,
      event: 'hold.glass-broken',
      hold: { state: 'approved', decisions: [{ reviewer: 'pete', reason: why, breakGlass: true }] },
    });
    expect(audit.named('hold.decided')).toMatchObject([{ reviewer: 'pete', reason: why, breakGlass: true }]);
    expect(audit.named('hold.approved')).toMatchObject([{ hold: hold.id, breakGlass: true }]);
    await eventually(async () => audit.named('mail.sent')).toHaveLength(6);
    expect(JSON.stringify(hook.received)).not.toContain('CANARY');
  });

  it('goes out also when what was approved has run meanwhile, and is tried again', async () => {
    let tries = 0;
    const hook = await receiver((_request, response) => response.writeHead(tries++ < 2 ? 503 : 200).end());
    const { keeper } = await office({ messenger: undefined, channels: () => [webhookTo(hook.url, ['dba'])] });
    const { hold } = await keeper.open(requestFor('systemctl restart nginx'));
    await keeper.decide(hold.id, decisionOf(hold, 'pete', glass));
    expect(await keeper.release(hold.id, hold.action)).toBe(true);
    await eventually(async () => hook.received.map(({ body }) => JSON.parse(body).event)).toEqual(
      Array(3).fill('hold.glass-broken'),
    );
  });

  it('goes out after a restart when the crash came before it was queued', async () => {
    const { store, again } = await open();
    const dead = await office({ messenger: undefined, channels: () => [] }, store);
    const { hold } = await dead.keeper.open(requestFor('systemctl restart nginx'));
    await dead.keeper.decide(hold.id, decisionOf(hold, 'pete', glass));
    await dead.close();
    const hook = await receiver();
    await office({ messenger: undefined, channels: () => [webhookTo(hook.url)] }, await again());
    await eventually(async () => hook.received.map(({ body }) => JSON.parse(body).event)).toEqual([
      'hold.glass-broken',
    ]);
  });

  it('is not raised by a refusal, and the refusal is in the log', async () => {
    const hook = await receiver();
    const { keeper, audit } = await office({ messenger: undefined, channels: () => [webhookTo(hook.url, ['dba'])] });
    const { hold } = await keeper.open(requestFor('systemctl restart nginx'));
    for (const [by, change] of [
      ['olga', glass],
      ['maya', glass],
      ['pete', { ...glass, reason: 'short' }],
    ] as const)
      expect(await keeper.decide(hold.id, decisionOf(hold, by, change))).toMatchObject({ kind: 'refused' });
    expect((await keeper.get(hold.id))?.state).toBe('pending');
    expect(audit.named('hold.refused')).toMatchObject([
      { reason: 'REVIEWER_IS_OWNER' },
      { reason: 'BREAK_GLASS_NOT_ALLOWED' },
      { reason: 'REASON_REQUIRED' },
    ]);
    expect(hook.received).toEqual([]);
  });

  const parts = { publicUrl: () => 'https://gate.example.test' };
  const place = { name: 'room', groups: [], allowPrivate: true };
  it.each([
    {
      name: 'ntfy',
      open: (url: string) => channelOf({ ...place, kind: 'ntfy', url: `${url}/t`, token: undefined }, parts),
    },
    { name: 'teams', open: (url: string) => channelOf({ ...place, kind: 'teams', url }, parts) },
    {
      name: 'Slack',
      open: (url: string) =>
        channelOf({ ...place, kind: 'slack', url, app: { signingSecret: 'CANARY', botToken: 'CANARY' } }, parts),
    },
  ])('says who, where and why in $name, and offers nothing to decide', async ({ open }) => {
    const hook = await receiver();
    const step = decided({});
    if (step.kind !== 'moved') throw new Error(step.message);
    await open(hook.url).send({ kind: 'alarm', hold: step.hold });
    const body = hook.received[0]?.body ?? '';
    for (const part of [
      'OUTSIDE THE RULE: pete alone',
      'builder on web-1 as deploy',
      why,
      '2 of sre',
      `/holds/${hold.id}`,
    ])
      expect(body).toContain(part);
    expect(body).not.toMatch(/decide|Review it here|no answer|CANARY/i);
  });

  it('starts no header and no line of its own from what the agent or the reviewer wrote', () => {
    const action = { ...hold.action, agent: 'x\nBcc: all', command: 'a\nOUTSIDE THE RULE', target: 'w' };
    const decisions = [
      { reviewer: 'pete', verdict: 'approve', reason: '<b>', atMs: 0, channel: 'api', breakGlass: true },
    ] as const;
    const reviewer = { name: 'olga', email: 'olga@example.test', groups: [] };
    const mail = alarmMail(
      { kind: 'alarm', hold: holdFor({ action, decisions }), reviewer },
      { publicUrl: 'https://gate.example.test', domain: 'example.test' },
    );
    expect(mail.subject).not.toContain('\n');
    expect(mail.text).toContain('  | a\n  | OUTSIDE THE RULE');
    expect(mail.html).toContain('&lt;b&gt;');
    expect(mail.html).not.toContain('<b>:');
  });
});
