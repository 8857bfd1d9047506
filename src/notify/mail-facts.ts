/** What text and HTML of a review mail have in common. */
import type { MessageKind } from '../approval/delivery.ts';
import type { Hold } from '../approval/hold.ts';
import { visibleText } from '../approval/visible.ts';
import { unreachable } from '../errors.ts';

/** What the mail says, before it is laid out. Agent-chosen values are raw here. */
export interface MailFacts {
  readonly headline: string;
  readonly hold: Hold;
  readonly link: string;
  readonly timeLeft: string;
  readonly until: string;
  /** Why it is said again, or said to more people; undefined for the first mail. */
  readonly again: string | undefined;
}

export function differs(canonical: string | undefined, command: string): boolean {
  return canonical !== undefined && canonical !== command;
}

/** For names and reasons: visible, and on one line. */
export function oneLine(raw: string): string {
  return visibleText(raw).replaceAll('\n', ' ⟨line break⟩ ');
}

export function againOf({ kind, hold }: { readonly kind: MessageKind; readonly hold: Hold }): string | undefined {
  switch (kind) {
    case 'review':
      return undefined;
    case 'reminder':
      return 'Reminder: this still waits for a decision.';
    case 'escalation':
      return `Nobody decided within ${duration(hold.escalation?.afterMs ?? 0)}, so you are asked as well.`;
    default:
      return unreachable(kind);
  }
}

/** In UTC, like every time in a mail. */
export function timeOf(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(11, 16)} UTC`;
}

export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return `${seconds} seconds`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`;
}

/** Every line marked, so that a line break in a command does not start a line of ours. */
export function quoted(raw: string): string[] {
  return visibleText(raw)
    .split('\n')
    .map((line) => `  | ${line}`);
}
