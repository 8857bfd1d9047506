/**
 * Steps 1 and 2 of the gate: bytes → model → verdict, with the program on stdin where the command would execute it.
 * Pure but for reading that stdin; writes nothing and tells nobody.
 */
import { createHash } from 'node:crypto';
import type { CommandModel } from '../command/model.ts';
import { type PolicyDecision, stricter } from '../policy/decision.ts';
import type { GateParts } from './gate.ts';
import type { ExecRequest, TargetInfo } from './ports.ts';
import type { SessionBook } from './session-book.ts';
import { readStdinProgram, type StdinProgram } from './stdin-program.ts';

export interface Asked {
  readonly model: CommandModel;
  readonly decision: PolicyDecision;
  /** The program read from stdin, when the command would execute what it reads. */
  readonly program: string | undefined;
  readonly stdinSha256: string | undefined;
  /** What the target gets on stdin: nothing, exactly these bytes, or the agent's stream of data. */
  readonly stdin: Buffer | 'streamed' | undefined;
  readonly tookUs: number;
}

export async function judge(
  parts: GateParts,
  book: SessionBook,
  request: ExecRequest,
  target: TargetInfo,
  /** When the same request is judged again: its stdin was read then, and is not read twice. */
  earlier?: Asked,
): Promise<Asked> {
  const startedAt = performance.now();
  const text = decodeCommand(request.command);
  const context = {
    dialect: target.dialect,
    workingDirectory: target.homeDirectory,
    homeDirectory: target.homeDirectory,
  };
  const model = await parts.understander.understand(text ?? '', context);
  const decide = (what: CommandModel) => parts.judge.decide(what, policyContext(parts, book, request, target));
  const outer = text === undefined ? notText(decide(model)) : decide(model);
  const tookUs = Math.round((performance.now() - startedAt) * 1000);
  const base = { model, decision: outer, program: undefined, stdinSha256: undefined, stdin: undefined, tookUs };

  if (outer.verdict === 'deny' || model.stdin === 'unused') return base;
  if (model.stdin === 'data') return { ...base, stdin: 'streamed' };

  const read =
    earlier === undefined ? await readStdinProgram(request.client.stdin, request.client.gone) : programOf(earlier);
  if (read.kind === 'none') return base;
  if (read.kind === 'refused') return { ...base, decision: denied(outer, `not run, because ${read.reason}`) };

  const stdin = Buffer.from(read.text);
  const decision = await decideProgram(parts, outer, read.text, model, context.dialect, decide);
  return {
    ...base,
    decision,
    program: read.text,
    stdin,
    stdinSha256: createHash('sha256').update(stdin).digest('hex'),
  };
}

function programOf(earlier: Asked): StdinProgram {
  return earlier.program === undefined ? { kind: 'none' } : { kind: 'program', text: earlier.program };
}

/** A program on stdin is never allowed by itself; a shell program is read, so that a denial inside it counts. */
async function decideProgram(
  parts: GateParts,
  outer: PolicyDecision,
  program: string,
  model: CommandModel,
  dialect: TargetInfo['dialect'],
  decide: (what: CommandModel) => PolicyDecision,
): Promise<PolicyDecision> {
  const language = model.stdinLanguage ?? 'unknown';
  const held: PolicyDecision =
    outer.verdict === 'allow'
      ? { ...outer, verdict: 'approve', rule: undefined, reason: `what it reads on stdin is a program (${language})` }
      : { ...outer, reason: `${outer.reason}; what it reads on stdin is a program (${language})` };
  if (language !== 'shell') return held;
  const inner = decide(
    await parts.understander.understand(program, { dialect, workingDirectory: undefined, homeDirectory: undefined }),
  );
  return stricter(held.verdict, inner.verdict) === 'deny'
    ? denied(held, `in the script on stdin: ${inner.reason}`, inner.rule)
    : held;
}

function policyContext(parts: GateParts, book: SessionBook, request: ExecRequest, target: TargetInfo) {
  const { agent, id } = request.session;
  const nowMs = parts.clock();
  return {
    agent: { name: agent.name, owner: agent.owner, labels: agent.labels },
    target: { name: target.name, labels: target.labels },
    account: request.account,
    nowMs,
    session: book.facts(id, agent.name, nowMs),
  };
}

/** Undefined for bytes that cannot be shown to a reviewer as they are. */
function decodeCommand(command: Buffer): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(command);
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}

function notText(decision: PolicyDecision): PolicyDecision {
  return denied(decision, 'the command is not valid UTF-8 text without NUL, so nobody can be shown what would run');
}

function denied(decision: PolicyDecision, reason: string, rule?: string): PolicyDecision {
  return { ...decision, verdict: 'deny', rule, reason, review: undefined };
}
