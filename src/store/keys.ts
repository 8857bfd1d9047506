/** Secret keys in the state directory. */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { StoreError } from './errors.ts';

const keyBytes = 32;

/** Reads a 32-byte key, or makes one (mode 0600, synced to disk before it is used, never half a file). */
export function loadOrCreateKey(file: string): Buffer {
  const found = readKey(file);
  if (found !== undefined) return found;
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}.new`;
  const fd = openSync(draft, 'w', 0o600);
  try {
    fchmodSync(fd, 0o600);
    writeSync(fd, `${randomBytes(keyBytes).toString('hex')}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  try {
    linkSync(draft, file);
  } catch (error) {
    // Somebody was faster; theirs is the key.
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  const made = readKey(file);
  if (made === undefined) throw new StoreError('STORE_UNUSABLE', `cannot create ${file}`);
  return made;
}

function readKey(file: string): Buffer | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new StoreError('STORE_UNUSABLE', `cannot read ${file}`, { cause: error });
  }
  const key = Buffer.from(text.trim(), 'hex');
  if (key.length !== keyBytes) throw new StoreError('STORE_UNUSABLE', `${file} is not a key of ${keyBytes} bytes`);
  return key;
}
