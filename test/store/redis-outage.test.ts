/**
 * Two nodes on one real Redis, and everything that happens to a Redis: killed, hung, restarted empty, made a replica.
 * Whatever happens, nothing is approved that nobody approved and nothing is released twice.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Hold } from '../../src/approval/hold.ts';
import { HoldJobs } from '../../src/approval/jobs.ts';
import { HoldKeeper } from '../../src/approval/keeper.ts';
import { MailLinks } from '../../src/approval/links.ts';
import { defaultHoldLimits } from '../../src/approval/opening.ts';
import type { HoldStore } from '../../src/approval/store.ts';
import { openRedisStore } from '../../src/store/open.ts';
import { eventually } from '../support/eventually.ts';
import { decisionOf, MemoryAudit, requestFor, reviewers } from '../support/holds.ts';
import { raceOpenings, raceReviewers } from '../support/races.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

interface Node {
  readonly keeper: HoldKeeper;
  readonly links: MailLinks;
  readonly audit: MemoryAudit;
  readonly sent: string[];
  close(): Promise<void>;
}

let redis: TestRedis;
let nodes: Node[] = [];
beforeEach(async () => {
  redis = await startRedis();
  nodes = [];
});
afterEach(async () => {
  for (const node of nodes) await node.close();
  await redis?.close();
});

/** Of the same Redis, as two nodes have them. */
async function onTwoStores(race: (stores: readonly HoldStore[]) => Promise<void>): Promise<void> {
  const opened = await Promise.all([0, 1].map(() => openRedisStore(`redis+unix://${redis.socket}`, () => undefined)));
  await race(opened.map(({ holds }) => holds));
  for (const { close } of opened) close();
}

async function node(rereadMs = 200): Promise<Node> {
  const onProblem = (): void => undefined;
  const store = await openRedisStore(`redis+unix://${redis.socket}`, onProblem);
  const audit = new MemoryAudit();
  const sent: string[] = [];
  const { wake } = store;
  if (wake === undefined) throw new Error('Redis has a wake');
  const keeper = new HoldKeeper({
    store: store.holds,
    audit,
    reviewers: () => reviewers,
    limits: { ...defaultHoldLimits, maxPendingPerAgent: 1e6, maxPerHourPerAgent: 1e6 },
    grantMs: 600_000,
    wake,
    rereadMs,
    onProblem,
  });
  const key = Buffer.alloc(32, 3);
  const getHold = (id: string) => keeper.get(id);
  const links = new MailLinks({ key, store: store.proofs, audit, getHold, reviewers: () => reviewers });
  const jobs = new HoldJobs({
    home: store.queues,
    keeper,
    links,
    messenger: { send: async ({ hold, reviewer }) => void sent.push(`${hold.id} ${reviewer.name}`) },
    reviewers: () => reviewers,
    audit,
    forgetExpired: (beforeMs) => store.proofs.forgetExpired(beforeMs),
    onProblem,
  });
  await keeper.start(jobs);
  await jobs.start();
  const made: Node = {
    keeper,
    links,
    audit,
    sent,
    async close() {
      keeper.close();
      await jobs.close();
      store.close();
    },
  };
  nodes.push(made);
  return made;
}

const restart = requestFor('systemctl restart nginx');
const forever = new AbortController().signal;
const away = { code: 'STORE_UNREACHABLE' };
const isBack = (keeper: HoldKeeper, id: string) =>
  eventually(() =>
    keeper.get(id).then(
      (hold) => hold !== undefined,
      () => false,
    ),
  ).toBe(true);

describe('two nodes', () => {
  it('decide on one what hangs on the other, at once', async () => {
    const [one, two] = [await node(60_000), await node(60_000)];
    const { hold } = await one.keeper.open(restart);
    expect(await two.keeper.open(restart)).toMatchObject({ isNew: false, hold: { id: hold.id } });
    const waiting = one.keeper.wait(hold.id, forever);
    // The first look must be over: from here on only a wake from the other node can end it soon.
    await one.keeper.expire(hold.id);
    const decidedMs = Date.now();
    await two.keeper.decide(hold.id, decisionOf(hold, 'maya'));
    expect(await waiting).toMatchObject({ kind: 'approved' });
    expect(Date.now() - decidedMs).toBeLessThan(2_000);
    const released = await Promise.all([one, two].map(({ keeper }) => keeper.release(hold.id, hold.action)));
    expect(released.filter(Boolean)).toHaveLength(1);
  });

  it('see each other’s changes in their lists', async () => {
    const [one, two] = [await node(), await node()];
    const seen: string[] = [];
    two.keeper.onChange(({ id, state }) => seen.push(`${id} ${state}`));
    const { hold } = await one.keeper.open(restart);
    await eventually(() => seen).toContain(`${hold.id} pending`);
    const query = { state: 'pending', agent: undefined, limit: 10, cursor: undefined } as const;
    expect((await two.keeper.list(query)).holds.map(({ id }) => id)).toEqual([hold.id]);
  });

  it('send each mail once, and share links', async () => {
    const [one, two] = [await node(), await node()];
    const { hold } = await one.keeper.open(restart);
    await eventually(async () =>
      Object.fromEntries(
        (await two.keeper.get(hold.id))?.deliveries?.map((d) => [
          d.channel === 'mail' ? d.reviewer : d.name,
          d.state,
        ]) ?? [],
      ),
    ).toEqual({ maya: 'delivered', noor: 'delivered' });
    expect([...one.sent, ...two.sent].sort()).toEqual([`${hold.id} maya`, `${hold.id} noor`]);
    const token = await one.links.issue(hold, 'maya');
    const uses = await Promise.all(Array.from({ length: 20 }, (_, at) => (at % 2 ? one : two).links.use(token)));
    expect(uses.filter(({ kind }) => kind === 'valid')).toHaveLength(1);
  });

  it('keep the holds of a node that died', async () => {
    const [one, two] = [await node(), await node()];
    const { hold } = await one.keeper.open(restart);
    await one.close();
    nodes = [two];
    await two.keeper.decide(hold.id, decisionOf(hold, 'maya'));
    expect(await two.keeper.open(restart)).toMatchObject({ isNew: false, hold: { id: hold.id, state: 'approved' } });
    expect(await two.keeper.release(hold.id, hold.action)).toBe(true);
  });

  it('500 rounds of 20 racing reviewers and releases: one winner each', { timeout: 120_000 }, async () => {
    await onTwoStores((stores) => raceReviewers(stores, 500));
  });

  it('open no more for one agent than its limits, however it races', { timeout: 60_000 }, async () => {
    await onTwoStores((stores) => raceOpenings(stores, 100));
  });
});

describe('when Redis', () => {
  async function pending(): Promise<Node & { readonly hold: Hold }> {
    const made = await node();
    const { hold } = await made.keeper.open(restart);
    return { ...made, hold };
  }

  it('is killed and comes back, holds are there and waiters go on', { timeout: 30_000 }, async () => {
    const { keeper, hold } = await pending();
    const waiting = keeper.wait(hold.id, forever);
    await keeper.expire(hold.id);
    await redis.kill();
    await expect(keeper.decide(hold.id, decisionOf(hold, 'maya'))).rejects.toMatchObject(away);
    await expect(keeper.open(requestFor('touch x'))).rejects.toMatchObject(away);
    await expect(keeper.release(hold.id, hold.action)).rejects.toMatchObject(away);
    await redis.restart();
    await isBack(keeper, hold.id);
    expect((await keeper.get(hold.id))?.state).toBe('pending');
    expect(await keeper.decide(hold.id, decisionOf(hold, 'maya'))).toMatchObject({ kind: 'recorded' });
    expect(await waiting).toMatchObject({ kind: 'approved' });
    expect(await keeper.release(hold.id, hold.action)).toBe(true);
    expect(await keeper.release(hold.id, hold.action)).toBe(false);
  });

  it('hangs, calls fail within seconds and nothing is released twice', { timeout: 30_000 }, async () => {
    const { keeper, hold } = await pending();
    await keeper.decide(hold.id, decisionOf(hold, 'maya'));
    redis.hang();
    const startMs = Date.now();
    const asked = await Promise.allSettled([
      keeper.release(hold.id, hold.action),
      keeper.open(requestFor('touch x')),
      keeper.get(hold.id),
    ]);
    expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(Date.now() - startMs).toBeLessThan(8_000);
    redis.resume();
    await isBack(keeper, hold.id);
    // The release that timed out may have been carried out late: then it is used up, and never runs.
    const later = [await keeper.release(hold.id, hold.action), await keeper.release(hold.id, hold.action)];
    expect(later.filter(Boolean).length).toBeLessThanOrEqual(1);
    expect((await keeper.get(hold.id))?.state).toBe('released');
  });

  it('hangs while a reviewer decides, a decision counts once or not at all', { timeout: 30_000 }, async () => {
    const { keeper, hold, audit } = await pending();
    redis.hang();
    await expect(keeper.decide(hold.id, decisionOf(hold, 'maya', { verdict: 'reject' }))).rejects.toMatchObject(away);
    redis.resume();
    await isBack(keeper, hold.id);
    const state = (await keeper.get(hold.id))?.state;
    expect(['pending', 'rejected']).toContain(state);
    if (state === 'rejected') expect(audit.named('hold.decided')).toHaveLength(1);
    expect(await keeper.release(hold.id, hold.action)).toBe(false);
  });

  it('comes back empty, what waited is gone and nothing runs', { timeout: 30_000 }, async () => {
    const { keeper, hold, links } = await pending();
    await keeper.decide(hold.id, decisionOf(hold, 'maya'));
    const other = (await keeper.open(requestFor('touch x'))).hold;
    const token = await links.issue(other, 'maya');
    const waiting = keeper.wait(other.id, forever).catch((error: unknown) => error);
    await keeper.expire(other.id);
    await redis.kill();
    await redis.restart({ empty: true });
    await eventually(() =>
      keeper.open(requestFor('touch y')).then(
        ({ isNew }) => isNew,
        () => false,
      ),
    ).toBe(true);
    expect(await waiting).toMatchObject({ code: 'HOLD_NOT_FOUND' });
    expect(await keeper.release(hold.id, hold.action)).toBe(false);
    expect(await keeper.decide(other.id, decisionOf(other, 'maya'))).toMatchObject({ code: 'HOLD_NOT_FOUND' });
    expect(await links.use(token)).toMatchObject({ kind: 'refused', why: 'unknown' });
  });

  it('becomes a read-only replica, nothing can be decided or released', { timeout: 30_000 }, async () => {
    const { keeper, hold } = await pending();
    await keeper.decide(hold.id, decisionOf(hold, 'maya'));
    const other = (await keeper.open(requestFor('touch x'))).hold;
    await redis.command('REPLICAOF 127.0.0.1 1');
    await expect(keeper.release(hold.id, hold.action)).rejects.toMatchObject(away);
    await expect(keeper.decide(other.id, decisionOf(other, 'maya'))).rejects.toMatchObject(away);
    await redis.command('REPLICAOF NO ONE');
    await eventually(() => keeper.release(hold.id, hold.action).catch(() => 'away')).toBe(true);
    expect((await keeper.get(other.id))?.state).toBe('pending');
  });

  it('was away while a hold was opened, its mail goes out when the agent asks again', { timeout: 30_000 }, async () => {
    const made = await node();
    await redis.kill();
    await expect(made.keeper.open(restart)).rejects.toMatchObject(away);
    await redis.restart();
    await eventually(() =>
      made.keeper.open(restart).then(
        () => true,
        () => false,
      ),
    ).toBe(true);
    await eventually(() => made.sent.length).toBe(2);
  });
});
