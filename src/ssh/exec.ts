/**
 * One exec request: from the accepted channel to its exit status.
 *
 * What is refused here never reaches the gate: a command over the limit, an address that leads nowhere, a target this
 * agent may not use. The last two look the same to the agent, so that nobody learns which targets exist.
 */
import type { SshLimits } from '../config.ts';
import { exitStatus, SallyportError } from '../errors.ts';
import type { ConsoleRequest } from '../gate/agent-console.ts';
import type { Ending, ExecRequest, SessionHandle } from '../gate/ports.ts';
import { parseAddress } from './address.ts';
import type { AgentChannel } from './channel.ts';
import { findRoute, type TargetDirectory } from './route.ts';

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
  /** Answers what an agent asks of the bastion itself. */
  readonly console: ((request: ConsoleRequest) => Promise<Ending>) | undefined;
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
  if (context.console !== undefined && parseAddress(context.username).kind === 'bastion') {
    return told(client, context.console({ session: context.session, channel: context.channel, command, client }));
  }
  const route = findRoute(context.username, context.session.agent, context.targets);
  if (route.kind === 'refused') {
    context.onRefusedTarget(context.username.slice(0, 200), route.why);
    await client.notice({ event: 'failed', message: route.message });
    return { kind: 'exit', status: exitStatus.unavailable };
  }
  return told(
    client,
    context.run({
      session: context.session,
      channel: context.channel,
      target: route.target,
      account: route.account,
      command,
      environment: context.environment,
      client,
    }),
  );
}

/** A failure with words for the agent is told; any other is the session's. */
async function told(client: AgentChannel, ending: Promise<Ending>): Promise<Ending> {
  try {
    return await ending;
  } catch (error) {
    if (!(error instanceof SallyportError) || error.publicMessage === undefined) throw error;
    await client.notice({ event: 'failed', message: error.publicMessage });
    return { kind: 'exit', status: exitStatus.failure };
  }
}
