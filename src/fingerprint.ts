import { createHash } from 'node:crypto';

/** `SHA256:…` of a public key blob (RFC 4253 section 6.6), as ssh-keygen prints it. */
export function fingerprintOf(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}
