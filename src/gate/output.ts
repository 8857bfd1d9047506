/**
 * Carries the target's output to the agent: mask, then record, then forward, chunk by chunk, with back-pressure.
 *
 * INVARIANT: no byte reaches the agent that was not recorded, and none is recorded that was not masked.
 */
import type { Readable } from 'node:stream';
import type { MaskedBytes } from '../mask/masked-text.ts';
import type { ClientChannel, Recording, StreamMasker } from './ports.ts';

/** Long enough for a token split over two packets, short enough that a prompt does not feel stuck. */
const flushAfterMs = 40;

type Stream = 'stdout' | 'stderr';

export class OutputCarrier {
  readonly bytes = { stdout: 0, stderr: 0 };
  readonly #recording: Recording;
  readonly #client: ClientChannel;
  /** One emission at a time over both streams, so that the recording has the order the agent saw. */
  #turn: Promise<void> = Promise.resolve();

  constructor(recording: Recording, client: ClientChannel) {
    this.#recording = recording;
    this.#client = client;
  }

  /** Resolves at the stream's end; rejects when recording or the agent's channel fails. */
  async carry(stream: Stream, source: Readable, masker: StreamMasker): Promise<void> {
    const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    let next = chunks.next();
    for (;;) {
      if (masker.hasPending && (await isQuiet(next))) await this.#emit(stream, masker.flush());
      const { done, value } = await next;
      if (done === true) break;
      await this.#emit(stream, masker.push(value));
      next = chunks.next();
    }
    await this.#emit(stream, masker.end());
  }

  #emit(stream: Stream, bytes: MaskedBytes): Promise<void> {
    if (bytes.length === 0) return Promise.resolve();
    const mine = this.#turn.then(async () => {
      await this.#recording.output(stream, bytes);
      this.bytes[stream] += bytes.length;
      await this.#client.write(stream, bytes);
    });
    this.#turn = mine;
    return mine;
  }
}

/** True when nothing came for a while; the promise itself stays with the caller. */
async function isQuiet(next: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const quiet = new Promise<true>((resolve) => {
    timer = setTimeout(() => resolve(true), flushAfterMs);
  });
  const came = next.then(
    () => false as const,
    () => false as const,
  );
  try {
    return await Promise.race([came, quiet]);
  } finally {
    clearTimeout(timer);
  }
}
