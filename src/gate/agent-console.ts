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
import { type AgentWish, parseAgentWish } from './agent-wish.ts';
import type { ClientChannel, Ending, HoldOutcome, Masking, SessionHandle } from './ports.ts';
import { duration } from './words.ts';

export interface AgentHolds {
  get(id: string): Promise<Hold | undefined>;
  list(query: HoldQuery): Promise<{ readonly holds: readonly Hold[] }>;
  /** Audited before it takes effect; false when it is too late or not this agent's. */
  withdraw(id: string, agent: string): Promise<boolean>;
  wait(id: string, signal: AbortSignal): Promise<HoldOutcome>;
}

export interface AgentConsoleParts {
  readonly holds: AgentHolds;
  readonly masking: Masking;
  readonly clock: () => number;
}

export interface ConsoleRequest {
  readonly session: SessionHandle;
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
sallyport whoami              who you are to this bastion
sallyport help
Each takes --json.
`;

export class AgentConsole {
  readonly #parts: AgentConsoleParts;

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

  #answer({ session, client }: ConsoleRequest, wish: AgentWish): Promise<Answer> | Answer {
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

  async #own(id: string, agent: string): Promise<Hold | undefined> {
    const hold = await this.#parts.holds.get(id);
    return hold?.action.agent === agent ? hold : undefined;
  }
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
