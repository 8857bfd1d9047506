/**
 * One challenge per link for as long as it is good, so that a scanner that looks a hundred times, or a person who
 * reloads, does not use up the few that a hold has.
 */
import type { ReviewerDevices } from '../approval/desk.ts';
import { SallyportError } from '../errors.ts';
import type { Clock } from './clock.ts';

/** Under the lifetime of a challenge, so that what is shown can still be answered. */
const reuseMs = 8 * 60_000;
/** Then another one: the same word that was mistyped three times is not readable on that screen. */
const wrongUntilNew = 3;
const maxOpen = 5_000;

export type ShownChallenge =
  | { readonly kind: 'ask'; readonly id: string; readonly text: string }
  /** No more for this reviewer and hold: approving needs a device that is known, or signing in. */
  | { readonly kind: 'spent'; readonly text: string };

export class Challenges {
  readonly #devices: ReviewerDevices;
  readonly #clock: Clock;
  readonly #open = new Map<string, { id: string; text: string; sinceMs: number; wrong: number }>();

  constructor(devices: ReviewerDevices, clock: Clock) {
    this.#devices = devices;
    this.#clock = clock;
  }

  /** `key` names the link that is looked at (its hash). */
  async show(key: string, reviewer: string, hold: string): Promise<ShownChallenge> {
    const open = this.#open.get(key);
    if (open !== undefined && open.wrong < wrongUntilNew && this.#clock() - open.sinceMs < reuseMs) {
      return { kind: 'ask', id: open.id, text: open.text };
    }
    this.#open.delete(key);
    try {
      const { id, text } = await this.#devices.challenge(reviewer, hold);
      this.#open.set(key, { id, text, sinceMs: this.#clock(), wrong: 0 });
      const oldest = this.#open.size > maxOpen ? this.#open.keys().next().value : undefined;
      if (oldest !== undefined) this.#open.delete(oldest);
      return { kind: 'ask', id, text };
    } catch (error) {
      if (!(error instanceof SallyportError) || error.publicMessage === undefined) throw error;
      return { kind: 'spent', text: error.publicMessage };
    }
  }

  async answer(key: string, reviewer: string, hold: string, given: { readonly id: string; readonly typed: string }) {
    const isRight = await this.#devices.answer(given.id, reviewer, hold, given.typed);
    const open = this.#open.get(key);
    if (isRight) this.#open.delete(key);
    else if (open !== undefined) open.wrong++;
    return isRight;
  }
}
