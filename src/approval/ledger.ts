/**
 * The only place where a stored hold changes: reads it, lets the caller say what it becomes, writes that by
 * compare-and-set, writes the audit record, and only then tells anybody.
 *
 * INVARIANT: changes of one hold in this process never overlap, and those of other nodes lose or win as a whole.
 * INVARIANT: nobody is woken before the change is in the store and in the audit log.
 */
import type { AuditEvent } from '../audit/event.ts';
import type { AuditSink } from '../gate/ports.ts';
import { Bells, Listeners, type Wake } from './bells.ts';
import { ApprovalError } from './errors.ts';
import type { Hold } from './hold.ts';
import { expire } from './state.ts';
import type { HoldStore } from './store.ts';
import { Turns } from './turns.ts';

/** What a caller of `change` wants after looking at the hold. */
export type Change<T> =
  | { readonly kind: 'stop'; readonly value: T }
  /** Something was awaited: look again, the hold or the clock may have moved. */
  | { readonly kind: 'again' }
  | { readonly kind: 'write'; readonly hold: Hold; readonly event: AuditEvent | undefined; readonly value: T };

/** Enough for every delivery note and decision that may race one change; more means that the store lies. */
const maxAttempts = 64;

export interface LedgerParts {
  readonly store: HoldStore;
  readonly audit: AuditSink;
  readonly wake: Wake | undefined;
  readonly now: () => number;
  readonly onProblem: (error: unknown) => void;
}

export class HoldLedger {
  readonly bells = new Bells();
  readonly listeners: Listeners;
  readonly #parts: LedgerParts;
  readonly #turns = new Turns();
  readonly #unsubscribe: () => void;

  constructor(parts: LedgerParts) {
    this.#parts = parts;
    this.listeners = new Listeners(parts.onProblem);
    this.#unsubscribe = parts.wake?.subscribe((id) => this.#heardFromAfar(id)) ?? (() => undefined);
  }

  close(): void {
    this.#unsubscribe();
  }

  /** The hold as it is, with its expiry written down when that is due. */
  async read(id: string): Promise<Hold | undefined> {
    return this.#turns.run(id, async () => this.#settled(id));
  }

  async change<T>(id: string, look: (hold: Hold | undefined) => Promise<Change<T>>): Promise<T> {
    return this.#turns.run(id, async () => {
      for (let attempt = 0; attempt < maxAttempts; attempt++) {
        const hold = await this.#settled(id);
        const change = await look(hold);
        if (change.kind === 'stop') return change.value;
        if (change.kind === 'again' || hold === undefined) continue;
        if (!(await this.#parts.store.replace(hold, change.hold))) continue;
        if (change.event !== undefined) await this.#parts.audit.append(change.event);
        this.changed(change.hold);
        return change.value;
      }
      throw tooMuchContention();
    });
  }

  /** A change that decides nothing; undefined when there was nothing to do. */
  async update(id: string, next: (hold: Hold) => Hold | undefined): Promise<Hold | undefined> {
    return this.change<Hold | undefined>(id, async (hold) => {
      const after = hold === undefined ? undefined : next(hold);
      return after === undefined
        ? { kind: 'stop', value: undefined }
        : { kind: 'write', hold: after, event: undefined, value: after };
    });
  }

  /** Tells waiters, listeners and other nodes. */
  changed(hold: Hold): void {
    this.bells.ring(hold.id);
    this.listeners.tell(hold);
    this.#parts.wake?.publish(hold.id);
  }

  async #settled(id: string): Promise<Hold | undefined> {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const hold = await this.#parts.store.get(id);
      const expired = hold === undefined ? undefined : expire(hold, this.#parts.now());
      if (hold === undefined || expired === undefined) return hold;
      // Another node may write the expiry first; then that is what is read next.
      if (!(await this.#parts.store.replace(hold, expired))) continue;
      await this.#parts.audit.append({ event: 'hold.expired', hold: id, digest: expired.digest });
      this.changed(expired);
      return expired;
    }
    throw tooMuchContention();
  }

  #heardFromAfar(id: string): void {
    this.bells.ring(id);
    if (this.listeners.size === 0) return;
    this.#parts.store.get(id).then((hold) => {
      if (hold !== undefined) this.listeners.tell(hold);
    }, this.#parts.onProblem);
  }
}

export function tooMuchContention(): ApprovalError {
  return new ApprovalError('HOLD_STORE_FAILED', 'the store refused a change too often', {
    publicMessage: 'Sallyport could not keep this request. It did not run. Send it again later.',
  });
}
