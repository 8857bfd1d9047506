/**
 * Sessions and what was done in them, put together from audit records one after the other: for the console, `session
 * list` and `session show`. Holds only what the log holds; forgets the oldest sessions beyond a cap.
 */
import type { AuditRecord } from './event.ts';

export interface SessionSummary {
  readonly id: string;
  readonly agent: string;
  readonly remote: string;
  readonly openedAtMs: number;
  /** Undefined while the session is open, or when the process died with it. */
  readonly closedAtMs: number | undefined;
  readonly closed: string | undefined;
  /** `account@target` of everything it asked for, each once. */
  readonly targets: readonly string[];
  readonly commands: number;
  readonly denied: number;
  readonly held: number;
  /** How many were approved alone, outside the rule; absent means none. */
  readonly outsideRule?: number;
}

/** One action: what was asked, what was decided and by whom, how it ended. */
export interface SessionAction {
  readonly id: string;
  readonly channel: string;
  readonly target: string;
  readonly account: string;
  readonly atMs: number;
  readonly command: string;
  readonly verdict: string;
  readonly rule: string | undefined;
  readonly reason: string;
  readonly hold: string | undefined;
  /** Reviewers who approved or rejected it, in order. */
  readonly reviewers: readonly string[];
  /** Who approved it alone, outside the rule. */
  readonly outsideRule?: string;
  /** The rejected hold that this asked for again, in another form unless `isSame`. */
  readonly askedAgain?: { readonly hold: string; readonly isSame: boolean };
  /** `exit 0`, `signal KILL`, `rejected`, `not run: …`; undefined while it waits or runs. */
  readonly ended: string | undefined;
  readonly durationMs: number | undefined;
  readonly outBytes: number | undefined;
  /** Secrets that were masked in its output. */
  readonly masked: number | undefined;
  /** Name of its recording; undefined when nothing ran. */
  readonly recording: string | undefined;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
interface Entry {
  readonly summary: Mutable<SessionSummary>;
  readonly targets: Set<string>;
  readonly actions: Map<string, Mutable<SessionAction>>;
}

/** Enough for a console; the log itself has the rest. */
const defaultMaxSessions = 2_000;
const maxActionsPerSession = 5_000;

export class SessionIndex {
  readonly #maxSessions: number;
  /** In the order they were opened. */
  readonly #sessions = new Map<string, Entry>();
  /** Hold id → the action that opened it; decisions name only the hold. */
  readonly #holds = new Map<string, Mutable<SessionAction>>();
  readonly #sessionOf = new WeakMap<SessionAction, Mutable<SessionSummary>>();
  /** Hold id → who approved it outside the rule, for those who join it afterwards. */
  readonly #brokenBy = new Map<string, string>();

  constructor(maxSessions = defaultMaxSessions) {
    this.#maxSessions = maxSessions;
  }

  add(record: AuditRecord): void {
    const atMs = Date.parse(record.at);
    switch (record.event) {
      case 'session.opened':
        this.#open(record.session, record.agent, record.remote, atMs);
        break;
      case 'session.closed':
        this.#close(record.session, atMs, record.reason);
        break;
      case 'session.failed':
        this.#close(record.session, atMs, `failed: ${record.code}`);
        break;
      case 'command.decided':
        this.#decided(record, atMs);
        break;
      case 'hold.created':
      case 'hold.joined':
        this.#held(record.session, record.action, record.hold);
        break;
      case 'agent.respelled':
        if (record.action === undefined) break;
        this.#change(this.#action(record.session, record.action), (action) => {
          action.askedAgain = { hold: record.hold, isSame: record.isSame };
        });
        break;
      case 'hold.decided':
        this.#change(this.#holds.get(record.hold), (action) => {
          action.reviewers = [...action.reviewers, record.reviewer];
        });
        if (record.breakGlass === true) this.#brokenBy.set(record.hold, record.reviewer);
        break;
      case 'hold.approved':
      case 'hold.released':
        this.#change(this.#holds.get(record.hold), (action) => {
          this.#mark(action, this.#brokenBy.get(record.hold));
        });
        if (record.event === 'hold.released') this.#brokenBy.delete(record.hold);
        break;
      case 'hold.rejected':
      case 'hold.expired':
      case 'hold.withdrawn':
        this.#brokenBy.delete(record.hold);
        this.#change(this.#holds.get(record.hold), (action) => {
          action.ended ??= record.event.slice('hold.'.length);
        });
        this.#holds.delete(record.hold);
        break;
      case 'command.started':
        this.#change(this.#action(record.session, record.action), (action) => {
          action.recording = record.recording;
        });
        break;
      case 'command.refused':
        this.#change(this.#action(record.session, record.action), (action) => {
          action.ended = `not run: ${record.reason}`;
        });
        break;
      case 'command.ended':
        this.#change(this.#action(record.session, record.action), (action) => {
          action.ended =
            record.signal !== undefined
              ? `signal ${record.signal}`
              : record.exitStatus !== undefined
                ? `exit ${record.exitStatus}`
                : (record.reason ?? 'no status');
          action.durationMs = record.durationMs;
          action.outBytes = record.outBytes + record.errBytes;
          action.masked = Object.values(record.masked).reduce((sum, count) => sum + count, 0);
        });
        break;
      case 'process.started':
        // Whatever was open died with the process before.
        for (const { summary } of this.#sessions.values()) {
          if (summary.closed === undefined) summary.closed = 'the process ended';
        }
        break;
      default:
        break;
    }
  }

  /** Newest first. The cursor is the id of the last session of the page before. */
  list(query: { readonly agent: string | undefined; readonly limit: number; readonly cursor: string | undefined }): {
    readonly sessions: readonly SessionSummary[];
    readonly next: string | undefined;
  } {
    const all = [...this.#sessions.values()]
      .reverse()
      .filter(({ summary }) => query.agent === undefined || summary.agent === query.agent);
    const from = query.cursor === undefined ? 0 : all.findIndex(({ summary }) => summary.id === query.cursor) + 1;
    const page = all.slice(from, from + query.limit);
    const hasMore = from + query.limit < all.length;
    return { sessions: page.map(summarize), next: hasMore ? page.at(-1)?.summary.id : undefined };
  }

  get(id: string): { readonly session: SessionSummary; readonly actions: readonly SessionAction[] } | undefined {
    const entry = this.#sessions.get(id);
    return (
      entry && { session: summarize(entry), actions: [...entry.actions.values()].map((action) => ({ ...action })) }
    );
  }

  #open(id: string, agent: string, remote: string, openedAtMs: number): void {
    const nothing = { closedAtMs: undefined, closed: undefined, targets: [], commands: 0, denied: 0, held: 0 };
    this.#sessions.set(id, {
      summary: { id, agent, remote, openedAtMs, ...nothing },
      targets: new Set(),
      actions: new Map(),
    });
    if (this.#sessions.size <= this.#maxSessions) return;
    const [oldest, entry] = this.#sessions.entries().next().value ?? [];
    if (oldest === undefined) return;
    for (const action of entry?.actions.values() ?? []) if (action.hold !== undefined) this.#holds.delete(action.hold);
    this.#sessions.delete(oldest);
  }

  #close(id: string, atMs: number, reason: string): void {
    const entry = this.#sessions.get(id);
    if (entry === undefined) return;
    entry.summary.closedAtMs = atMs;
    entry.summary.closed = reason;
  }

  #decided(record: AuditRecord & { readonly event: 'command.decided' }, atMs: number): void {
    const entry = this.#sessions.get(record.session);
    if (entry === undefined) return;
    entry.summary.commands += 1;
    if (record.verdict === 'deny') entry.summary.denied += 1;
    if (record.verdict === 'approve') entry.summary.held += 1;
    entry.targets.add(`${record.account}@${record.target}`);
    if (entry.actions.size >= maxActionsPerSession) return;
    const action: Mutable<SessionAction> = {
      id: record.action,
      channel: record.channel,
      target: record.target,
      account: record.account,
      atMs,
      command: record.command,
      verdict: record.verdict,
      rule: record.rule,
      reason: record.reason,
      hold: undefined,
      reviewers: [],
      ended: record.verdict === 'deny' ? 'denied' : undefined,
      durationMs: undefined,
      outBytes: undefined,
      masked: undefined,
      recording: undefined,
    };
    entry.actions.set(record.action, action);
    this.#sessionOf.set(action, entry.summary);
  }

  #held(session: string, id: string, hold: string): void {
    this.#change(this.#action(session, id), (action) => {
      action.hold = hold;
      // One that came second on its node is withdrawn, and its command joins the first.
      action.ended = undefined;
      this.#holds.set(hold, action);
    });
  }

  #mark(action: Mutable<SessionAction>, reviewer: string | undefined): void {
    if (reviewer === undefined || action.outsideRule !== undefined) return;
    action.outsideRule = reviewer;
    const summary = this.#sessionOf.get(action);
    if (summary !== undefined) summary.outsideRule = (summary.outsideRule ?? 0) + 1;
  }

  #action(session: string, id: string): Mutable<SessionAction> | undefined {
    return this.#sessions.get(session)?.actions.get(id);
  }

  #change(action: Mutable<SessionAction> | undefined, change: (action: Mutable<SessionAction>) => void): void {
    if (action !== undefined) change(action);
  }
}

function summarize({ summary, targets }: Entry): SessionSummary {
  return { ...summary, targets: [...targets] };
}
