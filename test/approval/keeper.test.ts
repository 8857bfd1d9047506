import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Hold } from '../../src/approval/hold.ts';
import { HoldKeeper, type KeeperParts, type Reviewer } from '../../src/approval/keeper.ts';
import { defaultHoldLimits } from '../../src/approval/opening.ts';
import type { HoldStore } from '../../src/approval/store.ts';
import { openDatabase } from '../../src/store/sqlite/database.ts';
import { SqliteHoldStore } from '../../src/store/sqlite/holds.ts';
import { temporaryDirectory } from '../support/directory.ts';
import { eventually } from '../support/eventually.ts';
import { action, decisionOf, MemoryAudit, requestFor, reviewers } from '../support/holds.ts';

function desk(change: Partial<KeeperParts> = {}) {
  const database = openDatabase(temporaryDirectory());
  const audit = new MemoryAudit();
  const clock = { nowMs: 1_000_000 };
  const parts: KeeperParts = {
    store: new SqliteHoldStore(database),
    audit,
    reviewers: () => reviewers,
    limits: defaultHoldLimits,
    grantMs: 600_000,
    now: () => clock.nowMs,
    onProblem: (error) => {
      throw error;
    },
    ...change,
  };
  const keeper = new HoldKeeper(parts);
  onTestFinished(() => {
    keeper.close();
    database.close();
  });
  return { keeper, audit, clock, parts };
}

/** The same store with something around every call; `hold` is what the call would write. */
function wrapped(
  store: HoldStore,
  around: <T>(name: keyof HoldStore, call: () => Promise<T>, hold?: Hold) => Promise<T>,
): HoldStore {
  return {
    insert: (hold, caps) => around('insert', () => store.insert(hold, caps), hold),
    get: (id) => around('get', () => store.get(id)),
    settledOf: (ids) => around('settledOf', () => store.settledOf(ids)),
    replace: (before, after) => around('replace', () => store.replace(before, after), after),
    findOpen: (digest) => around('findOpen', () => store.findOpen(digest)),
    list: (query) => around('list', () => store.list(query)),
    due: (nowMs, limit) => around('due', () => store.due(nowMs, limit)),
    forget: (beforeMs, limit) => around('forget', () => store.forget(beforeMs, limit)),
    count: (agent, sinceMs) => around('count', () => store.count(agent, sinceMs)),
  };
}

const forever = new AbortController().signal;
const restart = requestFor('systemctl restart nginx');

async function opened(keeper: HoldKeeper, request = restart): Promise<Hold> {
  return (await keeper.open(request)).hold;
}

describe('opening', () => {
  it('writes the hold down before it returns', async () => {
    const { keeper, audit, parts } = desk();
    const { hold, isNew } = await keeper.open(restart);
    expect(isNew).toBe(true);
    expect(hold.state).toBe('pending');
    expect(await parts.store.get(hold.id)).toBeDefined();
    expect(audit.named('hold.created')).toMatchObject([{ hold: hold.id, digest: hold.digest, action: 'a-1' }]);
  });

  it('creates nothing when the audit log fails', async () => {
    const { keeper, parts } = desk({ audit: { append: () => Promise.reject(new Error('disk full')) } });
    await expect(keeper.open(restart)).rejects.toThrow('disk full');
    expect(
      (await parts.store.list({ state: undefined, agent: undefined, limit: 10, cursor: undefined })).holds,
    ).toEqual([]);
  });

  it('joins the identical pending hold of the same agent, also when many ask at once', async () => {
    const { keeper, audit } = desk();
    const all = await Promise.all(Array.from({ length: 10 }, () => keeper.open(restart)));
    expect(all.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(new Set(all.map(({ hold }) => hold.id)).size).toBe(1);
    expect(audit.named('hold.created')).toHaveLength(1);
    expect(audit.named('hold.joined')).toHaveLength(9);
  });

  it.each([
    { name: 'one more space', change: { command: 'systemctl restart  nginx' } },
    { name: 'another agent', change: { agent: 'other' } },
    { name: 'another policy', change: { policyHash: 'c'.repeat(64) } },
  ])('makes another hold for $name', async ({ change }) => {
    const { keeper } = desk();
    await keeper.open(restart);
    expect((await keeper.open({ ...restart, action: { ...restart.action, ...change } })).isNew).toBe(true);
  });

  it('opens anew after a rejection and after expiry', async () => {
    const { keeper, clock } = desk();
    const hold = await opened(keeper);
    await keeper.decide(hold.id, decisionOf(hold, 'maya', { verdict: 'reject' }));
    const second = await keeper.open(restart);
    expect(second.isNew).toBe(true);
    clock.nowMs = second.hold.expiresAtMs;
    expect((await keeper.open(restart)).isNew).toBe(true);
  });

  it.each([
    { name: 'pending holds', limits: { maxPendingPerAgent: 2 } },
    { name: 'holds an hour', limits: { maxPerHourPerAgent: 2 } },
  ])('limits $name per agent and harms nobody else', async ({ limits }) => {
    const { keeper } = desk({ limits: { ...defaultHoldLimits, ...limits } });
    await keeper.open(requestFor('touch 1'));
    await keeper.open(requestFor('touch 2'));
    const refused = { code: 'HOLD_LIMIT', publicMessage: expect.stringContaining('2 commands of this agent') };
    await expect(keeper.open(requestFor('touch 3'))).rejects.toMatchObject(refused);
    expect((await keeper.open(requestFor('touch 2'))).isNew).toBe(false);
    const other = requestFor('touch 3', { action: { ...action, command: 'touch 3', agent: 'other' } });
    expect((await keeper.open(other)).isNew).toBe(true);
  });

  it('takes the limits that are configured now', async () => {
    let maxPerHourPerAgent = 1;
    const { keeper } = desk({ limits: () => ({ ...defaultHoldLimits, maxPerHourPerAgent }) });
    await keeper.open(requestFor('touch 1'));
    await expect(keeper.open(requestFor('touch 2'))).rejects.toMatchObject({ code: 'HOLD_LIMIT' });
    maxPerHourPerAgent = 2;
    expect((await keeper.open(requestFor('touch 2'))).isNew).toBe(true);
  });

  it('lets nobody decide who changed the keys or took over the agent while it waited', async () => {
    const barred = ['maya'];
    const { keeper } = desk({ barred: () => barred });
    const hold = await opened(keeper);
    expect(await keeper.decide(hold.id, decisionOf(hold, 'maya'))).toMatchObject({ code: 'REVIEWER_CHANGED_KEYS' });
    expect(await keeper.decide(hold.id, decisionOf(hold, 'noor'))).toMatchObject({ kind: 'recorded' });
  });

  it.each([
    { name: 'was removed', gone: true, bars: [], lapsed: 'reviewer-left' },
    { name: 'took over the agent', gone: false, bars: ['maya'], lapsed: 'own-agent' },
  ])('does not count somebody who agreed and then $name, and says so', async ({ gone, bars, lapsed }) => {
    const rosa = { name: 'rosa', email: 'rosa@example.com', groups: ['sre'] };
    let [people, barred]: [readonly Reviewer[], readonly string[]] = [[...reviewers, rosa], []];
    const { keeper } = desk({ reviewers: () => people, barred: () => barred });
    const hold = await opened(keeper, requestFor('touch x', { groups: ['sre'], quorum: 2 }));
    expect(await keeper.decide(hold.id, decisionOf(hold, 'maya'))).toMatchObject({ hold: { state: 'pending' } });
    if (gone) people = people.filter(({ name }) => name !== 'maya');
    barred = bars;
    const lapse = { reviewer: 'maya', lapsed };
    const seen = await keeper.decide(hold.id, decisionOf(hold, 'noor'));
    expect(seen).toMatchObject({ hold: { state: 'pending', decisions: [lapse, { reviewer: 'noor' }] } });
    expect(await keeper.get(hold.id)).toMatchObject({ decisions: [lapse, {}] });
    const waiting = await keeper.list({ state: 'pending', agent: undefined, limit: 9, cursor: undefined });
    expect(waiting).toMatchObject({ holds: [{ decisions: [lapse, {}] }] });
    expect(await keeper.release(hold.id, hold.action)).toBe(false);
    expect(await keeper.decide(hold.id, decisionOf(hold, 'rosa'))).toMatchObject({ hold: { state: 'approved' } });
    // Who is back later did not count then.
    [people, barred] = [[...reviewers, rosa], []];
    expect((await keeper.get(hold.id))?.decisions.map((each) => each.lapsed)).toEqual([lapsed, undefined, undefined]);
  });

  it('counts somebody again who is back before enough agreed', async () => {
    let people = reviewers;
    const { keeper } = desk({ reviewers: () => people });
    const hold = await opened(keeper, requestFor('touch x', { groups: ['sre'], quorum: 2 }));
    await keeper.decide(hold.id, decisionOf(hold, 'maya'));
    people = people.filter(({ name }) => name !== 'maya');
    expect(await keeper.get(hold.id)).toMatchObject({ decisions: [{ lapsed: 'reviewer-left' }] });
    people = reviewers;
    expect((await keeper.get(hold.id))?.decisions).toEqual([expect.not.objectContaining({ lapsed: 'reviewer-left' })]);
    expect(await keeper.decide(hold.id, decisionOf(hold, 'noor'))).toMatchObject({ hold: { state: 'approved' } });
  });

  it('limits the size', async () => {
    const { keeper, audit } = desk();
    const large = requestFor(`echo ${'x'.repeat(300_000)}`);
    await expect(keeper.open(large)).rejects.toMatchObject({ code: 'HOLD_LIMIT' });
    expect(audit.events).toEqual([]);
  });
});

describe('what ran before', () => {
  it('is kept newest first when it is long, each command whole', async () => {
    const { keeper } = desk();
    const before = Array.from({ length: 20 }, (_, atMs) => ({ command: 'x'.repeat(5_000), verdict: 'allow', atMs }));
    const hold = await opened(keeper, requestFor('touch x', { before }));
    expect(hold.before.map(({ atMs }) => atMs)).toEqual([14, 15, 16, 17, 18, 19]);
  });
});

describe('waiting', () => {
  it.each([
    { verdict: 'approve', want: { kind: 'approved' } },
    { verdict: 'reject', want: { kind: 'rejected', reviewer: 'maya', reason: 'known deploy' } },
  ] as const)('ends when a reviewer says $verdict', async ({ verdict, want }) => {
    const { keeper } = desk();
    const hold = await opened(keeper);
    const waiting = keeper.wait(hold.id, forever);
    await keeper.decide(hold.id, decisionOf(hold, 'maya', { verdict }));
    expect(await waiting).toMatchObject(want);
  });

  it('ends at the deadline by the clock, with no job running', async () => {
    const { keeper, audit } = desk({ now: Date.now });
    const hold = await opened(keeper, requestFor('touch x', { expiresInMs: 30 }));
    expect(await keeper.wait(hold.id, forever)).toMatchObject({ kind: 'expired' });
    expect(audit.named('hold.expired')).toHaveLength(1);
  });

  it('reads again when nobody rang', async () => {
    const { keeper, parts } = desk({ rereadMs: 5 });
    await keeper.start(undefined);
    const hold = await opened(keeper);
    const waiting = keeper.wait(hold.id, forever);
    // Another node writes; its wake-up is lost.
    const now = await parts.store.get(hold.id);
    if (now === undefined) throw new Error('gone');
    await parts.store.replace(now, { ...now, version: now.version + 1, state: 'withdrawn' });
    expect(await waiting).toMatchObject({ kind: 'withdrawn' });
  });

  it('gives up when the agent leaves, and the hold goes on', async () => {
    const { keeper } = desk();
    const hold = await opened(keeper);
    const gone = new AbortController();
    const stays = new AbortController();
    const first = keeper.wait(hold.id, gone.signal);
    const second = keeper.wait(hold.id, stays.signal);
    gone.abort(new Error('connection closed'));
    await expect(first).rejects.toThrow('connection closed');
    expect((await keeper.get(hold.id))?.isAgentWaiting).toBe(true);
    stays.abort(new Error('connection closed'));
    await expect(second).rejects.toThrow('connection closed');
    expect(await keeper.get(hold.id)).toMatchObject({ state: 'pending', isAgentWaiting: false });
    expect((await keeper.open(restart)).hold).toMatchObject({ id: hold.id, isAgentWaiting: true });
  });

  it('ends when the process stops, and the hold goes on', async () => {
    const { keeper, parts } = desk();
    const hold = await opened(keeper);
    const waiting = keeper.wait(hold.id, forever);
    await keeper.expire(hold.id);
    keeper.close();
    await expect(waiting).rejects.toMatchObject({ code: 'HOLD_DESK_CLOSED' });
    expect((await parts.store.get(hold.id))?.state).toBe('pending');
  });

  it('refuses an id that does not exist', async () => {
    const { keeper } = desk();
    await expect(keeper.wait('h-none', forever)).rejects.toMatchObject({ code: 'HOLD_NOT_FOUND' });
  });

  it('outlives a store that is away for a while', async () => {
    const problems: unknown[] = [];
    const base = desk();
    let isAway = false;
    const store = wrapped(base.parts.store, async (_name, call) => {
      if (isAway) throw new Error('away');
      return call();
    });
    const { keeper } = desk({ store, rereadMs: 5, onProblem: (error) => problems.push(error) });
    await keeper.start(undefined);
    const hold = await opened(keeper);
    const waiting = keeper.wait(hold.id, forever);
    // The first look must have happened: from then on the waiter knows how long to be patient.
    await keeper.expire(hold.id);
    isAway = true;
    await eventually(() => problems.length).toBeGreaterThan(1);
    await expect(keeper.decide(hold.id, decisionOf(hold, 'maya'))).rejects.toThrow('away');
    isAway = false;
    await keeper.decide(hold.id, decisionOf(hold, 'maya'));
    expect(await waiting).toMatchObject({ kind: 'approved' });
  });
});

describe('deciding', () => {
  it('is in the audit log before it is in the store', async () => {
    const order: string[] = [];
    const base = desk();
    const store = wrapped(base.parts.store, async (name, call, hold) => {
      if (name === 'replace') order.push(`stored ${hold?.state}`);
      return call();
    });
    const { keeper } = desk({
      store,
      audit: { append: async (event) => void order.push(event.event) },
    });
    const hold = await opened(keeper);
    const waiting = keeper.wait(hold.id, forever).then(() => order.push('told'));
    await keeper.decide(hold.id, decisionOf(hold, 'maya'));
    await waiting;
    expect(order).toEqual(['hold.created', 'hold.decided', 'stored approved', 'hold.approved', 'told']);
  });

  it('does not count when the audit log fails', async () => {
    const audit = new MemoryAudit();
    let isFull = false;
    const { keeper } = desk({
      audit: { append: (event) => (isFull ? Promise.reject(new Error('disk full')) : audit.append(event)) },
    });
    const hold = await opened(keeper);
    isFull = true;
    await expect(keeper.decide(hold.id, decisionOf(hold, 'maya'))).rejects.toThrow('disk full');
    isFull = false;
    expect((await keeper.get(hold.id))?.state).toBe('pending');
  });

  it('writes every refusal down', async () => {
    const { keeper, audit } = desk();
    const hold = await opened(keeper);
    for (const [name, code] of [
      ['olga', 'REVIEWER_IS_OWNER'],
      ['pete', 'REVIEWER_NOT_ALLOWED'],
    ] as const) {
      expect(await keeper.decide(hold.id, decisionOf(hold, name))).toMatchObject({ kind: 'refused', code });
      expect(audit.named('hold.refused').at(-1)).toMatchObject({ hold: hold.id, reviewer: name, reason: code });
    }
    expect(await keeper.decide('h-none', decisionOf(hold, 'maya'))).toMatchObject({ code: 'HOLD_NOT_FOUND' });
    expect(audit.named('hold.decided')).toEqual([]);
  });

  it('is too late in the millisecond of the deadline, with the expiry not yet written', async () => {
    const { keeper, clock } = desk();
    const hold = await opened(keeper);
    clock.nowMs = hold.expiresAtMs;
    expect(await keeper.decide(hold.id, decisionOf(hold, 'maya'))).toMatchObject({ code: 'HOLD_NOT_PENDING' });
    expect(await keeper.get(hold.id)).toMatchObject({ state: 'expired' });
  });

  it('does not count when the deadline passes while it is written down', async () => {
    const base = desk();
    const { keeper } = desk({
      now: () => base.clock.nowMs,
      audit: {
        append: async (event) => {
          if (event.event === 'hold.decided') base.clock.nowMs += 10_000_000;
        },
      },
    });
    const hold = await opened(keeper);
    expect(await keeper.decide(hold.id, decisionOf(hold, 'maya'))).toMatchObject({ code: 'HOLD_NOT_PENDING' });
    expect(await keeper.release(hold.id, hold.action)).toBe(false);
  });

  it('takes control characters out of a reason', async () => {
    const { keeper, audit } = desk();
    const hold = await opened(keeper);
    await keeper.decide(hold.id, decisionOf(hold, 'maya', { reason: 'fine\u001b[2J\r\nby me\u202e' }));
    expect(audit.named('hold.decided')).toMatchObject([{ reason: 'fine [2J by me' }]);
  });
});

describe('releasing', () => {
  async function approved() {
    const made = desk();
    const hold = await opened(made.keeper);
    await made.keeper.decide(hold.id, decisionOf(hold, 'maya'));
    return { ...made, hold };
  }

  it('happens once, and is in the audit log with the channel that runs it', async () => {
    const { keeper, hold, audit } = await approved();
    const by = { session: 's-2', channel: 's-2/4', actionId: 'a-9' };
    const all = await Promise.all(Array.from({ length: 20 }, () => keeper.release(hold.id, hold.action, by)));
    expect(all.filter(Boolean)).toHaveLength(1);
    expect(audit.named('hold.released')).toMatchObject([
      { hold: hold.id, session: 's-2', channel: 's-2/4', action: 'a-9' },
    ]);
  });

  it('refuses another action than was approved, and says so in the log', async () => {
    const { keeper, hold, audit } = await approved();
    expect(await keeper.release(hold.id, { ...hold.action, command: 'rm -rf /' })).toBe(false);
    expect(audit.named('hold.refused')).toMatchObject([{ hold: hold.id }]);
    expect(await keeper.release(hold.id, hold.action)).toBe(true);
  });

  it('refuses a stored action that was edited', async () => {
    const { keeper, hold, parts } = await approved();
    const now = await parts.store.get(hold.id);
    if (now === undefined) throw new Error('gone');
    const forged = { ...now.action, command: 'rm -rf /' };
    await parts.store.replace(now, { ...now, action: forged });
    expect(await keeper.release(hold.id, forged)).toBe(false);
    expect(await keeper.release(hold.id, hold.action)).toBe(false);
  });

  it('refuses what is pending, rejected or unknown', async () => {
    const { keeper } = desk();
    const hold = await opened(keeper);
    expect(await keeper.release(hold.id, hold.action)).toBe(false);
    await keeper.decide(hold.id, decisionOf(hold, 'maya', { verdict: 'reject' }));
    expect(await keeper.release(hold.id, hold.action)).toBe(false);
    expect(await keeper.release('h-none', hold.action)).toBe(false);
  });

  it('gives the grant to an agent that left and comes back, once', async () => {
    const { keeper, hold } = await approved();
    expect(await keeper.open(restart)).toMatchObject({ isNew: false, hold: { id: hold.id, state: 'approved' } });
    expect(await keeper.wait(hold.id, forever)).toMatchObject({ kind: 'approved' });
    expect(await keeper.release(hold.id, hold.action)).toBe(true);
    expect((await keeper.open(restart)).isNew).toBe(true);
  });

  it('refuses a grant that is too old', async () => {
    const { keeper, hold, clock } = await approved();
    clock.nowMs += 600_000;
    expect(await keeper.release(hold.id, hold.action)).toBe(false);
    expect((await keeper.open(restart)).isNew).toBe(true);
  });
});

describe('withdrawing', () => {
  it('is for the agent itself while nobody decided', async () => {
    const { keeper, audit } = desk();
    const hold = await opened(keeper);
    expect(await keeper.withdraw(hold.id, 'other')).toBe(false);
    const waiting = keeper.wait(hold.id, forever);
    expect(await keeper.withdraw(hold.id, 'builder')).toBe(true);
    expect(await waiting).toMatchObject({ kind: 'withdrawn' });
    expect(audit.named('hold.withdrawn')).toHaveLength(1);
    expect(await keeper.withdraw(hold.id, 'builder')).toBe(false);
  });
});

describe('starting again', () => {
  it('keeps what was pending, marks agents as gone, writes expiries, announces once more', async () => {
    const { keeper, parts, clock, audit } = desk();
    const stays = await opened(keeper);
    const over = await opened(keeper, requestFor('touch x', { expiresInMs: 10 }));
    clock.nowMs += 10;
    const announced: string[] = [];
    const again = new HoldKeeper(parts);
    onTestFinished(() => again.close());
    await again.start({ plan: () => undefined, announce: async ({ id }) => void announced.push(id) });
    expect(await again.get(stays.id)).toMatchObject({ state: 'pending', isAgentWaiting: false });
    expect(await parts.store.get(over.id)).toMatchObject({ state: 'expired' });
    expect(announced).toEqual([stays.id]);
    expect(audit.named('hold.expired')).toHaveLength(1);
  });

  it('announces later what could not be announced', async () => {
    const problems: unknown[] = [];
    const { keeper } = desk({ onProblem: (error) => problems.push(error) });
    let tries = 0;
    await keeper.start({
      plan: () => [],
      announce: async () => {
        tries += 1;
        if (tries === 1) throw new Error('queue away');
      },
    });
    const unreachable: string[] = [];
    keeper.onUnreachable(({ id }) => unreachable.push(id));
    const hold = await opened(keeper);
    expect(problems).toHaveLength(1);
    expect(unreachable).toEqual([hold.id]);
    await keeper.sweep();
    await keeper.sweep();
    expect(tries).toBe(2);
  });
});

describe('racing reviewers and releases', () => {
  it('500 rounds of 20: one winner each', { timeout: 120_000 }, async () => {
    const people = Array.from({ length: 20 }, (_, at) => ({ name: `r${at}`, email: '', groups: ['sre'] }));
    const { keeper, parts, audit } = desk({
      reviewers: () => people,
      limits: { ...defaultHoldLimits, maxPerHourPerAgent: 1_000_000 },
    });
    // A second keeper on the same store, as a second node would be: nothing in memory orders the two.
    const other = new HoldKeeper(parts);
    for (let round = 0; round < 500; round++) {
      const hold = await opened(keeper, requestFor(`echo ${round}`));
      const outcomes = await Promise.all(
        people.map(({ name }, at) =>
          (at % 2 === 0 ? keeper : other).decide(
            hold.id,
            decisionOf(hold, name, { verdict: (at + round) % 3 === 0 ? 'reject' : 'approve' }),
          ),
        ),
      );
      const won = outcomes.filter(({ kind }) => kind === 'recorded');
      expect(won).toHaveLength(1);
      const end = await keeper.get(hold.id);
      expect(end?.decisions).toHaveLength(1);
      const released = await Promise.all(
        people.map((_, at) => (at % 2 === 0 ? keeper : other).release(hold.id, hold.action)),
      );
      expect(released.filter(Boolean)).toHaveLength(end?.state === 'approved' ? 1 : 0);
    }
    expect(audit.named('hold.approved').length + audit.named('hold.rejected').length).toBe(500);
    expect(audit.named('hold.released')).toHaveLength(audit.named('hold.approved').length);
  });
});

describe('any sequence of what people and agents do', () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('decide' as const),
      by: fc.constantFrom('maya', 'noor', 'pete', 'olga'),
      verdict: fc.constantFrom('approve' as const, 'approve' as const, 'reject' as const),
    }),
    fc.record({ kind: fc.constantFrom('open' as const, 'withdraw' as const, 'release' as const, 'release' as const) }),
    fc.record({ kind: fc.constant('later' as const), ms: fc.integer({ min: 1, max: 500_000 }) }),
  );

  it('tells nobody of a state before the log has it, releases each approval once, and moves only along the arrows', async () => {
    const { keeper, audit, clock } = desk();
    const states = new Map<string, string[]>();
    keeper.onChange((hold) => {
      const seen = states.get(hold.id) ?? [];
      if (seen.at(-1) !== hold.state) states.set(hold.id, [...seen, hold.state]);
      const events = audit.events
        .filter((event) => 'hold' in event && event.hold === hold.id)
        .map(({ event }) => event);
      const last = hold.state === 'pending' ? 'hold.created' : (`hold.${hold.state}` as const);
      expect(events).toContain(last);
      for (const _ of hold.decisions) expect(events).toContain('hold.decided');
    });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(1, 2), fc.array(step, { maxLength: 10 }), async (quorum, steps) => {
        const agent = `agent-${run++}`;
        const request = requestFor('touch x', { quorum, action: { ...action, command: 'touch x', agent } });
        let hold = await opened(keeper, request);
        let released = 0;
        for (const one of steps) {
          if (one.kind === 'later') clock.nowMs += one.ms;
          else if (one.kind === 'open') hold = await opened(keeper, request);
          else if (one.kind === 'withdraw') await keeper.withdraw(hold.id, agent);
          else if (one.kind === 'decide') {
            await keeper.decide(hold.id, decisionOf(hold, one.by, { verdict: one.verdict }));
          } else {
            const before = (await keeper.get(hold.id))?.state;
            const both = await Promise.all([
              keeper.release(hold.id, request.action),
              keeper.release(hold.id, request.action),
            ]);
            const won = both.filter(Boolean).length;
            expect(won).toBe(before === 'approved' ? 1 : 0);
            released += won;
          }
        }
        const ends = audit.events.filter((event) => event.event === 'hold.released' && event.agent === agent);
        expect(ends).toHaveLength(released);
      }),
      { numRuns: 150 },
    );
    const ways = new Set([...states.values()].map((seen) => seen.join(' ')));
    const arrows = /^pending( (approved( (released|expired))?|rejected|expired|withdrawn))?$/;
    expect([...ways].filter((way) => !arrows.test(way))).toEqual([]);
    expect(ways.size).toBeGreaterThan(4);
  }, 60_000);
});
