/**
 * Keeps the holds: opens them for the gate, lets reviewers decide, releases each approval once.
 *
 * The order inside every method is the security property:
 *   1. a hold is in the audit log and in the store before `open` returns;
 *   2. a reviewer's decision is in the audit log before it is in the store, where it could take effect;
 *   3. a release is won in the store (once, by compare-and-set) and in the audit log before `release` returns true.
 *
 * Refuses: approvals by the agent's owner, by strangers, of something else than was shown, after the deadline (by the
 * clock, however late the expiry job is); more holds than the limits; anything while store or log are down.
 *
 * INVARIANT: an approval is used at most once, for exactly the action that was shown.
 */
import type { HoldOutcome, HoldRequest, Holds } from '../gate/ports.ts';
import { Listeners } from './bells.ts';
import type { DecideOutcome, DecideRefusal, DecideRequest, HoldDesk, HoldQuery } from './desk.ts';
import { digestOf } from './digest.ts';
import { escalate } from './escalation.ts';
import { brokenGlass } from './glass.ts';
import type { Delivery, HeldAction, Hold } from './hold.ts';
import type { HoldErrands, KeeperParts, ReleasedBy, Reviewer } from './keeper-parts.ts';
import { type Change, HoldLedger, tooMuchContention } from './ledger.ts';
import { capsOf, newHold, refuseOverLimit } from './opening.ts';
import { oneLine } from './reason.ts';
import * as state from './state.ts';
import { Turns } from './turns.ts';
import { HoldWaits } from './waits.ts';

export type { HoldErrands, KeeperParts, ReleasedBy, Reviewer };

const maxOpenAttempts = 8;
const sweepBatch = 200;

export class HoldKeeper implements Holds, HoldDesk {
  readonly #parts: KeeperParts;
  readonly #now: () => number;
  readonly #rereadMs: number;
  readonly #ledger: HoldLedger;
  readonly #waits: HoldWaits;
  readonly #openings = new Turns();
  readonly #unreachables: Listeners;
  readonly #unannounced = new Set<string>();
  #isClosed = false;
  #errands: HoldErrands | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: KeeperParts) {
    const { store, audit, wake, onProblem, now = Date.now } = parts;
    this.#parts = parts;
    this.#now = now;
    this.#rereadMs = parts.rereadMs ?? 5_000;
    this.#ledger = new HoldLedger({ store, audit, wake, now, onProblem });
    this.#waits = new HoldWaits({ ledger: this.#ledger, store, now, retryMs: this.#rereadMs });
    this.#unreachables = new Listeners(onProblem);
  }

  /** After a restart: writes down what expired, marks lost agents as gone, queues what may not have been queued. */
  async start(errands: HoldErrands | undefined): Promise<void> {
    this.#errands = errands;
    await this.sweep();
    const isAlone = this.#parts.wake === undefined;
    for (const wanted of ['pending', 'approved'] as const) {
      let cursor: string | undefined;
      do {
        const page = await this.#parts.store.list({ state: wanted, agent: undefined, limit: 500, cursor });
        for (const hold of page.holds) {
          if (isAlone && !this.#waits.has(hold.id))
            await this.#ledger.update(hold.id, (now) => state.withAgentWaiting(now, false));
          if (wanted === 'pending' || brokenGlass(hold) !== undefined) await this.#announce(hold);
        }
        cursor = page.next;
      } while (cursor !== undefined);
    }
    this.#tickLater();
  }

  /** Ends every wait, from now on too, with HOLD_DESK_CLOSED; the holds stay as they are and can be decided. */
  endWaits(): void {
    this.#waits.close();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.endWaits();
    this.#ledger.close();
  }

  async open(request: HoldRequest): Promise<{ readonly hold: Hold; readonly isNew: boolean }> {
    const digest = digestOf(request.action);
    return this.#openings.run(request.action.agent, async () => {
      for (let attempt = 0; attempt < maxOpenAttempts; attempt++) {
        const joined = await this.#join(request, digest);
        if (joined !== undefined) return { hold: joined, isNew: false };
        const { store, limits } = this.#parts;
        const limitsNow = typeof limits === 'function' ? limits() : limits;
        await refuseOverLimit(store, limitsNow, request.action, this.#now());
        const hold = this.#planned(newHold(request, digest, this.#now()));
        const expiresAt = new Date(hold.expiresAtMs).toISOString();
        await this.#parts.audit.append({
          event: 'hold.created',
          ...actionOf(request),
          hold: hold.id,
          digest,
          expiresAt,
        });
        if ((await store.insert(hold, capsOf(limitsNow, hold.createdAtMs))) !== 'inserted') {
          // On another node the same agent was faster; there is one to join, or one too many, and this one never was.
          await this.#parts.audit.append({ event: 'hold.withdrawn', hold: hold.id, digest });
          continue;
        }
        this.#ledger.changed(hold);
        await this.#announce(hold);
        if (state.isUnreachable(hold)) this.#unreachables.tell(hold);
        return { hold, isNew: true };
      }
      throw tooMuchContention();
    });
  }

  async wait(id: string, signal: AbortSignal): Promise<HoldOutcome> {
    return this.#waits.wait(id, signal, () => this.#agentLeft(id));
  }

  async decide(id: string, request: DecideRequest): Promise<DecideOutcome> {
    const asked = { ...request, reason: oneLine(request.reason) };
    let isWrittenDown = false;
    const outcome = await this.#ledger.change<DecideOutcome>(id, async (hold) => {
      if (hold === undefined) return this.#refuse(asked, 'HOLD_NOT_FOUND', 'There is no such request.', undefined);
      const reviewer = this.#parts.reviewers().find(({ name }) => name === asked.reviewer);
      const step = state.decide(hold, asked, reviewer, {
        nowMs: this.#now(),
        grantMs: this.#parts.grantMs,
        ...this.#standingFor(hold),
        breakGlass: this.#parts.breakGlass?.(),
      });
      if (step.kind === 'refused') return this.#refuse(asked, step.code, step.message, hold);
      const scopeProblem = this.#scopeProblem(hold, asked);
      if (scopeProblem !== undefined) return this.#refuse(asked, 'SCOPE_NOT_OFFERED', scopeProblem, hold);
      const { digest } = hold;
      if (!isWrittenDown) {
        const { reviewer: name, verdict, reason, channel: by, remote } = asked;
        await this.#parts.audit.append({
          event: 'hold.decided',
          hold: id,
          digest,
          reviewer: name,
          verdict,
          reason,
          by,
          remote,
          ...(asked.breakGlass === true ? { breakGlass: true } : {}),
        });
        isWrittenDown = true;
        // Writing took time: hold and clock are looked at again before the decision counts.
        return { kind: 'again' };
      }
      const after = step.hold.state;
      const isDone = after === 'approved' || after === 'rejected';
      const outside = brokenGlass(step.hold) === undefined ? {} : { breakGlass: true as const };
      const event = isDone ? ({ event: `hold.${after}`, hold: id, digest, ...outside } as const) : undefined;
      return { kind: 'write', hold: step.hold, event, value: { kind: 'recorded', hold: step.hold } };
    });
    if (outcome.kind !== 'recorded') return outcome;
    if (outcome.hold.state !== 'approved') return { kind: 'recorded', hold: this.#seen(outcome.hold) };
    // What somebody else would have allowed for longer was never approved by the rule.
    if (brokenGlass(outcome.hold) === undefined) await this.#grantScope(outcome.hold);
    else await this.#announce(outcome.hold);
    return outcome;
  }

  #scopeProblem(hold: Hold, { verdict, scope }: DecideRequest): string | undefined {
    if (verdict !== 'approve' || scope === undefined || scope.kind === 'once') return undefined;
    const { scopes } = this.#parts;
    return scopes === undefined ? 'This bastion approves for once only.' : scopes.problem(hold, scope);
  }

  /** The approval stands already; a scope that cannot be kept is none, and the next command is held. */
  async #grantScope(hold: Hold): Promise<void> {
    try {
      await this.#parts.scopes?.grant(hold);
    } catch (error) {
      this.#parts.onProblem(error);
    }
  }

  async release(id: string, action: HeldAction, by?: ReleasedBy): Promise<boolean> {
    const no: Change<boolean> = { kind: 'stop', value: false };
    return this.#ledger.change(id, async (hold) => {
      if (hold === undefined) return no;
      // The stored action is hashed again too: a file edited under us must not approve something else.
      if (digestOf(action) !== hold.digest || digestOf(hold.action) !== hold.digest) {
        const reason = 'what would run is not what was approved';
        await this.#parts.audit.append({
          event: 'hold.refused',
          hold: id,
          reviewer: undefined,
          reason,
          remote: undefined,
        });
        return no;
      }
      const released = state.release(hold, this.#now());
      if (released === undefined) return no;
      const event = {
        event: 'hold.released',
        ...actionOf({ ...hold, ...by }),
        hold: id,
        digest: hold.digest,
      } as const;
      return { kind: 'write', hold: released, event, value: true };
    });
  }

  /** By the agent itself, while nobody has decided. False when it is too late or not this agent's. */
  async withdraw(id: string, agent: string): Promise<boolean> {
    return this.#ledger.change<boolean>(id, async (hold) => {
      const next = hold?.action.agent === agent ? state.withdraw(hold, this.#now()) : undefined;
      if (next === undefined) return { kind: 'stop', value: false };
      const event = { event: 'hold.withdrawn', hold: id, digest: next.digest } as const;
      return { kind: 'write', hold: next, event, value: true };
    });
  }

  async get(id: string): Promise<Hold | undefined> {
    const hold = await this.#parts.store.get(id);
    return hold === undefined ? undefined : this.#seen(hold);
  }

  async list(query: HoldQuery): Promise<{ readonly holds: readonly Hold[]; readonly next: string | undefined }> {
    await this.sweep();
    const { holds, next } = await this.#parts.store.list(query);
    const seen = holds.map((hold) => this.#seen(hold));
    return { holds: seen.filter((hold) => query.state === undefined || hold.state === query.state), next };
  }

  onChange(listener: (hold: Hold) => void): () => void {
    return this.#ledger.listeners.add(listener);
  }

  /** Called when every reviewer's message failed, or there is no reviewer to tell: the agent should know. */
  onUnreachable(listener: (hold: Hold) => void): () => void {
    return this.#unreachables.add(listener);
  }

  /** Writes down that a hold expired, if its time has come. Called by the expiry job; late or twice is harmless. */
  async expire(id: string): Promise<void> {
    await this.#ledger.read(id);
  }

  /** Writes down every expiry that is due, and queues again what could not be queued. */
  async sweep(): Promise<void> {
    const due = await this.#parts.store.due(this.#now(), sweepBatch);
    for (const { id } of due) await this.#ledger.read(id);
    for (const id of [...this.#unannounced]) {
      const hold = await this.get(id);
      if (hold?.state === 'pending' || (hold && brokenGlass(hold))) await this.#announce(hold);
      else this.#unannounced.delete(id);
    }
  }

  /** Drops what was decided long ago from the store, in batches; the audit log keeps it. */
  async forgetDecided(openedBeforeMs: number): Promise<void> {
    while ((await this.#parts.store.forget(openedBeforeMs, sweepBatch)) === sweepBatch && !this.#isClosed);
  }

  /** Lets the groups of the escalation decide too, when that is due; the hold as it is then. Repeating it is harmless. */
  async escalate(id: string): Promise<Hold | undefined> {
    let isWrittenDown = false;
    return this.#ledger.change<Hold | undefined>(id, async (hold) => {
      const next = hold === undefined ? undefined : escalate(hold, this.#now());
      if (next === undefined) return { kind: 'stop', value: hold };
      if (!isWrittenDown) {
        const groups = next.escalation?.groups ?? [];
        await this.#parts.audit.append({ event: 'hold.escalated', hold: id, digest: next.digest, groups });
        isWrittenDown = true;
        return { kind: 'again' };
      }
      const told = state.withMoreTold(next, this.#errands?.plan(next));
      return { kind: 'write', hold: told, event: undefined, value: told };
    });
  }

  /** Notes on the hold how telling a reviewer went. */
  async noteDelivery(id: string, delivery: Delivery): Promise<void> {
    const hold = await this.#ledger.update(id, (now) => state.withDelivery(now, delivery));
    if (hold !== undefined && state.isUnreachable(hold)) this.#unreachables.tell(hold);
  }

  /** As a reader must see it now; never written back. */
  #seen(hold: Hold): Hold {
    return state.withLapses(state.seenAt(hold, this.#now()), this.#standingFor(hold));
  }

  #standingFor({ action }: Hold) {
    return {
      barred: this.#parts.barred?.(action.agent) ?? [],
      mayStill: (name: string) => this.#parts.reviewers().some((each) => each.name === name && state.isReviewer(each)),
    };
  }

  #tickLater(): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(async () => {
      try {
        await this.sweep();
        await this.#waits.reread();
      } catch (error) {
        if (!this.#isClosed) this.#parts.onProblem(error);
      }
      this.#tickLater();
    }, this.#rereadMs);
    this.#timer.unref();
  }

  async #join(request: HoldRequest, digest: string): Promise<Hold | undefined> {
    for (const found of await this.#parts.store.findOpen(digest)) {
      const changed = await this.#ledger.update(found.id, (now) => state.withAgentWaiting(now, true));
      const hold = changed ?? (await this.#ledger.read(found.id));
      if (hold === undefined || state.isFinal(hold.state)) continue;
      await this.#parts.audit.append({ event: 'hold.joined', ...actionOf(request), hold: hold.id });
      // Sends nothing twice; helps when the store answered the first agent too late, after it took the hold.
      if (hold.state === 'pending') await this.#announce(hold);
      return hold;
    }
    return undefined;
  }

  #planned(hold: Hold): Hold {
    const deliveries = this.#errands?.plan(hold);
    return deliveries === undefined ? hold : { ...hold, deliveries };
  }

  async #announce(hold: Hold): Promise<void> {
    if (this.#errands === undefined) return;
    this.#unannounced.add(hold.id);
    try {
      await this.#errands.announce(hold);
      this.#unannounced.delete(hold.id);
    } catch (error) {
      // The hold stands and can be decided in the console; the next sweep tries the mail, or the alarm, again.
      this.#parts.onProblem(error);
    }
  }

  async #agentLeft(id: string): Promise<void> {
    try {
      await this.#ledger.update(id, (now) => state.withAgentWaiting(now, false));
    } catch (error) {
      this.#parts.onProblem(error);
    }
  }

  async #refuse(
    { reviewer, remote }: DecideRequest,
    code: DecideRefusal,
    message: string,
    hold: Hold | undefined,
  ): Promise<Change<DecideOutcome>> {
    await this.#parts.audit.append({ event: 'hold.refused', hold: hold?.id, reviewer, reason: code, remote });
    return { kind: 'stop', value: { kind: 'refused', code, message, hold } };
  }
}

function actionOf(from: Pick<Hold, 'session' | 'channel' | 'action' | 'actionId'>) {
  const { session, channel, actionId } = from;
  const { agent, target, account } = from.action;
  return { session, channel, agent, target, account, action: actionId ?? channel };
}
