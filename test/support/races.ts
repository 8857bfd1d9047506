/** Many reviewers who decide at the same moment, and many channels that want to run what was approved. */
import { expect } from 'vitest';
import { HoldKeeper } from '../../src/approval/keeper.ts';
import type { KeeperParts } from '../../src/approval/keeper-parts.ts';
import { defaultHoldLimits } from '../../src/approval/opening.ts';
import type { HoldStore } from '../../src/approval/store.ts';
import { decisionOf, MemoryAudit, requestFor } from './holds.ts';

/** One node, on which nothing may go wrong. */
function keeperOn(store: HoldStore, parts: Pick<KeeperParts, 'audit' | 'reviewers' | 'limits'>): HoldKeeper {
  return new HoldKeeper({
    ...parts,
    store,
    grantMs: 600_000,
    onProblem: (error) => {
      throw error;
    },
  });
}

/** `stores`: one per node, all of the same holds. */
export async function raceReviewers(stores: readonly HoldStore[], rounds: number): Promise<void> {
  const people = Array.from({ length: 20 }, (_, at) => ({ name: `r${at}`, email: '', groups: ['sre'] }));
  const audit = new MemoryAudit();
  const limits = { ...defaultHoldLimits, maxPerHourPerAgent: 1e6 };
  const keepers = stores.map((store) => keeperOn(store, { audit, reviewers: () => people, limits }));
  const keeperOf = (at: number): HoldKeeper => {
    const keeper = keepers[at % keepers.length];
    if (keeper === undefined) throw new Error('no keeper');
    return keeper;
  };
  for (let round = 0; round < rounds; round++) {
    const { hold } = await keeperOf(round).open(requestFor(`echo ${round}`));
    const outcomes = await Promise.all(
      people.map(({ name }, at) =>
        keeperOf(at).decide(
          hold.id,
          decisionOf(hold, name, { verdict: (at + round) % 3 === 0 ? 'reject' : 'approve' }),
        ),
      ),
    );
    expect(outcomes.filter(({ kind }) => kind === 'recorded')).toHaveLength(1);
    const state = (await keeperOf(0).get(hold.id))?.state;
    const released = await Promise.all(people.map((_, at) => keeperOf(at).release(hold.id, hold.action)));
    expect(released.filter(Boolean)).toHaveLength(state === 'approved' ? 1 : 0);
  }
  expect(audit.named('hold.released')).toHaveLength(audit.named('hold.approved').length);
  expect(audit.named('hold.approved').length + audit.named('hold.rejected').length).toBe(rounds);
}

/** One agent that asks on every node at once for more than it may have: the limit holds for all of them together. */
export async function raceOpenings(stores: readonly HoldStore[], rounds: number): Promise<void> {
  const most = 5;
  for (let round = 0; round < rounds; round++) {
    const limits =
      round % 2 === 0
        ? { ...defaultHoldLimits, maxPendingPerAgent: most }
        : { ...defaultHoldLimits, maxPerHourPerAgent: most };
    const audit = new MemoryAudit();
    const keepers = stores.map((store) => keeperOn(store, { audit, reviewers: () => [], limits }));
    const agent = `racer-${round}`;
    const outcomes = await Promise.allSettled(
      keepers.flatMap((keeper, node) =>
        Array.from({ length: most + 1 }, (_, at) => {
          const { action, ...request } = requestFor(`echo ${node} ${at}`);
          return keeper.open({ ...request, action: { ...action, agent } });
        }),
      ),
    );
    for (const keeper of keepers) keeper.close();
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(most);
    const failures = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
    for (const failure of failures) expect(failure).toMatchObject({ code: 'HOLD_LIMIT' });
    // What the audit log calls created is in the store, or is said to have ended.
    const [created, withdrawn] = [audit.named('hold.created'), audit.named('hold.withdrawn')];
    expect(created.length - withdrawn.length).toBe(most);
    const query = { state: undefined, agent, limit: 100, cursor: undefined };
    expect((await stores[0]?.list(query))?.holds).toHaveLength(most);
  }
}
