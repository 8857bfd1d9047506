/** Held actions, reviewers and an audit log in memory for tests about holds. */
import type { DecideRequest } from '../../src/approval/desk.ts';
import { digestOf } from '../../src/approval/digest.ts';
import type { HeldAction, Hold } from '../../src/approval/hold.ts';
import type { Reviewer } from '../../src/approval/keeper.ts';
import type { HoldCaps } from '../../src/approval/store.ts';
import type { AuditEvent } from '../../src/audit/event.ts';
import type { AuditSink, HoldRequest } from '../../src/gate/ports.ts';

export const action: HeldAction = {
  kind: 'exec',
  command: 'systemctl restart nginx',
  canonical: "'systemctl' 'restart' 'nginx'",
  stdin: undefined,
  stdinUse: 'closed',
  environment: { LANG: 'C.UTF-8' },
  pty: undefined,
  agent: 'builder',
  agentOwner: 'olga',
  keyFingerprint: 'SHA256:agentkey',
  target: 'web-1',
  targetHostKey: 'SHA256:hostkey',
  account: 'deploy',
  policyHash: 'a'.repeat(64),
};

export const reviewers: readonly Reviewer[] = [
  { name: 'maya', email: 'maya@example.test', groups: ['sre'] },
  { name: 'noor', email: 'noor@example.test', groups: ['sre', 'dba'] },
  { name: 'pete', email: 'pete@example.test', groups: ['dba'] },
  { name: 'olga', email: 'olga@example.test', groups: ['sre', 'dba'] },
];

export function requestFor(command: string, change: Partial<HoldRequest> = {}): HoldRequest {
  return {
    action: { ...action, command, canonical: undefined },
    reason: 'restarts a service',
    rule: 'change-production',
    parts: [{ text: command, verdict: 'approve', reason: 'restarts a service' }],
    effects: ['restarts the service nginx'],
    groups: ['sre'],
    quorum: 1,
    reasonRequired: false,
    session: 's-1',
    channel: 's-1/0',
    before: [{ command: 'ls -la /', verdict: 'allow', atMs: 1 }],
    expiresInMs: 900_000,
    actionId: 'a-1',
    ...change,
  };
}

export function holdFor(change: Partial<Hold> = {}): Hold {
  const { expiresInMs, ...request } = requestFor('systemctl restart nginx');
  const held = change.action ?? request.action;
  return {
    ...request,
    id: 'h-000000000000',
    digest: digestOf(held),
    version: 1,
    state: 'pending',
    createdAtMs: 1_000,
    expiresAtMs: 1_000 + expiresInMs,
    decidedAtMs: undefined,
    decisions: [],
    isAgentWaiting: true,
    ...change,
  };
}

export function decisionOf(hold: Hold, reviewer: string, change: Partial<DecideRequest> = {}): DecideRequest {
  return {
    reviewer,
    verdict: 'approve',
    reason: 'known deploy',
    channel: 'web',
    remote: '127.0.0.1',
    digest: hold.digest,
    ...change,
  };
}

export class MemoryAudit implements AuditSink {
  readonly events: AuditEvent[] = [];

  async append(event: AuditEvent): Promise<void> {
    // A real log syncs a file here: give others the chance to come in between.
    await new Promise((resolve) => setImmediate(resolve));
    this.events.push(event);
  }

  named<Name extends AuditEvent['event']>(name: Name): AuditEvent[] {
    return this.events.filter(({ event }) => event === name);
  }
}

/** For tests that are about something else than what one agent may have. */
export const uncapped: HoldCaps = {
  maxPending: Number.MAX_SAFE_INTEGER,
  maxOpened: Number.MAX_SAFE_INTEGER,
  sinceMs: 0,
};
