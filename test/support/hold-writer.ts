/**
 * A process that opens, approves and releases holds for as long as it lives, and prints each step once it is
 * acknowledged. It starts by releasing everything that an earlier one left approved, as agents that come back would.
 * The tests kill it.
 */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { HoldKeeper } from '../../src/approval/keeper.ts';
import { defaultHoldLimits } from '../../src/approval/opening.ts';
import { AuditLog } from '../../src/audit/log.ts';
import { openDatabase } from '../../src/store/sqlite/database.ts';
import { SqliteHoldStore } from '../../src/store/sqlite/holds.ts';
import { decisionOf, requestFor, reviewers } from './holds.ts';

const [directory = '', prefix = ''] = process.argv.slice(2);
const fail = (error: unknown): never => {
  throw error;
};
const say = (step: string, id: string) => writeSync(1, `${step} ${id}\n`);
const database = openDatabase(directory);
const audit = await AuditLog.open({ directory: join(directory, 'audit'), now: () => new Date(), onFatal: fail });
const store = new SqliteHoldStore(database);
const keeper = new HoldKeeper({
  store,
  audit,
  reviewers: () => reviewers,
  limits: { ...defaultHoldLimits, maxPendingPerAgent: 1e9, maxPerHourPerAgent: 1e9 },
  grantMs: 3_600_000,
  onProblem: fail,
});
await keeper.start(undefined);
const left = await keeper.list({ state: 'approved', agent: undefined, limit: 500, cursor: undefined });
for (const { id, action } of left.holds) if (await keeper.release(id, action)) say('released', id);
for (let number = 0; ; number += 3)
  await Promise.all(
    [number, number + 1, number + 2].map(async (each) => {
      const { hold } = await keeper.open(requestFor(`echo ${prefix} ${each}`));
      say('opened', hold.id);
      const outcome = await keeper.decide(hold.id, decisionOf(hold, 'maya'));
      if (outcome.kind === 'recorded') say('decided', hold.id);
      if (await keeper.release(hold.id, hold.action)) say('released', hold.id);
    }),
  );
