/**
 * Passkeys: the ceremony of WebAuthn for adding one, signing in with one, and approving with one.
 *
 * Refuses: an answer to a challenge that was not given, was used, is old, or was given for something else; another origin;
 * a key that is not known or belongs to somebody else; an authenticator that did not verify its person; a counter that
 * went backwards.
 *
 * INVARIANT: a challenge is good once, for one purpose; the one for approving names the hold's digest.
 * SPEC: https://www.w3.org/TR/webauthn-3/#sctn-rp-operations
 */
import { z } from 'zod';
import type { ReviewerConfig } from '../config.ts';
import type { Shelf } from '../store/shelf.ts';
import type { Clock } from './clock.ts';
import { jsonOf } from './json.ts';
import type { PasskeyStore } from './passkey-store.ts';
import { sha256 } from './seal.ts';

const challengeMs = 5 * 60_000;
const maxOpen = 2_000;
const maxPerReviewer = 20;
const maxResponseLength = 16_384;

const text = z.string().max(8_192);
const base = {
  id: text,
  rawId: text,
  type: z.literal('public-key'),
  clientExtensionResults: z.looseObject({}).transform(() => ({})),
};
const registrationShape = z.object({
  ...base,
  response: z.object({
    clientDataJSON: text,
    attestationObject: text,
    transports: z.array(z.string().max(40)).max(10).optional(),
  }),
});
const authenticationShape = z.object({
  ...base,
  response: z.object({ clientDataJSON: text, authenticatorData: text, signature: text, userHandle: text.nullish() }),
});
/** HOSTILE: ours have 43 characters. */
const clientDataShape = z.object({ challenge: z.string().max(100) });

/** A quarter of all that a start loads, and no use over plain http. */
export const loadCeremonies = () => import('@simplewebauthn/server');

export interface PasskeyTerms {
  readonly store: PasskeyStore;
  /** Where challenges wait for their answer: it may come to another node. */
  readonly shelf: Shelf;
  readonly clock: Clock;
  publicUrl(): string;
}

export class Passkeys {
  readonly #terms: PasskeyTerms;

  constructor(terms: PasskeyTerms) {
    this.#terms = terms;
  }

  /** WebAuthn binds keys to a name, so it cannot be used on an address like http://127.0.0.1:8080. */
  get isPossible(): boolean {
    const { hostname, protocol } = new URL(this.#terms.publicUrl());
    if (hostname === 'localhost') return true;
    return protocol === 'https:' && /[a-z]/i.test(hostname) && !hostname.includes(':');
  }

  of(reviewer: string) {
    return this.#terms.store.of(reviewer);
  }

  async remove(reviewer: string, id: string): Promise<boolean> {
    if ((await this.#terms.store.get(id))?.reviewer !== reviewer) return false;
    await this.#terms.store.remove(id);
    return true;
  }

  async addOptions(reviewer: ReviewerConfig, session: string) {
    const { generateRegistrationOptions } = await loadCeremonies();
    const options = await generateRegistrationOptions({
      rpName: 'Sallyport',
      rpID: this.#rpId,
      userName: reviewer.email,
      userDisplayName: reviewer.name,
      userID: Uint8Array.from(Buffer.from(sha256(`passkey ${reviewer.name}`), 'hex')),
      attestationType: 'none',
      excludeCredentials: (await this.of(reviewer.name)).map(({ id }) => ({ id })),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    });
    await this.#remember(options.challenge, `add ${session}`);
    return options;
  }

  /** False when it was not accepted. */
  async add(reviewer: string, session: string, name: string, answer: string): Promise<boolean> {
    const parsed = registrationShape.safeParse(answer.length > maxResponseLength ? undefined : jsonOf(answer));
    if (!parsed.success || (await this.of(reviewer)).length >= maxPerReviewer) return false;
    const { transports, ...response } = parsed.data.response;
    const expectedChallenge = await this.#take(response.clientDataJSON, `add ${session}`);
    if (expectedChallenge === undefined) return false;
    const { verifyRegistrationResponse } = await loadCeremonies();
    const result = await verifyRegistrationResponse({
      response: { ...parsed.data, response },
      expectedChallenge,
      expectedOrigin: new URL(this.#terms.publicUrl()).origin,
      expectedRPID: this.#rpId,
      requireUserVerification: true,
    }).catch(() => undefined);
    if (result?.verified !== true) return false;
    const { id, publicKey, counter } = result.registrationInfo.credential;
    if ((await this.#terms.store.get(id)) !== undefined) return false;
    await this.#terms.store.put({
      id,
      reviewer,
      name,
      publicKey: Buffer.from(publicKey).toString('base64url'),
      counter,
      transports: transports ?? [],
      createdAtMs: this.#terms.clock(),
      usedAtMs: null,
    });
    return true;
  }

  /** `purpose` says what the answer is good for; `reviewer` is undefined when any known key will do. */
  async askOptions(purpose: string, reviewer: string | undefined) {
    const own = reviewer === undefined ? [] : (await this.of(reviewer)).map(({ id }) => ({ id }));
    const { generateAuthenticationOptions } = await loadCeremonies();
    const options = await generateAuthenticationOptions({
      rpID: this.#rpId,
      userVerification: 'required',
      allowCredentials: own,
    });
    await this.#remember(options.challenge, purpose);
    return options;
  }

  /** Whose key answered; undefined when it was not accepted. */
  async answer(purpose: string, answer: string): Promise<string | undefined> {
    const parsed = authenticationShape.safeParse(answer.length > maxResponseLength ? undefined : jsonOf(answer));
    if (!parsed.success) return undefined;
    const { userHandle: _, ...response } = parsed.data.response;
    const expectedChallenge = await this.#take(response.clientDataJSON, purpose);
    const passkey = await this.#terms.store.get(parsed.data.id);
    if (expectedChallenge === undefined || passkey === undefined) return undefined;
    const { verifyAuthenticationResponse } = await loadCeremonies();
    const result = await verifyAuthenticationResponse({
      response: { ...parsed.data, response },
      expectedChallenge,
      expectedOrigin: new URL(this.#terms.publicUrl()).origin,
      expectedRPID: this.#rpId,
      requireUserVerification: true,
      credential: {
        id: passkey.id,
        publicKey: Uint8Array.from(Buffer.from(passkey.publicKey, 'base64url')),
        counter: passkey.counter,
      },
    }).catch(() => undefined);
    if (result?.verified !== true) return undefined;
    const counter = result.authenticationInfo.newCounter;
    await this.#terms.store.put({ ...passkey, counter, usedAtMs: this.#terms.clock() });
    return passkey.reviewer;
  }

  get #rpId(): string {
    return new URL(this.#terms.publicUrl()).hostname;
  }

  async #remember(challenge: string, purpose: string): Promise<void> {
    const record = { key: challenge, body: purpose, expiresAtMs: this.#terms.clock() + challengeMs };
    await this.#terms.shelf.put('passkey-challenge', record, maxOpen);
  }

  /** The challenge that this answer claims to answer, when we gave it for this purpose and nobody used it. */
  async #take(clientData: string, purpose: string): Promise<string | undefined> {
    const parsed = clientDataShape.safeParse(jsonOf(Buffer.from(clientData, 'base64url').toString('utf8')));
    if (!parsed.success) return undefined;
    const open = await this.#terms.shelf.take('passkey-challenge', parsed.data.challenge);
    return open?.body === purpose && this.#terms.clock() < open.expiresAtMs ? open.key : undefined;
  }
}
