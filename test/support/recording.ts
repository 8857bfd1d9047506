import type { RecordingHeader } from '../../src/gate/ports.ts';
import { createRecorder } from '../../src/recording/recorder.ts';
import { maskText } from './masking.ts';

export const header: RecordingHeader = {
  session: 's1',
  channel: 'c0',
  agent: 'builder',
  target: 'web-1',
  account: 'deploy',
  command: maskText('ls -la /'),
  cols: 80,
  rows: 24,
};

export function testRecorder(stateDirectory: string, more: { monotonicMs?: () => number; maxBytes?: number } = {}) {
  return createRecorder({
    stateDirectory,
    now: () => new Date('2031-05-01T12:00:00Z'),
    monotonicMs: () => performance.now(),
    ...more,
  });
}
