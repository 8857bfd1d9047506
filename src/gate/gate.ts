/**
 * Understands, decides, records and runs one action.
 *
 * The order below is the security property of the whole program:
 *   1. what is not understood is never allowed, and the strictest part decides;
 *   2. the decision is on disk before anything runs; a held action runs only after people said so, once;
 *   3. the recorder is open before the first byte; output is masked, then recorded, then sent.
 * A step that cannot be completed stops the action with a status that is not 0. Nothing is retried silently.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { HeldAction, Hold } from '../approval/hold.ts';
import type { AskedScope, Scope } from '../approval/scope.ts';
import { isUnreachable } from '../approval/state.ts';
import type { CommandModel } from '../command/model.ts';
import { exitStatus, SallyportError, unreachable } from '../errors.ts';
import type { PolicyDecision } from '../policy/decision.ts';
import { type ExplainRequest, type Explanation, explain } from './explain.ts';
import { effectsInWords, heldAction, partsInWords } from './held-action.ts';
import { type Asked, judge, type StdinPlan } from './judgement.ts';
import { outlineOf } from './outline.ts';
import type {
  AuditSink,
  Ending,
  ExecRequest,
  HoldOutcome,
  Holds,
  Judge,
  Masking,
  Recorder,
  Scopes,
  Standings,
  TargetInfo,
  Targets,
  Understander,
} from './ports.ts';
import { termsOf } from './review-terms.ts';
import { runRecorded } from './run.ts';
import { askedScope, offerOf } from './scope.ts';
import { SessionBook } from './session-book.ts';
import * as words from './words.ts';

export interface GateParts {
  readonly understander: Understander;
  readonly judge: Judge;
  readonly audit: AuditSink;
  readonly holds: Holds;
  /** Absent: every approval is for once. */
  readonly scopes?: Scopes;
  /** Absent: nobody counts what is asked again after a rejection. */
  readonly standings?: Standings;
  readonly recorder: Recorder;
  readonly masking: Masking;
  readonly targets: Targets;
  readonly clock: () => number;
  /** Unexpected failures, for the log. The agent only hears that something failed. */
  readonly onFailure: (error: unknown, session: string) => void;
}

/** Which action an event or an error belongs to. */
export interface ActionNames {
  readonly session: string;
  readonly agent: string;
  readonly channel: string;
  readonly target: string;
  readonly account: string;
  readonly action: string;
}

/** What may run, and exactly what. */
export interface Permit {
  readonly model: CommandModel;
  readonly decision: PolicyDecision;
  readonly send: string;
  readonly stdin: StdinPlan;
  readonly hold: { readonly hold: Hold; readonly action: HeldAction } | undefined;
  /** Instead of a hold: an earlier approval that covers this action too. */
  readonly scope?: { readonly scope: Scope; readonly asked: AskedScope };
}

const exit = (status: number): Ending => ({ kind: 'exit', status });

export class Gate {
  readonly #parts: GateParts;
  readonly #book = new SessionBook();

  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  /** Never rejects: every failure ends the action with a status that is not 0 and an audit event where one is possible. */
  async run(request: ExecRequest): Promise<Ending> {
    const names: ActionNames = {
      session: request.session.id,
      agent: request.session.agent.name,
      channel: request.channel,
      target: request.target,
      account: request.account,
      action: randomUUID(),
    };
    try {
      return await this.#pass(request, names);
    } catch (error) {
      return await this.#fail(request, names, error);
    }
  }

  /** What would become of a command, without running or holding it. */
  explain(request: ExplainRequest): Promise<Explanation> {
    return explain(this.#parts, this.#book, request);
  }

  /** Drops what was remembered of a session; called when its connection is gone. */
  endSession(session: string): void {
    this.#book.forget(session);
  }

  async #pass(request: ExecRequest, names: ActionNames): Promise<Ending> {
    const { agent } = request.session;
    const target = this.#parts.targets.find(request.target, request.account);
    if (target === undefined || !agent.isStillValid() || !agent.mayUse(request.target, request.account)) {
      return this.#refuseTarget(request, target);
    }

    const lock = this.#parts.standings?.lockOf(agent.name);
    if (lock !== undefined) return this.#refuseLocked(request, names, lock.count);
    const asked = await judge(this.#parts, this.#book, request, target);
    const { decision } = asked;
    const { masking } = this.#parts;
    await this.#parts.audit.append({
      event: 'command.decided',
      ...names,
      kind: 'exec',
      // The log outlives every secret an agent types into a command, and is copied to where secrets must not be.
      command: masking.text(asked.model.text),
      commandSha256: createHash('sha256').update(request.command).digest('hex'),
      canonical: asked.model.canonical === undefined ? undefined : masking.text(asked.model.canonical),
      stdinSha256: asked.stdinSha256,
      verdict: decision.verdict,
      rule: decision.rule,
      reason: masking.text(decision.reason),
      policyHash: decision.policyHash,
      shadow: decision.shadow,
      tookUs: asked.tookUs,
    });
    this.#book.noteDecision(names.agent, asked.model, decision, this.#parts.clock());

    switch (decision.verdict) {
      case 'deny':
        await this.#standing(names, asked, heldAction(request, target, asked));
        await request.client.notice(words.deniedNotice(decision));
        return exit(exitStatus.refused);
      case 'allow':
        if (decision.leavesOut !== undefined) await request.client.notice(words.narrowedNotice());
        return this.#runPermitted(request, names, this.#permitAllowed(asked));
      case 'approve':
        return (
          (await this.#runCovered(request, names, target, asked)) ?? this.#holdAndRun(request, names, target, asked)
        );
      default:
        return unreachable(decision.verdict);
    }
  }

  #permitAllowed(asked: Asked): Permit {
    const { model, decision } = asked;
    if (model.canonical === undefined) {
      // INVARIANT: only a model without unknowns is allowed, and every such model can be printed.
      throw new SallyportError('GATE_NO_CANONICAL_TEXT', 'an allowed command has no canonical text', {
        publicMessage: 'internal contradiction in the judgement of this command, so it did not run',
      });
    }
    return { model, decision, send: model.canonical, stdin: asked.stdin, hold: undefined };
  }

  /** Undefined when no earlier approval covers this: then it is held. */
  async #runCovered(
    request: ExecRequest,
    names: ActionNames,
    target: TargetInfo,
    asked: Asked,
  ): Promise<Ending | undefined> {
    const action = heldAction(request, target, asked);
    const covered = askedScope(action, names.session, { model: asked.model, review: asked.decision.review });
    const scope = await this.#parts.scopes?.find(covered);
    // Reading stdin took as long as the agent wanted: under another policy this is another action, and is held.
    if (scope === undefined || this.#parts.judge.policyHash !== action.policyHash) return undefined;
    const { agent } = request.session;
    if (!agent.isStillValid() || !agent.mayUse(request.target, request.account))
      return this.#refuseTarget(request, target);
    // The exact bytes were reviewed, or only the words as they were understood.
    const send = scope.kind === 'pattern' ? asked.model.canonical : action.command;
    if (send === undefined) return undefined;
    await request.client.notice(words.coveredNotice(scope));
    const { model, decision, stdin } = asked;
    return this.#runPermitted(request, names, {
      model,
      decision,
      send,
      stdin,
      hold: undefined,
      scope: { scope, asked: covered },
    });
  }

  async #holdAndRun(request: ExecRequest, names: ActionNames, target: TargetInfo, asked: Asked): Promise<Ending> {
    const { client } = request;
    const action = heldAction(request, target, asked);
    const scopes = offerOf(asked.decision.review, asked.model, action);
    const { lock, respelling, outline } = await this.#standing(names, asked, action);
    if (lock !== undefined) return this.#refuseLocked(request, names, lock.count);
    const { hold, isNew } = await this.#parts.holds.open({
      action,
      reason: asked.decision.reason,
      rule: asked.decision.rule,
      parts: partsInWords(asked),
      effects: effectsInWords(asked.model),
      ...termsOf(asked.decision.review),
      session: names.session,
      channel: names.channel,
      before: this.#book.before(names.agent, this.#parts.clock()).slice(0, -1),
      actionId: names.action,
      outline,
      ...(respelling === undefined ? {} : { respelling }),
      ...(scopes === undefined || this.#parts.scopes === undefined ? {} : { scopes }),
    });
    if (hold.state === 'pending') await client.notice(words.heldNotice(hold, isNew, this.#parts.clock()));

    let outcome: HoldOutcome;
    const tellUnreached = (unreached: Hold): void => {
      // It is a courtesy: an agent that has gone does not get it.
      if (unreached.id === hold.id) client.notice(words.unreachedNotice(unreached)).catch(() => undefined);
    };
    const stopTelling = this.#parts.holds.onUnreachable?.(tellUnreached);
    if (isUnreachable(hold)) tellUnreached(hold);
    try {
      outcome = await this.#parts.holds.wait(hold.id, client.gone);
    } catch (error) {
      if (!client.gone.aborted) throw error;
      await this.#refuse(names, 'AGENT_LEFT', `the agent left; ${hold.id} waits without it`);
      return exit(exitStatus.waiting);
    } finally {
      stopTelling?.();
    }
    switch (outcome.kind) {
      case 'approved':
        return this.#runApproved(request, names, target, asked, { hold: outcome.hold, action });
      case 'rejected':
        await client.notice(words.rejectedNotice(outcome.hold, outcome.reviewer, outcome.reason));
        return exit(exitStatus.refused);
      case 'expired':
        await client.notice(words.expiredNotice(outcome.hold));
        return exit(exitStatus.waiting);
      case 'withdrawn':
        await client.notice(words.withdrawnNotice(outcome.hold));
        return exit(exitStatus.waiting);
      default:
        return unreachable(outcome);
    }
  }

  async #runApproved(
    request: ExecRequest,
    names: ActionNames,
    target: TargetInfo,
    asked: Asked,
    held: { readonly hold: Hold; readonly action: HeldAction },
  ): Promise<Ending> {
    // Minutes have passed: policy, agent and target are asked again, and a deny now wins over any approval.
    const lock = this.#parts.standings?.lockOf(names.agent);
    if (lock !== undefined) return this.#refuseLocked(request, names, lock.count);
    const again = await judge(this.#parts, this.#book, request, target, asked);
    if (again.decision.verdict === 'deny') {
      await this.#refuse(names, 'POLICY_CHANGED', `the policy now denies what was approved: ${again.decision.reason}`);
      await request.client.notice(words.deniedNotice(again.decision));
      return exit(exitStatus.refused);
    }
    const now = this.#parts.targets.find(request.target, request.account);
    const { agent } = request.session;
    if (now === undefined || !agent.isStillValid() || !agent.mayUse(request.target, request.account)) {
      return this.#refuseTarget(request, target);
    }
    if (now.hostKeyFingerprint !== held.action.targetHostKey) {
      await this.#refuse(
        names,
        'TARGET_CHANGED',
        'the pinned host key of the target changed while the hold was pending',
      );
      await request.client.notice(
        words.failedNotice('the target changed since this was reviewed; send it again', true),
      );
      return exit(exitStatus.waiting);
    }
    await request.client.notice(words.approvedNotice(held.hold));
    return this.#runPermitted(request, names, {
      model: asked.model,
      decision: asked.decision,
      // What the reviewer saw is what runs, byte for byte.
      send: held.action.command,
      stdin: asked.stdin,
      hold: held,
    });
  }

  async #runPermitted(request: ExecRequest, names: ActionNames, permit: Permit): Promise<Ending> {
    const ending = await runRecorded(this.#parts, this.#book, request, names, permit);
    if (ending.kind !== 'not-run') return ending;
    await this.#refuse(names, ending.code, ending.reason);
    await request.client.notice(words.failedNotice(ending.publicMessage, ending.status === exitStatus.waiting));
    return exit(ending.status);
  }

  async #refuseTarget(request: ExecRequest, target: TargetInfo | undefined): Promise<Ending> {
    const { session } = request;
    const why =
      target === undefined
        ? 'no such target or account'
        : 'not among the targets of this agent, or the agent is no longer valid';
    await this.#parts.audit.append({
      event: 'target.refused',
      session: session.id,
      agent: session.agent.name,
      channel: request.channel,
      wanted: `${request.account}@${request.target}`,
      reason: why,
    });
    await request.client.notice(words.noTargetNotice(request.target));
    return exit(exitStatus.unavailable);
  }

  /** Whether this was rejected before, which is counted, and how the agent stands then. */
  async #standing(names: ActionNames, asked: Asked, action: HeldAction) {
    const { code, ...outline } = outlineOf(asked.model, asked.program);
    const asksAgain = { action, outline: { ...outline, code }, session: names.session, actionId: names.action };
    const found = await this.#parts.standings?.look(asksAgain);
    return { lock: found?.lock, respelling: found?.respelling, outline };
  }

  async #refuseLocked(request: ExecRequest, names: ActionNames, count: number): Promise<Ending> {
    await this.#refuse(names, 'AGENT_LOCKED', 'the agent is locked: it asked too often for what was rejected');
    await request.client.notice(words.lockedNotice(count));
    return exit(exitStatus.refused);
  }

  async #refuse(names: ActionNames, code: string, reason: string): Promise<void> {
    await this.#parts.audit.append({
      event: 'command.refused',
      ...names,
      code,
      // A reason may quote words of the command.
      reason: this.#parts.masking.text(reason),
    });
  }

  async #fail(request: ExecRequest, names: ActionNames, error: unknown): Promise<Ending> {
    const code = error instanceof SallyportError ? error.code : 'GATE_FAILED';
    if (!ordinary.has(code)) this.#parts.onFailure(error, names.session);
    const publicMessage = error instanceof SallyportError ? error.publicMessage : undefined;
    const isRetryable = retryLater.has(code);
    try {
      await this.#refuse(names, code, error instanceof SallyportError ? error.message : 'unexpected failure');
    } catch {
      // The log itself is dead; whoever owns it stops the process. The agent still gets its non-zero status.
    }
    try {
      await request.client.notice(
        words.failedNotice(
          publicMessage ?? 'Sallyport could not complete this, so it did not run or was stopped',
          isRetryable,
        ),
      );
    } catch {
      // The agent is gone; nobody is left to tell.
    }
    return exit(isRetryable ? exitStatus.waiting : exitStatus.failure);
  }
}

/** Ends that an agent over its limit, or an operator's Ctrl-C, causes: the audit log has them, and nobody need mend anything. */
const ordinary: ReadonlySet<string> = new Set(['HOLD_LIMIT', 'HOLD_DESK_CLOSED']);

/** Failures that are over some time later: the same command may be sent again. */
const retryLater: ReadonlySet<string> = new Set(['HOLD_LIMIT', 'HOLD_DESK_CLOSED', 'STORE_UNREACHABLE']);
