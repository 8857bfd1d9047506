/**
 * Authentication of one connection (RFC 4252): public key only.
 *
 * INVARIANT: an identity is made only from a signature that verified, with the key it was made with, in the same
 * request. A probe (a key without a signature) is answered and makes nothing.
 *
 * Unknown, disabled and expired agents get the same answer after the same work; the reason goes to the audit log.
 */
import type { AuthContext, ParsedKey, PublicKeyAuthContext } from 'ssh2';
import { fingerprintOf } from '../fingerprint.ts';
import type { AgentIdentity } from '../gate/ports.ts';
import type { AgentDirectory } from './agents.ts';
import { decoyFor } from './decoy.ts';

const onlyMethod = ['publickey'] as const;

export interface Login {
  readonly identity: AgentIdentity;
  readonly username: string;
}

/** What the audit log learns when a connection ends without a login. */
export interface Refusal {
  readonly username: string;
  readonly keyFingerprint: string | undefined;
  readonly reason: string;
}

export class Authenticator {
  readonly #agents: AgentDirectory;
  readonly #maxTries: number;
  readonly #now: () => number;
  readonly #onLogin: (login: Login) => void;
  readonly #onTooManyTries: () => void;
  #tries = 0;
  #requests = 0;
  #refusal: Refusal | undefined;

  constructor(options: {
    readonly agents: AgentDirectory;
    readonly maxTries: number;
    readonly now: () => number;
    readonly onLogin: (login: Login) => void;
    readonly onTooManyTries: () => void;
  }) {
    this.#agents = options.agents;
    this.#maxTries = options.maxTries;
    this.#now = options.now;
    this.#onLogin = options.onLogin;
    this.#onTooManyTries = options.onTooManyTries;
  }

  /** The last and most telling refusal; undefined when nothing was tried. */
  get refusal(): Refusal | undefined {
    return this.#refusal;
  }

  handle(context: AuthContext): void {
    this.#requests += 1;
    // Accepted probes and the first `none` are free, but not without end.
    if (this.#tries >= this.#maxTries || this.#requests > 3 * this.#maxTries) {
      this.#refuse(context, undefined, 'too many attempts');
      this.#onTooManyTries();
      return;
    }
    if (context.method === 'publickey') this.#publicKey(context);
    else this.#refuse(context, undefined, `method ${context.method} is not offered`);
  }

  #publicKey(context: PublicKeyAuthContext): void {
    const fingerprint = fingerprintOf(context.key.data);
    const known = this.#agents.find(context.key.data);
    const refusal = known === undefined ? 'unknown key' : known.refusal(this.#now());
    // SHA-1 signatures arrive as `ssh-rsa` without a hash.
    const isWeak = context.key.algo === 'ssh-rsa' && context.hashAlgo === undefined;
    const isOtherType = known !== undefined && known.key.type !== context.key.algo;

    if (context.signature === undefined || context.blob === undefined) {
      if (refusal !== undefined) this.#refuse(context, fingerprint, refusal);
      else if (isWeak || isOtherType) this.#refuse(context, fingerprint, 'signature algorithm is not accepted');
      else context.accept();
      return;
    }

    // The signature is checked whatever else is wrong, so that every refusal costs the same.
    const key = known === undefined || isOtherType ? decoyFor(context.key.algo) : known.key;
    const isVerified = verify(key, context.blob, context.signature, context.hashAlgo) && known !== undefined;
    if (refusal !== undefined) this.#refuse(context, fingerprint, refusal);
    else if (isWeak || isOtherType) this.#refuse(context, fingerprint, 'signature algorithm is not accepted');
    else if (!isVerified || known === undefined) this.#refuse(context, fingerprint, 'signature does not verify');
    else {
      const identity = known.identify();
      this.#onLogin({ identity, username: context.username });
      context.accept();
    }
  }

  #refuse(context: AuthContext, keyFingerprint: string | undefined, reason: string): void {
    // OpenSSH asks for `none` first to learn the methods; that is no attempt.
    const isQuestion = context.method === 'none' && this.#requests === 1;
    if (!isQuestion) {
      this.#tries += 1;
      const known = this.#refusal?.reason;
      const isMoreTelling = known === undefined || known === 'unknown key' || reason !== 'unknown key';
      if (isMoreTelling) this.#refusal = { username: context.username.slice(0, 200), keyFingerprint, reason };
    }
    context.reject([...onlyMethod]);
  }
}

function verify(key: ParsedKey, blob: Buffer, signature: Buffer, hash: string | undefined): boolean {
  try {
    // ssh2 returns an Error instead of throwing it.
    return key.verify(blob, signature, hash) === true;
  } catch {
    return false;
  }
}
