/**
 * Real sentinels, and a primary that dies, hangs or is cut off from its replicas while holds wait and people decide.
 * Whatever happens, nothing is approved that nobody approved, nothing is released twice, and nobody restarts a node.
 */
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Hold } from '../../src/approval/hold.ts';
import { HoldKeeper } from '../../src/approval/keeper.ts';
import { defaultHoldLimits } from '../../src/approval/opening.ts';
import { StoreError } from '../../src/store/errors.ts';
import { openRedisStore, type Store } from '../../src/store/open.ts';
import { decisionOf, MemoryAudit, requestFor } from '../support/holds.ts';
import { RedisServers, type SentinelSetUp, startSentinels, until } from '../support/redis-servers.ts';

const people = Array.from({ length: 6 }, (_, at) => ({ name: `r${at}`, email: '', groups: ['sre'] }));

let servers: RedisServers;
beforeEach(() => {
  servers = new RedisServers();
});
afterEach(() => servers.close());

/** What the client would print of its own, over the log and its rules. */
const printed = vi.spyOn(console, 'error');
afterEach(() => expect(printed).not.toHaveBeenCalled());

interface Node {
  readonly store: Store;
  readonly keeper: HoldKeeper;
  readonly audit: MemoryAudit;
}

async function node(url: string): Promise<Node> {
  const problems: unknown[] = [];
  const store = await openRedisStore(url, (error) => problems.push(error));
  const audit = new MemoryAudit();
  const keeper = new HoldKeeper({
    store: store.holds,
    audit,
    reviewers: () => people,
    limits: { ...defaultHoldLimits, maxPendingPerAgent: 1e6, maxPerHourPerAgent: 1e6 },
    grantMs: 600_000,
    ...(store.wake === undefined ? {} : { wake: store.wake }),
    rereadMs: 200,
    onProblem: () => undefined,
  });
  onTestFinished(() => {
    keeper.close();
    store.close();
    expect(problems.filter((error) => !(error instanceof StoreError))).toEqual([]);
  });
  return { store, keeper, audit };
}

async function openHolds({ keeper }: Node, count: number): Promise<readonly Hold[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, at) => (await keeper.open(requestFor(`echo ${at}`))).hold),
  );
}

/** What was answered, and what somebody asked for and got no answer. */
interface Tally {
  readonly approvals: Set<string>;
  readonly releases: string[];
  readonly counts: { failed: number };
}

/** People and channels of every node at work on the holds, each call again and again, until `isOver`. */
async function work(nodes: readonly Node[], holds: readonly Hold[], isOver: () => boolean): Promise<Tally> {
  const tally: Tally = { approvals: new Set(), releases: [], counts: { failed: 0 } };
  const worker = async ({ keeper }: Node, at: number): Promise<void> => {
    for (let turn = at; !isOver(); turn++) {
      const hold = holds[turn % holds.length];
      const person = people[turn % people.length];
      if (hold === undefined || person === undefined) throw new Error('nothing to do');
      // The last third of the holds nobody ever approves.
      const isRefused = turn % holds.length >= (holds.length * 2) / 3;
      try {
        if (!isRefused) tally.approvals.add(hold.id);
        await keeper.decide(hold.id, decisionOf(hold, person.name, { verdict: isRefused ? 'reject' : 'approve' }));
        if (await keeper.release(hold.id, hold.action)) tally.releases.push(hold.id);
      } catch {
        tally.counts.failed += 1;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  };
  await Promise.all(nodes.flatMap((each) => [0, 1, 2].map((at) => worker(each, at * 7))));
  return tally;
}

function expectOnce({ approvals, releases }: Tally, holds: readonly Hold[]): void {
  expect(releases).toHaveLength(new Set(releases).size);
  expect(releases.filter((id) => !approvals.has(id))).toEqual([]);
  const refused = holds.slice(Math.ceil((holds.length * 2) / 3)).map(({ id }) => id);
  expect(releases.filter((id) => refused.includes(id))).toEqual([]);
}

async function worksAgain({ keeper }: Node, command: string): Promise<void> {
  await until(() =>
    keeper.open(requestFor(command)).then(
      () => true,
      () => false,
    ),
  );
  const { hold } = await keeper.open(requestFor(command));
  expect(await keeper.decide(hold.id, decisionOf(hold, 'r0'))).toMatchObject({ kind: 'recorded' });
  expect(await keeper.release(hold.id, hold.action)).toBe(true);
  expect(await keeper.release(hold.id, hold.action)).toBe(false);
}

const away = { code: 'STORE_UNREACHABLE' };

const isRead = ({ keeper }: Node, { id }: Hold) =>
  keeper.get(id).then(
    (hold) => hold !== undefined,
    () => false,
  );

const primaryOf = async ({ sentinels }: SentinelSetUp) =>
  (await sentinels[2]?.cli('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'gate'))?.split('\n')[1];

describe('behind sentinels', () => {
  it.each([
    { name: 'dies', signal: 'SIGKILL' },
    { name: 'hangs', signal: 'SIGSTOP' },
  ] as const)(
    'a primary that $name while people decide is replaced, and nothing is released twice',
    {
      timeout: 240_000,
    },
    async ({ signal }) => {
      const setUp = await startSentinels(servers, 2);
      const { primary, url } = setUp;
      const nodes = [await node(url), await node(url)];
      const [one] = nodes;
      if (one === undefined) throw new Error('two nodes');
      expect(await one.store.warnings()).toEqual([]);
      const holds = await openHolds(one, 600);
      const [first] = holds;
      if (first === undefined) throw new Error('holds were opened');
      let isOver = false;
      const working = work(nodes, holds, () => isOver);
      const released = { state: 'released', agent: undefined, limit: 9, cursor: undefined } as const;
      await until(async () => (await one.keeper.list(released)).holds.length === 9);
      primary.child.kill(signal);
      await until(async () => (await primaryOf(setUp)) !== String(primary.port));
      await until(() => isRead(one, first));
      // What hung comes back with its old history, and believes for a moment that it still is the primary.
      primary.child.kill('SIGCONT');
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      isOver = true;
      const tally = await working;
      expectOnce(tally, holds);
      expect(tally.counts.failed).toBeGreaterThan(0);
      expect(tally.releases.length).toBeGreaterThan(8);
      for (const [at, each] of nodes.entries()) await worksAgain(each, `touch ${at}`);
    },
  );

  it('a sentinel that hangs is passed over', { timeout: 240_000 }, async () => {
    const { primary, sentinels, url } = await startSentinels(servers, 2);
    const made = await node(url);
    sentinels[0]?.child.kill('SIGSTOP');
    primary.child.kill('SIGKILL');
    await worksAgain(made, 'touch a');
    await worksAgain(await node(url), 'touch b');
  });

  it('a primary that moves while a node asks for it is found', { timeout: 240_000 }, async () => {
    const { primary, sentinels, url } = await startSentinels(servers, 2);
    const made = await node(url);
    const [first, second, third] = sentinels;
    // Each that hangs costs the node's question its time limit, and in this time the primary moves.
    for (const hung of [first, second]) hung?.child.kill('SIGSTOP');
    await primary.cli('CLIENT', 'KILL', 'TYPE', 'normal');
    await third?.cli('SENTINEL', 'FAILOVER', 'gate');
    await worksAgain(made, 'touch a');
    // What listens waits without a limit of its own, and must have moved too.
    const heard: string[] = [];
    made.store.wake?.subscribe((id) => heard.push(id));
    for (const hung of [first, second]) hung?.child.kill('SIGCONT');
    const other = await node(url);
    await until(async () => {
      other.store.wake?.publish('h-1');
      return heard.includes('h-1');
    });
  });

  it('the last server is not enough: nothing is decided until the other is back', { timeout: 240_000 }, async () => {
    const setUp = await startSentinels(servers, 1);
    const { primary, replicas, url } = setUp;
    const made = await node(url);
    const [hold] = await openHolds(made, 1);
    if (hold === undefined) throw new Error('a hold was opened');
    await primary.kill();
    await until(async () => (await primaryOf(setUp)) !== String(primary.port));
    await until(() => isRead(made, hold));
    await expect(made.keeper.decide(hold.id, decisionOf(hold, 'r0'))).rejects.toMatchObject(away);
    await expect(made.keeper.release(hold.id, hold.action)).rejects.toMatchObject(away);
    await servers.start([], { port: primary.port });
    await until(async () => (await replicas[0]?.cli('INFO', 'replication'))?.includes('state=online') === true);
    await worksAgain(made, 'touch a');
  });
});

describe('a primary whose replica took over unseen', () => {
  it('releases, approves and opens nothing more', { timeout: 30_000 }, async () => {
    const primary = await servers.start([]);
    const replica = await servers.start(['--replicaof', '127.0.0.1', String(primary.port)]);
    await until(async () => (await primary.cli('INFO', 'replication')).includes('state=online'));
    const before = await node(`redis://127.0.0.1:${primary.port}`);
    const [approved, pending] = await openHolds(before, 2);
    if (approved === undefined || pending === undefined) throw new Error('two holds were opened');
    await before.keeper.decide(approved.id, decisionOf(approved, 'r0'));
    await replica.cli('REPLICAOF', 'NO', 'ONE');
    await until(async () => (await primary.cli('INFO', 'replication')).includes('connected_slaves:0'));
    await expect(before.keeper.release(approved.id, approved.action)).rejects.toMatchObject(away);
    await expect(before.keeper.decide(pending.id, decisionOf(pending, 'r0'))).rejects.toMatchObject(away);
    await expect(before.keeper.open(requestFor('touch a'))).rejects.toMatchObject(away);
    await expect(before.keeper.release(pending.id, pending.action)).rejects.toMatchObject(away);
    const { keeper } = await node(`redis://127.0.0.1:${replica.port}`);
    expect((await keeper.get(pending.id))?.state).toBe('pending');
    expect(await keeper.release(pending.id, pending.action)).toBe(false);
    const released = await Promise.all([1, 2, 3].map(() => keeper.release(approved.id, approved.action)));
    expect(released.filter(Boolean)).toHaveLength(1);
  });
});
