/** What text and HTML of a review mail have in common. */
import type { Hold } from '../approval/hold.ts';
import { visibleText } from '../approval/visible.ts';

/** What the mail says, before it is laid out. Agent-chosen values are raw here. */
export interface MailFacts {
  readonly headline: string;
  readonly hold: Hold;
  readonly link: string;
  readonly timeLeft: string;
  readonly until: string;
  readonly isReminder: boolean;
}

export function differs(canonical: string | undefined, command: string): boolean {
  return canonical !== undefined && canonical !== command;
}

/** For names and reasons: visible, and on one line. */
export function oneLine(raw: string): string {
  return visibleText(raw).replaceAll('\n', ' ⟨line break⟩ ');
}

export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return `${seconds} seconds`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`;
}
