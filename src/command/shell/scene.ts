/** Where in the text and as whom a command runs: what stays the same while one program is walked. */
import type { Dialect, SimpleCommand, Span, StdinUse, Unknown, Word } from '../model.ts';
import type { Feeding, InsertedWords, NameList, NestedProgram, ProgramReading, ToolReader } from '../reading.ts';
import type { DescriptorUse } from './descriptors.ts';
import type { Settings } from './inherited.ts';
import type { Stdin } from './redirects.ts';
import type { ShellState } from './shell-state.ts';
import type { CommandNode, FunctionNode, Program, Template } from './syntax.ts';

export interface Scene {
  readonly via: readonly string[];
  readonly runsAs: string | undefined;
  readonly runsOn: string | undefined;
  readonly dialect: Dialect;
  readonly depth: number;
  readonly stdin: Stdin;
  /** Set inside nested text, whose own offsets mean nothing to a reader of the whole. */
  readonly span: Span | undefined;
  readonly hasUnseenArguments: boolean;
  /** Functions being called, so that recursion ends. */
  readonly calls: readonly string[];
  /** Of a simple command only: who alone gets what it prints. */
  readonly feeds: Feeding | undefined;
}

/**
 * The same scene with another stdin, or deeper in. Written out, because V8 gives the copy that a spread makes a hidden class
 * of its own when a property changes in it, and whoever looks at it then pays for that.
 */
export function sceneWithin(
  scene: Scene,
  change: {
    readonly stdin: Stdin;
    readonly feeds?: Feeding | undefined;
    readonly via?: readonly string[];
    readonly depth?: number;
  },
): Scene {
  return {
    via: change.via ?? scene.via,
    runsAs: scene.runsAs,
    runsOn: scene.runsOn,
    dialect: scene.dialect,
    depth: change.depth ?? scene.depth,
    stdin: change.stdin,
    span: scene.span,
    hasUnseenArguments: scene.hasUnseenArguments,
    calls: scene.calls,
    feeds: change.feeds,
  };
}

/** The states in which a piece of program leaves its shell; often one and the same object. */
export interface Outcome {
  readonly success: ShellState;
  readonly failure: ShellState;
  /** All that it wrote to its stdout, where the text says so. */
  readonly output?: string | undefined;
  /** What it printed, when that is a list of names. */
  readonly names?: NameList | undefined;
}

/** A program reader for text that arrives on stdin ('python', 'sql' …). */
export type StdinReader = (text: string) => ProgramReading;

export interface RunLimits {
  /** Simple commands listed in one model. */
  readonly maxCommands: number;
  /** Programs inside programs. */
  readonly maxDepth: number;
  /** Words and commands looked at, over all unrolled loops and calls. */
  readonly maxSteps: number;
}

export const defaultRunLimits: RunLimits = { maxCommands: 500, maxDepth: 12, maxSteps: 10_000 };

export interface Expanded {
  readonly template: Template;
  readonly words: readonly Word[];
}

export interface Insertion {
  readonly field: number;
  readonly words: readonly string[];
  /** Printed in place of the word itself. */
  readonly instead: string | undefined;
}

export interface DefinedFunctions {
  readonly names: Set<string>;
  readonly nestedNames: Set<string>;
  readonly called: Set<string>;
  readonly definitions: { readonly node: FunctionNode; readonly scene: Scene }[];
}

/** What one understanding collects. Most texts have no functions and nothing to insert. */
export interface Run {
  readonly readTool: ToolReader;
  readonly readers: Readonly<Record<string, StdinReader>>;
  readonly limits: RunLimits;
  readonly commands: SimpleCommand[];
  readonly unknowns: Unknown[];
  /** What each template was expanded to; null when it was dynamic, or differed between two visits. Not plain text. */
  readonly resolved: Map<Template, readonly Word[] | null>;
  /** Every expansion in order, for finding out which template a word came from. */
  readonly expansions: Expanded[];
  /** Words to print behind a field of a template, because the command is only then what its reading says. */
  insertions: Map<Template, readonly Insertion[]> | undefined;
  /** What was asked for whenever the command whose name is this template ran. */
  insertionPlans: Map<Template, readonly InsertedWords[]> | undefined;
  printedInsertions: Set<Template> | undefined;
  /** What would have to be printed in another form may be read as that. */
  readonly rewrites: boolean;
  /** Loops over lines whose bodies get nothing on their stdin; words whose variable, which holds one name, is quoted. */
  rewritten: Set<CommandNode | Template> | undefined;
  printedRewrites: Set<CommandNode | Template> | undefined;
  /** Names that a process substitution prints, for a loop over its lines. */
  linesOf: Map<Program, NameList> | undefined;
  /** Templates whose one word is shell text: the program it was read as; null when it was read more than once. */
  nestedTexts: Map<Template, Program | null> | undefined;
  /** Those programs as they were printed, before the word was quoted. */
  printedTexts: string[] | undefined;
  /** Commands, by the template of their name, that find what is read in somebody's home, or what is written. */
  wideSearches: Set<Template> | undefined;
  /** In a second reading: those that are to pass over what is hidden. */
  readonly narrowing: ReadonlySet<Template> | undefined;
  /** Functions defined anywhere in the texts read so far; undefined while there is none. */
  functions: DefinedFunctions | undefined;
  /** The text may make its globs match hidden names, directories below, or names in other letters. */
  hasWideGlobs: boolean;
  /** The text names devices, or everything: a name that comes from somewhere in it may be one. */
  mayNameDevices: boolean;
  /** The same of names that lead to other machines. */
  readonly mayNameHosts: boolean;
  /** The text itself, and what it may set; looked for when it is first asked for. */
  program: Program | undefined;
  settings: Settings | undefined;
  readonly descriptors: DescriptorUse;
  /** What the shell is like where an error ended the line that is read; undefined while none may have. */
  failed: ShellState | undefined;
  steps: number;
  stdin: StdinUse;
  stdinLanguage: string | undefined;
  isExhausted: boolean;
  /** Where the text ends, but for blanks and `;`. */
  readonly endsAt: number;
  /** A command was read once that may run more often. */
  mayRepeat: boolean;
}

/** One simple command whose words are known as far as they can be. */
export interface Call {
  readonly words: readonly Word[];
  readonly scene: Scene;
  readonly state: ShellState;
  readonly span: Span;
  readonly stdin: Stdin;
  readonly assignedNames: readonly string[];
  readonly feeds?: Feeding | undefined;
}

/** What builtins and nested programs need of the interpreter. */
export interface Host {
  readonly run: Run;
  /** Reads shell text in a shell whose state is `state`; returns the state after it. `source`: the word that holds it. */
  evaluate(text: string, scene: Scene, state: ShellState, source: Word | undefined): Outcome;
  /** `source`: the program is a text of its own, whose lines are read one by one. */
  program(program: Program, scene: Scene, state: ShellState, source?: string): Outcome;
  command(node: CommandNode, scene: Scene, state: ShellState): Outcome;
  nested(nested: NestedProgram, call: Call): readonly Unknown[];
  /** Words as a command of this shell, without functions (`command`, `builtin`). */
  words(call: Call): Outcome;
}

/** Nothing of the text is read or run behind it, so what it changes of the shell ends with the shell. */
export function isLast({ run }: Host, { scene, span }: Pick<Call, 'scene' | 'span'>): boolean {
  return scene.depth === 0 && scene.via.length === 0 && scene.span === undefined && span[1] >= run.endsAt;
}

export function endOf(text: string): number {
  let end = text.length;
  while (end > 0 && ' \t\n;'.includes(text[end - 1] ?? '')) end--;
  return end;
}
