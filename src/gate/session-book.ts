/**
 * What happened so far in each session and, per agent, in the last hour: the facts a policy may ask for and the
 * "ran before" of the reviewer's page. Commands and counters only, never output.
 *
 * "Before" is the agent's, not the session's: most agents open a new connection for every command.
 */
import type { CommandModel, PathObject } from '../command/model.ts';
import { type PolicyDecision, rulesFired, type SessionFacts } from '../policy/decision.ts';
import { isReading, isUnsure } from '../policy/history.ts';
import { maxUnsurePaths, RecentDeeds } from './recent.ts';

/** Enough for a reviewer to see the thread; more would bury it. */
const maxBefore = 20;
/** A hostile agent must not grow our memory with names; after that the facts say that they are not all. */
const maxPathsPerSession = 2_000;
const hourMs = 3_600_000;

interface Page {
  commands: number;
  readonly fired: Record<string, number>;
  readonly readPaths: Set<string>;
  readonly writtenPaths: Set<string>;
  /** By everything that is known of them. */
  readonly unsurePaths: Map<string, PathObject>;
  bytesOut: number;
  isPartial: boolean;
}

export interface EarlierCommand {
  readonly command: string;
  readonly verdict: string;
  readonly atMs: number;
}

export interface Facts {
  readonly session: SessionFacts;
  /** The same of all the agent's connections in the last hour, and of this one. */
  readonly recent: () => SessionFacts;
}

export class SessionBook {
  readonly #pages = new Map<string, Page>();
  readonly #earlier = new Map<string, readonly EarlierCommand[]>();
  readonly #deeds = new Map<string, RecentDeeds>();

  facts(session: string, agent: string, nowMs: number): Facts {
    const page = this.#page(session);
    const deeds = this.#deedsOf(agent);
    const own: SessionFacts = {
      commands: page.commands,
      fired: { ...page.fired },
      readPaths: [...page.readPaths],
      writtenPaths: [...page.writtenPaths],
      unsurePaths: [...page.unsurePaths.values()],
      bytesOut: page.bytesOut,
      lastHour: deeds.fired(nowMs),
      isPartial: page.isPartial,
    };
    return { session: own, recent: () => joinFacts(own, deeds.facts(nowMs)) };
  }

  /** What this agent asked for in the last hour, newest last, over all its sessions. */
  before(agent: string, nowMs: number): readonly EarlierCommand[] {
    return (this.#earlier.get(agent) ?? []).filter(({ atMs }) => atMs > nowMs - hourMs);
  }

  /**
   * Called in the same turn as the policy was asked, so that commands on other channels see it: a budget is not spent
   * twice while the decision is being written down.
   */
  count(session: string, agent: string, decision: PolicyDecision, nowMs: number): void {
    const page = this.#page(session);
    page.commands += 1;
    const fired = new Map<string, number>();
    for (const rule of rulesFired(decision)) fired.set(rule, (fired.get(rule) ?? 0) + 1);
    for (const [rule, count] of fired) page.fired[rule] = (page.fired[rule] ?? 0) + count;
    this.#deedsOf(agent).noteDecision(fired, nowMs);
  }

  /** Called once per decision, after it was written down. */
  noteDecision(agent: string, model: CommandModel, decision: PolicyDecision, nowMs: number): void {
    const earlier = { command: model.text, verdict: decision.verdict, atMs: nowMs };
    this.#earlier.set(agent, [...(this.#earlier.get(agent) ?? []), earlier].slice(-maxBefore));
  }

  /** Called when the command is about to run: only what ran was read or written. */
  noteRun(session: string, agent: string, model: CommandModel, nowMs: number): void {
    const page = this.#page(session);
    const deeds = this.#deedsOf(agent);
    for (const command of model.commands) {
      for (const path of command.paths) {
        if (isUnsure(path)) {
          if (path.isEntry !== true) noteUnsure(page, deeds, path, nowMs);
          continue;
        }
        const isRead = isReading(path.access);
        const paths = isRead ? page.readPaths : page.writtenPaths;
        if (paths.size < maxPathsPerSession) paths.add(path.path);
        else page.isPartial ||= !paths.has(path.path);
        deeds.notePath(isRead ? 'read' : 'written', path.path, nowMs);
      }
    }
  }

  noteOutput(session: string, agent: string, bytes: number, nowMs: number): void {
    this.#page(session).bytesOut += bytes;
    this.#deedsOf(agent).noteOutput(bytes, nowMs);
  }

  forget(session: string): void {
    this.#pages.delete(session);
  }

  /** Agents come from the configuration, so that there are few. */
  #deedsOf(agent: string): RecentDeeds {
    const deeds = this.#deeds.get(agent) ?? new RecentDeeds();
    this.#deeds.set(agent, deeds);
    return deeds;
  }

  #page(session: string): Page {
    let page = this.#pages.get(session);
    if (page === undefined) {
      page = {
        commands: 0,
        // Rule ids come from the policy, but a plain object would still answer `constructor`.
        fired: Object.create(null) as Record<string, number>,
        readPaths: new Set(),
        writtenPaths: new Set(),
        unsurePaths: new Map(),
        bytesOut: 0,
        isPartial: false,
      };
      this.#pages.set(session, page);
    }
    return page;
  }
}

function noteUnsure(page: Page, deeds: RecentDeeds, path: PathObject, nowMs: number): void {
  const key = JSON.stringify(path);
  if (page.unsurePaths.size < maxUnsurePaths) page.unsurePaths.set(key, path);
  else page.isPartial ||= !page.unsurePaths.has(key);
  deeds.notePath('unsure', key, nowMs);
}

/** A session may be older than an hour, and an agent has others. */
function joinFacts(own: SessionFacts, all: SessionFacts): SessionFacts {
  const fired: Record<string, number> = Object.assign(Object.create(null), all.fired);
  for (const [rule, count] of Object.entries(own.fired)) fired[rule] = Math.max(fired[rule] ?? 0, count);
  return {
    commands: Math.max(own.commands, all.commands),
    fired,
    readPaths: [...new Set([...own.readPaths, ...all.readPaths])],
    writtenPaths: [...new Set([...own.writtenPaths, ...all.writtenPaths])],
    unsurePaths: [...(own.unsurePaths ?? []), ...(all.unsurePaths ?? [])],
    bytesOut: Math.max(own.bytesOut, all.bytesOut),
    lastHour: own.lastHour,
    isPartial: own.isPartial === true || all.isPartial === true,
  };
}
