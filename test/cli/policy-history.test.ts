import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { AuditEvent } from '../../src/audit/event.ts';
import { addPolicyCommands } from '../../src/cli/policy.ts';
import type { Verdict } from '../../src/policy/decision.ts';
import { runCli } from '../support/cli.ts';
import { temporaryDirectory } from '../support/directory.ts';
import { openLog } from '../support/evidence.ts';

const policy = (...words: readonly string[]) => runCli(addPolicyCommands, ['policy', ...words]);
const place = { session: 's1', agent: 'builder', channel: 'c1', target: 'web-1', account: 'deploy' };

function decided(action: string, command: string, verdict: Verdict, kind = 'exec'): AuditEvent {
  return {
    event: 'command.decided',
    ...place,
    action,
    kind,
    command,
    canonical: undefined,
    stdinSha256: undefined,
    verdict,
    rule: undefined,
    reason: 'test',
    policyHash: 'x',
    shadow: [],
    tookUs: 1,
  };
}

let count = 0;
function asked(command: string, end: 'hold.approved' | 'hold.rejected'): readonly AuditEvent[] {
  const [action, hold] = [`a${++count}`, `h${count}`];
  return [
    decided(action, command, 'approve'),
    { event: 'hold.created', ...place, action, hold, digest: 'd', expiresAt: '2031-01-01T00:00:00.000Z' },
    { event: end, hold, digest: 'd' },
  ];
}

let directory = '';
let audit = '';
beforeEach(() => {
  directory = temporaryDirectory();
  audit = join(directory, 'audit');
  mkdirSync(audit);
});

async function log(events: readonly AuditEvent[]): Promise<void> {
  const written = await openLog(audit, { now: () => new Date() });
  for (const event of events) await written.append(event);
  await written.close();
}

describe('policy replay', () => {
  it('says what would differ, and how many reviews a day it would take', async () => {
    await log([
      decided('a', 'ls -la /', 'allow'),
      decided('b', 'touch x', 'approve'),
      decided('c', 'cat /etc/shadow', 'allow'),
      decided('d', 'put x', 'allow', 'sftp'),
    ]);
    const { stdout, stderr } = await policy('replay', '-p', 'default', '--dir', audit);
    expect(stdout).toBe('allow → deny  credentials-stay-closed: 1\n    cat /etc/shadow\n');
    expect(stderr).toBe('3 commands, 1 would differ; 1 would ask a reviewer, about 1.0 a day\n');
  });

  it('says how many commands the log has only masked', async () => {
    await log([{ ...decided('a', 'ls -la /', 'allow'), commandSha256: 'f'.repeat(64) } as AuditEvent]);
    const { stderr } = await policy('replay', '-p', 'default', '--dir', audit);
    expect(stderr).toContain('1 held secrets the log does not have');
  });

  it('keeps the budget of a rule while it replays', async () => {
    const file = join(directory, 'p.yaml');
    writeFileSync(
      file,
      'version: 1\nrules:\n  - { id: few, allow: { commands: ["ls"] }, limit: { per_session: 2 } }\n',
    );
    await log(['a', 'b', 'c', 'd'].map((action) => decided(action, 'ls', 'allow')));
    const { stdout } = await policy('replay', '-p', file, '--dir', audit, '--json');
    expect(stdout.trim().split('\n')).toHaveLength(2);
  });

  it('refuses a time it cannot read, and a log that is not there', async () => {
    expect(await policy('replay', '-p', 'default', '--dir', audit, '--since', 'soon')).toMatchObject({
      code: 'CLI_OPTION_INVALID',
    });
    expect(await policy('replay', '-p', 'default', '--dir', join(directory, 'none'))).toMatchObject({
      code: 'CLI_NO_EVIDENCE',
    });
  });
});

describe('policy suggest', () => {
  it('offers what was approved often, word for word, and nothing that executes code', async () => {
    const often = (command: string, end: 'hold.approved' | 'hold.rejected' = 'hold.approved') =>
      [0, 1, 2].flatMap(() => asked(command, end));
    await log([
      ...often('touch /srv/a'),
      ...asked('touch /srv/b', 'hold.approved'),
      ...often('mkdir /srv/c'),
      ...asked('mkdir /srv/c', 'hold.rejected'),
      ...often('python3 -c "print(1)"'),
      ...often('bash deploy.sh'),
      ...often('sudo touch /srv/a'),
      ...often('touch $X'),
      ...often('touch /srv/d; rm /srv/e'),
    ]);
    const { stdout } = await policy('suggest', '--dir', audit);
    expect(stdout).toBe(
      [
        '  # approved 4 times',
        '  - id: suggested-touch-1',
        '    allow: { commands: ["touch {/srv/a,/srv/b}"] }',
        '    match: ["touch /srv/a", "touch /srv/b"]',
        '',
      ].join('\n'),
    );
    const file = join(directory, 'suggested.yaml');
    writeFileSync(file, `version: 1\nrules:\n${stdout}`);
    expect((await policy('check', file)).status).toBe(0);
  });

  it('says when there is nothing', async () => {
    await log([decided('a', 'ls', 'allow')]);
    expect((await policy('suggest', '--dir', audit)).stdout).toMatch(/^# nothing was approved 3 times/);
  });
});
