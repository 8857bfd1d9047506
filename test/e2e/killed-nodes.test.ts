/**
 * Three real nodes on one real Redis, agents that send their commands until one runs, people who decide on any node, and
 * SIGKILL for one or two nodes at random moments, again and again.
 *
 * Each run of a command writes a line on its target, so that what ran is counted there and not in our own log.
 */
import { randomInt } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { readRecords } from '../../src/audit/reader.ts';
import { startNodes } from '../support/nodes.ts';
import { finish, type Program, poll, runCli, startProgram } from '../support/program.ts';
import { Random } from '../support/random.ts';

/** A red run says which it was; the moments are then the same, what the machine does meanwhile is not. */
const seed = Number(process.env.KILL_SEED ?? randomInt(2 ** 31));
const kills = Number(process.env.KILLS ?? 5);
const agentsCount = 5;
/** What the target ends with; none of ours. */
const ownStatus = 7;
const unlimited = 'holds: { max_per_hour_per_agent: 100000, respelling: { lock_after: 0 } }\n';

type Fate = 'approve' | 'reject' | 'nobody';
/** Every fourth is rejected. The numbers below zero nobody ever decides on. */
const fateOf = (number: number): Fate => (number < 0 ? 'nobody' : number % 4 === 3 ? 'reject' : 'approve');
const fileOf = (number: number) => `runs-of-${number < 0 ? `nobody-${-number}` : number}`;
/** Takes a moment, so that some are killed while they run. */
const commandOf = (number: number) => `echo ran >> ${fileOf(number)}; sleep 0.2; exit ${ownStatus}`;
const numberOf = (command: string): number => {
  const [, nobody, number] = /runs-of-(nobody-)?(\d+)/.exec(command) ?? [];
  return nobody === undefined ? Number(number) : -Number(number);
};

interface Decided {
  readonly hold: string;
  readonly verdict: 'approve' | 'reject';
  /** The node that was asked. */
  readonly at: number;
}

class Chaos {
  readonly nodes: Program[];
  readonly random = new Random(seed);
  /** Holds that somebody was shown, with their command's number. */
  readonly shown = new Map<string, number>();
  /** Sent, answered or not; and those that were acknowledged. */
  readonly sent = new Map<string, Decided['verdict']>();
  readonly acknowledged: Decided[] = [];
  /** Of each command that ended with an answer: its status. */
  readonly ended = new Map<number, number | null>();
  readonly statuses = new Set<number | null>();
  /** Of each command: the node its agent hangs on. */
  readonly #asking = new Map<number, number>();
  isOver = false;
  #next = 0;

  constructor(nodes: readonly Program[]) {
    this.nodes = [...nodes];
  }

  /** Sends one command after the other, each until it is answered for good; half of them twice at once, as if in doubt. */
  async agent(): Promise<void> {
    while (!this.isOver) {
      const number = this.#next++;
      const isInDoubt = number % 2 === 0;
      await Promise.all((isInDoubt ? [number, number] : [number]).map((each) => this.askUntilAnswered(each)));
    }
  }

  async askUntilAnswered(number: number): Promise<void> {
    const refused = 77;
    for (;;) {
      const at = this.random.below(this.nodes.length);
      this.#asking.set(number, at);
      const child = this.#node(at).spawnSsh(commandOf(number));
      child.stdin?.on('error', () => undefined);
      child.stdin?.end();
      const stop = setInterval(() => this.isOver && fateOf(number) === 'nobody' && child.kill('SIGKILL'), 100);
      const { status } = await finish(child);
      clearInterval(stop);
      if (this.isOver && fateOf(number) === 'nobody') return;
      this.statuses.add(status);
      if (status !== ownStatus && status !== refused) continue;
      this.ended.set(number, status);
      return;
    }
  }

  /** Looks on one node and decides on another, until nothing is left to decide. */
  async reviewer(isNeeded: () => boolean): Promise<void> {
    while (isNeeded()) {
      await delay(10);
      const answer = await this.random
        .pick(this.nodes)
        .api('/holds?state=pending')
        .catch(() => undefined);
      if (!answer?.ok) continue;
      const { holds } = (await answer.json().catch(() => ({ holds: [] }))) as { holds: PendingHold[] };
      for (const { id, action } of holds) this.shown.set(id, numberOf(action.command));
      const open = holds.filter(({ action }) => fateOf(numberOf(action.command)) !== 'nobody');
      if (open.length > 0) await this.#decide(this.random.pick(open));
    }
  }

  async #decide({ id, action }: PendingHold): Promise<void> {
    const verdict = fateOf(numberOf(action.command)) === 'reject' ? 'reject' : 'approve';
    this.sent.set(id, verdict);
    const at = this.random.below(this.nodes.length);
    const answer = await this.#node(at)
      .decide(id, verdict)
      .catch(() => undefined);
    if (answer?.status === 200) this.acknowledged.push({ hold: id, verdict, at });
  }

  #node(at: number): Program {
    const node = this.nodes[at];
    if (node === undefined) throw new Error('no such node');
    return node;
  }

  /** Mostly where somebody has just decided, or where what was approved begins to run. */
  async killSome(): Promise<void> {
    const count = this.acknowledged.length;
    let first = this.random.below(this.nodes.length);
    const where = this.random.below(3);
    if (where === 0) await delay(this.random.below(2_000));
    else {
      const { hold, at } = await poll(() => this.acknowledged[count], 30_000);
      const agentsNode = this.#asking.get(this.shown.get(hold) ?? NaN);
      first = where === 1 ? at : (agentsNode ?? at);
      await delay(this.random.below(where === 1 ? 30 : 150));
    }
    const victims = this.random.below(3) === 0 ? [first, (first + 1) % this.nodes.length] : [first];
    await Promise.all(victims.map((at) => this.#killAndRestart(at)));
  }

  async #killAndRestart(at: number): Promise<void> {
    const node = this.nodes[at];
    await node?.stop('SIGKILL');
    this.nodes[at] = await startProgram({ directory: node?.directory ?? '' });
  }
}

interface PendingHold {
  readonly id: string;
  readonly action: { readonly command: string };
}

const runsOn = ({ directory }: Program, number: number): number => {
  const file = join(directory, 'sandbox', fileOf(number));
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0;
};

async function everyRecord(nodes: readonly Program[]): Promise<readonly Record<string, unknown>[]> {
  const records = [];
  for (const { directory } of nodes)
    for await (const record of readRecords(join(directory, 'audit'))) records.push({ ...record });
  return records;
}

it(`nodes killed ${kills} times at random moments lose and double nothing, and need nobody (seed ${seed})`, {
  timeout: 400_000,
}, async () => {
  const chaos = new Chaos((await startNodes(['gate-1', 'gate-2', 'gate-3'], unlimited)).nodes);
  const agents = Promise.all(Array.from({ length: agentsCount }, () => chaos.agent()));
  const forgotten = Promise.all([-1, -2].map((number) => chaos.askUntilAnswered(number)));
  let isDone = false;
  const reviewers = [1, 2].map(() => chaos.reviewer(() => !isDone));
  for (let kill = 0; kill < kills; kill++) await chaos.killSome();
  chaos.isOver = true;
  // Nobody mends anything: each agent sends what it has in hand until it is answered.
  await agents;
  isDone = true;
  await Promise.all([...reviewers, forgotten]);
  for (const node of chaos.nodes) expect(await node.stop()).toBe(0);

  const { nodes, shown, sent, acknowledged, ended } = chaos;
  const records = await everyRecord(nodes);
  const holdsWith = (event: string, more: (record: Record<string, unknown>) => boolean = () => true) =>
    records.filter((record) => record.event === event && more(record)).map(({ hold }) => String(hold));

  // What somebody was shown or told was written down, somewhere.
  expect([...shown.keys()].filter((hold) => !holdsWith('hold.created').includes(hold))).toEqual([]);
  for (const { hold, verdict } of acknowledged)
    expect(holdsWith('hold.decided', (record) => record.verdict === verdict)).toContain(hold);

  // Released once, and only what somebody approved.
  const released = holdsWith('hold.released');
  expect(new Set(released).size).toBe(released.length);
  expect(released.filter((hold) => sent.get(hold) !== 'approve')).toEqual([]);

  // As the targets say: no more runs than releases, none of what was rejected or nobody decided on.
  for (const number of [...new Set([...shown.values(), ...ended.keys()])]) {
    const runs = nodes.reduce((sum, node) => sum + runsOn(node, number), 0);
    const releases = released.filter((hold) => shown.get(hold) === number).length;
    expect(runs, commandOf(number)).toBeLessThanOrEqual(releases);
    if (fateOf(number) !== 'approve') expect(runs, commandOf(number)).toBe(0);
    if (ended.get(number) === ownStatus) expect(runs, commandOf(number)).toBeGreaterThan(0);
  }

  // Agents heard the target's status or one of ours.
  for (const [number, status] of ended) expect(status).toBe(fateOf(number) === 'approve' ? ownStatus : 77);
  expect([...chaos.statuses].filter((status) => ![ownStatus, 77, 75, 70, 255].includes(status ?? -1))).toEqual([]);
  expect(ended.size).toBeGreaterThan(kills);

  for (const { directory } of nodes)
    expect(await runCli(['audit', 'verify', '--dir', directory])).toMatchObject({ status: 0 });
  // The forgotten ones are still there for whoever looks: with no agent, and undecided.
  expect(holdsWith('hold.decided').filter((hold) => (shown.get(hold) ?? 0) < 0)).toEqual([]);
});
