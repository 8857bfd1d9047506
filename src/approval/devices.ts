/**
 * Devices a reviewer has confirmed, and the challenge that confirms a new one.
 *
 * A mail scanner follows links, runs scripts and submits forms; it does not read a sentence and type what it asks for.
 * That is all the challenge proves: a person looked at the page. Who the person is, the link proves.
 *
 * Refuses: a cookie of another reviewer or too old; an answer for another hold or reviewer, after the allowed tries,
 * too late, or a second time.
 *
 * INVARIANT: cookies and answers are stored as hashes only.
 */
import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import type { ReviewerDevices } from './desk.ts';
import { lengthPrefixed } from './digest.ts';
import { ApprovalError } from './errors.ts';
import type { ProofStore } from './store.ts';

/** A phone is confirmed again four times a year. */
const deviceMs = 90 * 24 * 3_600_000;
/** The oldest is forgotten; nobody reviews from more. */
const maxDevices = 20;
const challengeMs = 10 * 60_000;
const triesPerChallenge = 5;
const challengesPerHold = 5;

/** Short, different from each other in every letter's look, on no keyboard's autocorrect list. */
const words = [
  ...['amber', 'birch', 'cedar', 'delta', 'ember', 'flint', 'grove', 'hazel', 'ivory', 'jolly'],
  ...['kayak', 'lemon', 'maple', 'north', 'ocean', 'pearl', 'quilt', 'river', 'solar', 'tulip'],
  ...['umbra', 'velvet', 'willow', 'yacht', 'zebra', 'anchor', 'bridge', 'candle', 'desert', 'engine'],
];

export class KnownDevices implements ReviewerDevices {
  readonly #store: ProofStore;
  readonly #now: () => number;

  constructor(store: ProofStore, now: () => number = Date.now) {
    this.#store = store;
    this.#now = now;
  }

  async remember(reviewer: string): Promise<string> {
    const cookie = randomBytes(32).toString('base64url');
    const device = { secretHash: hashOf('device', reviewer, cookie), reviewer, expiresAtMs: this.#now() + deviceMs };
    await this.#store.insertDevice(device, maxDevices);
    return cookie;
  }

  async isKnown(reviewer: string, cookie: string): Promise<boolean> {
    // HOSTILE: ours have 43 characters.
    if (cookie.length !== 43) return false;
    const device = await this.#store.getDevice(hashOf('device', reviewer, cookie));
    return device !== undefined && device.reviewer === reviewer && this.#now() < device.expiresAtMs;
  }

  /** `text` is "Type WORD NUMBER"; throws CHALLENGE_LIMIT when this reviewer had too many for this hold. */
  async challenge(reviewer: string, holdId: string): Promise<{ readonly id: string; readonly text: string }> {
    const asked = `${words[randomInt(words.length)] ?? 'amber'} ${randomInt(10, 100)}`;
    const id = randomBytes(16).toString('base64url');
    const challenge = {
      id,
      reviewer,
      hold: holdId,
      answerHash: hashOf('challenge', id, plain(asked)),
      triesLeft: triesPerChallenge,
      expiresAtMs: this.#now() + challengeMs,
    };
    if (!(await this.#store.insertChallenge(challenge, challengesPerHold)))
      throw new ApprovalError('CHALLENGE_LIMIT', `${reviewer} had ${challengesPerHold} challenges for ${holdId}`, {
        publicMessage: 'Too many tries for this request from new devices. Decide from a device you used before.',
      });
    return { id, text: `Type ${asked}` };
  }

  async answer(id: string, reviewer: string, holdId: string, typed: string): Promise<boolean> {
    if (typed.length > 100 || id.length > 100) return false;
    const challenge = await this.#store.takeTry(id);
    if (challenge === undefined || this.#now() >= challenge.expiresAtMs) return false;
    if (challenge.reviewer !== reviewer || challenge.hold !== holdId) return false;
    const given = Buffer.from(hashOf('challenge', id, plain(typed)), 'hex');
    if (!timingSafeEqual(given, Buffer.from(challenge.answerHash, 'hex'))) return false;
    return this.#store.closeChallenge(id);
  }
}

/** Phones capitalise, add spaces and put a full stop. */
function plain(typed: string): string {
  return typed.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

function hashOf(...fields: readonly string[]): string {
  return createHash('sha256').update(lengthPrefixed(fields)).digest('hex');
}
