/**
 * `head.json`: the signed checkpoint with what is needed to go on from it without reading the whole log again.
 * Replaced as a whole (written aside, synced, renamed), so it is never half.
 */
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../errors.ts';
import { syncDirectory } from '../line-file.ts';
import {
  formatVerifierKey,
  loadPrivateKey,
  openCheckpoint,
  parseVerifierKey,
  signCheckpoint,
  type VerifierKey,
} from './checkpoint.ts';
import { AuditError } from './error.ts';
import { MerkleTree, type TreeState } from './merkle.ts';

/** Where the log ends, in files and in the chain. */
export interface Position {
  readonly segment: number;
  /** Bytes of that segment up to and with the last record. */
  readonly offset: number;
  /** Where the last record begins; 0 when there is none in it. */
  readonly lastOffset: number;
  /** SHA-256 of the last record's line. */
  readonly lastHash: string;
}

interface HeadFile extends Position {
  readonly checkpoint: string;
  readonly subtrees: readonly string[];
}

export interface Head {
  readonly position: Position;
  readonly tree: TreeState;
}

const privateKeyName = 'checkpoint.key';
const publicKeyName = 'checkpoint.pub';
const headName = 'head.json';

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw new AuditError('AUDIT_UNREADABLE', `cannot read ${path}`, { cause: error });
  }
}

async function writeWhole(directory: string, name: string, text: string, mode: number): Promise<void> {
  const aside = join(directory, `.${name}.new`);
  const handle = await open(aside, 'w', mode);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(aside, join(directory, name));
  await syncDirectory(directory);
}

/** The log's signing key, made on first use. Its public half lies beside it as a C2SP verifier key. */
export async function loadOrCreateKey(directory: string): Promise<{ key: KeyObject; verifier: VerifierKey }> {
  const pem = await readOptional(join(directory, privateKeyName));
  const key = pem === undefined ? generateKeyPairSync('ed25519').privateKey : loadPrivateKey(pem);
  const publicKey = createPublicKey(key);
  const stored = await readOptional(join(directory, publicKeyName));
  const name = stored === undefined ? logName(publicKey) : parseVerifierKey(stored).name;
  const verifierKey = formatVerifierKey(name, publicKey);
  if (pem === undefined) {
    await writeWhole(directory, privateKeyName, key.export({ format: 'pem', type: 'pkcs8' }).toString(), 0o600);
  }
  if (stored === undefined) await writeWhole(directory, publicKeyName, `${verifierKey}\n`, 0o644);
  else if (stored.trim() !== verifierKey) {
    throw new AuditError('AUDIT_CHECKPOINT_INVALID', `${publicKeyName} is not the public half of ${privateKeyName}`);
  }
  return { key, verifier: parseVerifierKey(verifierKey) };
}

/** Unique per key, so that two installations never sign under one name. */
function logName(publicKey: KeyObject): string {
  const { x = '' } = publicKey.export({ format: 'jwk' });
  return `sallyport.invalid/audit/${Buffer.from(x, 'base64url').toString('hex').slice(0, 16)}`;
}

export async function loadVerifier(directory: string): Promise<VerifierKey | undefined> {
  const text = await readOptional(join(directory, publicKeyName));
  return text === undefined ? undefined : parseVerifierKey(text);
}

/** Undefined when there is none. Throws AUDIT_CHECKPOINT_INVALID when it is not what the key signed. */
export async function readHead(directory: string, verifier: VerifierKey): Promise<Head | undefined> {
  const text = await readOptional(join(directory, headName));
  if (text === undefined) return undefined;
  const file = parseHead(text);
  const checkpoint = openCheckpoint(file.checkpoint, verifier);
  const tree = { size: checkpoint.size, subtrees: file.subtrees };
  if (!new MerkleTree(tree).root().equals(checkpoint.root)) {
    throw new AuditError('AUDIT_CHECKPOINT_INVALID', `${headName} does not match the checkpoint in it`);
  }
  const { segment, offset, lastOffset, lastHash } = file;
  return { position: { segment, offset, lastOffset, lastHash }, tree };
}

/** The signed note alone, for a verifier that trusts nothing else in the file. */
export async function readCheckpointNote(directory: string): Promise<string | undefined> {
  const text = await readOptional(join(directory, headName));
  return text === undefined ? undefined : parseHead(text).checkpoint;
}

function parseHead(text: string): HeadFile {
  const invalid = new AuditError('AUDIT_CHECKPOINT_INVALID', `${headName} is not in its format`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid;
  }
  if (!isHeadFile(value)) throw invalid;
  return value;
}

function isHeadFile(value: unknown): value is HeadFile {
  if (typeof value !== 'object' || value === null) return false;
  const { checkpoint, subtrees, segment, offset, lastOffset, lastHash } = value as Partial<Record<string, unknown>>;
  const isHash = (hash: unknown) => typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash);
  return (
    typeof checkpoint === 'string' &&
    Array.isArray(subtrees) &&
    subtrees.every(isHash) &&
    [segment, offset, lastOffset].every((number) => Number.isSafeInteger(number) && Number(number) >= 0) &&
    isHash(lastHash)
  );
}

export async function writeHead(directory: string, head: Head, key: KeyObject, verifier: VerifierKey): Promise<void> {
  const root = new MerkleTree(head.tree).root();
  const checkpoint = signCheckpoint({ origin: verifier.name, size: head.tree.size, root }, key);
  const file: HeadFile = { checkpoint, ...head.position, subtrees: head.tree.subtrees };
  await writeWhole(directory, headName, `${JSON.stringify(file, null, 2)}\n`, 0o600);
}
