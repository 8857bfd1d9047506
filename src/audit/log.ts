/**
 * The audit log: takes events, resolves when they are on disk.
 *
 * Each record carries the SHA-256 of the line before it. Records that arrive together are written by one write and
 * one fdatasync (group commit). About once a second the length and the Merkle root of the log are signed.
 *
 * INVARIANT: `append` resolves only after fdatasync returned for its record and all before it.
 * INVARIANT: after one failed write or sync nothing is written any more; what the kernel still holds is not known.
 */
import type { KeyObject } from 'node:crypto';
import { fstatSync } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../errors.ts';
import { syncDirectory } from '../line-file.ts';
import type { VerifierKey } from './checkpoint.ts';
import { AuditError } from './error.ts';
import type { AuditEvent } from './event.ts';
import { type Head, loadOrCreateKey, type Position, readHead, writeHead } from './head.ts';
import { lockLog } from './lock.ts';
import type { MerkleTree } from './merkle.ts';
import { encodeRecord, lineHash, noPrevious } from './record.ts';
import { findEnd } from './recovery.ts';
import { listSegments, segmentPath } from './segment.ts';
import { spoolName, takeSpool } from './spool.ts';

/** A file that is comfortable to copy, compress and keep; the chain goes on in the next one. */
const defaultSegmentBytes = 256 * 1024 * 1024;
/** What a power cut can take out of the signed checkpoint's reach. The records themselves are on disk. */
const checkpointAfterMs = 1000;
/** How soon a view that the command line reported is in the log. */
const spoolEveryMs = 1000;
/** More than this waiting for the disk means that callers do not wait for their records. */
const maxPendingBytes = 64 * 1024 * 1024;

export interface AuditLogOptions {
  /** `DIR/audit`; made with mode 0700 when it is missing. */
  readonly directory: string;
  readonly now: () => Date;
  /** Called once when the log can no longer be written: stop accepting commands and end the process. */
  readonly onFatal?: (error: AuditError) => void;
  readonly maxSegmentBytes?: number;
}

interface Pending {
  readonly line: Buffer;
  resolve(): void;
  reject(error: unknown): void;
}

interface State {
  readonly key: KeyObject;
  readonly verifier: VerifierKey;
  readonly lock: { release(): Promise<void> };
  readonly position: Position;
  readonly tree: MerkleTree;
}

const fresh: Head = {
  position: { segment: 1, offset: 0, lastOffset: 0, lastHash: noPrevious },
  tree: { size: 0, subtrees: [] },
};

export class AuditLog {
  readonly #options: AuditLogOptions;
  readonly #key: KeyObject;
  readonly #verifier: VerifierKey;
  readonly #lock: { release(): Promise<void> };
  /** Covers what is on disk. */
  readonly #tree: MerkleTree;
  #position: Position;
  #file: FileHandle;
  /** Of the last record that was accepted, on disk or not. */
  #seq: number;
  #prev: string;
  #pending: Pending[] = [];
  #pendingBytes = 0;
  #draining: Promise<void> | undefined;
  /** One after the other: an older head never replaces a newer one. */
  #checkpointing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #spoolTimer: NodeJS.Timeout | undefined;
  #spooling: Promise<void> | undefined;
  #failure: AuditError | undefined;
  #isClosed = false;

  private constructor(options: AuditLogOptions, state: State, file: FileHandle) {
    this.#options = options;
    this.#key = state.key;
    this.#verifier = state.verifier;
    this.#lock = state.lock;
    this.#tree = state.tree;
    this.#position = state.position;
    this.#file = file;
    this.#seq = state.tree.size;
    this.#prev = state.position.lastHash;
  }

  /**
   * Locks the directory, checks the end of the log against its signed checkpoint and repairs what a crash left.
   * @throws AuditError AUDIT_LOCKED, AUDIT_TRUNCATED, AUDIT_CHAIN_BROKEN, AUDIT_CHECKPOINT_INVALID, AUDIT_WRITE_FAILED
   */
  static async open(options: AuditLogOptions): Promise<AuditLog> {
    const { directory } = options;
    await mkdir(join(directory, spoolName), { recursive: true, mode: 0o700 });
    const lock = await lockLog(directory);
    try {
      const { key, verifier } = await loadOrCreateKey(directory);
      const head = (await readHead(directory, verifier)) ?? (await begin(directory, key, verifier));
      const { position, tree, recovered } = await findEnd(directory, head);
      const file = await open(segmentPath(directory, position.segment), 'a', 0o600);
      await syncDirectory(directory);
      const log = new AuditLog(options, { key, verifier, lock, position, tree }, file);
      if (recovered !== undefined) await log.append({ event: 'log.recovered', ...recovered });
      await log.takeSpool();
      log.#spoolTimer = setInterval(() => void log.takeSpool(), spoolEveryMs).unref();
      return log;
    } catch (cause) {
      await lock.release();
      if (cause instanceof AuditError) throw cause;
      throw new AuditError('AUDIT_WRITE_FAILED', `the audit log in ${directory} cannot be opened`, { cause });
    }
  }

  /** Number of records on disk. */
  get size(): number {
    return this.#tree.size;
  }

  append(event: AuditEvent): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#isClosed) return Promise.reject(new AuditError('AUDIT_CLOSED', 'the audit log is closed'));
    if (this.#pendingBytes > maxPendingBytes) {
      return Promise.reject(new AuditError('AUDIT_OVERLOADED', 'too many audit records wait for the disk'));
    }
    return new Promise((resolve, reject) => {
      const at = this.#options.now().toISOString();
      // Throws (and so rejects) before the chain has moved on.
      const line = encodeRecord({ seq: this.#seq + 1, at, prev: this.#prev }, event);
      this.#seq += 1;
      this.#prev = lineHash(line);
      this.#pending.push({ line, resolve, reject });
      this.#pendingBytes += line.length;
      this.#draining ??= this.#drain();
    });
  }

  /** Takes in the views that the command line reported. Also done when the log is opened, and every second. */
  takeSpool(): Promise<void> {
    this.#spooling ??= takeSpool(this.#options.directory, (event) => this.append(event))
      // What stays in the spool is tried again; a log that cannot be written has said so by itself.
      .catch(() => undefined)
      .finally(() => {
        this.#spooling = undefined;
      });
    return this.#spooling;
  }

  /** Signs what is on disk now. Also done about once a second and on close. */
  async checkpoint(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#checkpointing = this.#checkpointing.then(() => this.#sign());
    await this.#checkpointing;
  }

  /** Writes what is pending, signs, and lets go of the directory. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    clearInterval(this.#spoolTimer);
    await this.#spooling;
    this.#isClosed = true;
    await this.#draining;
    if (this.#failure === undefined) await this.checkpoint();
    clearTimeout(this.#timer);
    await this.#checkpointing;
    await this.#file.close().catch(() => undefined);
    await this.#lock.release();
  }

  async #sign(): Promise<void> {
    if (this.#failure !== undefined) return;
    const head: Head = { position: this.#position, tree: this.#tree.state() };
    try {
      await writeHead(this.#options.directory, head, this.#key, this.#verifier);
    } catch (cause) {
      this.#fail(cause);
    }
  }

  async #drain(): Promise<void> {
    // One turn later, everything that was appended in this turn shares the first write.
    await Promise.resolve();
    while (this.#pending.length > 0 && this.#failure === undefined) {
      const batch = this.#pending;
      this.#pending = [];
      this.#pendingBytes = 0;
      try {
        await this.#write(batch);
      } catch (cause) {
        const failure = this.#fail(cause);
        for (const { reject } of batch) reject(failure);
        break;
      }
      for (const { resolve } of batch) resolve();
      this.#timer ??= setTimeout(() => void this.checkpoint(), checkpointAfterMs).unref();
    }
    for (const { reject } of this.#pending) reject(this.#failure);
    this.#pending = [];
    this.#draining = undefined;
  }

  async #write(batch: readonly Pending[]): Promise<void> {
    if (this.#position.offset >= (this.#options.maxSegmentBytes ?? defaultSegmentBytes)) await this.#rotate();
    const { offset } = this.#position;
    // INVARIANT: nobody else writes here; a second writer would fork the chain.
    if (fstatSync(this.#file.fd).size !== offset) throw new Error('the file was changed by somebody else');
    const newline = Buffer.from('\n');
    const bytes = Buffer.concat(batch.flatMap(({ line }) => [line, newline]));
    for (let written = 0; written < bytes.length; ) {
      written += (await this.#file.write(bytes, written, bytes.length - written)).bytesWritten;
    }
    await this.#file.datasync();
    const last = batch.at(-1)?.line ?? newline;
    for (const { line } of batch) this.#tree.append(line);
    const end = offset + bytes.length;
    this.#position = { ...this.#position, offset: end, lastOffset: end - last.length - 1, lastHash: lineHash(last) };
  }

  async #rotate(): Promise<void> {
    const segment = this.#position.segment + 1;
    const file = await open(segmentPath(this.#options.directory, segment), 'ax', 0o600);
    await syncDirectory(this.#options.directory);
    await this.#file.close();
    this.#file = file;
    this.#position = { ...this.#position, segment, offset: 0, lastOffset: 0 };
  }

  #fail(cause: unknown): AuditError {
    if (this.#failure !== undefined) return this.#failure;
    const code = errorCode(cause) ?? (cause instanceof Error ? cause.message : 'unknown');
    this.#failure = new AuditError('AUDIT_WRITE_FAILED', `the audit log cannot be written: ${code}`, { cause });
    this.#options.onFatal?.(this.#failure);
    return this.#failure;
  }
}

async function begin(directory: string, key: KeyObject, verifier: VerifierKey): Promise<Head> {
  if ((await listSegments(directory)).length > 0) {
    throw new AuditError(
      'AUDIT_CHECKPOINT_INVALID',
      `${directory} has a log but no head.json: its length is not known`,
    );
  }
  await writeHead(directory, fresh, key, verifier);
  return fresh;
}
