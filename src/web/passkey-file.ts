/**
 * Passkeys in one JSON file: public keys only, nothing in it signs anybody in.
 *
 * INVARIANT: the file is replaced whole (written aside, synced, renamed); what `put` returned is on disk.
 * Refuses to start on a file it does not understand rather than forget somebody's keys.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { z } from 'zod';
import { WebError } from './error.ts';

const passkeyShape = z.strictObject({
  id: z.string().regex(/^[\w-]{1,1400}$/),
  reviewer: z.string(),
  /** As the reviewer calls it. */
  name: z.string(),
  publicKey: z.base64url(),
  /** What the authenticator counted last; going backwards means a copy. */
  counter: z.int(),
  transports: z.array(z.string()),
  createdAtMs: z.int(),
  usedAtMs: z.int().nullable(),
});
const fileShape = z.strictObject({ version: z.literal(1), passkeys: z.array(passkeyShape) });

export type Passkey = Readonly<z.infer<typeof passkeyShape>>;

export interface PasskeyStore {
  get(id: string): Passkey | undefined;
  /** Oldest first. */
  of(reviewer: string): readonly Passkey[];
  put(passkey: Passkey): void;
  remove(id: string): void;
}

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

  get(id: string): Passkey | undefined {
    return this.#passkeys.get(id);
  }

  of(reviewer: string): readonly Passkey[] {
    return [...this.#passkeys.values()].filter((passkey) => passkey.reviewer === reviewer);
  }

  put(passkey: Passkey): void {
    this.#write(new Map([...this.#passkeys, [passkey.id, passkey]]));
  }

  remove(id: string): void {
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
