/** A shelf in memory with a clock in the test's hand; held to the same contract as the real ones. */
import type { Shelf, ShelfKind, ShelfRecord } from '../../src/store/shelf.ts';

export class MemoryShelf implements Shelf {
  readonly #now: () => number;
  readonly #kinds = new Map<ShelfKind, Map<string, ShelfRecord>>();

  constructor(now: () => number) {
    this.#now = now;
  }

  async put(kind: ShelfKind, record: ShelfRecord, most: number): Promise<void> {
    const records = this.#live(kind);
    records.delete(record.key);
    for (const { key } of (await this.list(kind)).slice(0, Math.max(0, records.size + 1 - most))) records.delete(key);
    records.set(record.key, record);
  }

  async get(kind: ShelfKind, key: string): Promise<ShelfRecord | undefined> {
    return this.#live(kind).get(key);
  }

  async list(kind: ShelfKind): Promise<readonly ShelfRecord[]> {
    return [...this.#live(kind).values()].sort((a, b) => a.expiresAtMs - b.expiresAtMs);
  }

  async replace(kind: ShelfKind, before: ShelfRecord, after: ShelfRecord): Promise<boolean> {
    const records = this.#live(kind);
    if (records.get(before.key)?.body !== before.body) return false;
    records.set(before.key, after);
    return true;
  }

  async take(kind: ShelfKind, key: string): Promise<ShelfRecord | undefined> {
    const found = this.#live(kind).get(key);
    this.#live(kind).delete(key);
    return found;
  }

  #live(kind: ShelfKind): Map<string, ShelfRecord> {
    const records = this.#kinds.get(kind) ?? new Map<string, ShelfRecord>();
    for (const { key, expiresAtMs } of records.values()) if (expiresAtMs <= this.#now()) records.delete(key);
    this.#kinds.set(kind, records);
    return records;
  }
}
