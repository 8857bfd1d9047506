/**
 * Evidence for somebody else: a copy of the log and of recordings that they can check without us, with `sha256sum` and
 * `ssh-keygen` alone.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, readFileSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { loadPrivateKey } from '../audit/checkpoint.ts';
import { maxRecordBytes } from '../audit/record.ts';
import { listSegments } from '../audit/segment.ts';
import { signSsh, sshPublicKey } from '../audit/sshsig.ts';
import { readLines } from '../line-file.ts';
import { readWholeCast } from '../recording/cast-file.ts';
import { type EvidencePlace, recordingPath } from './evidence.ts';

const namespace = 'sallyport-evidence';
const signer = 'sallyport';

const readme = `Evidence of Sallyport, an SSH bastion. To check that nothing in here was changed since it was signed:

  ssh-keygen -Y verify -f allowed_signers -I ${signer} -n ${namespace} -s SHA256SUMS.sig < SHA256SUMS
  sha256sum -c SHA256SUMS

The key in allowed_signers came with the bundle: compare it with the one you were given before.

audit/       the audit log, one JSON record per line, each with the SHA-256 of the line before it as "prev";
             head.json holds its signed length and Merkle root (C2SP checkpoint), checkpoint.pub the key
recordings/  what was printed, masked (asciicast v2): asciinema play FILE

With Sallyport installed: sallyport audit verify --dir .
`;

/**
 * Writes the bundle into `directory`, which must not exist. Returns the public key it is signed with.
 * @throws AuditError AUDIT_CHECKPOINT_INVALID when the log's key cannot be read
 */
export async function writeBundle(
  place: EvidencePlace,
  recordings: readonly string[],
  directory: string,
): Promise<string> {
  const key = loadPrivateKey(readFileSync(join(place.auditDirectory, 'checkpoint.key'), 'utf8'));
  await mkdir(directory, { mode: 0o700 });
  const files: string[] = [];
  const add = async (name: string, write: (path: string) => Promise<unknown>) => {
    await mkdir(dirname(join(directory, name)), { recursive: true, mode: 0o700 });
    await write(join(directory, name));
    files.push(name);
  };
  await add('README.txt', (path) => writeFile(path, readme, { flag: 'wx' }));
  // The checkpoint before the log: what grows meanwhile only makes the log longer than it says.
  for (const name of ['head.json', 'checkpoint.pub']) {
    await add(`audit/${name}`, (path) => copyFile(join(place.auditDirectory, name), path));
  }
  for (const segment of await listSegments(place.auditDirectory)) {
    await add(`audit/${basename(segment.path)}`, (path) => writeParts(path, wholeLines(segment.path)));
  }
  for (const name of recordings) await add(name, (path) => writeParts(path, readWholeCast(recordingPath(place, name))));
  const sums = Buffer.from((await Promise.all(files.map((name) => sumLine(directory, name)))).join(''));
  await writeFile(join(directory, 'SHA256SUMS'), sums);
  await writeFile(join(directory, 'SHA256SUMS.sig'), signSsh(sums, namespace, key));
  const publicKey = sshPublicKey(key);
  await writeFile(join(directory, 'allowed_signers'), `${signer} namespaces="${namespace}" ${publicKey}\n`);
  return publicKey;
}

async function* wholeLines(path: string): AsyncGenerator<Buffer> {
  const newline = Buffer.from('\n');
  for await (const { bytes, isWhole } of readLines(path, 0, maxRecordBytes)) {
    if (isWhole) yield Buffer.concat([bytes, newline]);
  }
}

async function writeParts(path: string, parts: AsyncIterable<Buffer | string>): Promise<void> {
  await pipeline(parts, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
}

async function sumLine(directory: string, name: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(join(directory, name))) hash.update(chunk as Buffer);
  return `${hash.digest('hex')}  ${name}\n`;
}
