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
const byName = {
  default: judge,
  workspace: await openShippedJudge('workspace'),
  production: await openShippedJudge('production'),
  database: await openShippedJudge('database'),
};
const dialects: readonly Dialect[] = ['bash', 'posix', 'busybox', 'unknown'];

afterAll(async () => {
  for (const opened of Object.values(byName)) await opened.close();
});

describe('the rows', () => {
  it('are many, and each is there once', () => {
    expect(rows.length).toBeGreaterThanOrEqual(400);
    expect(new Set(rows.map((row) => row.command)).size).toBe(rows.length);
  });
});

describe.each(files)('$name', ({ rows: ofTechnique }) => {
  it.each(dialects)('nothing is allowed in %s', async (dialect) => {
    const allowed: string[] = [];
    for (const { command, why, policy = 'default', sent_without } of ofTechnique) {
      for (const name of new Set(['default', policy] as const)) {
        const decision = await byName[name].decide(command, dialect);
        const isOther = sent_without !== undefined && decision.leavesOut === sent_without;
        if (decision.verdict === 'allow' && !isOther)
          allowed.push(`${JSON.stringify(command)}: ${why} (${decision.rule})`);
      }
    }
    expect(allowed).toEqual([]);
  });
});
