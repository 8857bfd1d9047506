/**
 * Passkeys in one JSON file, for a node that is alone.
 *
 * INVARIANT: the file is replaced whole (written aside, synced, renamed); what `put` returned is on disk.
 * Refuses to start on a file it does not understand rather than forget somebody's keys.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { z } from 'zod';
import { WebError } from './error.ts';
import { type Passkey, type PasskeyStore, passkeyShape } from './passkey-store.ts';

const fileShape = z.strictObject({ version: z.literal(1), passkeys: z.array(passkeyShape) });

export class PasskeyFile implements PasskeyStore {
  readonly #path: string;
  #passkeys: ReadonlyMap<string, Passkey>;

  /** @throws WebError WEB_PASSKEYS_UNREADABLE */
  constructor(path: string) {
    this.#path = path;
    this.#passkeys = new Map();
    if (!existsSync(path)) return;
    try {
      const { passkeys } = fileShape.parse(JSON.parse(readFileSync(path, 'utf8')));
      this.#passkeys = new Map(passkeys.map((passkey) => [passkey.id, passkey]));
    } catch (cause) {
      const text = `${path} cannot be read; restore it, or move it away and let reviewers add their passkeys again`;
      throw new WebError('WEB_PASSKEYS_UNREADABLE', text, { cause });
    }
  }

  /** All of them, to be moved to where several nodes see them. */
  get all(): readonly Passkey[] {
    return [...this.#passkeys.values()];
  }

  async get(id: string): Promise<Passkey | undefined> {
    return this.#passkeys.get(id);
  }

  async of(reviewer: string): Promise<readonly Passkey[]> {
    return this.all.filter((passkey) => passkey.reviewer === reviewer);
  }

  async put(passkey: Passkey): Promise<void> {
    this.#write(new Map([...this.#passkeys, [passkey.id, passkey]]));
  }

  async remove(id: string): Promise<void> {
    this.#write(new Map([...this.#passkeys].filter(([known]) => known !== id)));
  }

  #write(passkeys: ReadonlyMap<string, Passkey>): void {
    const aside = `${this.#path}.new`;
    const file = openSync(aside, 'w', 0o600);
    try {
      writeSync(file, `${JSON.stringify({ version: 1, passkeys: [...passkeys.values()] })}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(aside, this.#path);
    this.#passkeys = passkeys;
  }
}
