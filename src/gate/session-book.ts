/**
 * What happened so far in each session and, per agent, in the last hour: the facts a policy may ask for and the
 * "ran before" of the reviewer's page. Commands and counters only, never output.
 *
 * "Before" is the agent's, not the session's: most agents open a new connection for every command.
 */
import type { CommandModel } from '../command/model.ts';
import type { PolicyDecision, SessionFacts } from '../policy/decision.ts';

/** Enough for a reviewer to see the thread; more would bury it. */
const maxBefore = 20;
/** A hostile agent must not grow our memory with names; after that the facts say "many" by staying full. */
const maxPathsPerSession = 2_000;
/** Per agent; older ones fall out first, which can only make a budget stricter for the newest. */
const maxFiringsPerAgent = 20_000;
const hourMs = 3_600_000;

interface Page {
  commands: number;
  readonly fired: Record<string, number>;
  readonly readPaths: Set<string>;
  readonly writtenPaths: Set<string>;
  bytesOut: number;
}

export interface EarlierCommand {
  readonly command: string;
  readonly verdict: string;
  readonly atMs: number;
}

export class SessionBook {
  readonly #pages = new Map<string, Page>();
  readonly #earlier = new Map<string, readonly EarlierCommand[]>();
  readonly #firings = new Map<string, { readonly rule: string; readonly atMs: number }[]>();

  facts(session: string, agent: string, nowMs: number): SessionFacts {
    const page = this.#page(session);
    return {
      commands: page.commands,
      fired: { ...page.fired },
      readPaths: [...page.readPaths],
      writtenPaths: [...page.writtenPaths],
      bytesOut: page.bytesOut,
      lastHour: this.#lastHour(agent, nowMs),
    };
  }

  /** What this agent asked for in the last hour, newest last, over all its sessions. */
  before(agent: string, nowMs: number): readonly EarlierCommand[] {
    return (this.#earlier.get(agent) ?? []).filter(({ atMs }) => atMs > nowMs - hourMs);
  }

  /** Called once per decision, after it was written down. */
  noteDecision(session: string, agent: string, model: CommandModel, decision: PolicyDecision, nowMs: number): void {
    const page = this.#page(session);
    page.commands += 1;
    const earlier = { command: model.text, verdict: decision.verdict, atMs: nowMs };
    this.#earlier.set(agent, [...(this.#earlier.get(agent) ?? []), earlier].slice(-maxBefore));
    const rules = new Set([decision.rule, ...decision.parts.map((part) => part.rule)]);
    const firings = this.#firings.get(agent) ?? [];
    for (const rule of rules) {
      if (rule === undefined) continue;
      page.fired[rule] = (page.fired[rule] ?? 0) + 1;
      firings.push({ rule, atMs: nowMs });
    }
    this.#firings.set(agent, firings.slice(-maxFiringsPerAgent));
  }

  /** Called when the command is about to run: only what ran was read or written. */
  noteRun(session: string, model: CommandModel): void {
    const page = this.#page(session);
    for (const command of model.commands) {
      for (const object of command.paths) {
        const paths = object.access === 'read' || object.access === 'execute' ? page.readPaths : page.writtenPaths;
        if (paths.size < maxPathsPerSession) paths.add(object.path);
      }
    }
  }

  noteOutput(session: string, bytes: number): void {
    this.#page(session).bytesOut += bytes;
  }

  forget(session: string): void {
    this.#pages.delete(session);
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
        bytesOut: 0,
      };
      this.#pages.set(session, page);
    }
    return page;
  }

  #lastHour(agent: string, nowMs: number): Readonly<Record<string, number>> {
    const recent = (this.#firings.get(agent) ?? []).filter((firing) => firing.atMs > nowMs - hourMs);
    this.#firings.set(agent, recent);
    const counts = Object.create(null) as Record<string, number>;
    for (const { rule } of recent) counts[rule] = (counts[rule] ?? 0) + 1;
    return counts;
  }
}
