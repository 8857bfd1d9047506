/**
 * What all queue objects of one database share in this process: the next rank of a job, and bells that ring when a job
 * or an event is added. One process owns the database (see ../sqlite/database.ts), so nothing rings from outside.
 */
import { EventEmitter } from 'node:events';
import type { Database } from '../sqlite/database.ts';

const wires = new WeakMap<Database, QueueWires>();

export class QueueWires {
  readonly bell = new EventEmitter().setMaxListeners(0);
  #rank: number;

  constructor(database: Database) {
    this.#rank = Number(database.get('SELECT max(abs(rank)) AS rank FROM job')?.rank ?? 0);
  }

  /** Ranks order waiting jobs: higher is later, negative is before everything that came in first-in-first-out. */
  nextRank(isLifo: boolean): number {
    this.#rank += 1;
    return isLifo ? -this.#rank : this.#rank;
  }

  ring(kind: 'job' | 'event', queue: string): void {
    this.bell.emit(`${kind} ${queue}`);
  }
}

export function wiresOf(database: Database): QueueWires {
  let found = wires.get(database);
  if (found === undefined) {
    found = new QueueWires(database);
    wires.set(database, found);
  }
  return found;
}
