import { join } from 'node:path';
import type { AuditEvent } from '../../src/audit/event.ts';
import type { AuditLog } from '../../src/audit/log.ts';
import { openLog } from './evidence.ts';
import { maskBytes, maskText } from './masking.ts';
import { header, testRecorder } from './recording.ts';

const ofAction = (action: string, channel: string) => ({
  action,
  session: 's1',
  agent: 'builder',
  channel,
  target: 'web-1',
  account: 'deploy',
});

/** What one command leaves behind: its decision, its hold, its recording, its end. */
async function run(log: AuditLog, stateDirectory: string, command: string, action: string, channel: string) {
  const names = ofAction(action, channel);
  const digest = 'd'.repeat(64);
  await log.append({
    event: 'command.decided',
    ...names,
    kind: 'exec',
    command,
    canonical: undefined,
    stdinSha256: undefined,
    verdict: 'approve',
    rule: 'change-production',
    reason: 'writes',
    policyHash: 'p'.repeat(64),
    shadow: [],
    tookUs: 80,
  });
  await log.append({
    event: 'hold.created',
    ...names,
    hold: `h-${action}`,
    digest,
    expiresAt: '2031-05-01T01:00:00.000Z',
  });
  const decided = { hold: `h-${action}`, digest, reviewer: 'alice', reason: 'ok', remote: undefined } as const;
  await log.append({ event: 'hold.decided', ...decided, verdict: 'approve', by: 'web' });
  const recording = await testRecorder(stateDirectory).open({ ...header, channel, command: maskText(command) });
  await log.append({ event: 'command.started', ...names, recording: recording.name, sent: command });
  await recording.output('stdout', maskBytes(`output of ${action}\n`));
  await recording.output('stderr', maskBytes('\x1b]0;title\x07\x1b[31mwarning\x1b[0m\n'));
  const digests = await recording.close();
  await log.append({
    event: 'command.ended',
    ...names,
    exitStatus: 0,
    signal: undefined,
    outBytes: 10,
    errBytes: 10,
    inBytes: 0,
    durationMs: 1234,
    ...digests,
    masked: { 'github-token': 2, jwt: 1 },
    reason: undefined,
  });
  return recording.name;
}

/** A state directory with one session: two commands that were approved and ran, one that was denied. */
export async function writeEvidence(stateDirectory: string): Promise<{ readonly recordings: readonly string[] }> {
  const log = await openLog(join(stateDirectory, 'audit'));
  const opened: AuditEvent = {
    event: 'session.opened',
    session: 's1',
    agent: 'builder',
    remote: '10.0.0.9:4711',
    username: 'deploy@web-1',
    keyFingerprint: 'SHA256:x',
    clientVersion: 'OpenSSH_9.2',
  };
  await log.append(opened);
  const recordings = [
    await run(log, stateDirectory, 'touch /srv/a', 'a1', 'c0'),
    await run(log, stateDirectory, 'touch /srv/b\u001b[2J', 'a2', 'c1'),
  ];
  await log.append({
    event: 'command.decided',
    ...ofAction('a3', 'c2'),
    kind: 'exec',
    command: 'cat /etc/shadow',
    canonical: undefined,
    stdinSha256: undefined,
    verdict: 'deny',
    rule: 'never',
    reason: 'reads the shadow file',
    policyHash: 'p'.repeat(64),
    shadow: [],
    tookUs: 80,
  });
  await log.append({
    event: 'session.closed',
    session: 's1',
    agent: 'builder',
    reason: 'client left',
    durationMs: 5000,
    channels: 3,
  });
  await log.close();
  return { recordings };
}
