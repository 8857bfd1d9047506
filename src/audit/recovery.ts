/**
 * Finds where a log ends when it is opened: from the signed checkpoint on, every line is read and must continue the
 * chain.
 *
 * Refused: a log shorter than its checkpoint, and lines that do not continue the chain. What a crash leaves (an
 * unfinished last line, blocks of zeros that never reached the disk) is moved aside into a file of its own.
 * INVARIANT: no line that continues the chain is ever removed or rewritten.
 */
import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Line, readLines, syncDirectory } from '../line-file.ts';
import { AuditError } from './error.ts';
import type { Head, Position } from './head.ts';
import { MerkleTree } from './merkle.ts';
import { decodeRecord, lineHash, maxRecordBytes } from './record.ts';
import { listSegments, type Segment, segmentPath } from './segment.ts';

export interface LogEnd {
  readonly position: Position;
  readonly tree: MerkleTree;
  /** What was moved aside; undefined after a clean end. */
  readonly recovered: { readonly bytes: number; readonly sha256: string } | undefined;
}

export async function findEnd(directory: string, head: Head): Promise<LogEnd> {
  const { segment: number, offset } = head.position;
  const segments = (await listSegments(directory)).filter((segment) => segment.number >= number);
  await checkStart(directory, head);
  const tree = new MerkleTree(head.tree);
  let position = head.position;
  for (const [at, segment] of segments.entries()) {
    const isLast = at === segments.length - 1;
    if (segment.number !== number + at) throw broken(segmentPath(directory, number + at), tree.size + 1, 'is missing');
    const from = at === 0 ? offset : 0;
    position = { ...position, segment: segment.number, offset: from, lastOffset: at === 0 ? position.lastOffset : 0 };
    for await (const line of readLines(segment.path, from, maxRecordBytes)) {
      const problem = problemOf(line, tree.size + 1, position.lastHash);
      if (problem !== undefined) {
        if (!isLast || !isCrashRemains(line)) throw broken(segment.path, tree.size + 1, problem);
        return { position, tree, recovered: await moveAside(directory, segment, line.offset) };
      }
      tree.append(line.bytes);
      const end = line.offset + line.bytes.length + 1;
      position = { ...position, offset: end, lastOffset: line.offset, lastHash: lineHash(line.bytes) };
    }
  }
  return { position, tree, recovered: undefined };
}

const broken = (path: string, seq: number, why: string) =>
  new AuditError('AUDIT_CHAIN_BROKEN', `${path}: record ${seq} ${why}; run: sallyport audit verify`);

function problemOf(line: Line, seq: number, prev: string): string | undefined {
  if (!line.isWhole) return 'is unfinished';
  const record = decodeRecord(line.bytes);
  if (record === undefined) return 'is not a record';
  if (record.seq !== seq) return `has the number ${record.seq}`;
  return record.prev === prev ? undefined : 'does not continue the chain';
}

/** An unfinished write, or blocks that the file system had room for but no data yet: neither was acknowledged. */
function isCrashRemains(line: Line): boolean {
  return !line.isWhole || line.bytes.includes(0);
}

/** The record the checkpoint ends with must still be where it was. */
async function checkStart(directory: string, { position, tree }: Head): Promise<void> {
  if (tree.size === 0) return;
  const path = segmentPath(directory, position.segment);
  const truncated = (why: string) =>
    new AuditError('AUDIT_TRUNCATED', `${path} ${why}: the signed checkpoint covers ${tree.size} records`);
  const bytes = await stat(path).then(
    (found) => found.size,
    () => undefined,
  );
  if (bytes === undefined) throw truncated('is missing');
  if (bytes < position.offset) throw truncated('is shorter than it was');
  // A segment that was just begun holds no record of its own yet.
  if (position.offset === 0) return;
  for await (const line of readLines(path, position.lastOffset, maxRecordBytes)) {
    const end = line.offset + line.bytes.length + 1;
    const isSame = decodeRecord(line.bytes)?.seq === tree.size && lineHash(line.bytes) === position.lastHash;
    if (!isSame || end !== position.offset) throw truncated('does not hold the last signed record any more');
    return;
  }
}

async function moveAside(directory: string, segment: Segment, from: number) {
  const hash = createHash('sha256');
  const name = `${String(segment.number).padStart(6, '0')}-${from}.torn`;
  const source = await open(segment.path, 'r+');
  // After a crash in this very function the file is there already, with the same bytes.
  const target = await open(join(directory, name), 'w', 0o600);
  try {
    let bytes = 0;
    for (const buffer = Buffer.allocUnsafe(256 * 1024); ; ) {
      const { bytesRead } = await source.read(buffer, 0, buffer.length, from + bytes);
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
      await target.writeFile(buffer.subarray(0, bytesRead));
      bytes += bytesRead;
    }
    await target.sync();
    await syncDirectory(directory);
    await source.truncate(from);
    await source.sync();
    return { bytes, sha256: hash.digest('hex') };
  } finally {
    await source.close();
    await target.close();
  }
}
