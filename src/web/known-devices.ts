/**
 * Whose browser this is.
 *
 * Several people may share one, each confirmed by a cookie of their own. But a link that was passed on must not let the
 * one who uses the browser decide as somebody else where that matters: for themselves, or twice.
 *
 * INVARIANT: a browser confirmed as that of a person who may not decide, or who has decided, approves as nobody else
 * without that other's session or confirmation.
 */
import type { Context } from 'hono';
import type { Hold } from '../approval/hold.ts';
import { isOwnAffair } from '../approval/state.ts';
import { deviceCookie, readCookie } from './cookies.ts';
import type { WebOptions } from './ports.ts';
import type { ReviewerSessions } from './reviewer-sessions.ts';

export class KnownDevices {
  readonly #options: WebOptions;
  readonly #sessions: ReviewerSessions;

  constructor(options: WebOptions, sessions: ReviewerSessions) {
    this.#options = options;
    this.#sessions = sessions;
  }

  async isKnown(c: Context, reviewer: string): Promise<boolean> {
    if ((await this.#sessions.read(c))?.reviewer === reviewer) return true;
    return this.#isConfirmed(c, reviewer);
  }

  /** Others whose browser this is; empty when it is (also) this reviewer's. */
  async others(c: Context, reviewer: string): Promise<readonly string[]> {
    if (await this.isKnown(c, reviewer)) return [];
    const names = this.#options.reviewers().map(({ name }) => name);
    const confirmed = await Promise.all(names.map((name) => this.#isConfirmed(c, name)));
    return names.filter((_name, at) => confirmed[at] === true);
  }

  async #isConfirmed(c: Context, reviewer: string): Promise<boolean> {
    const cookie = readCookie(c, deviceCookie(reviewer), this.#options.publicUrl());
    return cookie !== undefined && (await this.#options.devices.isKnown(reviewer, cookie));
  }
}

/** Whether this person's part in the hold is over, or never was one. */
export function isSpokenFor(hold: Hold, person: string): boolean {
  return isOwnAffair(hold.action, person) || hold.decisions.some(({ reviewer }) => reviewer === person);
}
