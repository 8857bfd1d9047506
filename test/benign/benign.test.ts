/**
 * Commands that people and agents send all day and that must not bother a reviewer under the policy beside them. A row
 * that is not allowed costs somebody a mail; it is mended in the tools or the policy. Rows are never deleted.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { benignRow, readRows } from '../support/rows.ts';
import { openShippedJudge } from '../support/shipped-judge.ts';

const files = readRows(import.meta.dirname, benignRow);
const rows = files.flatMap((file) => file.rows);
const policies = [...new Set(rows.map((row) => row.policy))];
const judges = new Map(
  await Promise.all(policies.map(async (policy) => [policy, await openShippedJudge(policy)] as const)),
);

afterAll(() => Promise.all([...judges.values()].map((judge) => judge.close())));

describe('the rows', () => {
  it('are many, and each is there once', () => {
    expect(rows.length).toBeGreaterThanOrEqual(400);
    expect(new Set(rows.map((row) => `${row.policy} ${row.command}`)).size).toBe(rows.length);
  });
});

describe.each(files)('$name', ({ rows: ofKind }) => {
  it('bothers nobody', async () => {
    const bothering: string[] = [];
    for (const { command, policy } of ofKind) {
      const decision = await judges.get(policy)?.decide(command, 'bash');
      if (decision?.verdict !== 'allow') bothering.push(`${command} (${policy}: ${decision?.reason})`);
    }
    expect(bothering).toEqual([]);
  });
});
