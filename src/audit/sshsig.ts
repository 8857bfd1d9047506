/**
 * Signatures that `ssh-keygen -Y verify` checks, so that evidence needs no program of ours to be believed.
 *
 * SPEC: https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.sshsig
 */
import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { AuditError } from './error.ts';

const keyType = 'ssh-ed25519';
const hashName = 'sha512';

/** SPEC: RFC 4251 section 5, `string`. */
function sshString(value: Buffer | string): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function publicBlob(publicKey: KeyObject): Buffer {
  const { x } = publicKey.export({ format: 'jwk' });
  if (typeof x !== 'string') throw new AuditError('AUDIT_CHECKPOINT_INVALID', 'the signing key is not Ed25519');
  return Buffer.concat([sshString(keyType), sshString(Buffer.from(x, 'base64url'))]);
}

/** `ssh-ed25519 AAAA…`, as in authorized_keys. */
export function sshPublicKey(privateKey: KeyObject): string {
  return `${keyType} ${publicBlob(createPublicKey(privateKey)).toString('base64')}`;
}

export function signSsh(message: Buffer, namespace: string, privateKey: KeyObject): string {
  const magic = Buffer.from('SSHSIG');
  const scope = [sshString(namespace), sshString(''), sshString(hashName)];
  const digest = createHash(hashName).update(message).digest();
  const signature = sign(null, Buffer.concat([magic, ...scope, sshString(digest)]), privateKey);
  const version = Buffer.of(0, 0, 0, 1);
  const signed = sshString(Buffer.concat([sshString(keyType), sshString(signature)]));
  const key = sshString(publicBlob(createPublicKey(privateKey)));
  const lines =
    Buffer.concat([magic, version, key, ...scope, signed])
      .toString('base64')
      .match(/.{1,70}/g) ?? [];
  return ['-----BEGIN SSH SIGNATURE-----', ...lines, '-----END SSH SIGNATURE-----', ''].join('\n');
}
