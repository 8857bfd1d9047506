/**
 * Holds, links and devices in memory, with the rules of their contracts, for tests of what stands on top of them.
 * They keep no promise about disks or several processes; the real ones have tests of their own.
 */
import { createHash, randomBytes } from 'node:crypto';
import type {
  DecideOutcome,
  DecideRefusal,
  DecideRequest,
  HoldDesk,
  HoldQuery,
  LinkCheck,
  ReviewerDevices,
  ReviewLinks,
} from '../../src/approval/desk.ts';
import type { Hold } from '../../src/approval/hold.ts';
import { leastReasonLength, reasonProblem } from '../../src/approval/reason.ts';
import { SallyportError } from '../../src/errors.ts';
import type { AuditSink } from '../../src/gate/ports.ts';

const hash = (text: string) => createHash('sha256').update(text).digest('hex');

/** A hold like the ones that reach reviewers; every field may be overridden. */
export function holdOf(
  nowMs: number,
  fields: Partial<Omit<Hold, 'action'>> & { action?: Partial<Hold['action']> } = {},
): Hold {
  const id = fields.id ?? `h-${randomBytes(6).toString('hex')}`;
  const action: Hold['action'] = {
    kind: 'exec',
    command: 'systemctl restart nginx && tail -n 50 /var/log/nginx/error.log',
    canonical: undefined,
    stdin: undefined,
    stdinUse: 'closed',
    environment: {},
    pty: undefined,
    agent: 'deploy-bot',
    agentOwner: 'olga',
    keyFingerprint: 'SHA256:6t1hV0bqfT2sP0n4xjvL2m3ZrY8m3mG7nJ1ab9mXrWk',
    target: 'web-1',
    targetHostKey: 'SHA256:zvB1mJ2k8l0nQ4tV7yE3rT6uI9oP1aS2dF5gH8jK0lZ',
    account: 'deploy',
    policyHash: hash('policy'),
    ...fields.action,
  };
  return {
    id,
    digest: hash(JSON.stringify([id, action])),
    version: 1,
    state: 'pending',
    reason: 'It changes a service on a production machine.',
    rule: 'change-production',
    parts: [
      { text: 'systemctl restart nginx', verdict: 'approve', reason: 'It restarts a service.' },
      { text: 'tail -n 50 /var/log/nginx/error.log', verdict: 'allow', reason: 'It only reads.' },
    ],
    effects: ['Restarts the service nginx', 'Reads /var/log/nginx/error.log'],
    groups: ['sre'],
    quorum: 1,
    reasonRequired: false,
    session: 's-5b1f',
    channel: 'c-0',
    before: [
      { command: 'uptime', verdict: 'allow', atMs: nowMs - 95_000 },
      { command: 'cat /etc/nginx/nginx.conf', verdict: 'allow', atMs: nowMs - 61_000 },
      { command: 'cat /etc/shadow', verdict: 'deny', atMs: nowMs - 30_000 },
    ],
    createdAtMs: nowMs,
    expiresAtMs: nowMs + 900_000,
    decidedAtMs: undefined,
    decisions: [],
    isAgentWaiting: true,
    ...fields,
    action,
  };
}

export class MemoryDesk implements HoldDesk {
  readonly #clock: () => number;
  readonly #groups: ReadonlyMap<string, readonly string[]>;
  readonly #holds = new Map<string, Hold>();
  readonly #listeners = new Set<(hold: Hold) => void>();

  /** `groups`: reviewer → the groups they are in. */
  constructor(clock: () => number, groups: Readonly<Record<string, readonly string[]>>) {
    this.#clock = clock;
    this.#groups = new Map(Object.entries(groups));
  }

  put(hold: Hold): Hold {
    this.#holds.set(hold.id, hold);
    for (const listener of this.#listeners) listener(hold);
    return hold;
  }

  get(id: string): Promise<Hold | undefined> {
    const hold = this.#holds.get(id);
    if (hold === undefined || hold.state !== 'pending' || hold.expiresAtMs > this.#clock())
      return Promise.resolve(hold);
    return Promise.resolve(
      this.put({ ...hold, state: 'expired', version: hold.version + 1, decidedAtMs: hold.expiresAtMs }),
    );
  }

  async list({ state, agent, limit, cursor }: HoldQuery) {
    const all = await Promise.all([...this.#holds.keys()].map((id) => this.get(id)));
    const fitting = all
      .filter((hold) => hold !== undefined)
      .filter(
        (hold) => (state === undefined || hold.state === state) && (agent === undefined || hold.action.agent === agent),
      )
      .sort((a, b) => b.createdAtMs - a.createdAtMs || (a.id < b.id ? -1 : 1));
    const start = cursor === undefined ? 0 : fitting.findIndex((hold) => hold.id === cursor) + 1;
    const holds = fitting.slice(start, start + limit);
    return { holds, next: start + limit < fitting.length ? holds.at(-1)?.id : undefined };
  }

  async decide(id: string, request: DecideRequest): Promise<DecideOutcome> {
    const hold = await this.get(id);
    const refused = (code: DecideRefusal): DecideOutcome => ({
      kind: 'refused',
      code,
      message: code.toLowerCase(),
      hold,
    });
    if (hold === undefined) return refused('HOLD_NOT_FOUND');
    if (hold.decisions.some((decision) => decision.reviewer === request.reviewer))
      return refused('REVIEWER_DECIDED_ALREADY');
    if (hold.state !== 'pending') return refused('HOLD_NOT_PENDING');
    if (hold.digest !== request.digest) return refused('HOLD_CHANGED');
    if (request.reviewer === hold.action.agentOwner) return refused('REVIEWER_IS_OWNER');
    const isGlass = request.breakGlass === true;
    if (!isGlass && !hold.groups.some((group) => this.#groups.get(request.reviewer)?.includes(group)))
      return refused('REVIEWER_NOT_ALLOWED');
    const unfit = reasonProblem(request.verdict, request.reason, leastReasonLength(hold));
    if (unfit !== undefined) return refused(unfit.code);
    const { reviewer, verdict, reason, channel } = request;
    const groups = this.#groups.get(reviewer) ?? [];
    const outside = isGlass ? { breakGlass: true as const } : {};
    const decision = { reviewer, verdict, reason, channel, groups, atMs: this.#clock(), ...outside };
    const decisions = [...hold.decisions, decision];
    const approvals = decisions.filter((decision) => decision.verdict === 'approve').length;
    const state = verdict === 'reject' ? 'rejected' : isGlass || approvals >= hold.quorum ? 'approved' : 'pending';
    const decidedAtMs = state === 'pending' ? undefined : this.#clock();
    return { kind: 'recorded', hold: this.put({ ...hold, decisions, state, decidedAtMs, version: hold.version + 1 }) };
  }

  onChange(listener: (hold: Hold) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

export class MemoryLinks implements ReviewLinks {
  readonly #desk: HoldDesk;
  readonly #audit: AuditSink;
  readonly #issued = new Map<string, { hold: string; digest: string; reviewer: string; isUsed: boolean }>();

  constructor(desk: HoldDesk, audit: AuditSink) {
    this.#desk = desk;
    this.#audit = audit;
  }

  issue(hold: Hold, reviewer: string): Promise<string> {
    const id = randomBytes(12).toString('base64url');
    const token = `${id}.${hash(`key ${id}`)}`;
    this.#issued.set(hash(token), { hold: hold.id, digest: hold.digest, reviewer, isUsed: false });
    return Promise.resolve(token);
  }

  async check(token: string, remote?: string): Promise<LinkCheck> {
    const check = await this.#look(token);
    if (check.kind === 'refused') {
      const reason = `link ${check.why}`;
      await this.#audit.append({ event: 'hold.refused', hold: check.hold?.id, reviewer: undefined, reason, remote });
    }
    return check;
  }

  async #look(token: string): Promise<LinkCheck> {
    const [id, mac] = token.split('.');
    if (!/^[\w-]{16}\.[0-9a-f]{64}$/.test(token)) return { kind: 'refused', why: 'malformed', hold: undefined };
    if (mac !== hash(`key ${id}`)) return { kind: 'refused', why: 'altered', hold: undefined };
    const link = this.#issued.get(hash(token));
    if (link === undefined) return { kind: 'refused', why: 'unknown', hold: undefined };
    const hold = await this.#desk.get(link.hold);
    if (hold === undefined) return { kind: 'refused', why: 'unknown', hold };
    if (link.isUsed) return { kind: 'refused', why: 'used', hold };
    if (hold.digest !== link.digest) return { kind: 'refused', why: 'foreign', hold };
    if (hold.state !== 'pending') return { kind: 'refused', why: 'expired', hold };
    return { kind: 'valid', hold, reviewer: link.reviewer };
  }

  async use(token: string, remote?: string): Promise<LinkCheck> {
    const check = await this.check(token, remote);
    const link = this.#issued.get(hash(token));
    if (check.kind === 'refused' || link === undefined) return check;
    if (link.isUsed) return { kind: 'refused', why: 'used', hold: check.hold };
    link.isUsed = true;
    return check;
  }
}

export class MemoryDevices implements ReviewerDevices {
  readonly #known = new Set<string>();
  readonly #challenges = new Map<string, { reviewer: string; hold: string; word: string; tries: number }>();

  remember(reviewer: string): Promise<string> {
    const cookie = randomBytes(24).toString('base64url');
    this.#known.add(hash(`${reviewer} ${cookie}`));
    return Promise.resolve(cookie);
  }

  isKnown(reviewer: string, cookie: string): Promise<boolean> {
    return Promise.resolve(this.#known.has(hash(`${reviewer} ${cookie}`)));
  }

  async challenge(reviewer: string, hold: string): Promise<{ id: string; text: string }> {
    const made = [...this.#challenges.values()].filter((open) => open.reviewer === reviewer && open.hold === hold);
    if (made.length >= 5) {
      const publicMessage = 'Too many tries for this request from new devices.';
      throw new SallyportError('CHALLENGE_LIMIT', 'too many challenges', { publicMessage });
    }
    const id = randomBytes(12).toString('base64url');
    const words = ['amber', 'birch', 'cedar', 'delta', 'ember'];
    const at = randomBytes(1).readUInt8() % words.length;
    const word = words[at] ?? 'amber';
    this.#challenges.set(id, { reviewer, hold, word, tries: 0 });
    return { id, text: `type word ${at + 1} of: ${words.join(', ')}` };
  }

  answer(id: string, reviewer: string, hold: string, typed: string): Promise<boolean> {
    const challenge = this.#challenges.get(id);
    if (challenge === undefined || ++challenge.tries > 5) return Promise.resolve(false);
    const isRight =
      challenge.reviewer === reviewer && challenge.hold === hold && challenge.word === typed.trim().toLowerCase();
    if (isRight) this.#challenges.delete(id);
    return Promise.resolve(isRight);
  }
}

/** What a person reads out of the memory challenge. */
export function solve(text: string): string {
  const [, at, words] = /type word (\d) of: ([a-z, ]+)/.exec(text) ?? [];
  return words?.split(', ')[Number(at) - 1] ?? '';
}
