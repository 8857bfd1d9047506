/**
 * One exec request: from the accepted channel to its exit status.
 *
 * What is refused here never reaches the gate: a command over the limit, an address that leads nowhere, a target this
 * agent may not use. The last two look the same to the agent, so that nobody learns which targets exist.
 */
import type { SshLimits } from '../config.ts';
import { exitStatus, SallyportError } from '../errors.ts';
import type { Ending, ExecRequest, SessionHandle, TargetInfo } from '../gate/ports.ts';
import { parseAddress } from './address.ts';
import type { AgentChannel } from './channel.ts';

/** What the SSH side must know of targets to route a request. */
export interface TargetDirectory {
  find(target: string, account: string): TargetInfo | undefined;
  /** Account of an address that names none; undefined for an unknown target. */
  defaultAccount(target: string): string | undefined;
}

export interface ExecContext {
  readonly session: SessionHandle;
  readonly username: string;
  readonly channel: string;
  readonly client: AgentChannel;
  readonly command: Buffer;
  readonly environment: Readonly<Record<string, string>>;
  readonly limits: Pick<SshLimits, 'maxCommandBytes'>;
  readonly targets: TargetDirectory;
  readonly run: (request: ExecRequest) => Promise<Ending>;
  readonly onRefusedRequest: (reason: string) => void;
  readonly onRefusedTarget: (wanted: string, reason: string) => void;
}

/** Resolves with the ending to send; rejects only on what nobody expected. */
export async function execute(context: ExecContext): Promise<Ending> {
  const { client, command, limits } = context;
  if (command.length > limits.maxCommandBytes) {
    context.onRefusedRequest(`command of ${command.length} bytes is over the limit of ${limits.maxCommandBytes}`);
    const message = `the command has ${command.length} bytes, at most ${limits.maxCommandBytes} are taken`;
    await client.notice({ event: 'denied', message, verdict: 'deny', retry: false });
    return { kind: 'exit', status: exitStatus.refused };
  }
  const route = resolve(context);
  if (route.kind === 'refused') {
    context.onRefusedTarget(context.username.slice(0, 200), route.why);
    await client.notice({ event: 'failed', message: route.message });
    return { kind: 'exit', status: exitStatus.unavailable };
  }
  try {
    return await context.run({
      session: context.session,
      channel: context.channel,
      target: route.target,
      account: route.account,
      command,
      environment: context.environment,
      client,
    });
  } catch (error) {
    if (!(error instanceof SallyportError) || error.publicMessage === undefined) throw error;
    await client.notice({ event: 'failed', message: error.publicMessage });
    return { kind: 'exit', status: exitStatus.failure };
  }
}

type Route =
  | { readonly kind: 'found'; readonly target: string; readonly account: string }
  | { readonly kind: 'refused'; readonly message: string; readonly why: string };

function resolve({ username, session, targets }: ExecContext): Route {
  const address = parseAddress(username);
  if (address.kind === 'malformed') {
    return {
      kind: 'refused',
      message: 'this is not an address; connect as TARGET@bastion or ACCOUNT@TARGET@bastion',
      why: 'malformed address',
    };
  }
  if (address.kind === 'bastion') {
    return {
      kind: 'refused',
      message: 'this name is the bastion itself and runs no commands; connect as TARGET@bastion',
      why: 'bastion address',
    };
  }
  const { target } = address;
  const account = address.account ?? targets.defaultAccount(target);
  const exists = account !== undefined && targets.find(target, account) !== undefined;
  if (exists && session.agent.mayUse(target, account)) return { kind: 'found', target, account };
  const wanted = address.account === undefined ? target : `${address.account}@${target}`;
  return {
    kind: 'refused',
    message: `${wanted} is not available to agent ${session.agent.name}`,
    why: exists ? 'agent may not use this target and account' : 'no such target or account',
  };
}
