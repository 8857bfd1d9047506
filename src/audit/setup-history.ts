/**
 * What the log says of the set-up itself: which policies were in force, when an agent was last here, when a token was last
 * used. Put together record by record; holds only what the log holds, and no more than people look at.
 */
import type { AuditRecord } from './event.ts';

/** A policy that came into force, or a changed file that was refused. */
export type PolicyChange =
  | { readonly kind: 'loaded'; readonly hash: string; readonly file: string; readonly atMs: number }
  | { readonly kind: 'refused'; readonly problems: readonly string[]; readonly file: string; readonly atMs: number };

const maxChanges = 100;
/** Names come from the configuration, so there are few; a log may be older than it. */
const maxNames = 10_000;

export class SetupHistory {
  #changes: readonly PolicyChange[] = [];
  readonly #agents = new Map<string, number>();
  readonly #tokens = new Map<string, number>();

  add(record: AuditRecord): void {
    const atMs = Date.parse(record.at);
    switch (record.event) {
      case 'policy.loaded': {
        const { policyHash: hash, file } = record;
        const inForce = this.#changes.find(({ kind }) => kind === 'loaded');
        // Each start loads it again; in force it was already.
        if (inForce?.kind !== 'loaded' || inForce.hash !== hash) this.#change({ kind: 'loaded', hash, file, atMs });
        break;
      }
      case 'policy.refused':
        this.#change({ kind: 'refused', problems: record.problems.slice(0, 5), file: record.file, atMs });
        break;
      case 'session.opened':
      case 'session.closed':
      case 'command.decided':
        remember(this.#agents, record.agent, atMs);
        break;
      case 'token.used':
        remember(this.#tokens, record.token, atMs);
        break;
      default:
        break;
    }
  }

  /** Newest first. */
  policies(): readonly PolicyChange[] {
    return this.#changes;
  }

  agentSeenAtMs(agent: string): number | undefined {
    return this.#agents.get(agent);
  }

  /** To the hour: not every use is written down. */
  tokenUsedAtMs(id: string): number | undefined {
    return this.#tokens.get(id);
  }

  #change(change: PolicyChange): void {
    this.#changes = [change, ...this.#changes].slice(0, maxChanges);
  }
}

function remember(times: Map<string, number>, name: string, atMs: number): void {
  times.delete(name);
  times.set(name, atMs);
  const oldest = times.size > maxNames ? times.keys().next().value : undefined;
  if (oldest !== undefined) times.delete(oldest);
}
