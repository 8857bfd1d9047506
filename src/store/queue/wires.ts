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
    // Made once per opened database, by the only process that has it: whoever held a lock before is dead.
    database.run(`UPDATE job SET lock_until_ms = 0 WHERE state = 'active'`);
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
