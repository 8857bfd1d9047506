/**
 * Mail links: `sp1.FIELDS.MAC`, where FIELDS are hold id, digest, reviewer, expiry and a nonce, each with its length in
 * front, and MAC is HMAC-SHA256 over them with a key that never leaves the bastion.
 *
 * Refuses: a token whose MAC does not fit (compared in constant time, before anything is looked up), that was not
 * stored, was used, is too old, or belongs to another hold, digest or somebody who may not decide. Every refusal is
 * audited, garbage only up to a rate, so that a stranger cannot fill the disk.
 *
 * INVARIANT: looking changes nothing; `use` succeeds once. The token itself is never stored or logged.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { AuditSink } from '../gate/ports.ts';
import type { LinkCheck, LinkRefusal, ReviewLinks } from './desk.ts';
import { lengthPrefixed } from './digest.ts';
import type { Hold } from './hold.ts';
import type { Reviewer } from './keeper.ts';
import { isEligible, isFinal, stateAt } from './state.ts';
import type { ProofStore } from './store.ts';

export interface LinkParts {
  readonly key: Buffer;
  readonly store: ProofStore;
  readonly audit: AuditSink;
  readonly getHold: (id: string) => Promise<Hold | undefined>;
  readonly reviewers: () => readonly Reviewer[];
  readonly now?: () => number;
}

const scheme = 'sp1';
/** Ours are about 250 characters; anything much longer is not looked at. */
const maxTokenLength = 1_024;
/** Refusals of tokens that carry no valid MAC, written down per minute. */
const maxGarbagePerMinute = 60;
const minuteMs = 60_000;

interface TokenFields {
  readonly hold: string;
  readonly digest: string;
  readonly reviewer: string;
  readonly expiresAtMs: number;
}

type Looked =
  | { readonly kind: 'valid'; readonly hold: Hold; readonly reviewer: string; readonly tokenHash: string }
  | {
      readonly kind: 'refused';
      readonly why: LinkRefusal;
      readonly hold: Hold | undefined;
      readonly reviewer?: string;
    };

export class MailLinks implements ReviewLinks {
  readonly #parts: LinkParts;
  readonly #now: () => number;
  #garbage = { sinceMs: 0, count: 0 };

  constructor(parts: LinkParts) {
    this.#parts = parts;
    this.#now = parts.now ?? Date.now;
  }

  async issue(hold: Hold, reviewer: string): Promise<string> {
    const nonce = randomBytes(16).toString('hex');
    const fields = lengthPrefixed([hold.id, hold.digest, reviewer, String(hold.expiresAtMs), nonce]);
    const token = `${scheme}.${fields.toString('base64url')}.${this.#mac(fields).toString('base64url')}`;
    await this.#parts.store.insertLink({
      tokenHash: hashOf(token),
      hold: hold.id,
      reviewer,
      expiresAtMs: hold.expiresAtMs,
      isUsed: false,
    });
    return token;
  }

  async check(token: string, remote?: string): Promise<LinkCheck> {
    const looked = await this.#look(token);
    if (looked.kind === 'refused') return this.#refused(looked, remote);
    return { kind: 'valid', hold: looked.hold, reviewer: looked.reviewer };
  }

  async use(token: string, remote?: string): Promise<LinkCheck> {
    const looked = await this.#look(token);
    if (looked.kind === 'refused') return this.#refused(looked, remote);
    const { hold, reviewer } = looked;
    if (await this.#parts.store.useLink(looked.tokenHash)) return { kind: 'valid', hold, reviewer };
    return this.#refused({ kind: 'refused', why: 'used', hold, reviewer }, remote);
  }

  async #look(token: string): Promise<Looked> {
    const refuse = (why: LinkRefusal, hold?: Hold, reviewer?: string): Looked => ({
      kind: 'refused',
      why,
      hold,
      ...(reviewer === undefined ? {} : { reviewer }),
    });
    // HOSTILE: anybody can send anything here.
    const match = token.length > maxTokenLength ? null : /^sp1\.([\w-]+)\.([\w-]{43})$/.exec(token);
    if (match === null) return refuse('malformed');
    const bytes = Buffer.from(match[1] ?? '', 'base64url');
    const mac = Buffer.from(match[2] ?? '', 'base64url');
    if (mac.length !== 32 || !timingSafeEqual(mac, this.#mac(bytes))) return refuse('altered');
    const fields = parseFields(bytes);
    if (fields === undefined) return refuse('malformed');
    const { reviewer } = fields;
    const hold = await this.#parts.getHold(fields.hold);
    const tokenHash = hashOf(token);
    const link = await this.#parts.store.getLink(tokenHash);
    if (link?.isUsed === true) return refuse('used', hold, reviewer);
    const nowMs = this.#now();
    // An expired link may have been forgotten by the store; its own date still says why it does not work.
    if (nowMs >= fields.expiresAtMs) return refuse('expired', hold, reviewer);
    if (link === undefined || hold === undefined) return refuse('unknown', hold, reviewer);
    if (link.hold !== hold.id || link.reviewer !== reviewer || hold.digest !== fields.digest)
      return refuse('foreign', undefined, reviewer);
    const person = this.#parts.reviewers().find(({ name }) => name === reviewer);
    if (person === undefined || !isEligible(hold, person)) return refuse('foreign', undefined, reviewer);
    const state = stateAt(hold, nowMs);
    // It dies with the hold; the page shows what became of it.
    if (isFinal(state) || state === 'approved') return refuse('expired', hold, reviewer);
    return { kind: 'valid', hold, reviewer, tokenHash };
  }

  async #refused(looked: Extract<Looked, { kind: 'refused' }>, remote: string | undefined): Promise<LinkCheck> {
    const { why, hold, reviewer } = looked;
    const isProven = why !== 'malformed' && why !== 'altered';
    if (isProven || this.#mayWriteGarbage()) {
      const reason = `link ${why}`;
      await this.#parts.audit.append({ event: 'hold.refused', hold: hold?.id, reviewer, reason, remote });
    }
    return { kind: 'refused', why, hold };
  }

  #mayWriteGarbage(): boolean {
    const nowMs = this.#now();
    if (nowMs - this.#garbage.sinceMs >= minuteMs) this.#garbage = { sinceMs: nowMs, count: 0 };
    this.#garbage.count += 1;
    return this.#garbage.count <= maxGarbagePerMinute;
  }

  #mac(fields: Buffer): Buffer {
    return createHmac('sha256', this.#parts.key).update(`${scheme}\0`).update(fields).digest();
  }
}

/** Only called with bytes whose MAC was right. */
function parseFields(bytes: Buffer): TokenFields | undefined {
  const fields: string[] = [];
  let at = 0;
  while (at + 4 <= bytes.length) {
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) return undefined;
    fields.push(bytes.toString('utf8', at + 4, end));
    at = end;
  }
  const [hold, digest, reviewer, expires, nonce] = fields;
  if (at !== bytes.length || fields.length !== 5 || nonce === undefined) return undefined;
  if (hold === undefined || digest === undefined || reviewer === undefined) return undefined;
  return { hold, digest, reviewer, expiresAtMs: Number(expires) };
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
