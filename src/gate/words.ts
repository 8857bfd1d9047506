/**
 * What an agent is told. Programs read these lines, so each says the three things a program needs: what happened,
 * why, and whether sending the same command again can help. A refusal says that another spelling will not help.
 */
import type { Hold } from '../approval/hold.ts';
import type { Scope } from '../approval/scope.ts';
import type { PolicyDecision } from '../policy/decision.ts';
import type { Notice } from './ports.ts';

export function deniedNotice(decision: PolicyDecision): Notice {
  return {
    event: 'denied',
    message: sentence(decision.reason),
    verdict: 'deny',
    reason: decision.reason,
    retry: false,
    ...(decision.rule === undefined ? {} : { rule: decision.rule }),
    ...(decision.instead === undefined ? {} : { instead: decision.instead }),
  };
}

export function heldNotice(hold: Hold, isNew: boolean, nowMs: number): Notice {
  const left = duration(hold.expiresAtMs - nowMs);
  const what = isNew ? 'A person must decide' : 'This waits for a person already, and you wait with it';
  return {
    event: 'held',
    message: `${what}, ${left} left: ${sentence(hold.reason)} Wait here, or leave and send the same command again later.`,
    id: hold.id,
    verdict: 'approve',
    reason: hold.reason,
    expiresAt: new Date(hold.expiresAtMs).toISOString(),
    retry: true,
    ...(hold.rule === undefined ? {} : { rule: hold.rule }),
  };
}

export function unreachedNotice(hold: Hold): Notice {
  return {
    event: 'info',
    message: 'No reviewer could be reached. It still waits for somebody who looks at the console; do not count on it.',
    id: hold.id,
    retry: true,
  };
}

export function approvedNotice(hold: Hold): Notice {
  const counting = hold.decisions.filter(({ verdict, lapsed }) => verdict === 'approve' && lapsed === undefined);
  const people = [...new Set(counting.map(({ reviewer }) => reviewer))];
  const glass = hold.decisions.find(({ breakGlass }) => breakGlass === true);
  const who = glass === undefined ? `by ${people.join(' and ')}` : `outside the rule by ${glass.reviewer}`;
  return { event: 'approved', message: `${who}, running now`, id: hold.id };
}

export function coveredNotice(scope: Scope): Notice {
  return {
    event: 'approved',
    message: `${scope.createdBy.join(' and ')} approved this beforehand, running now`,
    id: scope.id,
    expiresAt: new Date(scope.expiresAtMs).toISOString(),
  };
}

export function narrowedNotice(): Notice {
  return {
    event: 'narrowed',
    message:
      'hidden files, and names that keys usually have, are left out of what this finds. Name the path to mean one; a person is asked then.',
    leavesOut: 'hidden',
  };
}

export function lockedNotice(count: number): Notice {
  return {
    event: 'denied',
    message:
      `This agent is locked: it asked ${count} times for what a reviewer had rejected, in another form or again. ` +
      'Nothing of it runs until a person unlocks it. Stop, and tell whoever you work for.',
    verdict: 'deny',
    reason: 'the agent is locked',
    retry: false,
  };
}

export function rejectedNotice(hold: Hold, reviewer: string, reason: string): Notice {
  const why = reason === '' ? 'No reason was given.' : sentence(reason);
  return {
    event: 'rejected',
    message: `by ${reviewer}: ${why}`,
    id: hold.id,
    verdict: 'deny',
    reason,
    retry: false,
  };
}

export function expiredNotice(hold: Hold): Notice {
  return {
    event: 'expired',
    message: 'Nobody decided in time, so it did not run. No answer is not a yes.',
    id: hold.id,
    retry: true,
  };
}

export function withdrawnNotice(hold: Hold): Notice {
  return {
    event: 'withdrawn',
    message: 'It was withdrawn, so it did not run.',
    id: hold.id,
    retry: true,
  };
}

/** Undefined when the output is as the target wrote it. An agent that edits a file must not write the marks into it. */
export function maskedNotice(masked: Readonly<Record<string, number>>): Notice | undefined {
  const kinds = Object.entries(masked).sort(([a], [b]) => (a < b ? -1 : 1));
  const total = kinds.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return undefined;
  const what = total === 1 ? '1 secret was replaced by a mark' : `${total} secrets were replaced by marks`;
  const list = kinds.map(([kind, count]) => `${kind} ${count}`).join(', ');
  return {
    event: 'masked',
    message: `in this output ${what} (${list}). The target has what was there: write no [MASKED:…] back to it.`,
    masked,
  };
}

/** The same words for a target that does not exist and one this agent may not use: neither is revealed. */
export function noTargetNotice(wanted: string): Notice {
  return {
    event: 'failed',
    message: `no target ${JSON.stringify(wanted)} for this agent; check the spelling (account@target@bastion), or ask its owner for access`,
    retry: false,
  };
}

export function failedNotice(publicMessage: string, retry: boolean): Notice {
  return { event: 'failed', message: publicMessage, retry };
}

function sentence(text: string): string {
  const trimmed = text.trim();
  return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

/** `14 min 59 s`, `45 s`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  if (minutes >= 120) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  if (minutes === 0) return `${seconds} s`;
  return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
}
