/**
 * Ends the recordings that a crash left open: the torn last line goes, a marker says that it was interrupted, and the
 * caller writes it into the audit log.
 */
import { open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../errors.ts';
import { encodeEvent } from './asciicast.ts';
import { digestOutput, measureCast } from './cast-file.ts';
import { RecordingError } from './error.ts';
import { openMarks } from './recorder.ts';

export interface RepairedRecording {
  /** Path relative to the state directory. */
  readonly name: string;
  readonly bytesDropped: number;
  /** Of the masked output that is left; undefined when not even the header was whole. */
  readonly outputSha256: string | undefined;
}

/** Only the process that holds the audit log may call it: it must know that nobody is recording. */
export async function repairRecordings(
  stateDirectory: string,
  onRepaired: (recording: RepairedRecording) => Promise<void>,
): Promise<void> {
  const directory = join(stateDirectory, openMarks);
  const marks = await readdir(directory).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw new RecordingError('RECORDING_UNREADABLE', `cannot read ${directory}`, { cause: error });
  });
  for (const mark of marks) {
    const match = /^(\d{4}-\d{2}-\d{2})_([A-Za-z0-9_-]+\.cast)$/.exec(mark);
    if (match?.[1] === undefined || match[2] === undefined) continue;
    const name = ['recordings', match[1], match[2]].join('/');
    const repaired = await repair(join(stateDirectory, name));
    if (repaired !== undefined) await onRepaired({ name, ...repaired });
    await rm(join(directory, mark), { force: true });
  }
}

/** Undefined when there is no such file: the crash came before it was made. */
async function repair(path: string): Promise<Omit<RepairedRecording, 'name'> | undefined> {
  const size = await stat(path).then(
    (found) => found.size,
    () => undefined,
  );
  if (size === undefined) return undefined;
  const { wholeBytes, seconds } = await measureCast(path);
  const file = await open(path, 'r+');
  try {
    await file.truncate(wholeBytes);
    const marker = encodeEvent({ seconds, code: 'm', data: 'interrupted: Sallyport stopped here' });
    if (wholeBytes > 0) await file.write(marker, wholeBytes);
    await file.sync();
  } finally {
    await file.close();
  }
  const outputSha256 = wholeBytes > 0 ? await digestOutput(path) : undefined;
  return { bytesDropped: size - wholeBytes, outputSha256 };
}
