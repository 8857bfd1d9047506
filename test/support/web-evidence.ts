import { SessionIndex } from '../../src/audit/sessions.ts';
import type { SessionSource } from '../../src/web/ports.ts';

/** Two sessions as the audit log tells them, one recording. */
export function evidence(): SessionSource {
  const index = new SessionIndex();
  const cast = [
    JSON.stringify({ version: 2, width: 80, height: 12, title: 'uptime' }),
    JSON.stringify([0.05, 'm', 'allowed: look-around']),
    JSON.stringify([0.1, 'o', ' 10:00:01 up 41 days,  3:12,  1 user,  load average: 0.08, 0.03, 0.01\r\n']),
    JSON.stringify([0.4, 'o', 'token: \u001b[31m[masked aws-access-key]\u001b[0m\r\n']),
  ].join('\n');
  const ids = { session: 's-4f2a', agent: 'deploy-bot' };
  const of = { ...ids, channel: 'c-0', target: 'web-1', account: 'deploy' };
  const at = (minute: number) => ({
    seq: minute,
    at: new Date(Date.now() - (60 - minute) * 60_000).toISOString(),
    prev: '',
  });
  index.add({
    ...at(1),
    ...ids,
    event: 'session.opened',
    remote: '198.51.100.4',
    username: 'deploy@web-1',
    keyFingerprint: 'SHA256:x',
    clientVersion: 'OpenSSH_9.2',
  });
  const decided = {
    kind: 'exec',
    canonical: undefined,
    stdinSha256: undefined,
    policyHash: '',
    shadow: [],
    tookUs: 80,
  } as const;
  const asked = [
    { action: 'a-1', command: 'uptime', verdict: 'allow', rule: 'look-around', reason: 'It only reads.' },
    {
      action: 'a-2',
      command: 'cat /etc/shadow',
      verdict: 'deny',
      rule: 'never',
      reason: 'Password hashes stay on the machine.',
    },
    {
      action: 'a-3',
      command: 'systemctl restart nginx && tail -n 50 /var/log/nginx/error.log',
      verdict: 'approve',
      rule: 'change-production',
      reason: 'It restarts a service.',
    },
  ] as const;
  for (const [n, one] of asked.entries()) {
    index.add({ ...at(2 + n), ...of, ...decided, ...one, event: 'command.decided' });
  }
  index.add({
    ...at(2),
    ...of,
    event: 'command.started',
    action: 'a-1',
    recording: 'recordings/a-1.cast',
    sent: 'uptime',
  });
  const ended = {
    exitStatus: 0,
    signal: undefined,
    outBytes: 74,
    errBytes: 0,
    inBytes: 0,
    durationMs: 12,
    outputSha256: '',
    masked: {},
    reason: undefined,
  };
  index.add({ ...at(2), ...of, ...ended, event: 'command.ended', action: 'a-1' });
  index.add({ ...at(4), ...of, event: 'hold.created', action: 'a-3', hold: 'h-1', digest: '', expiresAt: '' });
  return {
    list: (query) => Promise.resolve(index.list(query)),
    get: (id) => Promise.resolve(index.get(id)),
    recording: (_session, name) =>
      Promise.resolve(name === 'recordings/a-1.cast' ? new TextEncoder().encode(cast) : undefined),
  };
}
