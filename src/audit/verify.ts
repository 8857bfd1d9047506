/**
 * Checks a log offline, in constant memory: every line is a record, the numbers have no gap, each line continues the
 * one before, and length and content are what the signed checkpoint says.
 *
 * Names the first bad line. A changed line is seen only by its successor, so before blaming one of the two the
 * verifier looks whether the successor itself is intact: by the line after it, or by the checkpoint.
 */
import { readLines } from '../line-file.ts';
import { openCheckpoint, type VerifierKey } from './checkpoint.ts';
import { AuditError } from './error.ts';
import { loadVerifier, readCheckpointNote } from './head.ts';
import { MerkleTree } from './merkle.ts';
import { decodeRecord, lineHash, maxRecordBytes, noPrevious } from './record.ts';
import { listSegments } from './segment.ts';

export interface LogProblem {
  /** Path of the file; undefined when the log as a whole is wrong. */
  readonly file: string | undefined;
  /** Line in that file, from 1. */
  readonly line: number | undefined;
  /** Number the record has or should have. */
  readonly seq: number | undefined;
  readonly reason: string;
}

export type LogVerdict =
  | {
      readonly kind: 'intact';
      readonly records: number;
      /** Records covered by the signature. */
      readonly signed: number;
      /** Hex SHA-256 of the last line: what the next record will carry. */
      readonly lastHash: string;
      /** Bytes of a line that is still being written, or was left by a crash; not a record. */
      readonly unfinishedBytes: number;
    }
  /** `records` come before the problem and are intact. */
  | { readonly kind: 'broken'; readonly records: number; readonly problem: LogProblem };

interface Place {
  readonly file: string;
  readonly line: number;
  readonly bytes: Buffer;
}

export interface VerifyOptions {
  readonly directory: string;
  /** The key the checkpoint must be signed with; undefined takes the one beside the log, which proves less. */
  readonly verifier?: VerifierKey;
}

export async function verifyLog(options: VerifyOptions): Promise<LogVerdict> {
  const chain = new ChainCheck();
  let signed: { readonly size: number; readonly root: Buffer };
  try {
    // Before the log is read: a log that grows meanwhile is longer than the checkpoint, never shorter.
    signed = await readCheckpoint(options);
  } catch (error) {
    if (!(error instanceof AuditError) || error.code !== 'AUDIT_CHECKPOINT_INVALID') throw error;
    const problem = { file: undefined, line: undefined, seq: undefined, reason: error.message };
    return { kind: 'broken', records: 0, problem };
  }
  let unfinishedBytes = 0;
  for await (const { place, isWhole } of readPlaces(options.directory)) {
    if (!isWhole) {
      unfinishedBytes = place.bytes.length;
      continue;
    }
    const problem = unfinishedBytes > 0 ? unfinishedLine(place, chain.size + 1) : chain.next(place, signed);
    if (problem !== undefined) return broken(problem, chain.size);
  }
  const problem = chain.finish(signed);
  if (problem !== undefined) return broken(problem, chain.size);
  return { kind: 'intact', records: chain.size, signed: signed.size, lastHash: chain.lastHash, unfinishedBytes };
}

const broken = (problem: LogProblem, size: number): LogVerdict => ({
  kind: 'broken',
  records: problem.seq === undefined ? size : problem.seq - 1,
  problem,
});

async function readCheckpoint({ directory, verifier }: VerifyOptions): Promise<{ size: number; root: Buffer }> {
  const key = verifier ?? (await loadVerifier(directory));
  if (key === undefined) throw new AuditError('AUDIT_CHECKPOINT_INVALID', `${directory} has no checkpoint.pub`);
  const note = await readCheckpointNote(directory);
  if (note === undefined) throw new AuditError('AUDIT_CHECKPOINT_INVALID', `${directory} has no head.json`);
  return openCheckpoint(note, key);
}

async function* readPlaces(directory: string): AsyncGenerator<{ place: Place; isWhole: boolean }> {
  const segments = await listSegments(directory).catch((cause: unknown) => {
    throw new AuditError('AUDIT_UNREADABLE', `there is no audit log in ${directory}`, { cause });
  });
  for (const { path } of segments) {
    let line = 0;
    for await (const { bytes, isWhole } of readLines(path, 0, maxRecordBytes)) {
      line += 1;
      yield { place: { file: path, line, bytes }, isWhole };
    }
  }
}

const unfinishedLine = (after: Place, seq: number): LogProblem => ({
  file: after.file,
  line: after.line,
  seq,
  reason: 'the line before it is unfinished or too long',
});

class ChainCheck {
  readonly #tree = new MerkleTree();
  #previous: Place | undefined;
  /** A line whose `prev` does not match; the next line, or the end, tells which of the two was changed. */
  #doubt: { readonly before: Place; readonly line: Place; readonly rootIfBeforeIsIntact: Buffer } | undefined;
  #rootAtCheckpoint: Buffer | undefined;
  lastHash = noPrevious;

  get size(): number {
    return this.#tree.size;
  }

  next(place: Place, signed: { readonly size: number }): LogProblem | undefined {
    const seq = this.size + 1;
    const record = decodeRecord(place.bytes);
    if (this.#doubt !== undefined) {
      // The doubtful line is intact when its successor continues it.
      const isIntact = record?.prev === lineHash(this.#doubt.line.bytes);
      return isIntact ? changed(this.#doubt.before, seq - 2) : wrongPrevious(this.#doubt.line, seq - 1);
    }
    if (record === undefined) return at(place, seq, 'is not a record');
    if (record.seq !== seq) {
      const why = record.seq > seq ? `records ${seq} to ${record.seq - 1} are missing before it` : 'it is out of order';
      return at(place, seq, `has the number ${record.seq} where ${seq} belongs: ${why}`);
    }
    if (record.prev !== this.lastHash) {
      if (this.#previous === undefined) return wrongPrevious(place, seq);
      const asItWas = new MerkleTree(this.#tree.state());
      asItWas.append(Buffer.from(place.bytes.toString('latin1').replace(record.prev, this.lastHash), 'latin1'));
      this.#doubt = { before: this.#previous, line: place, rootIfBeforeIsIntact: asItWas.root() };
    }
    this.#tree.append(place.bytes);
    this.lastHash = lineHash(place.bytes);
    this.#previous = place;
    if (this.size === signed.size) this.#rootAtCheckpoint = this.#tree.root();
    return undefined;
  }

  finish(signed: { readonly size: number; readonly root: Buffer }): LogProblem | undefined {
    if (this.#doubt !== undefined) {
      const isBeforeIntact = signed.size === this.size && this.#doubt.rootIfBeforeIsIntact.equals(signed.root);
      return isBeforeIntact ? wrongPrevious(this.#doubt.line, this.size) : changed(this.#doubt.before, this.size - 1);
    }
    if (this.size < signed.size) {
      const reason = `the log ends after record ${this.size}, its signed checkpoint covers ${signed.size}`;
      return { file: this.#previous?.file, line: undefined, seq: this.size + 1, reason };
    }
    if (signed.size === 0 || this.#rootAtCheckpoint?.equals(signed.root) === true) return undefined;
    // The chain holds, so the only record nothing in the log vouches for is the last one.
    if (this.size === signed.size && this.#previous !== undefined) {
      return at(this.#previous, this.size, 'was changed, or the whole log was: the signed checkpoint has another root');
    }
    const reason = `records 1 to ${signed.size} are not those that were signed: the log was rewritten`;
    return { file: undefined, line: undefined, seq: undefined, reason };
  }
}

const at = (place: Place, seq: number, reason: string): LogProblem => ({
  file: place.file,
  line: place.line,
  seq,
  reason,
});
const changed = (place: Place, seq: number): LogProblem =>
  at(place, seq, 'was changed: the record after it carries another hash');
const wrongPrevious = (place: Place, seq: number): LogProblem =>
  at(place, seq, 'was changed: it does not carry the hash of the record before it');
