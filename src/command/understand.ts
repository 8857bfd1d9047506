/**
 * Text → command model, the first step of every decision.
 *
 * guards on the text → grammar, checked byte by byte → a walk that lists every command, follows what is known and
 * reads every program inside a program. INVARIANT: never throws; what was not understood is in `unknowns`, there or
 * on the command, and then there is no `canonical`.
 */
import type { CommandModel, Dialect, EffectKind, UnderstandContext, Unknown } from './model.ts';
import type { ToolReader } from './reading.ts';
import { printProgram } from './shell/canonical.ts';
import { copiesInput, freshDescriptors } from './shell/descriptors.ts';
import { Interpreter } from './shell/interpret.ts';
import { mayNameDevices, mayNameHosts } from './shell/mentioned-places.ts';
import { defaultRunLimits, endOf, type Run, type RunLimits, type Scene, type StdinReader } from './shell/scene.ts';
import { mayWidenGlobs } from './shell/shell-options.ts';
import { freshState } from './shell/shell-state.ts';
import { emptyProgram, type Program } from './shell/syntax.ts';
import { defaultTextLimits, guardText, type TextLimits } from './shell/text-guard.ts';
import { readProgram } from './shell/verify-program.ts';

export interface UnderstanderOptions {
  readonly readTool: ToolReader;
  /** Languages a program on stdin may be in; a language without a reader is code. */
  readonly readers?: Readonly<Record<string, StdinReader>>;
  readonly limits?: Partial<TextLimits & RunLimits>;
}

export interface ShellUnderstander {
  understandSync(text: string, context: UnderstandContext): CommandModel;
}

export function createUnderstander(options: UnderstanderOptions): ShellUnderstander {
  const textLimits = options.limits === undefined ? defaultTextLimits : { ...defaultTextLimits, ...options.limits };
  const limits = options.limits === undefined ? defaultRunLimits : { ...defaultRunLimits, ...options.limits };
  const understandSync = (text: string, context: UnderstandContext): CommandModel => {
    // A text may be read more than once, and says the same of itself each time.
    const [hasWideGlobs, namesDevices, namesHosts] = [mayWidenGlobs(text), mayNameDevices(text), mayNameHosts(text)];
    const freshRun = (narrowing?: Run['narrowing'], rewrites = true): Run => ({
      readTool: options.readTool,
      readers: options.readers ?? {},
      limits,
      commands: [],
      unknowns: [],
      resolved: new Map(),
      expansions: [],
      insertions: undefined,
      insertionPlans: undefined,
      printedInsertions: undefined,
      rewrites,
      rewritten: undefined,
      printedRewrites: undefined,
      linesOf: undefined,
      nestedTexts: undefined,
      printedTexts: undefined,
      wideSearches: undefined,
      narrowing,
      functions: undefined,
      hasWideGlobs,
      mayNameDevices: namesDevices,
      mayNameHosts: namesHosts,
      program: undefined,
      settings: undefined,
      descriptors: freshDescriptors(),
      failed: undefined,
      steps: 0,
      stdin: 'unused',
      stdinLanguage: undefined,
      isExhausted: false,
      endsAt: endOf(text),
      mayRepeat: false,
    });
    let run = freshRun();
    try {
      let asWritten = readModel(text, context, run, textLimits);
      if (run.rewritten !== undefined && asWritten.canonical === undefined && run.steps <= maxStepsTwice) {
        // Perhaps it cannot be written down in another form, and need not be.
        run = freshRun(undefined, false);
        asWritten = readModel(text, context, run, textLimits);
      }
      if (run.wideSearches === undefined || run.steps > maxStepsTwice || !mayBeHeldForHidden(asWritten))
        return asWritten;
      const narrower = readModel(text, context, freshRun(run.wideSearches, run.rewrites), textLimits, run.program);
      return onlyReadsOrWrites(narrower) ? { ...asWritten, narrower } : asWritten;
    } catch {
      // A bug or an exhausted stack is one more text that was not understood.
      run.unknowns.push({ code: 'SHELL_SYNTAX', reason: 'The text could not be read to its end.', span: undefined });
      return model(text, context.dialect, run, undefined);
    }
  };
  return { understandSync };
}

/** HOSTILE: a text that is read twice costs twice as much; what searches a home is short. */
const maxStepsTwice = 500;

const hasOnly = ({ canonical, commands }: CommandModel, kinds: ReadonlySet<EffectKind>): boolean =>
  canonical !== undefined && commands.every(({ effects }) => effects.every(({ kind }) => kinds.has(kind)));

const heldForHidden: ReadonlySet<EffectKind> = new Set(['read', 'identity', 'write', 'execute-code']);
/** Nothing but reading and writing, and of that something hidden: perhaps it is harmless without. */
const mayBeHeldForHidden = (model: CommandModel): boolean => hasOnly(model, heldForHidden);

const harmless: ReadonlySet<EffectKind> = new Set(['read', 'write']);
const onlyReadsOrWrites = (model: CommandModel): boolean => hasOnly(model, harmless);

/** `known`: the text was verified before, and is read once more with another question. */
function readModel(
  text: string,
  context: UnderstandContext,
  run: Run,
  limits: TextLimits,
  known?: Program,
): CommandModel {
  const read = (source: string, dialect: Dialect): { program: Program; unknowns: readonly Unknown[] } => {
    const guarded = guardText(source, limits);
    if (!guarded.isParseable) return { program: emptyProgram, unknowns: guarded.unknowns };
    const verified = readProgram(source, dialect);
    return guarded.unknowns.length === 0
      ? verified
      : { program: verified.program, unknowns: [...guarded.unknowns, ...verified.unknowns] };
  };
  const { program, unknowns } = known === undefined ? read(text, context.dialect) : { program: known, unknowns: [] };
  run.program = program;
  run.unknowns.push(...unknowns);
  const interpreter = new Interpreter(run, read);
  const scene: Scene = {
    via: [],
    runsAs: undefined,
    runsOn: undefined,
    dialect: context.dialect,
    depth: 0,
    stdin: { source: 'session', text: undefined },
    span: undefined,
    hasUnseenArguments: false,
    calls: [],
    feeds: undefined,
  };
  interpreter.program(program, scene, freshState([context.workingDirectory], context.homeDirectory), text);
  if (run.functions !== undefined) interpreter.finish(run.functions);
  const copied = copiesInput(run.descriptors);
  if (copied !== undefined) run.unknowns.push(copied);
  const isUnderstood = run.unknowns.length === 0 && run.commands.every((command) => command.unknowns.length === 0);
  return model(text, context.dialect, run, isUnderstood ? print(program, run) : undefined);
}

function print(program: Program, run: Run): string | undefined {
  try {
    const text = printProgram(program, run);
    // INVARIANT: words that a reading depends on are in the text, or there is no text.
    if ((run.printedInsertions?.size ?? 0) !== (run.insertions?.size ?? 0))
      throw new RangeError('an insertion was not printed');
    if ((run.printedRewrites?.size ?? 0) !== (run.rewritten?.size ?? 0))
      throw new RangeError('another form was not printed');
    return text;
  } catch {
    const reason = 'The command cannot be written down in a form that only means what was judged.';
    run.unknowns.push({ code: 'CANONICAL_IMPOSSIBLE', reason, span: undefined });
    return undefined;
  }
}

function model(text: string, dialect: Dialect, run: Run, canonical: string | undefined): CommandModel {
  return {
    text,
    dialect,
    commands: run.commands,
    mayRepeat: run.mayRepeat ? true : undefined,
    unknowns: run.unknowns,
    stdin: run.stdin,
    stdinLanguage: run.stdin === 'code' ? run.stdinLanguage : undefined,
    narrower: undefined,
    canonical,
    canonicalInside: canonical === undefined ? undefined : run.printedTexts,
  };
}
