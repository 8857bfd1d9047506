/**
 * Which public keys are taken, so that the configuration can refuse one with file and line and the SSH server never has to.
 *
 * Refuses certificates, hardware keys, DSA, short RSA, and lines whose bytes are not a key of the type they name.
 */
import { isUtf8 } from 'node:buffer';

const curves: Readonly<Record<string, { readonly name: string; readonly pointBytes: number }>> = {
  'ecdsa-sha2-nistp256': { name: 'nistp256', pointBytes: 65 },
  'ecdsa-sha2-nistp384': { name: 'nistp384', pointBytes: 97 },
  'ecdsa-sha2-nistp521': { name: 'nistp521', pointBytes: 133 },
};
const ed25519Bytes = 32;
const uncompressedPoint = 4;

/** NIST SP 800-57: 128 bits of security. */
export const minAgentRsaBits = 3072;
/** Targets with older host keys can only be replaced by their owners. */
export const minHostRsaBits = 2048;

/** Why a line `TYPE BASE64 [comment]` is no key we take; undefined when it is one. */
export function publicKeyProblem(line: string, minRsaBits: number): string | undefined {
  const [type = '', base64 = ''] = line.trim().split(/\s+/);
  const isKnown = type === 'ssh-ed25519' || type === 'ssh-rsa' || Object.hasOwn(curves, type);
  if (!isKnown) return `type ${JSON.stringify(type.slice(0, 60))} is not ssh-ed25519, ecdsa-sha2-nistp* or ssh-rsa`;
  const broken = 'it is not an OpenSSH public key line, like `ssh-ed25519 AAAA… name`';
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return broken;
  const [name, first, second, ...rest] = fieldsOf(Buffer.from(base64, 'base64')) ?? [];
  if (name === undefined || first === undefined || rest.length > 0 || !isUtf8(name) || name.toString() !== type) {
    return broken;
  }
  if (type === 'ssh-ed25519') return second === undefined && first.length === ed25519Bytes ? undefined : broken;
  if (second === undefined) return broken;
  if (type !== 'ssh-rsa') {
    const curve = curves[type];
    const isPoint = second.length === curve?.pointBytes && second[0] === uncompressedPoint;
    return isPoint && first.toString('latin1') === curve?.name ? undefined : broken;
  }
  const bits = bitsOf(second);
  return bits < minRsaBits ? `RSA needs ${minRsaBits} bits, this key has ${bits}` : undefined;
}

/** SPEC: RFC 4251 section 5. Undefined when the bytes do not divide into fields. */
function fieldsOf(blob: Buffer): readonly Buffer[] | undefined {
  const fields: Buffer[] = [];
  for (let at = 0; at < blob.length; ) {
    if (at + 4 > blob.length) return undefined;
    const end = at + 4 + blob.readUInt32BE(at);
    if (end > blob.length) return undefined;
    fields.push(blob.subarray(at + 4, end));
    at = end;
  }
  return fields;
}

function bitsOf(number: Buffer): number {
  const first = number.findIndex((byte) => byte !== 0);
  if (first < 0) return 0;
  return (number.length - first) * 8 - Math.clz32(number[first] ?? 0) + 24;
}
