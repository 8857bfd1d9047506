/**
 * Steps 6 to 9 of the gate: opens the recorder, uses the approval up, runs, and writes down how it ended.
 */
import { pipeline } from 'node:stream/promises';
import { exitStatus, SallyportError, unreachable } from '../errors.ts';
import type { ActionNames, GateParts, Permit } from './gate.ts';
import { OutputCarrier } from './output.ts';
import type { ClientChannel, Ending, ExecRequest, Recording, StreamMasker, TargetChannel, TargetEnd } from './ports.ts';
import type { SessionBook } from './session-book.ts';
import { failedNotice, maskedNotice } from './words.ts';

/** The recording has no terminal of its own for an exec without PTY; players want a size. */
const execCols = 80;
const execRows = 24;

export type NotRun = {
  readonly kind: 'not-run';
  readonly code: string;
  readonly reason: string;
  readonly publicMessage: string;
  readonly status: number;
};

export async function runRecorded(
  parts: GateParts,
  book: SessionBook,
  request: ExecRequest,
  names: ActionNames,
  permit: Permit,
): Promise<Ending | NotRun> {
  const recording = await openRecording(parts, request, permit);
  const unused = async (code: string, reason: string): Promise<NotRun> => {
    await recording.close();
    return notRun(code, reason, exitStatus.waiting);
  };
  try {
    if (permit.hold !== undefined) {
      const { hold, action } = permit.hold;
      const by = { session: names.session, channel: names.channel, actionId: names.action };
      if (!(await parts.holds.release(hold.id, action, by))) {
        return await unused('HOLD_NOT_RELEASED', `${hold.id} was used already or is no longer approved`);
      }
    }
    if (permit.scope !== undefined) {
      const { scope, asked } = permit.scope;
      if ((await parts.scopes?.use(scope.id, asked, names)) !== true)
        return await unused('SCOPE_OVER', `${scope.id} was revoked or is over`);
    }
    const sent = parts.masking.text(permit.send);
    await parts.audit.append({ event: 'command.started', ...names, recording: recording.name, sent });
    book.noteRun(names.session, names.agent, permit.model, parts.clock());
    return await runStarted(parts, book, request, names, permit, recording);
  } catch (error) {
    await recording.close().catch(() => undefined);
    throw error;
  }
}

async function openRecording(parts: GateParts, request: ExecRequest, permit: Permit): Promise<Recording> {
  const recording = await parts.recorder.open({
    session: request.session.id,
    channel: request.channel,
    agent: request.session.agent.name,
    target: request.target,
    account: request.account,
    command: parts.masking.text(permit.model.text),
    cols: execCols,
    rows: execRows,
  });
  await recording.marker(parts.masking.text(whoAllowed(permit)));
  return recording;
}

function whoAllowed({ decision, hold, scope }: Permit): string {
  if (scope !== undefined) return `allowed by scope ${scope.scope.id} of ${scope.scope.createdBy.join(' and ')}`;
  if (hold !== undefined) return `approved as ${hold.hold.id}`;
  return `allowed by ${decision.rule ?? 'policy'}${decision.leavesOut === undefined ? '' : ', hidden files left out'}`;
}

async function runStarted(
  parts: GateParts,
  book: SessionBook,
  request: ExecRequest,
  names: ActionNames,
  permit: Permit,
  recording: Recording,
): Promise<Ending | NotRun> {
  const startedAt = performance.now();
  const { client } = request;
  const maskers = { stdout: parts.masking.stream(), stderr: parts.masking.stream() };
  const carrier = new OutputCarrier(recording, client);
  const stdin = { bytes: 0 };
  const end = async (outcome: TargetEnd | undefined, reason: string | undefined) => {
    const { outputSha256, recordingSha256 } = await recording.close();
    book.noteOutput(names.session, names.agent, carrier.bytes.stdout + carrier.bytes.stderr, parts.clock());
    await parts.audit.append({
      event: 'command.ended',
      ...names,
      exitStatus: outcome?.kind === 'exit' ? outcome.status : undefined,
      signal: outcome?.kind === 'signal' ? outcome.signal : undefined,
      outBytes: carrier.bytes.stdout,
      errBytes: carrier.bytes.stderr,
      inBytes: stdin.bytes,
      durationMs: Math.round(performance.now() - startedAt),
      outputSha256,
      recordingSha256,
      masked: addCounts(maskers.stdout, maskers.stderr),
      reason,
    });
  };

  let channel: TargetChannel;
  try {
    channel = await parts.targets.run(
      request.target,
      request.account,
      { agent: names.agent, command: permit.send, environment: request.environment },
      client.gone,
    );
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    await end(undefined, error.code);
    return notRun(error.code, error.message, exitStatus.unavailable, error.publicMessage);
  }

  const stop = () => channel.close();
  client.gone.addEventListener('abort', stop);
  if (client.gone.aborted) stop();
  client.onSignal((name) => channel.signal(name));
  feedStdin(channel, client, permit.stdin, stdin);
  try {
    await Promise.all([
      carrier.carry('stdout', channel.stdout, maskers.stdout),
      carrier.carry('stderr', channel.stderr, maskers.stderr),
    ]);
  } catch (error) {
    channel.close();
    await channel.ended;
    if (client.gone.aborted) {
      await end(undefined, 'the agent left while it ran');
      return { kind: 'exit', status: exitStatus.failure };
    }
    await end(undefined, 'output could not be recorded or sent, so it was stopped').catch(() => undefined);
    throw error;
  } finally {
    client.gone.removeEventListener('abort', stop);
  }
  const outcome = await channel.ended;
  await end(outcome, outcome.kind === 'lost' ? outcome.reason : undefined);
  const notice = maskedNotice(addCounts(maskers.stdout, maskers.stderr));
  // It is a courtesy: an agent that has gone does not get it.
  if (notice !== undefined) await client.notice(notice).catch(() => undefined);
  return toEnding(outcome, client);
}

async function toEnding(outcome: TargetEnd, client: ClientChannel): Promise<Ending> {
  switch (outcome.kind) {
    case 'exit':
    case 'signal':
      return outcome;
    case 'lost':
      await client.notice(failedNotice('the connection to the target was lost while the command ran', false));
      return { kind: 'exit', status: exitStatus.unavailable };
    default:
      return unreachable(outcome);
  }
}

/** A target that stops reading is no failure of the command: its output and status still count. */
function feedStdin(
  channel: TargetChannel,
  client: ClientChannel,
  stdin: Permit['stdin'],
  count: { bytes: number },
): void {
  channel.stdin.on('error', () => undefined);
  switch (stdin.kind) {
    case 'closed':
      channel.stdin.end();
      break;
    case 'bytes':
      count.bytes = stdin.bytes.length;
      channel.stdin.end(stdin.bytes);
      break;
    case 'stream': {
      const counted = async function* (source: AsyncIterable<Buffer>) {
        if (stdin.head.length > 0) yield stdin.head;
        count.bytes = stdin.head.length;
        for await (const chunk of source) {
          count.bytes += chunk.length;
          yield chunk;
        }
      };
      pipeline(client.stdin, counted, channel.stdin).catch(() => undefined);
      break;
    }
    default:
      unreachable(stdin);
  }
}

function addCounts(...maskers: readonly StreamMasker[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const masker of maskers) {
    for (const [rule, count] of Object.entries(masker.counts)) total[rule] = (total[rule] ?? 0) + count;
  }
  return total;
}

function notRun(code: string, reason: string, status: number, publicMessage?: string): NotRun {
  return { kind: 'not-run', code, reason, publicMessage: publicMessage ?? `${reason}; it did not run`, status };
}
