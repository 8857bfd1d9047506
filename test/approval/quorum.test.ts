import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HoldDecision } from '../../src/approval/hold.ts';
import { isFilled, neededInWords, progressInWords, tally } from '../../src/approval/quorum.ts';
import type { ReviewClause, ReviewTerms } from '../../src/policy/decision.ts';
import { mergeReviews, whoDecides } from '../../src/policy/review.ts';

const yes = (reviewer: string, ...groups: string[]): HoldDecision => ({
  reviewer,
  verdict: 'approve',
  reason: '',
  atMs: 1,
  channel: 'web',
  groups,
});
const clause = (groups: string, quorum = 1): ReviewClause => ({ groups: groups.split(' ').filter(Boolean), quorum });
const isEnough = (clauses: readonly ReviewClause[], decisions: readonly HoldDecision[]) =>
  isFilled(tally(whoDecides(clauses), decisions));

describe('enough people agree', () => {
  it.each([
    { name: 'one of any', clauses: [clause('')], by: [yes('maya')], want: true },
    { name: 'nobody', clauses: [clause('')], by: [], want: false },
    { name: 'the same person twice', clauses: [clause('', 2)], by: [yes('maya'), yes('maya')], want: false },
    { name: 'two of one group', clauses: [clause('sre dba', 2)], by: [yes('a', 'sre'), yes('b', 'sre')], want: true },
    {
      name: 'one of each for two',
      clauses: [clause('sre dba', 2)],
      by: [yes('a', 'sre'), yes('b', 'dba')],
      want: false,
    },
    {
      name: 'one of each line',
      clauses: [clause('sre'), clause('sec')],
      by: [yes('a', 'sre'), yes('b', 'sec')],
      want: true,
    },
    {
      name: 'one person for both lines',
      clauses: [clause('sre'), clause('sec')],
      by: [yes('a', 'sre', 'sec')],
      want: false,
    },
    {
      name: 'somebody who has to sit elsewhere',
      clauses: [clause('sre'), clause('sec')],
      by: [yes('a', 'sre', 'sec'), yes('b', 'sre')],
      want: true,
    },
    {
      name: 'a group that another line needs',
      clauses: [clause('sre dba'), clause('sre', 2)],
      by: [yes('a', 'sre'), yes('b', 'sre'), yes('c', 'dba')],
      want: true,
    },
    {
      name: 'one of a group and anybody else',
      clauses: [clause('sre'), clause('')],
      by: [yes('a', 'sre'), yes('b')],
      want: true,
    },
    { name: 'only people of no group', clauses: [clause('sre'), clause('')], by: [yes('a'), yes('b')], want: false },
  ])('$name: $want', ({ clauses, by, want }) => {
    expect(isEnough(clauses, by)).toBe(want);
  });

  it('says who counts where and who is missing', () => {
    const terms = whoDecides([clause('sre'), clause('security dba', 2)]);
    expect(neededInWords(terms)).toBe('1 of sre and 2 of security or dba');
    expect(progressInWords(tally(terms, [yes('maya', 'sre')]))).toBe('sre: maya; security or dba: 2 missing');
  });

  it('is not worth a long search, and giving up approves nothing', () => {
    const groups = Array.from({ length: 12 }, (_, at) => `g${at}`).join(' ');
    const by = Array.from({ length: 12 }, (_, at) => yes(`p${at}`, `g${at}`));
    const clauses = Array.from({ length: 8 }, () => clause(groups, 2));
    const startedAt = performance.now();
    expect(isEnough(clauses, by)).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});

const names = ['maya', 'noor', 'pete', 'olga'];
const groupNames = ['sre', 'dba', 'sec'];
const anyClauses = fc.array(fc.record({ groups: fc.subarray(groupNames), quorum: fc.integer({ min: 1, max: 2 }) }), {
  minLength: 1,
  maxLength: 3,
});
const anyDecisions = fc
  .array(
    fc.record({
      reviewer: fc.constantFrom(...names),
      verdict: fc.constantFrom('approve' as const, 'approve' as const, 'reject' as const),
      groups: fc.subarray(groupNames),
    }),
    { maxLength: 6 },
  )
  .map((list) => list.map((given): HoldDecision => ({ ...yes(given.reviewer), ...given })));

/** Every way to hand out people to clauses, tried one by one. */
function bruteForce(clauses: readonly ReviewClause[], decisions: readonly HoldDecision[]): boolean {
  const first = new Map<string, readonly string[]>();
  for (const { verdict, reviewer, groups } of decisions)
    if (verdict === 'approve' && !first.has(reviewer)) first.set(reviewer, groups ?? []);
  const people = [...first];
  const isMet = ({ groups, quorum }: ReviewClause, seated: readonly (readonly string[])[]) =>
    groups.length === 0
      ? seated.length >= quorum
      : groups.some((group) => seated.filter((of) => of.includes(group)).length >= quorum);
  const ways = (clauses.length + 1) ** people.length;
  for (let way = 0; way < ways; way++) {
    const seatOf = people.map((_, at) => Math.floor(way / (clauses.length + 1) ** at) % (clauses.length + 1));
    const seatedIn = (seat: number) => people.filter((_, at) => seatOf[at] === seat).map(([, groups]) => groups);
    if (clauses.every((one, at) => isMet(one, seatedIn(at)))) return true;
  }
  return false;
}

describe('for any clauses and any decisions', () => {
  it('agrees with trying every way to seat people', () => {
    fc.assert(
      fc.property(anyClauses, anyDecisions, (clauses, decisions) => {
        expect(isEnough(clauses, decisions)).toBe(bruteForce(clauses, decisions));
      }),
      { numRuns: 3_000 },
    );
  });

  it('never seats anybody twice', () => {
    fc.assert(
      fc.property(anyClauses, anyDecisions, (clauses, decisions) => {
        const seated = tally(whoDecides(clauses), decisions).flatMap(({ people }) => people);
        expect(new Set(seated).size).toBe(seated.length);
      }),
    );
  });

  it('whoever satisfies terms that were joined satisfies each of them', () => {
    const termsOf = (clauses: readonly ReviewClause[]): ReviewTerms => ({
      ...whoDecides(clauses),
      expiresInMs: 1,
      reason: 'optional',
      minReasonLength: 0,
    });
    fc.assert(
      fc.property(fc.array(anyClauses, { minLength: 1, maxLength: 3 }), anyDecisions, (all, decisions) => {
        const merged = mergeReviews(all.map(termsOf));
        if (merged === undefined || !isFilled(tally(merged, decisions))) return;
        for (const clauses of all) expect(isEnough(clauses, decisions)).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });
});
