/** What nodes on one real Redis tell each other: who is off, who has which session, which session must end. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { AgentSwitches, switchAgent } from '../src/agent-switches.ts';
import { LiveSessions, type OpenSession } from '../src/live-sessions.ts';
import { openRedisStore, type Store } from '../src/store/open.ts';
import { eventually } from './support/eventually.ts';
import { MemoryAudit } from './support/holds.ts';
import { startRedis, type TestRedis } from './support/redis.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis?.close());
beforeEach(() => redis.flush());

async function openStore(): Promise<Store> {
  const store = await openRedisStore(`redis+unix://${redis.socket}`, () => undefined);
  onTestFinished(() => store.close());
  return store;
}

async function shared() {
  const store = await openStore();
  if (store.peers === undefined) throw new Error('nodes on Redis have peers');
  return { shelf: store.shelf, wake: store.peers };
}

describe('an agent that is switched off', () => {
  async function node() {
    const audit = new MemoryAudit();
    const problems: unknown[] = [];
    const onProblem = (error: unknown) => void problems.push(error);
    const parts = { ...(await shared()), onProblem };
    const switches = await AgentSwitches.open({ ...parts, audit });
    onTestFinished(() => switches.close());
    return { switches, audit, problems, ...parts };
  }

  it('is off on every node at once, and on those that start later', async () => {
    const [one, two] = [await node(), await node()];
    // A node that has just begun may not listen yet, and then looks again a little later.
    await one.switches.turnOff('first', 'adm');
    await eventually(() => two.switches.isOff('first')).toBe(true);
    const startMs = performance.now();
    await one.switches.turnOff('builder', 'adm');
    expect(one.switches.isOff('builder')).toBe(true);
    await eventually(() => two.switches.isOff('builder')).toBe(true);
    expect(performance.now() - startMs).toBeLessThan(1_000);
    expect(two.switches.isOff('other')).toBe(false);
    await eventually(() => two.audit.named('agent.changed')).toMatchObject([
      { agent: 'first', by: 'adm' },
      { agent: 'builder', by: 'adm' },
    ]);
    expect((await node()).switches.isOff('builder')).toBe(true);
  });

  it('stays off when the store lost everything, which is then written again', async () => {
    const [one, two] = [await node(), await node()];
    await one.switches.turnOff('builder', 'adm');
    await eventually(() => two.switches.isOff('builder')).toBe(true);
    await redis.flush();
    expect(one.switches.isOff('builder')).toBe(true);
    await eventually(async () => (await one.shelf.list('agent-switch')).length).toBe(1);
    expect((await node()).switches.isOff('builder')).toBe(true);
  });

  it('is off here while the store is away, and on every node when it is back', async () => {
    const [one, two] = [await node(), await node()];
    await redis.kill();
    await one.switches.turnOff('builder', 'adm');
    expect([one.switches.isOff('builder'), one.problems.length > 0]).toEqual([true, true]);
    await redis.restart();
    await eventually(() => two.switches.isOff('builder')).toBe(true);
  });

  it('is let in again by the command line, from any node', async () => {
    const [one, two] = [await node(), await node()];
    await one.switches.turnOff('builder', 'adm');
    await eventually(() => two.switches.isOff('builder')).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 2));
    await switchAgent((await openStore()).shelf, 'builder', false, 'command line');
    await eventually(() => [one.switches.isOff('builder'), two.switches.isOff('builder')]).toEqual([false, false]);
    expect(one.audit.named('agent.changed')).toMatchObject([{ change: 'enabled on every node', by: 'command line' }]);
  });

  it('is off when the record about it cannot be read, and nobody starts without having read them', async () => {
    const { shelf } = await shared();
    await shelf.put('agent-switch', { key: 'builder', body: '{"isOff":', expiresAtMs: Date.now() + 1e9 }, 10);
    const late = await node();
    expect(late.switches.isOff('builder')).toBe(true);
    await redis.kill();
    await expect(AgentSwitches.open(late)).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' });
    await redis.restart();
  });
});

describe('open sessions', () => {
  const session = (id: string, openedAtMs: number): OpenSession => ({
    ...{ id, agent: 'builder', username: 'deploy@web-1', remote: '192.0.2.1:4000' },
    openedAtMs,
    isBusy: true,
  });

  async function node(nodeName: string, own: readonly OpenSession[]) {
    const audit = new MemoryAudit();
    const open = [...own];
    const ended: string[] = [];
    const endOwn = (id: string, by: string) => {
      const at = open.findIndex((each) => each.id === id);
      if (at < 0) return false;
      open.splice(at, 1);
      ended.push(`${id} by ${by}`);
      return true;
    };
    const parts = { ...(await shared()), id: nodeName };
    const live = new LiveSessions({ nodeName, audit, own: () => open, endOwn, shared: parts, onProblem: () => {} });
    onTestFinished(() => live.close());
    return { live, audit, ended };
  }
  const names = async ({ live }: { live: LiveSessions }) =>
    (await live.list()).map(({ id, node: where, isHere }) => `${id} ${where}${isHere ? ' here' : ''}`);

  it('of all nodes are listed on each, newest first', async () => {
    const one = await node('gate-1', [session('s-1', 1), session('s-3', 3)]);
    const two = await node('gate-2', [session('s-2', 2)]);
    await eventually(() => names(one)).toEqual(['s-3 gate-1 here', 's-2 gate-2', 's-1 gate-1 here']);
    await eventually(() => names(two)).toEqual(['s-3 gate-1', 's-2 gate-2 here', 's-1 gate-1']);
  });

  it('are ended from any node within a second, once, and the one who asked is written down', async () => {
    const one = await node('gate-1', [session('s-1', 1)]);
    const two = await node('gate-2', []);
    await eventually(() => names(two)).toEqual(['s-1 gate-1']);
    const startMs = performance.now();
    expect(await two.live.end('s-1', 'adm')).toBe(true);
    await eventually(() => one.ended).toEqual(['s-1 by adm']);
    expect(performance.now() - startMs).toBeLessThan(1_000);
    expect(two.audit.named('session.stopped')).toMatchObject([{ session: 's-1', node: 'gate-1', by: 'adm' }]);
    expect(await one.live.end('s-1', 'adm')).toBe(false);
    expect(await one.live.end('s-nobody', 'adm')).toBe(false);
  });

  it('of a node that ended are gone from the others', async () => {
    const one = await node('gate-1', [session('s-1', 1)]);
    const two = await node('gate-2', []);
    await eventually(() => names(two)).toEqual(['s-1 gate-1']);
    await one.live.close();
    expect(await names(two)).toEqual([]);
  });

  it('of a node that died are gone after a while, those of a damaged list are left out', async () => {
    const two = await node('gate-2', []);
    const { shelf } = await shared();
    const body = JSON.stringify({ name: 'gate-1', sessions: [session('s-1', 1)] });
    await shelf.put('node', { key: 'dead', body, expiresAtMs: Date.now() + 300 }, 10);
    await shelf.put('node', { key: 'broken', body: '{"name":1}', expiresAtMs: Date.now() + 60_000 }, 10);
    expect(await names(two)).toEqual(['s-1 gate-1']);
    await eventually(() => names(two)).toEqual([]);
  });

  it('are only its own on a node that is alone', async () => {
    const own = [session('s-1', 1)];
    const live = new LiveSessions({
      nodeName: 'gate-1',
      audit: new MemoryAudit(),
      own: () => own,
      endOwn: (id) => id === 's-1',
      shared: undefined,
      onProblem: () => undefined,
    });
    expect(await names({ live })).toEqual(['s-1 gate-1 here']);
    expect([await live.end('s-1', 'adm'), await live.end('s-2', 'adm')]).toEqual([true, false]);
  });
});
