/**
 * Signed checkpoints: how long the log was and what was in it, in a form other people's tools verify.
 *
 * SPEC: https://c2sp.org/tlog-checkpoint and https://c2sp.org/signed-note (Ed25519).
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { AuditError } from './error.ts';

/** SPEC: signed-note, signature type Ed25519. */
const ed25519Type = 0x01;

export interface Checkpoint {
  /** Name of the log; also the name of its key. */
  readonly origin: string;
  /** Number of records. */
  readonly size: number;
  readonly root: Buffer;
}

export interface VerifierKey {
  readonly name: string;
  readonly id: Buffer;
  readonly key: KeyObject;
}

function rawPublicKey(key: KeyObject): Buffer {
  const { x } = key.export({ format: 'jwk' });
  if (typeof x !== 'string') throw new AuditError('AUDIT_CHECKPOINT_INVALID', 'the checkpoint key is not Ed25519');
  return Buffer.from(x, 'base64url');
}

function keyId(name: string, raw: Buffer): Buffer {
  return createHash('sha256').update(`${name}\n`).update(Buffer.of(ed25519Type)).update(raw).digest().subarray(0, 4);
}

/** `name+id+base64`: what a verifier is given. */
export function formatVerifierKey(name: string, publicKey: KeyObject): string {
  const raw = rawPublicKey(publicKey);
  return `${name}+${keyId(name, raw).toString('hex')}+${Buffer.concat([Buffer.of(ed25519Type), raw]).toString('base64')}`;
}

export function parseVerifierKey(text: string): VerifierKey {
  const match = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/.exec(text.trim());
  const bytes = Buffer.from(match?.[3] ?? '', 'base64');
  const raw = bytes.subarray(1);
  const name = match?.[1] ?? '';
  if (bytes[0] !== ed25519Type || raw.length !== 32 || keyId(name, raw).toString('hex') !== match?.[2]) {
    throw new AuditError('AUDIT_CHECKPOINT_INVALID', 'the verifier key is not a signed-note Ed25519 key');
  }
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }, format: 'jwk' });
  return { name, id: keyId(name, raw), key };
}

export function signCheckpoint(checkpoint: Checkpoint, privateKey: KeyObject): string {
  const body = `${checkpoint.origin}\n${checkpoint.size}\n${checkpoint.root.toString('base64')}\n`;
  const signature = sign(null, Buffer.from(body), privateKey);
  const id = keyId(checkpoint.origin, rawPublicKey(createPublicKey(privateKey)));
  return `${body}\n\u2014 ${checkpoint.origin} ${Buffer.concat([id, signature]).toString('base64')}\n`;
}

/** Throws AUDIT_CHECKPOINT_INVALID unless the note is a checkpoint signed by `verifier`. HOSTILE: the note is untrusted. */
export function openCheckpoint(note: string, verifier: VerifierKey): Checkpoint {
  const invalid = (why: string) => new AuditError('AUDIT_CHECKPOINT_INVALID', `the checkpoint ${why}`);
  const end = note.lastIndexOf('\n\n');
  if (end < 0) throw invalid('has no signature');
  const body = note.slice(0, end + 1);
  const isSigned = note
    .slice(end + 2)
    .split('\n')
    .some((line) => {
      const match = /^\u2014 (\S+) ([A-Za-z0-9+/]+=*)$/.exec(line);
      const bytes = Buffer.from(match?.[2] ?? '', 'base64');
      if (match?.[1] !== verifier.name || !bytes.subarray(0, 4).equals(verifier.id)) return false;
      return verify(null, Buffer.from(body), verifier.key, bytes.subarray(4));
    });
  if (!isSigned) throw invalid(`is not signed by ${verifier.name}`);
  const [origin = '', size = '', root = ''] = body.split('\n');
  const hash = Buffer.from(root, 'base64');
  if (origin !== verifier.name || !/^(0|[1-9]\d{0,15})$/.test(size) || hash.length !== 32) {
    throw invalid('is signed but not in the checkpoint format');
  }
  return { origin, size: Number(size), root: hash };
}

export function loadPrivateKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    // The cause is left out: an error of the key parser may quote the key.
    throw new AuditError('AUDIT_CHECKPOINT_INVALID', 'the checkpoint key cannot be read');
  }
}
