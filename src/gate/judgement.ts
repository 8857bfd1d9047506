/**
 * Steps 1 and 2 of the gate: bytes → model → verdict, with stdin where the command would execute it or is held.
 * Pure but for reading that stdin; writes nothing and tells nobody.
 */
import { createHash } from 'node:crypto';
import type { CommandModel } from '../command/model.ts';
import { judgedModel, type PolicyDecision, stricter } from '../policy/decision.ts';
import { mergeReviews } from '../policy/review.ts';
import type { GateParts } from './gate.ts';
import type { ExecRequest, TargetInfo } from './ports.ts';
import type { SessionBook } from './session-book.ts';
import { programOf, readStdin, type StdinReading, textOf } from './stdin-program.ts';

export interface Asked {
  readonly model: CommandModel;
  readonly decision: PolicyDecision;
  /** The program read from stdin, when the command would execute what it reads. */
  readonly program: string | undefined;
  /** What a reviewer is shown of stdin: the program, or the data of a held command where all of it came at once. */
  readonly shown: string | undefined;
  readonly stdinSha256: string | undefined;
  readonly stdin: StdinPlan;
  readonly tookUs: number;
}

/** What the target gets on stdin: nothing, exactly these bytes, or the agent's stream of data after what was read of it. */
export type StdinPlan =
  | { readonly kind: 'closed' }
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'stream'; readonly head: Buffer };

/** Understands and decides on the text alone, without stdin. What is only asked about does not count as done. */
export async function judgeText(
  parts: GateParts,
  book: SessionBook,
  request: AskedText,
  target: TargetInfo,
  isCounted: boolean,
) {
  const text = textOf(request.command);
  const context = {
    dialect: target.dialect,
    workingDirectory: target.homeDirectory,
    homeDirectory: target.homeDirectory,
  };
  const model = await parts.understander.understand(text ?? '', context);
  const decide = (what: CommandModel) => parts.judge.decide(what, policyContext(parts, book, request, target));
  const decision = text === undefined ? notText(decide(model)) : decide(model);
  // INVARIANT: nothing is awaited between the question and the count.
  if (isCounted) book.count(request.session.id, request.session.agent.name, decision, parts.clock());
  return { model: judgedModel(model, decision), decide, decision };
}

type AskedText = Pick<ExecRequest, 'session' | 'account' | 'command'>;

export async function judge(
  parts: GateParts,
  book: SessionBook,
  request: ExecRequest,
  target: TargetInfo,
  /** When the same request is judged again: its stdin was read then, and is not read twice. */
  earlier?: Asked,
): Promise<Asked> {
  const startedAt = performance.now();
  const { model, decision: outer, decide } = await judgeText(parts, book, request, target, earlier === undefined);
  const tookUs = Math.round((performance.now() - startedAt) * 1000);
  const closed = { model, decision: outer, program: undefined, shown: undefined, stdinSha256: undefined, tookUs };
  const base: Asked = { ...closed, stdin: { kind: 'closed' } };

  if (outer.verdict === 'deny' || model.stdin === 'unused') return base;
  // What was read of stdin is not read twice.
  if (earlier !== undefined && earlier.program === undefined) return { ...earlier, decision: outer };
  if (model.stdin === 'data') {
    if (outer.verdict === 'allow') return { ...base, stdin: { kind: 'stream', head: Buffer.alloc(0) } };
    return withData(base, await readStdin(request.client.stdin, request.client.gone));
  }

  const program =
    earlier?.program === undefined
      ? programOf(await readStdin(request.client.stdin, request.client.gone))
      : ({ kind: 'program', text: earlier.program } as const);
  if (program.kind === 'none') return base;
  if (program.kind === 'refused') return { ...base, decision: denied(outer, `not run, because ${program.reason}`) };
  const bytes = Buffer.from(program.text);
  return {
    ...base,
    decision: await decideProgram(parts, outer, program.text, model, target.dialect, decide),
    program: program.text,
    shown: program.text,
    stdin: { kind: 'bytes', bytes },
    stdinSha256: sha256(bytes),
  };
}

/** Data of a held command is bound to the approval where all of it came at once; a longer stream is not, and the page says so. */
function withData(base: Asked, { end, bytes }: StdinReading): Asked {
  if (end !== 'eof') return { ...base, stdin: { kind: 'stream', head: bytes } };
  if (bytes.length === 0) return base;
  const hash = sha256(bytes);
  const shown = textOf(bytes) ?? `(${bytes.length} bytes that are not text, SHA-256 ${hash})`;
  return { ...base, shown, stdin: { kind: 'bytes', bytes }, stdinSha256: hash };
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
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
  if (stricter(held.verdict, inner.verdict) === 'deny')
    return denied(held, `in the script on stdin: ${inner.reason}`, inner.rule);
  // Who has to agree to what the script does has to agree to the script.
  const terms = [held.review, inner.verdict === 'approve' ? inner.review : undefined].filter(
    (one) => one !== undefined,
  );
  const review = mergeReviews(terms);
  if (review === undefined && terms.length > 1)
    return denied(held, 'the script on stdin and what runs it need too many different groups of reviewers');
  return { ...held, review };
}

function policyContext(parts: GateParts, book: SessionBook, request: AskedText, target: TargetInfo) {
  const { agent, id } = request.session;
  const nowMs = parts.clock();
  return {
    agent: { name: agent.name, owner: agent.owner, labels: agent.labels },
    target: { name: target.name, labels: target.labels },
    account: request.account,
    nowMs,
    ...book.facts(id, agent.name, nowMs),
  };
}

function notText(decision: PolicyDecision): PolicyDecision {
  return denied(decision, 'the command is not valid UTF-8 text without NUL, so nobody can be shown what would run');
}

function denied(decision: PolicyDecision, reason: string, rule?: string): PolicyDecision {
  return { ...decision, verdict: 'deny', rule, reason, review: undefined };
}
