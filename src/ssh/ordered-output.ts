/**
 * Standard output and standard error of one channel, in the order they were given, with back-pressure to the writer.
 *
 * One write is in flight over both streams: the order is kept, and the library's window bookkeeping, which both streams
 * share, sees one writer. Bytes count as accepted when little enough is queued before the agent's window.
 */
import type { ServerChannel } from 'ssh2';
import type { Outlet } from '../transport/outlet.ts';

/** Bytes of one channel that may wait for the agent's window. */
const maxQueuedBytes = 256 * 1024;
/** Larger chunks are cut, so that one write cannot fill the socket far beyond its limit. */
const maxWriteBytes = 64 * 1024;

export type OutputStream = 'stdout' | 'stderr';

export class OrderedOutput {
  readonly #channel: ServerChannel;
  readonly #outlet: Outlet;
  readonly #gone: AbortSignal;
  readonly #queue: { readonly stream: OutputStream; readonly bytes: Buffer }[] = [];
  #queuedBytes = 0;
  #isWriting = false;
  #waiters: { readonly isReady: () => boolean; readonly settle: (error?: unknown) => void }[] = [];

  constructor(channel: ServerChannel, outlet: Outlet, gone: AbortSignal) {
    this.#channel = channel;
    this.#outlet = outlet;
    this.#gone = gone;
    gone.addEventListener('abort', () => this.#abandon(), { once: true });
  }

  /** Resolves when more may be written. Rejects with the reason of `gone`. */
  write(stream: OutputStream, bytes: Buffer): Promise<void> {
    if (this.#gone.aborted) return Promise.reject(this.#gone.reason);
    for (let at = 0; at < bytes.length; at += maxWriteBytes) {
      this.#queue.push({ stream, bytes: bytes.subarray(at, at + maxWriteBytes) });
    }
    this.#queuedBytes += bytes.length;
    this.#next();
    return this.#when(() => this.#queuedBytes < maxQueuedBytes);
  }

  /** Resolves when everything written was sent. Rejects when the channel goes away before. */
  drained(): Promise<void> {
    return this.#when(() => this.#queuedBytes === 0);
  }

  #when(isReady: () => boolean): Promise<void> {
    if (this.#gone.aborted) return Promise.reject(this.#gone.reason);
    if (isReady()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiters.push({ isReady, settle: (error) => (error === undefined ? resolve() : reject(error)) });
    });
  }

  #next(): void {
    if (this.#isWriting || this.#gone.aborted) return;
    const item = this.#queue.shift();
    if (item === undefined) return;
    this.#isWriting = true;
    this.#outlet.whenOpen(() => {
      if (this.#gone.aborted) return;
      const sink = item.stream === 'stdout' ? this.#channel : this.#channel.stderr;
      sink.write(item.bytes, () => {
        this.#queuedBytes -= item.bytes.length;
        this.#isWriting = false;
        this.#wake();
        this.#next();
      });
    });
  }

  #wake(): void {
    this.#waiters = this.#waiters.filter((waiter) => {
      if (!waiter.isReady()) return true;
      waiter.settle();
      return false;
    });
  }

  #abandon(): void {
    this.#queue.length = 0;
    for (const waiter of this.#waiters) waiter.settle(this.#gone.reason);
    this.#waiters = [];
  }
}
