/**
 * Reads recordings, also those a crash has torn: a line counts when it ends in `\n` and parses; reading ends at the
 * first that does not. HOSTILE: what a target printed is in here; `terminal.ts` makes it safe to show.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readLines } from '../line-file.ts';
import { type CastEvent, type CastHeader, decodeEvent, decodeHeader, encodeEvent, encodeHeader } from './asciicast.ts';
import { RecordingError } from './error.ts';

/** An event of 64 KiB whose every byte is escaped, with room. */
const maxLineBytes = 1024 * 1024;

export interface Cast {
  readonly header: CastHeader;
  /** Read to its end, or `close`. */
  readonly events: AsyncGenerator<CastEvent>;
  close(): Promise<void>;
}

interface CastLine {
  readonly text: string;
  /** Where it ends in the file, `\n` included. */
  readonly end: number;
}

async function* wholeLines(path: string): AsyncGenerator<CastLine, void> {
  for await (const { bytes, offset, isWhole } of readLines(path, 0, maxLineBytes)) {
    if (!isWhole) return;
    yield { text: bytes.toString('utf8'), end: offset + bytes.length + 1 };
  }
}

/** @throws RecordingError RECORDING_UNREADABLE when there is no such file or it is not a recording of ours */
export async function openCast(path: string): Promise<Cast> {
  const lines = wholeLines(path);
  const first = await lines.next().catch((cause: unknown) => {
    throw new RecordingError('RECORDING_UNREADABLE', `cannot read the recording ${path}`, { cause });
  });
  const header = first.done === true ? undefined : decodeHeader(first.value.text);
  const close = async () => void (await lines.return(undefined));
  if (header === undefined) {
    await close();
    throw new RecordingError('RECORDING_UNREADABLE', `${path} is not a recording`);
  }
  return { header, events: eventsOf(lines), close };
}

/** The file as far as it counts, for players: they refuse a whole recording for one torn line. */
export async function* readWholeCast(path: string): AsyncGenerator<string> {
  const { header, events } = await openCast(path);
  yield encodeHeader(header);
  for await (const event of events) yield encodeEvent(event);
}

async function* eventsOf(lines: AsyncGenerator<CastLine, void>): AsyncGenerator<CastEvent> {
  for await (const { text } of lines) {
    const event = decodeEvent(text);
    if (event === undefined) return;
    yield event;
  }
}

/** Bytes up to the end of the last line that counts, and the time of the last event; 0 when even the header is torn. */
export async function measureCast(path: string): Promise<{ readonly wholeBytes: number; readonly seconds: number }> {
  let [wholeBytes, seconds] = [0, 0];
  for await (const { text, end } of wholeLines(path)) {
    const event = wholeBytes === 0 ? undefined : decodeEvent(text);
    if (wholeBytes === 0 ? decodeHeader(text) === undefined : event === undefined) break;
    wholeBytes = end;
    seconds = event?.seconds ?? seconds;
  }
  return { wholeBytes, seconds };
}

/** SHA-256 (hex) of the masked output bytes a recording holds: `outputSha256` of the audit log. */
export async function digestOutput(path: string): Promise<string> {
  const { header, events } = await openCast(path);
  const digest = createHash('sha256');
  let exact: Buffer | undefined;
  for await (const { code, data } of events) {
    if (code === 'b') exact = Buffer.from(data, 'base64');
    if (code !== 'o') continue;
    digest.update(exact ?? (header.sallyport.newlines === 'added-cr' ? data.replaceAll('\r\n', '\n') : data));
    exact = undefined;
  }
  return digest.digest('hex');
}

/** SHA-256 (hex) of a recording's file: `recordingSha256` of the audit log. Rejects with RECORDING_UNREADABLE. */
export async function digestFile(path: string): Promise<string> {
  const digest = createHash('sha256');
  try {
    for await (const bytes of createReadStream(path)) digest.update(bytes);
  } catch (cause) {
    throw new RecordingError('RECORDING_UNREADABLE', 'a recording cannot be read', { cause });
  }
  return digest.digest('hex');
}
