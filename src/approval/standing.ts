/**
 * How an agent stands after rejections: counts what it asks again in another form, and locks it when that is too often.
 *
 * INVARIANT: a lock is in the audit log before it is in the store, holds on every node, survives a restart, and ends only
 * when somebody unlocks the agent.
 */
import { createHash } from 'node:crypto';
import type { AuditSink } from '../gate/ports.ts';
import type { HoldQuery } from './desk.ts';
import { digestOf } from './digest.ts';
import type { HeldAction, Hold, Respelling } from './hold.ts';
import { type Asked, isRespelling } from './respelling.ts';

type RecordKind = 'agent-strike' | 'agent-lock';

interface StoredRecord {
  readonly key: string;
  readonly body: string;
  readonly expiresAtMs: number;
}

/** The part of the store's shelf that is used. */
export interface StandingShelf {
  put(kind: RecordKind, record: StoredRecord, most: number): Promise<void>;
  get(kind: RecordKind, key: string): Promise<StoredRecord | undefined>;
  list(kind: RecordKind): Promise<readonly StoredRecord[]>;
  take(kind: RecordKind, key: string): Promise<StoredRecord | undefined>;
}

export interface AgentLock {
  readonly agent: string;
  readonly atMs: number;
  /** The rejected hold that was respelled last. */
  readonly hold: string;
  readonly count: number;
}

export interface RespellingTerms {
  /** How long after a rejection. */
  readonly withinMs: number;
  /** 0 means never. */
  readonly lockAfter: number;
}

export interface StandingParts {
  readonly shelf: StandingShelf;
  readonly holds: { list(query: HoldQuery): Promise<{ readonly holds: readonly Hold[] }> };
  readonly audit: AuditSink;
  readonly terms: () => RespellingTerms;
  readonly onProblem: (error: unknown) => void;
  readonly now?: () => number;
  /** How often locks of other nodes are read. */
  readonly rereadMs?: number;
}

export interface AskedAgain {
  readonly action: HeldAction;
  readonly outline: Asked;
  readonly session: string;
  /** The action's name in the audit log. */
  readonly actionId?: string;
}

/** Enough for every agent a team has; a hostile one is locked long before. */
const mostStrikes = 20_000;
const mostLocks = 10_000;
/** Newest rejections first; an agent with more within the window is locked already. */
const maxRejections = 50;
/** The end of the year 9999: a lock has no end of its own. */
const never = 253_402_300_799_000;

export class AgentStandings {
  readonly #parts: StandingParts;
  readonly #now: () => number;
  #locks: ReadonlyMap<string, AgentLock> = new Map();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #isAway = false;

  constructor(parts: StandingParts) {
    this.#parts = parts;
    this.#now = parts.now ?? Date.now;
  }

  async start(): Promise<void> {
    await this.#reread();
    this.#rereadLater();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  /** As this process knows it: of its own at once, of other nodes within a second. */
  lockOf(agent: string): AgentLock | undefined {
    return this.#locks.get(agent);
  }

  locks(): readonly AgentLock[] {
    return [...this.#locks.values()];
  }

  /**
   * What the agent asks again although it was rejected; undefined when it is new. Counts it, and locks the agent when it
   * was once too often: then `lock` is set. Reads the store, so that a lock of another node counts at once.
   */
  async look({ action, outline, session, actionId }: AskedAgain): Promise<{
    readonly lock: AgentLock | undefined;
    readonly respelling: Respelling | undefined;
  }> {
    const lock = await this.#stored(action.agent);
    const { withinMs, lockAfter } = this.#parts.terms();
    const respelling = lock === undefined ? await this.#rejectedBefore(action, outline, withinMs) : undefined;
    if (respelling === undefined) return { lock, respelling };
    const { agent, target, account } = action;
    const of = respelling.hold;
    // The same question about the same rejection counts once, however often it is sent while it waits.
    const key = createHash('sha256')
      .update(`${agent}\n${digestOf(action)}\n${of}`)
      .digest('hex');
    const isNew = (await this.#parts.shelf.get('agent-strike', key)) === undefined;
    const strike = { key, body: JSON.stringify({ agent }), expiresAtMs: this.#now() + withinMs };
    await this.#parts.shelf.put('agent-strike', strike, mostStrikes);
    const count = await this.#count(agent);
    if (isNew)
      await this.#parts.audit.append({
        event: 'agent.respelled',
        agent,
        target,
        account,
        session,
        ...(actionId === undefined ? {} : { action: actionId }),
        hold: of,
        isSame: respelling.isSame,
        count,
      });
    if (lockAfter === 0 || count < lockAfter) return { lock: undefined, respelling };
    return { lock: await this.#lock({ agent, atMs: this.#now(), hold: of, count }), respelling };
  }

  /** False when it was not locked. */
  async unlock(agent: string, by: string): Promise<boolean> {
    if ((await this.#stored(agent)) === undefined) return false;
    await this.#parts.audit.append({ event: 'agent.unlocked', agent, by });
    for (const { key, body } of await this.#parts.shelf.list('agent-strike'))
      if (agentOf(body) === agent) await this.#parts.shelf.take('agent-strike', key);
    const isMine = (await this.#parts.shelf.take('agent-lock', agent)) !== undefined;
    await this.#reread();
    return isMine;
  }

  async #lock(lock: AgentLock): Promise<AgentLock> {
    const { agent, hold, count } = lock;
    await this.#parts.audit.append({ event: 'agent.locked', agent, hold, count });
    const record = { key: agent, body: JSON.stringify(lock), expiresAtMs: never };
    await this.#parts.shelf.put('agent-lock', record, mostLocks);
    this.#locks = new Map([...this.#locks, [agent, lock]]);
    return lock;
  }

  async #stored(agent: string): Promise<AgentLock | undefined> {
    const record = await this.#parts.shelf.get('agent-lock', agent);
    return record === undefined ? undefined : lockFrom(record);
  }

  async #count(agent: string): Promise<number> {
    const strikes = await this.#parts.shelf.list('agent-strike');
    return strikes.filter(({ body }) => agentOf(body) === agent).length;
  }

  async #rejectedBefore(action: HeldAction, outline: Asked, withinMs: number): Promise<Respelling | undefined> {
    const query = { state: 'rejected', agent: action.agent, limit: maxRejections, cursor: undefined } as const;
    const since = this.#now() - withinMs;
    const rejected = (await this.#parts.holds.list(query)).holds.filter(
      (hold) => hold.action.target === action.target && (hold.decidedAtMs ?? 0) >= since,
    );
    const same = rejected.find((hold) => hold.action.command === action.command && hold.action.stdin === action.stdin);
    const found = same ?? rejected.find((hold) => hold.outline !== undefined && isRespelling(hold.outline, outline));
    return (
      found && {
        hold: found.id,
        command: found.action.command,
        reviewer: found.decisions.findLast(({ verdict }) => verdict === 'reject')?.reviewer ?? '',
        atMs: found.decidedAtMs ?? found.createdAtMs,
        isSame: same !== undefined,
      }
    );
  }

  async #reread(): Promise<void> {
    const locks = (await this.#parts.shelf.list('agent-lock')).map(lockFrom);
    this.#locks = new Map(locks.map((lock) => [lock.agent, lock]));
  }

  #rereadLater(): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#reread()
        .then(
          () => {
            this.#isAway = false;
          },
          (error: unknown) => {
            // What was known stays in force while the store is away; that it is away is said once.
            if (!this.#isAway && !this.#isClosed) this.#parts.onProblem(error);
            this.#isAway = true;
          },
        )
        .finally(() => this.#rereadLater());
    }, this.#parts.rereadMs ?? 1_000);
    this.#timer.unref();
  }
}

function lockFrom({ key, body }: StoredRecord): AgentLock {
  const found: unknown = JSON.parse(body);
  const { atMs, hold, count }: Partial<Record<keyof AgentLock, unknown>> =
    typeof found === 'object' && found !== null ? found : {};
  // A damaged record still locks: it was written for no other reason.
  return { agent: key, atMs: Number(atMs ?? 0), hold: String(hold ?? ''), count: Number(count ?? 0) };
}

function agentOf(body: string): string | undefined {
  const found: unknown = JSON.parse(body);
  return typeof found === 'object' && found !== null && 'agent' in found ? String(found.agent) : undefined;
}
