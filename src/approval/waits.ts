/**
 * Channels that wait for a hold to be decided.
 *
 * A waiter is woken by a ring, by its hold's own deadline, or by the agent leaving. Rings can be lost between nodes, so
 * what is waited for is also read again now and then.
 *
 * INVARIANT: what a waiter is told is what the store says at that moment; a ring carries no state.
 */
import { setImmediate as breath } from 'node:timers/promises';
import type { HoldOutcome } from '../gate/ports.ts';
import { ApprovalError } from './errors.ts';
import type { Hold } from './hold.ts';
import type { HoldLedger } from './ledger.ts';
import type { HoldStore } from './store.ts';

/** A few hundred states are read within a millisecond; whoever decides meanwhile comes in between. */
const rereadBatch = 250;
/** Node's timers overflow beyond this. */
const maxTimerMs = 2_000_000_000;

export interface WaitParts {
  readonly ledger: HoldLedger;
  readonly store: HoldStore;
  readonly now: () => number;
  /** How soon a waiter asks again when the store did not answer. */
  readonly retryMs: number;
}

export class HoldWaits {
  readonly #parts: WaitParts;
  /** Hold id → how many channels of this process wait for it. */
  readonly #waiting = new Map<string, number>();
  readonly #closing = new AbortController();

  constructor(parts: WaitParts) {
    this.#parts = parts;
  }

  has(id: string): boolean {
    return this.#waiting.has(id);
  }

  /** Resolves when the hold is decided; `onLeft` is called when the last channel that waited for it has gone away. */
  async wait(id: string, signal: AbortSignal, onLeft: () => Promise<void>): Promise<HoldOutcome> {
    this.#waiting.set(id, (this.#waiting.get(id) ?? 0) + 1);
    try {
      return await this.#outcome(id, AbortSignal.any([signal, this.#closing.signal]));
    } finally {
      const left = (this.#waiting.get(id) ?? 1) - 1;
      if (left > 0) this.#waiting.set(id, left);
      else this.#waiting.delete(id);
      if (left === 0 && signal.aborted) await onLeft();
    }
  }

  /** Late or lost rings cost one round of this: reads what is waited for, a few at a time, and rings what moved. */
  async reread(): Promise<void> {
    const { store, ledger } = this.#parts;
    const ids = [...this.#waiting.keys()];
    for (let at = 0; at < ids.length; at += rereadBatch) {
      for (const id of await store.settledOf(ids.slice(at, at + rereadBatch))) ledger.bells.ring(id);
      await breath();
    }
  }

  /** Every wait ends with HOLD_DESK_CLOSED; the holds stay as they are. */
  close(): void {
    this.#closing.abort(
      new ApprovalError('HOLD_DESK_CLOSED', 'the process is stopping', {
        publicMessage: 'Sallyport is stopping. The request goes on; send the same command again later.',
      }),
    );
  }

  async #outcome(id: string, signal: AbortSignal): Promise<HoldOutcome> {
    const { ledger, now, retryMs } = this.#parts;
    let known: Hold | undefined;
    for (;;) {
      signal.throwIfAborted();
      // Listening starts before reading, so that no change falls in between.
      const bell = ledger.bells.listen(id);
      let patienceMs = retryMs;
      try {
        known = await ledger.read(id);
        if (known === undefined) throw new ApprovalError('HOLD_NOT_FOUND', `no hold ${id}`);
        const outcome = outcomeOf(known);
        if (outcome !== undefined) return outcome;
        patienceMs = Math.min(Math.max(known.expiresAtMs - now(), 1), maxTimerMs);
        await bell.heard(patienceMs, signal);
      } catch (error) {
        // The store may come back; the hold's own deadline ends the patience.
        if (known === undefined || now() >= known.expiresAtMs) throw error;
        await bell.heard(patienceMs, signal);
      } finally {
        bell.stop();
      }
    }
  }
}

function outcomeOf(hold: Hold): HoldOutcome | undefined {
  switch (hold.state) {
    case 'pending':
      return undefined;
    case 'rejected': {
      const rejection = hold.decisions.findLast(({ verdict }) => verdict === 'reject');
      return { kind: 'rejected', hold, reviewer: rejection?.reviewer ?? '', reason: rejection?.reason ?? '' };
    }
    case 'expired':
    case 'withdrawn':
      return { kind: hold.state, hold };
    // Released by another channel of the same agent: approved, but `release` will say that it is used up.
    case 'approved':
    case 'released':
      return { kind: 'approved', hold };
  }
}
