/**
 * The pinned host key of a target.
 *
 * INVARIANT: nothing is sent to a target, not even the name of the account, before its key was compared byte by byte with
 * the pinned one.
 */
import { timingSafeEqual } from 'node:crypto';
import type { ServerHostKeyAlgorithm } from 'ssh2';
import { fingerprintOf } from '../fingerprint.ts';
import { TargetError } from './errors.ts';

/** Key type → the signature algorithms we accept for it; RSA without SHA-1. */
const algorithms: Readonly<Record<string, ServerHostKeyAlgorithm[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
};

export const anyHostKeyAlgorithm: readonly ServerHostKeyAlgorithm[] = Object.values(algorithms).flat();

export interface PinnedHostKey {
  readonly type: string;
  readonly blob: Buffer;
  /** `SHA256:…` as ssh-keygen prints it. */
  readonly fingerprint: string;
  readonly algorithms: readonly ServerHostKeyAlgorithm[];
  matches(offered: Buffer): boolean;
}

/** Type name at the start of a public key blob (RFC 4253 section 6.6); empty when it is none. */
export function typeOf(blob: Buffer): string {
  if (blob.length < 4) return '';
  const length = blob.readUInt32BE(0);
  return length > 64 ? '' : blob.toString('latin1', 4, 4 + length);
}

/** Reads `ssh-ed25519 AAAA… [comment]`. Throws TARGET_HOST_KEY_UNUSABLE. */
export function parseHostKey(line: string): PinnedHostKey {
  const [type = '', base64 = ''] = line.trim().split(/\s+/);
  const blob = Buffer.from(base64, 'base64');
  const known = Object.hasOwn(algorithms, type) ? algorithms[type] : undefined;
  if (known === undefined || typeOf(blob) !== type) {
    throw new TargetError(
      'TARGET_HOST_KEY_UNUSABLE',
      `the pinned host key is no line of the form "${Object.keys(algorithms).join('|')} AAAA…"`,
    );
  }
  return {
    type,
    blob,
    fingerprint: fingerprintOf(blob),
    algorithms: known,
    matches: (offered) => offered.length === blob.length && timingSafeEqual(offered, blob),
  };
}
