/**
 * The state directory: keys, database, audit log and recordings, readable by nobody else.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { errorCode, SallyportError } from './errors.ts';

export class StateError extends SallyportError<'STATE_NOT_PRIVATE' | 'STATE_NOT_WRITABLE'> {}

/** Creates the directory and its parts where missing. @throws StateError when others could read it */
export function prepareStateDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const { mode, uid } = statSync(directory);
    const me = process.getuid?.();
    if (me !== undefined && me !== 0 && uid !== me) {
      throw new StateError(
        'STATE_NOT_PRIVATE',
        `${directory} belongs to another account; give another directory or run: chown ${me} ${directory}`,
      );
    }
    if ((mode & 0o077) !== 0) {
      throw new StateError(
        'STATE_NOT_PRIVATE',
        `${directory} can be read by others (mode ${(mode & 0o777).toString(8)}); run: chmod 700 ${directory}`,
      );
    }
    mkdirSync(join(directory, 'keys'), { recursive: true, mode: 0o700 });
  } catch (error) {
    if (error instanceof StateError) throw error;
    const code = errorCode(error);
    throw new StateError('STATE_NOT_WRITABLE', `cannot create ${directory}: ${code}`, { cause: error });
  }
}

/** Makes an Ed25519 key pair (OpenSSH format, mode 0600) unless the file is there. Returns the public key line. */
export function ensureKey(file: string, comment: string): string {
  if (!existsSync(file)) {
    const pair = newKeyPair(comment);
    writeFileSync(file, pair.private, { mode: 0o600, flag: 'wx' });
    writeFileSync(`${file}.pub`, `${pair.public}\n`, { mode: 0o644 });
  }
  // A mounted key may lie on a read-only file system, and is private already.
  if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
  return publicKeyLine(file, comment);
}

/** A made key is unreadable once in 250 times; so many in a row are another problem. */
const maxKeyAttempts = 20;

/** Exported for its test. */
export function newKeyPair(comment: string): { readonly private: string; readonly public: string } {
  for (let attempt = 0; attempt < maxKeyAttempts; attempt += 1) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment });
    // ssh2 loses a leading zero byte of the key, and can then not read what it wrote.
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
  throw new SallyportError('KEY_NOT_MADE', 'no readable key pair could be made');
}

/** The public line of a private key file. @throws SallyportError KEY_UNREADABLE */
export function publicKeyLine(file: string, comment: string): string {
  const key = ssh2.utils.parseKey(readFileSync(file));
  const first = Array.isArray(key) ? key[0] : key;
  if (first === undefined || first instanceof Error) {
    throw new SallyportError('KEY_UNREADABLE', `${file} is not a private key in a format that is read here`);
  }
  return `${first.type} ${first.getPublicSSH().toString('base64')} ${comment}`;
}
