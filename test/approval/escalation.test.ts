import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decidingGroups, escalate, escalatesAtMs } from '../../src/approval/escalation.ts';
import type { Hold } from '../../src/approval/hold.ts';
import * as state from '../../src/approval/state.ts';
import { decisionOf, holdFor, reviewers } from '../support/holds.ts';

const grantMs = 600_000;
const afterMs = 60_000;
const dueMs = 1_000 + afterMs;
const escalating = (change: Partial<Hold> = {}) =>
  holdFor({ escalation: { afterMs, groups: ['dba'] }, expiresAtMs: 1_000 + 3 * afterMs, ...change });

function decided(hold: Hold, name: string, change = {}): state.Step {
  const person = reviewers.find((reviewer) => reviewer.name === name);
  return state.decide(hold, decisionOf(hold, name, change), person, { nowMs: dueMs + 1, grantMs });
}

function moved(step: state.Step): Hold {
  if (step.kind !== 'moved') throw new Error(step.code);
  return step.hold;
}

function escalated(hold: Hold): Hold {
  const next = escalate(hold, dueMs);
  if (next === undefined) throw new Error('it did not escalate');
  return next;
}

describe('an escalation', () => {
  it.each([
    { name: 'before its time', hold: escalating(), nowMs: dueMs - 1 },
    { name: 'after the end', hold: escalating(), nowMs: 1_000 + 3 * afterMs },
    { name: 'of a hold without one', hold: holdFor(), nowMs: dueMs },
    { name: 'twice', hold: escalated(escalating()), nowMs: dueMs + 5 },
    ...(['approved', 'rejected', 'expired', 'withdrawn', 'released'] as const).map((is) => ({
      name: `of what is ${is}`,
      hold: escalating({ state: is }),
      nowMs: dueMs,
    })),
  ])('does not happen $name', ({ hold, nowMs }) => {
    expect(escalate(hold, nowMs)).toBeUndefined();
  });

  it('lets the other group decide, and the first one still', () => {
    const hold = escalating();
    expect(escalatesAtMs(hold)).toBe(dueMs);
    expect(decided(hold, 'pete')).toMatchObject({ code: 'REVIEWER_NOT_ALLOWED' });
    const after = escalated(hold);
    expect(escalatesAtMs(after)).toBeUndefined();
    expect(decidingGroups(after)).toEqual(['sre', 'dba']);
    for (const name of ['pete', 'maya']) expect(moved(decided(after, name)).state).toBe('approved');
    expect(moved(decided(after, 'pete', { verdict: 'reject' })).state).toBe('rejected');
  });

  it('keeps the quorum: who was asked later makes up for who is missing, nobody counts twice', () => {
    const one = moved(decided(escalated(escalating({ quorum: 2 })), 'pete'));
    expect(one.state).toBe('pending');
    expect(decided(one, 'pete')).toMatchObject({ code: 'REVIEWER_DECIDED_ALREADY' });
    expect(moved(decided(one, 'maya')).state).toBe('approved');
  });

  it('fills one place of several clauses, not two', () => {
    const allOf = [
      { groups: ['sre'], quorum: 1 },
      { groups: ['security'], quorum: 1 },
    ];
    const hold = escalated(escalating({ groups: ['sre', 'security'], quorum: 2, allOf }));
    const one = moved(decided(hold, 'pete'));
    expect(one.state).toBe('pending');
    expect(moved(decided(one, 'maya')).state).toBe('approved');
  });

  it('is no way for the owner', () => {
    expect(decided(escalated(escalating()), 'olga')).toMatchObject({ code: 'REVIEWER_IS_OWNER' });
  });

  it('whatever is decided before or after, never needs fewer people, and takes nobody’s right away', () => {
    const names = fc.constantFrom('maya', 'noor', 'pete', 'olga');
    const groups = fc.uniqueArray(fc.constantFrom('sre', 'dba'), { minLength: 1, maxLength: 2 });
    fc.assert(
      fc.property(groups, fc.integer({ min: 1, max: 3 }), fc.array(names), fc.array(names), (asked, quorum, a, b) => {
        let hold = escalating({ groups: asked, quorum, escalation: { afterMs, groups: ['dba', 'sre'] } });
        const step = (name: string) => {
          const next = decided(hold, name);
          if (next.kind === 'moved') hold = next.hold;
        };
        for (const name of a) step(name);
        const eligible = reviewers.filter((person) => state.isEligible(hold, person));
        hold = escalate(hold, dueMs) ?? hold;
        for (const person of eligible) expect(state.isEligible(hold, person)).toBe(true);
        for (const name of b) step(name);
        const people = new Set(hold.decisions.map(({ reviewer }) => reviewer));
        expect(people.has('olga')).toBe(false);
        if (hold.state === 'approved') expect(people.size).toBeGreaterThanOrEqual(quorum);
      }),
    );
  });
});
