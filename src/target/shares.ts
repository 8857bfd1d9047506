/**
 * Who may take a channel on a target that many agents share.
 *
 * INVARIANT: an agent never holds more than what it leaves free, so that however many commands one agent starts, another
 * finds a channel at once. Of 200 channels the first agent gets 100, the second 50; alone, nobody gets the last ones.
 */
import { TargetError } from './errors.ts';
import { Waiters } from './waiters.ts';

export class Shares {
  readonly #held = new Map<string, number>();
  readonly #waiters = new Waiters();
  #total = 0;

  /** Resolves with what gives the channel back. Rejects with TARGET_BUSY after `timeoutMs`, TARGET_ABORTED when aborted. */
  async take(agent: string, capacity: () => number, timeoutMs: number, signal: AbortSignal): Promise<() => void> {
    const deadlineMs = Date.now() + timeoutMs;
    for (;;) {
      if (signal.aborted) throw new TargetError('TARGET_ABORTED', 'the agent has gone');
      const own = this.#held.get(agent) ?? 0;
      // One channel is everybody's, also on a target that has only one.
      if (own < Math.max(1, capacity() - this.#total)) return this.#hold(agent);
      const leftMs = deadlineMs - Date.now();
      if (leftMs <= 0) {
        throw new TargetError('TARGET_BUSY', `${agent} holds its share of the channels to this target`, {
          publicMessage: 'too many of your commands run on this target; wait until one has ended',
        });
      }
      await this.#waiters.wait(leftMs, signal);
    }
  }

  #hold(agent: string): () => void {
    this.#held.set(agent, (this.#held.get(agent) ?? 0) + 1);
    this.#total += 1;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const left = (this.#held.get(agent) ?? 1) - 1;
      if (left === 0) this.#held.delete(agent);
      else this.#held.set(agent, left);
      this.#total -= 1;
      this.#waiters.wake();
    };
  }
}
