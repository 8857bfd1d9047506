/**
 * A file that is appended to. What is appended while a write is under way shares the next one, so the disk is not
 * asked once per event; each call resolves when its own text is with the kernel.
 *
 * INVARIANT: after one failed write every later call fails: a recording has no holes.
 */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { errorCode } from '../errors.ts';
import { RecordingError } from './error.ts';

/** More waiting than this means that a caller does not wait for its events. */
const maxPendingBytes = 16 * 1024 * 1024;

interface Pending {
  readonly bytes: Buffer;
  resolve(): void;
  reject(error: unknown): void;
}

export class EventFile {
  readonly #file: FileHandle;
  readonly #maxBytes: number;
  /** Over every byte that was written. */
  readonly #digest = createHash('sha256');
  #bytes = 0;
  #pending: Pending[] = [];
  #pendingBytes = 0;
  #draining: Promise<void> | undefined;
  #failure: RecordingError | undefined;

  constructor(file: FileHandle, maxBytes: number) {
    this.#file = file;
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** SHA-256 (hex) of the file as it is now. */
  get sha256(): string {
    return this.#digest.copy().digest('hex');
  }

  append(text: string | Buffer): Promise<void> {
    const bytes = typeof text === 'string' ? Buffer.from(text, 'utf8') : text;
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#pendingBytes > maxPendingBytes) {
      return Promise.reject(new RecordingError('RECORDING_WRITE_FAILED', 'too many events wait for the disk'));
    }
    this.#pendingBytes += bytes.length;
    return new Promise((resolve, reject) => {
      this.#pending.push({ bytes, resolve, reject });
      this.#draining ??= this.#drain();
    });
  }

  async sync(): Promise<void> {
    await this.#draining;
    if (this.#failure !== undefined) throw this.#failure;
    try {
      await this.#file.datasync();
    } catch (cause) {
      throw this.#fail(cause);
    }
  }

  async close(): Promise<void> {
    await this.#draining;
    this.#failure ??= new RecordingError('RECORDING_CLOSED', 'the recording is closed');
    await this.#file.close().catch(() => undefined);
  }

  async #drain(): Promise<void> {
    while (this.#pending.length > 0 && this.#failure === undefined) {
      const batch = this.#pending;
      this.#pending = [];
      this.#pendingBytes = 0;
      try {
        await this.#write(joined(batch));
      } catch (cause) {
        const failure = this.#fail(cause);
        for (const { reject } of batch) reject(failure);
        break;
      }
      for (const { resolve } of batch) resolve();
    }
    for (const { reject } of this.#pending) reject(this.#failure);
    this.#pending = [];
    this.#draining = undefined;
  }

  async #write(bytes: Buffer): Promise<void> {
    if (this.#bytes + bytes.length > this.#maxBytes) {
      throw new RecordingError('RECORDING_TOO_LARGE', `the recording would be larger than ${this.#maxBytes} bytes`, {
        publicMessage: `its output is larger than a recording may be (${this.#maxBytes} bytes), so it was stopped`,
      });
    }
    for (let written = 0; written < bytes.length; ) {
      written += (await this.#file.write(bytes, written, bytes.length - written)).bytesWritten;
    }
    this.#digest.update(bytes);
    this.#bytes += bytes.length;
  }

  #fail(cause: unknown): RecordingError {
    if (cause instanceof RecordingError) this.#failure ??= cause;
    const code = errorCode(cause) ?? 'unknown';
    this.#failure ??= new RecordingError('RECORDING_WRITE_FAILED', `the recording cannot be written: ${code}`, {
      cause,
      publicMessage: 'what it prints can no longer be recorded, so it was stopped',
    });
    return this.#failure;
  }
}

function joined(batch: readonly Pending[]): Buffer {
  const [only] = batch;
  return batch.length === 1 && only !== undefined ? only.bytes : Buffer.concat(batch.map(({ bytes }) => bytes));
}
