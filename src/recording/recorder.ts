/**
 * Records what an action printed: one asciicast file per channel, masked output of both streams, no input.
 *
 * INVARIANT: `open` resolves after the file, its header and a first event are on disk; nothing may run before.
 * INVARIANT: `output` resolves after the kernel has the event; nothing may be sent before.
 */
import { createHash } from 'node:crypto';
import { mkdir, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../errors.ts';
import type { Recorder, Recording, RecordingDigests, RecordingHeader } from '../gate/ports.ts';
import { syncDirectory } from '../line-file.ts';
import type { MaskedBytes, MaskedText } from '../mask/masked-text.ts';
import { type CastHeader, encodeEvent, encodeHeader } from './asciicast.ts';
import { RecordingError } from './error.ts';
import { EventFile } from './event-file.ts';
import { encodeOutput } from './output-event.ts';
import { TextCarry } from './text-carry.ts';

/** An event is one line; a line must fit comfortably into a reader's memory. */
const maxEventBytes = 64 * 1024;
/** An action that prints more than this is stopped: it would take the disk from all others. */
const defaultMaxBytes = 8 * 1024 * 1024 * 1024;

export interface RecorderOptions {
  /** Recordings lie below `recordings/` in it. */
  readonly stateDirectory: string;
  readonly now: () => Date;
  /** Milliseconds that never go back. */
  readonly monotonicMs: () => number;
  readonly maxBytes?: number;
}

/** Names, below the state directory, of recordings that are being written: what a crash leaves open. */
export const openMarks = join('recordings', '.open');

export function createRecorder(options: RecorderOptions): Recorder {
  return {
    async open(header) {
      try {
        return await openRecording(options, header);
      } catch (cause) {
        if (cause instanceof RecordingError && cause.code === 'RECORDING_NAME_INVALID') throw cause;
        const why = cause instanceof RecordingError ? cause.message : (errorCode(cause) ?? 'unknown');
        throw new RecordingError('RECORDING_WRITE_FAILED', `a recording cannot be opened: ${why}`, {
          cause,
          publicMessage: 'what it would print cannot be recorded, so it did not run',
        });
      }
    },
  };
}

async function openRecording(options: RecorderOptions, header: RecordingHeader): Promise<Recording> {
  for (const id of [header.session, header.channel]) {
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(id)) {
      throw new RecordingError('RECORDING_NAME_INVALID', 'a session or channel id cannot be a file name');
    }
  }
  const started = options.now();
  const day = started.toISOString().slice(0, 10);
  const file = `${header.session}-${header.channel}.cast`;
  const name = ['recordings', day, file].join('/');
  const dayDirectory = join(options.stateDirectory, 'recordings', day);
  const markDirectory = join(options.stateDirectory, openMarks);
  await mkdir(dayDirectory, { recursive: true, mode: 0o700 });
  await mkdir(markDirectory, { recursive: true, mode: 0o700 });
  const mark = join(markDirectory, `${day}_${file}`);
  // The mark first: a file without a mark would never be repaired.
  await writeFile(mark, '', { mode: 0o600 });
  const handle = await open(join(dayDirectory, file), 'ax', 0o600);
  const events = new EventFile(handle, options.maxBytes ?? defaultMaxBytes);
  try {
    const first = encodeEvent({ seconds: 0, code: 'o', data: '' });
    await events.append(encodeHeader(castHeader(header, started)) + first);
    await Promise.all([events.sync(), ...[dayDirectory, markDirectory, join(dayDirectory, '..')].map(syncDirectory)]);
  } catch (cause) {
    await events.close();
    throw cause;
  }
  return new FileRecording(name, events, options.monotonicMs, {
    addsCarriageReturns: header.hasPty !== true,
    unmark: () => rm(mark, { force: true }),
  });
}

function castHeader(header: RecordingHeader, started: Date): CastHeader {
  const { session, channel, agent, target, account } = header;
  const newlines = header.hasPty === true ? 'as-is' : 'added-cr';
  return {
    version: 2,
    width: header.cols,
    height: header.rows,
    timestamp: Math.floor(started.getTime() / 1000),
    title: `${agent} on ${account}@${target}`,
    command: header.command,
    sallyport: { session, channel, agent, target, account, newlines },
  };
}

interface RecordingEnd {
  readonly addsCarriageReturns: boolean;
  unmark(): Promise<void>;
}

class FileRecording implements Recording {
  readonly name: string;
  readonly #events: EventFile;
  readonly #monotonicMs: () => number;
  readonly #startMs: number;
  readonly #end: RecordingEnd;
  /** Over the bytes of the recorded events, in their order. */
  readonly #digest = createHash('sha256');
  readonly #carries = { stdout: new TextCarry(), stderr: new TextCarry() };
  #closed: Promise<RecordingDigests> | undefined;

  constructor(name: string, events: EventFile, monotonicMs: () => number, end: RecordingEnd) {
    this.name = name;
    this.#events = events;
    this.#monotonicMs = monotonicMs;
    this.#startMs = monotonicMs();
    this.#end = end;
  }

  output(stream: 'stdout' | 'stderr', bytes: MaskedBytes): Promise<void> {
    if (this.#closed !== undefined) return this.#append('');
    const events: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += maxEventBytes) {
      events.push(this.#encode(this.#carries[stream].push(bytes.subarray(at, at + maxEventBytes))));
    }
    return this.#append(events.length === 1 ? (events[0] ?? '') : Buffer.concat(events));
  }

  marker(label: MaskedText): Promise<void> {
    return this.#append(encodeEvent({ seconds: this.#seconds(), code: 'm', data: label }));
  }

  resize(cols: number, rows: number): Promise<void> {
    return this.#append(encodeEvent({ seconds: this.#seconds(), code: 'r', data: `${cols}x${rows}` }));
  }

  close(): Promise<RecordingDigests> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<RecordingDigests> {
    try {
      const { stdout, stderr } = this.#carries;
      await this.#events.append(Buffer.concat([this.#encode(stdout.end()), this.#encode(stderr.end())]));
      await this.#events.sync();
      await this.#end.unmark();
    } finally {
      await this.#events.close();
    }
    return { outputSha256: this.#digest.digest('hex'), recordingSha256: this.#events.sha256 };
  }

  #append(text: string | Buffer): Promise<void> {
    if (this.#closed !== undefined) {
      return Promise.reject(new RecordingError('RECORDING_CLOSED', 'the recording is closed'));
    }
    return this.#events.append(text);
  }

  #seconds(): number {
    return Math.max(0, (this.#monotonicMs() - this.#startMs) / 1000);
  }

  #encode(bytes: Buffer): Buffer {
    if (bytes.length === 0) return bytes;
    this.#digest.update(bytes);
    return encodeOutput(this.#seconds(), bytes, this.#end.addsCarriageReturns);
  }
}
