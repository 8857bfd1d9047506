/**
 * What an agent may ask the bastion itself: its own holds, and who it is. Reached by the reserved user name `sallyport`
 * only, so that a command of this name on a target is judged like every other.
 *
 * Runs nothing on any target. The one effect, withdrawing, is audited before it takes place.
 *
 * INVARIANT: an agent sees and withdraws its own holds only, and another's id looks like one that does not exist.
 */
import type { HoldQuery } from '../approval/desk.ts';
import type { Hold } from '../approval/hold.ts';
import { visibleText } from '../approval/visible.ts';
import { exitStatus, unreachable } from '../errors.ts';
import type { PolicyDecision } from '../policy/decision.ts';
import { type AgentWish, parseAgentWish } from './agent-wish.ts';
import type { ExplainRequest, Explanation } from './explain.ts';
import type { ClientChannel, Ending, HoldOutcome, Masking, SessionHandle } from './ports.ts';
import { MinuteQuota } from './quota.ts';
import { duration, lockedNotice, noTargetNotice } from './words.ts';

export interface AgentHolds {
  get(id: string): Promise<Hold | undefined>;
  list(query: HoldQuery): Promise<{ readonly holds: readonly Hold[] }>;
  /** Audited before it takes effect; false when it is too late or not this agent's. */
  withdraw(id: string, agent: string): Promise<boolean>;
  wait(id: string, signal: AbortSignal): Promise<HoldOutcome>;
}

export interface AgentConsoleParts {
  /** What would become of a command; audited before it answers. */
  readonly explain: (request: ExplainRequest) => Promise<Explanation>;
  readonly holds: AgentHolds;
  readonly masking: Masking;
  readonly clock: () => number;
}

export interface ConsoleRequest {
  readonly session: SessionHandle;
  readonly channel: string;
  readonly command: Buffer;
  readonly client: ClientChannel;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

const maxHolds = 50;
const maxShownLength = 200;
const usageStatus = 64;

const help = `sallyport holds               your commands that wait or were decided
sallyport wait ID [--timeout SECONDS]
                              0 approved, 77 rejected, 75 expired or still waiting
sallyport withdraw ID         take back a command that waits
sallyport explain --target TARGET [--account ACCOUNT] -- COMMAND
                              what would become of it, without running it:
                              0 allowed, 75 a person must decide, 77 denied
sallyport whoami              who you are to this bastion
sallyport help
Each takes --json.
`;

/** For planning, not for searching: whoever looks for a spelling that passes is slowed down, and seen in the log. */
const maxExplainedPerMinute = 20;

export class AgentConsole {
  readonly #parts: AgentConsoleParts;
  readonly #quota = new MinuteQuota(maxExplainedPerMinute);

  constructor(parts: AgentConsoleParts) {
    this.#parts = parts;
  }

  async run(request: ConsoleRequest): Promise<Ending> {
    const wish = parseAgentWish(request.command);
    const answer = await this.#answer(request, wish);
    const text = wish.asJson ? `${JSON.stringify(answer.json)}\n` : answer.text;
    const masker = this.#parts.masking.stream();
    const stream = answer.status === usageStatus && !wish.asJson ? 'stderr' : 'stdout';
    for (const bytes of [masker.push(Buffer.from(text)), masker.end()]) {
      if (bytes.length > 0) await request.client.write(stream, bytes);
    }
    return { kind: 'exit', status: answer.status };
  }

  #answer({ session, channel, client }: ConsoleRequest, wish: AgentWish): Promise<Answer> | Answer {
    switch (wish.kind) {
      case 'help':
        return { status: 0, text: help, json: { help } };
      case 'wrong':
        return {
          status: usageStatus,
          text: `sallyport: ${visibleText(wish.problem)}\n${help}`,
          json: { error: wish.problem },
        };
      case 'whoami': {
        const { name, owner, keyFingerprint } = session.agent;
        return {
          status: 0,
          text: `agent    ${name}\nowner    ${owner}\nkey      ${keyFingerprint}\nsession  ${session.id}\n`,
          json: { agent: name, owner, key: keyFingerprint, session: session.id },
        };
      }
      case 'holds':
        return this.#list(session);
      case 'withdraw':
        return this.#withdraw(session, wish.id);
      case 'explain': {
        const { target, account, command } = wish;
        return this.#explain({ session, channel, target, account, command });
      }
      case 'wait':
        return this.#wait(session, wish.id, wish.timeoutMs, client.gone);
      default:
        return unreachable(wish);
    }
  }

  async #list({ agent }: SessionHandle): Promise<Answer> {
    const query = { state: undefined, agent: agent.name, limit: maxHolds, cursor: undefined };
    const { holds } = await this.#parts.holds.list(query);
    const own = holds.filter(({ action }) => action.agent === agent.name);
    const lines = own.map((hold) => {
      const left = hold.state === 'pending' ? duration(hold.expiresAtMs - this.#parts.clock()) : '';
      return `${hold.id}  ${hold.state.padEnd(9)}  ${left.padEnd(12)}  ${short(hold.action.command)}\n`;
    });
    return {
      status: 0,
      text: lines.length === 0 ? 'no commands of yours were held\n' : lines.join(''),
      json: { holds: own.map(described) },
    };
  }

  async #withdraw({ agent }: SessionHandle, id: string): Promise<Answer> {
    const hold = await this.#own(id, agent.name);
    if (hold === undefined) return unknownHold(id);
    if (await this.#parts.holds.withdraw(id, agent.name))
      return { status: 0, text: `${id} is withdrawn\n`, json: { id, state: 'withdrawn' } };
    const state = (await this.#own(id, agent.name))?.state ?? hold.state;
    return {
      status: exitStatus.refused,
      text: `${id} is ${state} and cannot be withdrawn\n`,
      json: { id, state, error: 'cannot be withdrawn' },
    };
  }

  async #wait({ agent }: SessionHandle, id: string, timeoutMs: number, gone: AbortSignal): Promise<Answer> {
    const hold = await this.#own(id, agent.name);
    if (hold === undefined) return unknownHold(id);
    if (hold.state === 'released') return outcome(id, 'released', exitStatus.waiting, 'was approved and has run');
    const late = AbortSignal.timeout(timeoutMs);
    try {
      return outcomeOf(await this.#parts.holds.wait(id, AbortSignal.any([gone, late])));
    } catch (error) {
      if (!late.aborted) throw error;
      return outcome(id, 'pending', exitStatus.waiting, 'still waits');
    }
  }

  async #explain(request: ExplainRequest): Promise<Answer> {
    const { agent } = request.session;
    if (!this.#quota.take(agent.name, this.#parts.clock())) {
      const error = `at most ${maxExplainedPerMinute} explanations a minute; ask again later`;
      return { status: exitStatus.waiting, text: `${error}\n`, json: { error } };
    }
    const found = await this.#parts.explain(request);
    if (found.kind === 'decided') return explained(found.decision, found.runsStdin);
    const { message } = found.kind === 'locked' ? lockedNotice(found.count) : noTargetNotice(request.target);
    const status = found.kind === 'locked' ? exitStatus.refused : exitStatus.unavailable;
    return { status, text: `${visibleText(message)}\n`, json: { error: message } };
  }

  async #own(id: string, agent: string): Promise<Hold | undefined> {
    const hold = await this.#parts.holds.get(id);
    return hold?.action.agent === agent ? hold : undefined;
  }
}

const verdictStatus = { allow: 0, approve: exitStatus.waiting, deny: exitStatus.refused } as const;
const verdictWords = {
  allow: 'it would run',
  approve: 'a person would have to decide',
  deny: 'it would not run',
} as const;

/** Nothing of the policy but what the agent would be told if it sent the command. */
function explained({ verdict, rule, reason, instead }: PolicyDecision, runsStdin: boolean): Answer {
  const stdin = runsStdin ? 'what it reads on stdin would be judged too' : undefined;
  const lines = [
    `${verdict}  ${verdictWords[verdict]}`,
    ...(rule === undefined ? [] : [`rule     ${rule}`]),
    `reason   ${reason}`,
    ...(instead === undefined ? [] : [`instead  ${instead}`]),
    ...(stdin === undefined ? [] : [`stdin    ${stdin}`]),
  ];
  const text = lines.map((line) => `${visibleText(line).replaceAll('\n', ' ')}\n`).join('');
  return { status: verdictStatus[verdict], text, json: { verdict, rule, reason, instead, stdin } };
}

function outcomeOf(ended: HoldOutcome): Answer {
  const { id } = ended.hold;
  switch (ended.kind) {
    case 'approved':
      return outcome(id, 'approved', 0, 'is approved; send the same command again to run it');
    case 'rejected': {
      const answer = outcome(id, 'rejected', exitStatus.refused, `was rejected by ${ended.reviewer}: ${ended.reason}`);
      return { ...answer, json: { ...answer.json, reviewer: ended.reviewer, reason: ended.reason } };
    }
    case 'expired':
      return outcome(id, 'expired', exitStatus.waiting, 'expired: nobody decided in time');
    case 'withdrawn':
      return outcome(id, 'withdrawn', exitStatus.waiting, 'was withdrawn');
    default:
      return unreachable(ended);
  }
}

function outcome(id: string, state: string, status: number, words: string): Answer {
  return { status, text: `${visibleText(`${id} ${words}`)}\n`, json: { id, state } };
}

function unknownHold(id: string): Answer {
  return {
    status: exitStatus.unavailable,
    text: `no hold ${id} of yours\n`,
    json: { id, error: 'no such hold' },
  };
}

function described({ id, state, action, reason, expiresAtMs }: Hold) {
  const { target, account, command } = action;
  return {
    id,
    state,
    target,
    account,
    command: command.slice(0, 4_000),
    reason,
    expiresAt: new Date(expiresAtMs).toISOString(),
  };
}

function short(command: string): string {
  const line = visibleText(command).replaceAll('\n', ' ');
  return line.length > maxShownLength ? `${line.slice(0, maxShownLength)}…` : line;
}
