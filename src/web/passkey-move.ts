/** Which passkeys a node uses: those in its own file, or those that all nodes see. */
import { existsSync, renameSync } from 'node:fs';
import type { Shelf } from '../store/shelf.ts';
import { PasskeyFile } from './passkey-file.ts';
import { type PasskeyStore, SharedPasskeys } from './passkey-store.ts';

/**
 * With `shared`, the keys of a node that was alone until now join the others; its file is set aside, so that a key that is
 * removed later does not come back with it.
 *
 * @throws WebError WEB_PASSKEYS_UNREADABLE
 */
export async function openPasskeys(path: string, shared: Shelf | undefined): Promise<PasskeyStore> {
  const file = new PasskeyFile(path);
  if (shared === undefined) return file;
  const store = new SharedPasskeys(shared);
  for (const passkey of file.all) {
    if ((await store.get(passkey.id)) === undefined) await store.put(passkey);
  }
  if (existsSync(path)) renameSync(path, `${path}.moved`);
  return store;
}
