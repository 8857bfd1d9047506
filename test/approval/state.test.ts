import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DecideRefusal } from '../../src/approval/desk.ts';
import type { Hold, HoldState } from '../../src/approval/hold.ts';
import * as state from '../../src/approval/state.ts';
import { decisionOf, holdFor, reviewers } from '../support/holds.ts';

const grantMs = 600_000;
const named = (name: string) => reviewers.find((reviewer) => reviewer.name === name);

function decided(hold: Hold, name: string, change = {}, nowMs = 2_000): state.Step {
  return state.decide(hold, decisionOf(hold, name, change), named(name), { nowMs, grantMs });
}

describe('a decision', () => {
  const refusals: readonly {
    name: string;
    hold: Hold;
    by: string;
    change?: object;
    nowMs?: number;
    want: DecideRefusal;
  }[] = [
    { name: 'by the agent’s owner', hold: holdFor(), by: 'olga', want: 'REVIEWER_IS_OWNER' },
    {
      name: 'by the owner, even to reject',
      hold: holdFor(),
      by: 'olga',
      change: { verdict: 'reject' },
      want: 'REVIEWER_IS_OWNER',
    },
    { name: 'by the owner when anybody may', hold: holdFor({ groups: [] }), by: 'olga', want: 'REVIEWER_IS_OWNER' },
    {
      name: 'by whoever put in the agent’s keys',
      hold: holdFor({ action: { ...holdFor().action, keysChangedBy: ['maya'] } }),
      by: 'maya',
      want: 'REVIEWER_CHANGED_KEYS',
    },
    {
      name: 'by whoever put in the agent’s keys, even to reject',
      hold: holdFor({ groups: [], action: { ...holdFor().action, keysChangedBy: ['noor', 'maya'] } }),
      by: 'maya',
      change: { verdict: 'reject' },
      want: 'REVIEWER_CHANGED_KEYS',
    },
    { name: 'by a stranger', hold: holdFor({ groups: [] }), by: 'nobody', want: 'REVIEWER_NOT_ALLOWED' },
    { name: 'by a member of another group', hold: holdFor(), by: 'pete', want: 'REVIEWER_NOT_ALLOWED' },
    {
      name: 'of something else than was shown',
      hold: holdFor(),
      by: 'maya',
      change: { digest: 'x' },
      want: 'HOLD_CHANGED',
    },
    {
      name: 'in the millisecond of the deadline',
      hold: holdFor(),
      by: 'maya',
      nowMs: 901_000,
      want: 'HOLD_NOT_PENDING',
    },
    {
      name: 'without a reason where one is wanted',
      hold: holdFor({ reasonRequired: true }),
      by: 'maya',
      change: { reason: ' \t' },
      want: 'REASON_REQUIRED',
    },
    {
      name: 'with too short a reason',
      hold: holdFor({ minReasonLength: 10 }),
      by: 'maya',
      change: { reason: 'ok' },
      want: 'REASON_REQUIRED',
    },
    {
      name: 'with an endless reason',
      hold: holdFor(),
      by: 'maya',
      change: { reason: 'x'.repeat(1_001) },
      want: 'REASON_TOO_LONG',
    },
  ];

  it.each(refusals)('is refused $name', ({ hold, by, change, nowMs, want }) => {
    expect(decided(hold, by, change, nowMs)).toMatchObject({ kind: 'refused', code: want });
  });

  it.each(['auditor', 'admin'])('is refused from somebody who is only %s', (role) => {
    const person = { name: 'aud', groups: ['sre'], roles: [role] };
    for (const hold of [holdFor(), holdFor({ groups: [] })]) {
      const step = state.decide(hold, decisionOf(hold, 'aud'), person, { nowMs: 2_000, grantMs });
      expect(step).toMatchObject({ kind: 'refused', code: 'REVIEWER_NOT_ALLOWED' });
      expect(state.isEligible(hold, person)).toBe(false);
      expect(state.isEligible(hold, { ...person, roles: [role, 'reviewer'] })).toBe(true);
    }
  });

  it('counts a name once', () => {
    const first = decided(holdFor({ quorum: 2 }), 'maya');
    if (first.kind !== 'moved') throw new Error(first.message);
    expect(first.hold.state).toBe('pending');
    expect(decided(first.hold, 'maya')).toMatchObject({ code: 'REVIEWER_DECIDED_ALREADY' });
    expect(decided(first.hold, 'noor')).toMatchObject({ hold: { state: 'approved' } });
  });

  it('may be thought over, to the safe side', () => {
    const first = decided(holdFor({ quorum: 2 }), 'maya');
    if (first.kind !== 'moved') throw new Error(first.message);
    expect(decided(first.hold, 'maya', { verdict: 'reject' })).toMatchObject({ hold: { state: 'rejected' } });
  });

  it('needs the quorum inside one group', () => {
    const hold = holdFor({ groups: ['sre', 'dba'], quorum: 2 });
    const one = decided(hold, 'maya');
    if (one.kind !== 'moved') throw new Error(one.message);
    const two = decided(one.hold, 'pete');
    if (two.kind !== 'moved') throw new Error(two.message);
    expect(two.hold.state).toBe('pending');
    expect(decided(two.hold, 'noor')).toMatchObject({ hold: { state: 'approved' } });
  });

  it('needs every clause, by different people', () => {
    const allOf = [
      { groups: ['sre'], quorum: 1 },
      { groups: ['dba'], quorum: 1 },
    ];
    const hold = holdFor({ groups: ['sre', 'dba'], quorum: 2, allOf });
    const one = decided(hold, 'noor');
    if (one.kind !== 'moved') throw new Error(one.message);
    expect(one.hold.state).toBe('pending');
    // Noor is in both groups, so she fills the place that is left over.
    expect(decided(one.hold, 'maya')).toMatchObject({ hold: { state: 'approved' } });
    expect(decided(one.hold, 'pete')).toMatchObject({ hold: { state: 'approved' } });
  });

  it('is one rejection for all', () => {
    const step = decided(holdFor({ quorum: 3 }), 'maya', { verdict: 'reject', reason: '' });
    expect(step).toMatchObject({ hold: { state: 'rejected' } });
  });

  it('never counts an owner who got into the record', () => {
    const sneaked = {
      reviewer: 'olga',
      verdict: 'approve',
      reason: '',
      atMs: 1,
      channel: 'web',
      groups: ['sre'],
    } as const;
    expect(state.tallyOf(holdFor({ decisions: [sneaked] }))).toMatchObject([{ people: [] }]);
    const action = { ...holdFor().action, keysChangedBy: ['maya'] };
    const byMaya = { ...sneaked, reviewer: 'maya' };
    expect(state.tallyOf(holdFor({ action, decisions: [byMaya] }))).toMatchObject([{ people: [] }]);
    expect(state.isEligible(holdFor({ action }), { name: 'maya', groups: ['sre'] })).toBe(false);
  });
});

describe('a grant', () => {
  const approved = holdFor({ state: 'approved', decidedAtMs: 2_000, grantExpiresAtMs: 2_000 + grantMs });

  it('is released until its last millisecond', () => {
    expect(state.release(approved, 1_999 + grantMs)?.state).toBe('released');
    expect(state.release(approved, 2_000 + grantMs)).toBeUndefined();
  });

  it('expires', () => {
    expect(state.expire(approved, 1_999 + grantMs)).toBeUndefined();
    expect(state.expire(approved, 2_000 + grantMs)?.state).toBe('expired');
  });
});

const arrows: Record<HoldState, readonly HoldState[]> = {
  pending: ['pending', 'approved', 'rejected', 'expired', 'withdrawn'],
  approved: ['approved', 'released', 'expired'],
  rejected: ['rejected'],
  expired: ['expired'],
  withdrawn: ['withdrawn'],
  released: ['released'],
};

const moves = fc.oneof(
  fc.record({
    kind: fc.constant('decide' as const),
    by: fc.constantFrom('maya', 'noor', 'pete', 'olga', 'nobody'),
    verdict: fc.constantFrom('approve' as const, 'reject' as const),
    isRightDigest: fc.boolean(),
  }),
  fc.record({ kind: fc.constantFrom('expire' as const, 'withdraw' as const, 'release' as const, 'leave' as const) }),
);
type Move = typeof moves extends fc.Arbitrary<infer M> ? M : never;

function after(hold: Hold, move: Move, nowMs: number): Hold | undefined {
  switch (move.kind) {
    case 'decide': {
      const digest = move.isRightDigest ? hold.digest : 'other';
      const step = decided(hold, move.by, { verdict: move.verdict, digest }, nowMs);
      return step.kind === 'moved' ? step.hold : undefined;
    }
    case 'leave':
      return state.withAgentWaiting(hold, false);
    case 'expire':
      return state.expire(hold, nowMs);
    case 'withdraw':
      return state.withdraw(hold, nowMs);
    case 'release':
      return state.release(hold, nowMs);
  }
}

describe('any sequence of moves', () => {
  it('follows the arrows, counts versions by one, and approves and releases only what may be', () => {
    const start = fc.record({ quorum: fc.integer({ min: 0, max: 3 }), groups: fc.subarray(['sre', 'dba']) });
    const steps = fc.array(fc.tuple(moves, fc.integer({ min: 0, max: 400_000 })), { maxLength: 14 });
    fc.assert(
      fc.property(start, steps, (terms, sequence) => {
        let hold = holdFor(terms);
        let nowMs = hold.createdAtMs;
        let releases = 0;
        for (const [move, laterMs] of sequence) {
          nowMs += laterMs;
          const next = after(hold, move, nowMs);
          if (next === undefined) continue;
          expect(arrows[hold.state]).toContain(next.state);
          expect(next.version).toBe(hold.version + 1);
          expect(next.digest).toBe(hold.digest);
          expect(next.action).toEqual(hold.action);
          if (next.state === 'approved' && hold.state === 'pending') {
            expect(nowMs).toBeLessThan(hold.expiresAtMs);
            const people = new Set(next.decisions.filter((d) => d.verdict === 'approve').map((d) => d.reviewer));
            expect(people.size).toBeGreaterThanOrEqual(Math.max(1, terms.quorum));
            expect(people.has('olga')).toBe(false);
            expect(next.decisions.some((d) => d.verdict === 'reject')).toBe(false);
          }
          if (next.state === 'released') releases += 1;
          hold = next;
        }
        expect(releases).toBeLessThanOrEqual(1);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('deliveries', () => {
  const mail = (reviewer: string, outcome: 'queued' | 'failed' | 'delivered') =>
    ({ channel: 'mail', reviewer, state: outcome, attempts: 1, atMs: 1 }) as const;

  it.each([
    { name: 'nobody to tell', deliveries: [], want: true },
    { name: 'everybody failed', deliveries: [mail('maya', 'failed'), mail('noor', 'failed')], want: true },
    { name: 'one still queued', deliveries: [mail('maya', 'failed'), mail('noor', 'queued')], want: false },
    { name: 'one delivered', deliveries: [mail('maya', 'failed'), mail('noor', 'delivered')], want: false },
  ])('$name: unreachable is $want', ({ deliveries, want }) => {
    expect(state.isUnreachable(holdFor({ deliveries }))).toBe(want);
  });

  it('stay delivered when a second attempt fails', () => {
    expect(
      state.withDelivery(holdFor({ deliveries: [mail('maya', 'delivered')] }), mail('maya', 'failed')),
    ).toBeUndefined();
  });
});
