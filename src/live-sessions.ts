/**
 * Which sessions are open, on all nodes, and how to end one wherever it is.
 *
 * Each node writes a list of its own sessions into the store every two seconds; the list of a node that died is gone
 * after ten. Evidence is not here: that stays with the node that has the session.
 */
import { z } from 'zod';
import type { Wake } from './approval/bells.ts';
import type { AuditSink } from './gate/ports.ts';
import { Pulse } from './pulse.ts';
import type { Shelf } from './store/shelf.ts';

const nodeKind = 'node';
const endingKind = 'session-ending';
/** Five beats: one that was late does not make a node vanish from the list. */
const nodeLifeMs = 10_000;
/** Long enough for a node that was cut off from the store for a while. */
const endingLifeMs = 60_000;
const maxNodes = 100;
const maxEndings = 10_000;
/** Nobody reads more, and every node writes its list again and again. */
const maxListed = 1_000;

const sessionShape = z.object({
  id: z.string(),
  agent: z.string(),
  /** Where the agent wanted to go, as it wrote it. */
  username: z.string(),
  remote: z.string(),
  openedAtMs: z.int(),
  isBusy: z.boolean(),
});
const nodeShape = z.object({ name: z.string(), sessions: z.array(sessionShape) });
const endingShape = z.object({ by: z.string() });

export type OpenSession = Readonly<z.infer<typeof sessionShape>>;

export interface LiveSession extends OpenSession {
  readonly node: string;
  /** Whether its evidence is on this node. */
  readonly isHere: boolean;
}

export interface LiveParts {
  readonly nodeName: string;
  readonly audit: AuditSink;
  readonly own: () => readonly OpenSession[];
  /** False when this node has no such session. */
  readonly endOwn: (id: string, by: string) => boolean;
  /** Absent: this node is alone. */
  readonly shared: { readonly id: string; readonly shelf: Shelf; readonly wake: Wake } | undefined;
  readonly onProblem: (error: unknown) => void;
}

export class LiveSessions {
  readonly #parts: LiveParts;
  readonly #pulse: Pulse | undefined;

  constructor(parts: LiveParts) {
    this.#parts = parts;
    const { shared } = parts;
    this.#pulse =
      shared && new Pulse(shared.wake, 'sessions', () => this.#refresh(shared.shelf, shared.id), parts.onProblem);
    void this.#pulse?.beat();
  }

  /** Newest first. */
  async list(): Promise<readonly LiveSession[]> {
    const { nodeName, own, shared } = this.#parts;
    const here = own().map((session) => ({ ...session, node: nodeName, isHere: true }));
    const nodes = (await shared?.shelf.list(nodeKind)) ?? [];
    const elsewhere = nodes
      .filter(({ key }) => key !== shared?.id)
      .flatMap(({ body }) => {
        const node = parse(nodeShape, body);
        return node === undefined
          ? []
          : node.sessions.map((session) => ({ ...session, node: node.name, isHere: false }));
      });
    return [...here, ...elsewhere].sort((a, b) => b.openedAtMs - a.openedAtMs);
  }

  /** False when nobody has such a session any more. */
  async end(id: string, by: string): Promise<boolean> {
    const { audit, endOwn, shared } = this.#parts;
    const found = (await this.list()).find((session) => session.id === id);
    if (found === undefined) return false;
    const { agent, node } = found;
    await audit.append({ event: 'session.stopped', session: id, agent, node, by });
    if (found.isHere) return endOwn(id, by);
    const record = { key: id, body: JSON.stringify({ by }), expiresAtMs: Date.now() + endingLifeMs };
    await shared?.shelf.put(endingKind, record, maxEndings);
    this.#pulse?.ring();
    return true;
  }

  async close(): Promise<void> {
    const { shared } = this.#parts;
    this.#pulse?.close();
    // A store that is away forgets this node by itself.
    await shared?.shelf.take(nodeKind, shared.id).catch(() => undefined);
  }

  async #refresh(shelf: Shelf, id: string): Promise<void> {
    for (const { key, body } of await shelf.list(endingKind)) {
      this.#parts.endOwn(key, parse(endingShape, body)?.by ?? 'unknown');
    }
    const sessions = this.#parts.own().slice(-maxListed);
    const body = JSON.stringify({ name: this.#parts.nodeName, sessions });
    await shelf.put(nodeKind, { key: id, body, expiresAtMs: Date.now() + nodeLifeMs }, maxNodes);
  }
}

function parse<T>(schema: z.ZodType<T>, body: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}
