/** Compares the recordings with what the audit log says of them. */
import { readRecords } from '../audit/reader.ts';
import { digestOutput } from '../recording/cast-file.ts';
import { RecordingError } from '../recording/error.ts';
import { type EvidencePlace, recordingPath } from './evidence.ts';

export interface RecordingCheck {
  readonly checked: number;
  readonly problems: readonly { readonly recording: string; readonly seq: number; readonly reason: string }[];
}

/** Every command that ended must have a recording with the digest that was written down at its end. */
export async function checkRecordings(place: EvidencePlace): Promise<RecordingCheck> {
  const problems: { recording: string; seq: number; reason: string }[] = [];
  /** Action → its recording, while it runs. */
  const running = new Map<string, string>();
  let checked = 0;
  for await (const record of readRecords(place.auditDirectory)) {
    if (record.event === 'command.started') running.set(record.action, record.recording);
    if (record.event === 'process.started') running.clear();
    if (record.event !== 'command.ended') continue;
    const recording = running.get(record.action);
    running.delete(record.action);
    if (recording === undefined) continue;
    checked += 1;
    const found = await digestOf(recordingPath(place, recording));
    if (found.digest === record.outputSha256) continue;
    const reason = found.digest === undefined ? found.reason : 'the output in it is not what was recorded';
    problems.push({ recording, seq: record.seq, reason });
  }
  return { checked, problems };
}

async function digestOf(path: string): Promise<{ readonly digest: string | undefined; readonly reason: string }> {
  try {
    return { digest: await digestOutput(path), reason: '' };
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    return { digest: undefined, reason: 'is missing or is no recording' };
  }
}
