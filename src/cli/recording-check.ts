/** Compares the recordings with what the audit log says of them. */
import { readRecords } from '../audit/reader.ts';
import { digestFile, digestOutput } from '../recording/cast-file.ts';
import { RecordingError } from '../recording/error.ts';
import { type EvidencePlace, recordingPath } from './evidence.ts';

export interface RecordingCheck {
  readonly checked: number;
  readonly problems: readonly { readonly recording: string; readonly seq: number; readonly reason: string }[];
}

/** Every command that ended, and every recording that was repaired, must have the digest that was written down then. */
export async function checkRecordings(place: EvidencePlace): Promise<RecordingCheck> {
  const problems: { recording: string; seq: number; reason: string }[] = [];
  let checked = 0;
  for await (const { recording, digest, ofFile, seq } of readDigests(place)) {
    checked += 1;
    const found = await digestOf(recordingPath(place, recording), ofFile ? digestFile : digestOutput);
    if (found.digest === digest) continue;
    const reason = found.digest === undefined ? found.reason : 'is not what was recorded';
    problems.push({ recording, seq, reason });
  }
  return { checked, problems };
}

interface LoggedDigest {
  readonly recording: string;
  readonly digest: string;
  /** Of every byte of the file; otherwise of the output in it. */
  readonly ofFile: boolean;
  readonly seq: number;
}

async function* readDigests({ auditDirectory }: EvidencePlace): AsyncGenerator<LoggedDigest> {
  /** Action → its recording, while it runs. */
  const running = new Map<string, string>();
  for await (const record of readRecords(auditDirectory)) {
    const { seq } = record;
    if (record.event === 'process.started') running.clear();
    if (record.event === 'command.started') running.set(record.action, record.recording);
    if (record.event === 'recording.repaired' && record.outputSha256 !== undefined) {
      yield { recording: record.recording, digest: record.outputSha256, ofFile: false, seq };
    }
    if (record.event !== 'command.ended') continue;
    const recording = running.get(record.action);
    running.delete(record.action);
    if (recording === undefined) continue;
    const { recordingSha256, outputSha256 } = record;
    yield { recording, digest: recordingSha256 ?? outputSha256, ofFile: recordingSha256 !== undefined, seq };
  }
}

async function digestOf(
  path: string,
  digest: (path: string) => Promise<string>,
): Promise<{ readonly digest: string | undefined; readonly reason: string }> {
  try {
    return { digest: await digest(path), reason: '' };
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    return { digest: undefined, reason: 'is missing or is no recording' };
  }
}
