/** How agents stand after rejections, over every store: counting, the lock, other nodes, a restart. */
import { expect, it, onTestFinished } from 'vitest';
import type { Hold } from '../../src/approval/hold.ts';
import { HoldKeeper } from '../../src/approval/keeper.ts';
import { defaultHoldLimits } from '../../src/approval/opening.ts';
import type { Outline } from '../../src/approval/respelling.ts';
import { AgentStandings, type RespellingTerms } from '../../src/approval/standing.ts';
import type { Store } from '../../src/store/open.ts';
import { eventually } from '../support/eventually.ts';
import { action, decisionOf, MemoryAudit, requestFor, reviewers } from '../support/holds.ts';

const deleting = (object: string): Outline => ({
  acts: [{ what: `delete ${object}`, object }],
  reads: [],
  effects: [],
  words: [],
});

function node(store: Pick<Store, 'holds' | 'shelf'>, change: { terms?: RespellingTerms; now?: () => number } = {}) {
  const audit = new MemoryAudit();
  const onProblem = (error: unknown) => {
    throw error;
  };
  const keeper = new HoldKeeper({
    store: store.holds,
    audit,
    reviewers: () => reviewers,
    limits: defaultHoldLimits,
    grantMs: 600_000,
    onProblem,
  });
  const { terms = { withinMs: 600_000, lockAfter: 3 }, now } = change;
  const standings = new AgentStandings({
    shelf: store.shelf,
    holds: keeper,
    audit,
    terms: () => terms,
    onProblem,
    rereadMs: 20,
    ...(now === undefined ? {} : { now }),
  });
  onTestFinished(() => {
    standings.close();
    keeper.close();
  });
  const look = (command: string, outline: Outline, who: Partial<typeof action> = {}) =>
    standings.look({
      action: { ...action, command, canonical: undefined, ...who },
      outline: { ...outline, code: '' },
      session: 's-1',
    });
  const reject = async (command: string, outline: Outline): Promise<Hold> => {
    const { hold } = await keeper.open(requestFor(command, { outline }));
    await keeper.decide(hold.id, decisionOf(hold, 'maya', { verdict: 'reject', reason: 'no' }));
    return hold;
  };
  return { audit, standings, look, reject };
}

export function standingContract(open: () => Promise<Pick<Store, 'holds' | 'shelf'>>): void {
  it('finds what was rejected, in another form or again, and nothing else', async () => {
    const { look, reject, audit } = node(await open());
    const hold = await reject('rm -rf /srv/x', deleting('/srv/x'));
    const other = await look('rm -rf /srv/y', deleting('/srv/y'));
    expect(other).toEqual({ lock: undefined, respelling: undefined });
    expect(await look('find /srv/x -delete', deleting('/srv/x'), { agent: 'other' })).toMatchObject(other);
    expect(await look('find /srv/x -delete', deleting('/srv/x'), { target: 'web-2' })).toMatchObject(other);
    expect(audit.named('agent.respelled')).toEqual([]);
    const found = { hold: hold.id, command: 'rm -rf /srv/x', reviewer: 'maya' };
    expect(await look('find /srv/x -delete', deleting('/srv/x'))).toMatchObject({
      lock: undefined,
      respelling: { ...found, isSame: false },
    });
    expect(await look('rm -rf /srv/x', deleting('/elsewhere'))).toMatchObject({
      respelling: { ...found, isSame: true },
    });
    expect(audit.named('agent.respelled')).toMatchObject([
      { hold: hold.id, isSame: false, count: 1, session: 's-1' },
      { hold: hold.id, isSame: true, count: 2 },
    ]);
  });

  it('forgets a rejection after its time', async () => {
    let later = 0;
    const { look, reject } = node(await open(), { now: () => Date.now() + later });
    await reject('rm -rf /srv/x', deleting('/srv/x'));
    later = 600_001;
    expect(await look('find /srv/x -delete', deleting('/srv/x'))).toMatchObject({ respelling: undefined });
  });

  it('counts what is sent again while it waits once', async () => {
    const { look, reject, audit } = node(await open());
    await reject('rm -rf /srv/x', deleting('/srv/x'));
    for (let at = 0; at < 5; at++) expect((await look('find /srv/x -delete', deleting('/srv/x'))).lock).toBeUndefined();
    expect(audit.named('agent.respelled')).toHaveLength(1);
  });

  it('locks the agent at the third, on every node and after a restart, until it is unlocked', async () => {
    const store = await open();
    const [one, two] = [node(store), node(store)];
    await two.standings.start();
    await one.reject('rm -rf /srv/x', deleting('/srv/x'));
    await one.look('find /srv/x -delete', deleting('/srv/x'));
    expect((await two.look('unlink /srv/x', deleting('/srv/x'))).lock).toBeUndefined();
    expect(await one.look('rmdir /srv/x', deleting('/srv/x'))).toMatchObject({ lock: { agent: 'builder', count: 3 } });
    expect(one.audit.named('agent.locked')).toMatchObject([{ agent: 'builder', count: 3 }]);
    expect(one.standings.lockOf('builder')).toMatchObject({ count: 3 });
    expect(one.standings.lockOf('other')).toBeUndefined();
    // Another node reads the store when it matters, and knows by itself soon after.
    expect(await two.look('touch /new', deleting('/new'))).toMatchObject({ lock: { count: 3 } });
    await eventually(() => two.standings.lockOf('builder')).toMatchObject({ count: 3 });
    const restarted = node(store);
    await restarted.standings.start();
    expect(restarted.standings.lockOf('builder')).toMatchObject({ count: 3 });

    expect(await restarted.standings.unlock('builder', 'sam')).toBe(true);
    expect(await restarted.standings.unlock('builder', 'sam')).toBe(false);
    expect(restarted.audit.named('agent.unlocked')).toEqual([{ event: 'agent.unlocked', agent: 'builder', by: 'sam' }]);
    await eventually(() => two.standings.lockOf('builder')).toBeUndefined();
    // The count starts anew.
    expect((await two.look('find /srv/x -delete', deleting('/srv/x'))).lock).toBeUndefined();
  });

  it('locks nobody when the configuration says so', async () => {
    const { look, reject } = node(await open(), { terms: { withinMs: 600_000, lockAfter: 0 } });
    await reject('rm -rf /srv/x', deleting('/srv/x'));
    for (let at = 0; at < 6; at++)
      expect(await look(`rm -rf /srv/x # ${at}`, deleting('/srv/x'))).toMatchObject({
        lock: undefined,
        respelling: { isSame: false },
      });
  });
}
