/**
 * Conditions in CEL, for what the structured keys cannot say.
 *
 * Refused at load: everything that is not a boolean, unknown names, `matches` (its engine can be made to hang), patterns
 * that are not literals, expressions over the caps. `re(text, 'pattern')` matches in linear time instead.
 * An error while it runs is thrown; the caller takes the stricter side.
 *
 * INVARIANT: an expression that asks for paths, words or hosts has an answer only where all of them are known.
 */
import { type ASTNode, Environment } from '@marcbachmann/cel-js';
import { RE2JS } from 're2js';
import type { PathObject, SimpleCommand } from '../command/model.ts';
import { messageOf } from '../errors.ts';
import { contactsUnnamed } from './contacted.ts';
import type { Subject } from './criterion.ts';
import type { PolicyContext } from './decision.ts';
import type { WallClock } from './time-window.ts';

/** A program of this size needs under a millisecond for the longest subject. */
const maxPatternProgram = 500;
const maxSubjectChars = 16_384;
const maxNodes = 300;
const maxDepth = 24;
/** `a.all(x, b.all(y, …))` costs |a| × |b|; four levels took seconds on lists of sixty. */
const maxMacroNesting = 2;
const macros = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

export type Expression = (subject: Subject, context: PolicyContext, clock: WallClock) => boolean;

export type ExpressionResult =
  | { readonly kind: 'expression'; readonly evaluate: Expression }
  | { readonly kind: 'bad'; readonly message: string };

/** Nobody can say whether the condition holds: not all that it asks for is known before the command runs. */
export class NotTold extends Error {
  /** The answer about what is known (`-R` among the words, whatever the others are). */
  readonly asFarAsKnown: boolean;

  constructor(asFarAsKnown: boolean) {
    super('not all that the condition asks for is known');
    this.asFarAsKnown = asFarAsKnown;
  }
}

export function compileExpression(text: string): ExpressionResult {
  const patterns = new Map<string, RE2JS>();
  const environment = createEnvironment(patterns);
  const asksForPaths = asksForSession(text) && /\b(?:read|written)\b/.test(text);
  const hasGap = gapsOf(text);
  const never = neverFired(text);
  try {
    const checked = environment.check(text);
    if (!checked.valid) {
      const message = firstLine(checked.error?.message ?? 'not CEL');
      return { kind: 'bad', message: message.includes("'matches(") ? noMatches : message };
    }
    if (checked.type !== 'bool') return { kind: 'bad', message: `it is ${checked.type}, not true or false` };
    const parsed = environment.parse(text);
    const message = refuse(parsed.ast, patterns);
    if (message !== undefined) return { kind: 'bad', message };
    return {
      kind: 'expression',
      evaluate: (subject, context, clock) => {
        const { unsurePaths = [], isPartial } = context.session;
        if (asksForPaths && (isPartial === true || unsurePaths.length > 0))
          throw new Error('not all that was touched is known');
        const known = variables(subject, context, clock);
        const value: unknown = parsed(never === undefined ? known : withFired(known, never));
        if (typeof value !== 'boolean') throw new Error('the condition did not give true or false');
        if (hasGap(subject.command)) throw new NotTold(value);
        return value;
      },
    };
  } catch (error) {
    return { kind: 'bad', message: firstLine(messageOf(error)) };
  }
}

/** Whether something of the command that the expression asks for is not known. Names have no other spelling in CEL. */
function gapsOf(text: string): (command: SimpleCommand) => boolean {
  const asks = (name: string) => new RegExp(`\\b${name}\\b`).test(text);
  const [paths, hosts] = [asks('paths'), asks('hosts')];
  // Who asks whether there are such words has thought of them.
  const words = asks('words') && !asks('has_dynamic_words');
  return (command) =>
    (paths && (command.hasUnseenArguments || placesOf(command).some(isMoreThanOne))) ||
    (words && hasDynamicWords(command)) ||
    (hosts && (command.hosts.some(({ host }) => host === '') || contactsUnnamed(command)));
}

/** With what is written instead where the place is a directory. */
const placesOf = ({ paths }: SimpleCommand): readonly PathObject[] =>
  paths.flatMap((path) => (path.inside === undefined ? [path] : [path, ...path.inside]));

/** One that is only known at run time, or several of which one is named. */
const isMoreThanOne = ({ isPrefix, isRelative, isTree, isDeep }: PathObject): boolean =>
  isPrefix || isRelative || isTree === true || isDeep === true;

const hasDynamicWords = ({ argv, hasUnseenArguments }: SimpleCommand): boolean =>
  hasUnseenArguments || argv.some((word) => word.kind === 'dynamic');

/** Rules that the expression counts by name: without an entry they have decided nothing. */
export function firedIn(text: string): readonly string[] {
  return [...text.matchAll(/\bfired\s*\[\s*(["'])([\w-]+)\1\s*\]/g)].map(([, , id = '']) => id);
}

/** Undefined where the expression itself asks whether there is an entry. */
function neverFired(text: string): Readonly<Record<string, bigint>> | undefined {
  const ids = firedIn(text);
  if (ids.length === 0 || /\bin\s+session\b|\bhas\s*\(/.test(text)) return undefined;
  return Object.fromEntries(ids.map((id) => [id, 0n]));
}

function withFired(known: Variables, never: Readonly<Record<string, bigint>>): Record<string, unknown> {
  return { ...known, session: { ...known.session, fired: { ...never, ...known.session.fired } } };
}

/** Names have no other spelling in CEL. */
export const asksForSession = (text: string): boolean => /\bsession\b/.test(text);

function firstLine(text: string): string {
  return text.split('\n')[0] ?? text;
}

function createEnvironment(patterns: ReadonlyMap<string, RE2JS>): Environment {
  return new Environment({ limits: { maxAstNodes: maxNodes, maxDepth, maxListElements: 100, maxMapEntries: 20 } })
    .registerVariable('agent', { schema: { name: 'string', owner: 'string', labels: 'map<string, string>' } })
    .registerVariable('target', { schema: { name: 'string', labels: 'map<string, string>' } })
    .registerVariable('account', 'string')
    .registerVariable('time', { schema: { hour: 'int', minute: 'int', day: 'int' } })
    .registerVariable('session', {
      schema: {
        commands: 'int',
        bytes_out: 'int',
        fired: 'map<string, int>',
        read: 'list<string>',
        written: 'list<string>',
      },
    })
    .registerVariable('command', {
      schema: {
        text: 'string',
        tool: 'string',
        subcommand: 'list<string>',
        words: 'list<string>',
        has_dynamic_words: 'bool',
        effects: 'list<string>',
        paths: 'list<string>',
        hosts: 'list<string>',
        runs_as: 'string',
        dialect: 'string',
      },
    })
    .registerFunction('re(string, string): bool', (subject: string, pattern: string) => {
      if (subject.length > maxSubjectChars) throw new Error('the text is too long for a pattern');
      const compiled = patterns.get(pattern);
      if (compiled === undefined) throw new Error('a pattern must be a literal text');
      return compiled.test(subject);
    });
}

interface Asked {
  readonly subject: Subject;
  readonly context: PolicyContext;
  readonly clock: WallClock;
  readonly variables: Variables;
}

type Variables = Record<string, unknown> & {
  readonly session: Record<string, unknown> & { readonly fired: Record<string, bigint> };
};

/** Many expressions are asked about one command in turn, so the last answer is kept; no later decision has its subject. */
let last: Asked | undefined;

function variables(subject: Subject, context: PolicyContext, clock: WallClock): Variables {
  if (last?.subject !== subject || last.context !== context || last.clock !== clock)
    last = { subject, context, clock, variables: variablesOf(subject, context, clock) };
  return last.variables;
}

/** Only known words and whole paths are shown, so that nothing in an expression mistakes a prefix for a value. */
function variablesOf({ command, model }: Subject, context: PolicyContext, clock: WallClock): Variables {
  const { session } = context;
  return {
    agent: context.agent,
    target: context.target,
    account: context.account,
    time: { hour: BigInt(clock.hour), minute: BigInt(clock.minute), day: BigInt(clock.day) },
    session: {
      commands: BigInt(session.commands),
      bytes_out: BigInt(session.bytesOut),
      fired: Object.fromEntries(Object.entries(session.fired).map(([rule, count]) => [rule, BigInt(count)])),
      read: session.readPaths,
      written: session.writtenPaths,
    },
    command: {
      text: model.text,
      tool: command.tool ?? '',
      subcommand: command.subcommand,
      words: command.argv.flatMap((word) => (word.kind === 'known' ? [word.value] : [])),
      has_dynamic_words: hasDynamicWords(command),
      effects: command.effects.map(({ kind }) => kind),
      paths: placesOf(command).flatMap((path) => (path.isPrefix || path.isRelative ? [] : [path.path])),
      hosts: command.hosts.map(({ host }) => host),
      runs_as: command.runsAs ?? '',
      dialect: model.dialect,
    },
  };
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}

function childrenOf(value: unknown): readonly ASTNode[] {
  if (isNode(value)) return [value];
  return Array.isArray(value) ? value.flatMap(childrenOf) : [];
}

const noMatches = '`matches` can be made to hang; write re(text, "pattern")';

/** Walks the tree: refuses `matches` and deep macros, compiles the patterns of `re`. */
function refuse(node: ASTNode, patterns: Map<string, RE2JS>, nesting = 0): string | undefined {
  let inner = nesting;
  if (node.op === 'call' || node.op === 'rcall') {
    const [name] = node.args;
    if (name === 'matches') return noMatches;
    if (macros.has(name)) inner++;
    if (inner > maxMacroNesting) return `more than ${maxMacroNesting} macros inside each other`;
    if (name === 're') {
      const message = compilePattern(node.op === 'call' ? node.args[1][1] : undefined, patterns);
      if (message !== undefined) return message;
    }
  }
  for (const child of childrenOf(node.args)) {
    const message = refuse(child, patterns, inner);
    if (message !== undefined) return message;
  }
  return undefined;
}

function compilePattern(node: ASTNode | undefined, patterns: Map<string, RE2JS>): string | undefined {
  if (node?.op !== 'value' || typeof node.args !== 'string') return 'the pattern of `re` must be a literal text';
  try {
    const compiled = RE2JS.compile(node.args);
    if (compiled.programSize() > maxPatternProgram) return 'the pattern of `re` is too large';
    patterns.set(node.args, compiled);
    return undefined;
  } catch (error) {
    return `the pattern of \`re\` cannot be read: ${firstLine(error instanceof Error ? error.message : '')}`;
  }
}
