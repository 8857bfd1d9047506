import { describe, expect, it } from 'vitest';
import type { AuditEvent, AuditRecord } from '../../src/audit/event.ts';
import { SessionIndex } from '../../src/audit/sessions.ts';
import { addSessionCommands } from '../../src/cli/session.ts';
import { sessionDetailJson, sessionDetailShape } from '../../src/web/api-read-schema.ts';
import { runCli } from '../support/cli.ts';
import { temporaryDirectory } from '../support/directory.ts';
import { openLog } from '../support/evidence.ts';
import { writeEvidence } from '../support/evidence-directory.ts';

const digest = 'd'.repeat(64);
const ofAction = (session: string, action: string) => ({
  session,
  action,
  agent: 'builder',
  channel: `${session}/0`,
  target: 'web-1',
  account: 'deploy',
});
const opened = (session: string): AuditEvent => ({
  event: 'session.opened',
  session,
  agent: 'builder',
  remote: '10.0.0.9:1',
  username: 'deploy@web-1',
  keyFingerprint: 'SHA256:x',
  clientVersion: 'x',
});
const asked = (session: string, action: string): AuditEvent => ({
  event: 'command.decided',
  ...ofAction(session, action),
  kind: 'exec',
  command: 'systemctl restart nginx',
  canonical: undefined,
  stdinSha256: undefined,
  verdict: 'approve',
  rule: 'change',
  reason: 'restarts',
  policyHash: 'p',
  shadow: [],
  tookUs: 1,
});
const held: AuditEvent = { event: 'hold.created', ...ofAction('s1', 'a1'), hold: 'h1', digest, expiresAt: 'x' };
const decided: AuditEvent = {
  event: 'hold.decided',
  hold: 'h1',
  digest,
  reviewer: 'pete',
  verdict: 'approve',
  reason: 'down',
  by: 'api',
  remote: undefined,
  breakGlass: true,
};
const approved: AuditEvent = { event: 'hold.approved', hold: 'h1', digest, breakGlass: true };

function indexOf(events: readonly AuditEvent[]): SessionIndex {
  const index = new SessionIndex();
  for (const [seq, event] of events.entries()) {
    const record: AuditRecord = { seq, at: '2031-05-01T00:00:00.000Z', prev: '', ...event };
    index.add(record);
  }
  return index;
}

describe('an approval outside the rule', () => {
  it('marks action and session, also by API', () => {
    const found = indexOf([opened('s1'), asked('s1', 'a1'), held, decided, approved]).get('s1');
    expect(found).toMatchObject({ session: { outsideRule: 1 }, actions: [{ outsideRule: 'pete' }] });
    if (found === undefined) throw new Error('no session');
    expect(sessionDetailShape.parse(sessionDetailJson(found))).toMatchObject({
      session: { outsideRule: 1 },
      actions: [{ outsideRule: 'pete' }],
    });
  });

  it('marks what runs it when the agent left and came back', () => {
    const joined: AuditEvent = { event: 'hold.joined', ...ofAction('s2', 'a2'), hold: 'h1' };
    const released: AuditEvent = { event: 'hold.released', ...ofAction('s2', 'a2'), hold: 'h1', digest };
    const events = [opened('s1'), asked('s1', 'a1'), held, decided, approved, opened('s2'), asked('s2', 'a2')];
    const index = indexOf([...events, joined, released]);
    expect(index.get('s2')).toMatchObject({ session: { outsideRule: 1 }, actions: [{ outsideRule: 'pete' }] });
    expect(index.get('s1')?.session.outsideRule).toBe(1);
  });

  it('is none when it came too late to count, or was within the rule', () => {
    const expired: AuditEvent = { event: 'hold.expired', hold: 'h1', digest };
    const { breakGlass: _, ...within } = { ...decided };
    for (const events of [
      [decided, expired],
      [within, approved],
    ]) {
      const found = indexOf([opened('s1'), asked('s1', 'a1'), held, ...events]).get('s1');
      expect(found?.session.outsideRule).toBeUndefined();
      expect(found?.actions[0]?.outsideRule).toBeUndefined();
    }
  });

  it('stands in session list and session show', async () => {
    const dir = temporaryDirectory();
    await writeEvidence(dir);
    const log = await openLog(`${dir}/audit`);
    for (const event of [opened('s7'), asked('s7', 'a7')]) await log.append(event);
    await log.append({ ...held, ...ofAction('s7', 'a7') });
    for (const event of [decided, approved]) await log.append(event);
    await log.close();
    const session = (...words: readonly string[]) => runCli(addSessionCommands, ['session', ...words, '--dir', dir]);
    expect((await session('list')).stdout).toContain('1 (1 OUTSIDE THE RULE)');
    expect((await session('show', 's7')).stdout).toContain('  OUTSIDE THE RULE: approved by pete alone\n');
    expect((await session('show', 's1')).stdout).not.toContain('OUTSIDE');
  });
});
