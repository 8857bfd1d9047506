/**
 * Ways to get something past a gate, by technique. None may be allowed under the shipped default policy, whichever
 * shell reads it; a row that is allowed is a hole, and is mended in the code, never here. Rows are never deleted.
 */
import { afterAll, describe, expect, it } from 'vitest';
import type { Dialect } from '../../src/command/model.ts';
import { bypassRow, readRows } from '../support/rows.ts';
import { openShippedJudge } from '../support/shipped-judge.ts';

const files = readRows(import.meta.dirname, bypassRow);
const rows = files.flatMap((file) => file.rows);
const judge = await openShippedJudge('default');
const dialects: readonly Dialect[] = ['bash', 'posix', 'busybox', 'unknown'];

afterAll(() => judge.close());

describe('the rows', () => {
  it('are many, and each is there once', () => {
    expect(rows.length).toBeGreaterThanOrEqual(400);
    expect(new Set(rows.map((row) => row.command)).size).toBe(rows.length);
  });
});

describe.each(files)('$name', ({ rows: ofTechnique }) => {
  it.each(dialects)('nothing is allowed in %s', async (dialect) => {
    const allowed: string[] = [];
    for (const { command, why } of ofTechnique) {
      const decision = await judge.decide(command, dialect);
      if (decision.verdict === 'allow') allowed.push(`${JSON.stringify(command)}: ${why} (${decision.rule})`);
    }
    expect(allowed).toEqual([]);
  });
});
