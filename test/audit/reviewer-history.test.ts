import { describe, expect, it } from 'vitest';
import type { AuditRecord } from '../../src/audit/event.ts';
import { ReviewerHistory } from '../../src/audit/reviewer-history.ts';

const dayMs = 86_400_000;
const startMs = Date.parse('2026-11-01T12:00:00Z');

function historyOf(decisions: readonly { tookMs: number; verdict?: 'approve' | 'reject'; atMs?: number }[]) {
  const history = new ReviewerHistory();
  const add = (atMs: number, event: object) =>
    history.add({ seq: 0, prev: '', at: new Date(atMs).toISOString(), ...event } as AuditRecord);
  for (const [at, { tookMs, verdict = 'approve', atMs = startMs + at * 1_000 }] of decisions.entries()) {
    add(atMs - tookMs, { event: 'hold.created', hold: `h-${at}` });
    add(atMs, { event: 'hold.decided', hold: `h-${at}`, reviewer: 'maya', verdict });
  }
  return { history, add };
}

const times = (count: number, tookMs: number) => Array.from({ length: count }, () => ({ tookMs }));

describe('how somebody decided', () => {
  it('is counted, with the median of an even number between two', () => {
    const { history } = historyOf([
      { tookMs: 2_000 },
      { tookMs: 9_000 },
      { tookMs: 4_000, verdict: 'reject' },
      { tookMs: 60_000 },
    ]);
    expect(history.figures('maya', startMs + dayMs)).toEqual({
      approvals: 3,
      rejections: 1,
      medianMs: 6_500,
      approvesEverything: false,
    });
    expect(history.figures('jo', startMs)).toMatchObject({
      approvals: 0,
      medianMs: undefined,
      approvesEverything: false,
    });
  });

  it.each([
    { name: 'twenty fast approvals', decisions: times(20, 4_000), want: true },
    { name: 'nineteen of them', decisions: times(19, 4_000), want: false },
    { name: 'twenty slow ones', decisions: times(20, 5_000), want: false },
    {
      name: 'one rejection among them',
      decisions: [...times(30, 1_000), { tookMs: 1_000, verdict: 'reject' as const }],
      want: false,
    },
    {
      name: 'most of them long ago',
      decisions: times(25, 1_000).map((one, at) => ({ ...one, atMs: at < 10 ? startMs - 31 * dayMs : startMs })),
      want: false,
    },
  ])('is worth a warning or not: $name', ({ decisions, want }) => {
    const { history } = historyOf(decisions);
    expect(history.figures('maya', startMs + 60_000).approvesEverything).toBe(want);
  });

  it('says no time for a hold that another node opened', () => {
    const { history, add } = historyOf([]);
    add(startMs, { event: 'hold.decided', hold: 'h-elsewhere', reviewer: 'maya', verdict: 'approve' });
    expect(history.figures('maya', startMs)).toMatchObject({ approvals: 1, medianMs: undefined });
  });
});
