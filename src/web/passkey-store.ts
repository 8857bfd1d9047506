/** Where passkeys are kept: public keys only, nothing in it signs anybody in. */
import { z } from 'zod';
import type { Shelf } from '../store/shelf.ts';
import { jsonOf } from './json.ts';

export const passkeyShape = z.strictObject({
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

export type Passkey = Readonly<z.infer<typeof passkeyShape>>;

/** INVARIANT: what `put` and `remove` resolved is durable. */
export interface PasskeyStore {
  get(id: string): Promise<Passkey | undefined>;
  /** Oldest first. */
  of(reviewer: string): Promise<readonly Passkey[]>;
  put(passkey: Passkey): Promise<void>;
  remove(id: string): Promise<void>;
}

const kind = 'passkey';
/** They do not end; the year 9999 is as far as dates are written. */
const neverMs = 253_402_300_799_000;
/** Only reviewers who signed in add one, and each has a limit of their own. */
const maxPasskeys = 100_000;

/** For several nodes. */
export class SharedPasskeys implements PasskeyStore {
  readonly #shelf: Shelf;

  constructor(shelf: Shelf) {
    this.#shelf = shelf;
  }

  async get(id: string): Promise<Passkey | undefined> {
    return passkeyOf((await this.#shelf.get(kind, id))?.body);
  }

  async of(reviewer: string): Promise<readonly Passkey[]> {
    const all = (await this.#shelf.list(kind)).map(({ body }) => passkeyOf(body));
    return all
      .filter((passkey) => passkey !== undefined)
      .filter((passkey) => passkey.reviewer === reviewer)
      .sort((a, b) => a.createdAtMs - b.createdAtMs);
  }

  async put(passkey: Passkey): Promise<void> {
    const record = { key: passkey.id, body: JSON.stringify(passkey), expiresAtMs: neverMs };
    await this.#shelf.put(kind, record, maxPasskeys);
  }

  async remove(id: string): Promise<void> {
    await this.#shelf.take(kind, id);
  }
}

function passkeyOf(body: string | undefined): Passkey | undefined {
  return body === undefined ? undefined : passkeyShape.safeParse(jsonOf(body)).data;
}
