/**
 * Agents that were switched off on every node at once, whatever each node's configuration file says.
 *
 * INVARIANT: once seen as off, an agent stays off in this process until somebody switches it on: a store that lost its
 * data, or is away, lets nobody in. What the store lost is written into it again.
 */
import { z } from 'zod';
import type { Wake } from './approval/bells.ts';
import type { AuditSink } from './gate/ports.ts';
import { Pulse } from './pulse.ts';
import type { Shelf } from './store/shelf.ts';

const kind = 'agent-switch';
/** A switch does not end by itself; the year 9999 is as far as dates are written. */
const neverMs = 253_402_300_799_000;
/** As many as any configuration has agents. */
const maxSwitches = 100_000;

const shape = z.object({ isOff: z.boolean(), by: z.string(), atMs: z.int() });
type Switch = Readonly<z.infer<typeof shape>>;

export interface SwitchParts {
  readonly shelf: Shelf;
  readonly audit: AuditSink;
  readonly wake: Wake;
  readonly onProblem: (error: unknown) => void;
}

export class AgentSwitches {
  readonly #parts: SwitchParts;
  readonly #known = new Map<string, Switch>();
  readonly #pulse: Pulse;

  private constructor(parts: SwitchParts) {
    this.#parts = parts;
    this.#pulse = new Pulse(parts.wake, 'agents', () => this.#refresh(), parts.onProblem);
  }

  /** Rejects when the store cannot be read: nobody is let in before it is known who is off. */
  static async open(parts: SwitchParts): Promise<AgentSwitches> {
    const switches = new AgentSwitches(parts);
    for (const [agent, found] of await readAll(parts.shelf)) switches.#known.set(agent, found);
    return switches;
  }

  isOff(agent: string): boolean {
    return this.#known.get(agent)?.isOff === true;
  }

  /** Here at once; elsewhere as soon as the store takes it. The caller has written down who wants it. */
  async turnOff(agent: string, by: string): Promise<void> {
    const made = { isOff: true, by, atMs: Date.now() };
    this.#known.set(agent, made);
    try {
      await write(this.#parts.shelf, agent, made);
      this.#pulse.ring();
    } catch (error) {
      // The next refresh tries again.
      this.#parts.onProblem(error);
    }
  }

  close(): void {
    this.#pulse.close();
  }

  async #refresh(): Promise<void> {
    const stored = await readAll(this.#parts.shelf);
    for (const [agent, found] of stored) {
      const was = this.#known.get(agent);
      if (was !== undefined && was.atMs >= found.atMs) continue;
      const change = found.isOff ? 'disabled on every node' : 'enabled on every node';
      // Off is never too early; on waits until it is written down.
      if (found.isOff) this.#known.set(agent, found);
      await this.#parts.audit.append({ event: 'agent.changed', agent, change, by: found.by });
      this.#known.set(agent, found);
    }
    for (const [agent, mine] of this.#known) {
      if ((stored.get(agent)?.atMs ?? -1) < mine.atMs) await write(this.#parts.shelf, agent, mine);
    }
  }
}

/** From outside a running bastion: the nodes see it within seconds. */
export async function switchAgent(shelf: Shelf, agent: string, isOff: boolean, by: string): Promise<void> {
  await write(shelf, agent, { isOff, by, atMs: Date.now() });
}

async function write(shelf: Shelf, agent: string, made: Switch): Promise<void> {
  await shelf.put(kind, { key: agent, body: JSON.stringify(made), expiresAtMs: neverMs }, maxSwitches);
}

async function readAll(shelf: Shelf): Promise<ReadonlyMap<string, Switch>> {
  // A record that cannot be read is somebody's attempt to switch off.
  const unreadable: Switch = { isOff: true, by: 'unknown', atMs: 0 };
  const records = await shelf.list(kind);
  return new Map(records.map(({ key, body }) => [key, readSwitch(body) ?? unreadable]));
}

function readSwitch(body: string): Switch | undefined {
  try {
    return shape.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}
