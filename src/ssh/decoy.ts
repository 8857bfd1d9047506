/**
 * Keys that nobody has, to verify a signature against when the offered key is not known: whether an agent is unknown,
 * disabled or expired must not be told from the time the answer takes, and that depends on the type of the key.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import ssh2, { type ParsedKey } from 'ssh2';
import { minAgentRsaBits } from '../public-key.ts';

const { utils } = ssh2;

/** Of the same type as the offered key; of the commonest one for types that are never accepted. */
export function decoyFor(type: string): ParsedKey {
  return (Object.hasOwn(decoys, type) ? decoys[type] : undefined) ?? ed25519;
}

const ed25519 = parsed('ssh-ed25519', [
  Buffer.from(generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'),
]);

const decoys: Readonly<Record<string, ParsedKey>> = {
  'ecdsa-sha2-nistp256': ecdsa('nistp256', 'P-256'),
  'ecdsa-sha2-nistp384': ecdsa('nistp384', 'P-384'),
  'ecdsa-sha2-nistp521': ecdsa('nistp521', 'P-521'),
  'ssh-rsa': rsa(),
};

function ecdsa(name: string, namedCurve: string): ParsedKey {
  const { x = '', y = '' } = generateKeyPairSync('ec', { namedCurve }).publicKey.export({ format: 'jwk' });
  const uncompressed = Buffer.from([4]);
  const point = Buffer.concat([uncompressed, Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
  return parsed(`ecdsa-sha2-${name}`, [Buffer.from(name), point]);
}

/** Any odd number of that length will do: verifying does not ask whether it has factors, and finding primes takes long. */
function rsa(): ParsedKey {
  const modulus = randomBytes(minAgentRsaBits / 8);
  modulus[0] = 0xff;
  modulus[modulus.length - 1] = 0xff;
  return parsed('ssh-rsa', [Buffer.from([1, 0, 1]), Buffer.concat([Buffer.from([0]), modulus])]);
}

function parsed(type: string, fields: readonly Buffer[]): ParsedKey {
  const blob = Buffer.concat([Buffer.from(type), ...fields].map(field));
  const key = utils.parseKey(`${type} ${blob.toString('base64')}`);
  const first = Array.isArray(key) ? key[0] : key;
  if (first === undefined || first instanceof Error) throw new Error(`cannot make a decoy of type ${type}`);
  return first;
}

/** RFC 4251 section 5 `string`. */
function field(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
