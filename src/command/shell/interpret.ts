/**
 * Walks a verified program in the order a shell would, and lists every simple command it could run.
 *
 * All branches count; loops over known words are unrolled, other loops are read once with everything they may change
 * forgotten; subshells, pipelines and substitutions work on copies. INVARIANT: a command that some run of the text
 * could execute is in `run.commands`, or an Unknown says why it is not.
 */
import { dynamicWord } from '../dynamic-word.ts';
import type { Dialect, Tame, Unknown, Word } from '../model.ts';
import type { NestedProgram } from '../reading.ts';
import { emptyReading, environmentUnknown } from './builtin.ts';
import { collectChanges, definedIn, noChanges } from './changes.ts';
import { readCondition } from './condition.ts';
import { isGuardedVariable } from './environment.ts';
import { feedsXargs, isCalled } from './feeds-xargs.ts';
import { apart, endsLine, orFailed } from './line-error.ts';
import { asksForLines, feedsLoop, inputOf, type Line, lineOf } from './line-loop.ts';
import { roundsOf, valueOfRound } from './loop-words.ts';
import { readsInside } from './names-in-words.ts';
import { enterNested } from './nested.ts';
import { isSpent, push, report } from './record.ts';
import { mayFail, noRedirects, orUnchanged, readRedirects, redirectPlace, type Stdin } from './redirects.ts';
import {
  type Call,
  type DefinedFunctions,
  type Host,
  type Outcome,
  type Run,
  type Scene,
  sceneWithin,
} from './scene.ts';
import { copyState, forget, freshState, joinStates, type ShellState } from './shell-state.ts';
import { forgetEverything, runCall, runExternal, runSimple } from './simple-command.ts';
import type { AndOr, CommandNode, Pipeline, Program } from './syntax.ts';
import { type TameLines, tameForXargs, tameLines, tameOutput } from './tame-output.ts';
import { evaluateIn, expandApart, expandIn, expandTarget, originOf } from './words.ts';

/** Behind the last command nobody reads names. */
const piped = ({ operators }: Pipeline, at: number) => (operators[at] === '|' ? 'pipe' : undefined);

const both = (state: ShellState): Outcome => ({ success: state, failure: state });
const after = ({ success, failure }: Outcome): ShellState =>
  success === failure ? success : joinStates(success, failure);

/** How shell text inside a command is read; the same guards and the same grammar as for the whole. */
export type TextReader = (
  text: string,
  dialect: Dialect,
) => { readonly program: Program; readonly unknowns: readonly Unknown[] };

/**
 * Text on stdin is only known to the one command it is given to: in a compound an earlier command may read a part of
 * it, and the rest means something else.
 */
const withoutText = (scene: Scene): Scene =>
  scene.stdin.text === undefined && scene.stdin.names === undefined && scene.stdin.lines === undefined
    ? scene
    : sceneWithin(scene, { stdin: { source: scene.stdin.source, text: undefined } });

export class Interpreter implements Host {
  readonly run: Run;
  readonly #readText: TextReader;

  constructor(run: Run, readText: TextReader) {
    this.run = run;
    this.#readText = readText;
  }

  evaluate(text: string, scene: Scene, state: ShellState, source: Word | undefined): Outcome {
    if (scene.depth > this.run.limits.maxDepth) {
      report(this, 'NESTED_TOO_DEEP', 'Programs inside programs, too deep to follow.', scene.span);
      return both(state);
    }
    const { program, unknowns } = this.#readText(text, scene.dialect);
    const origin = source === undefined ? undefined : originOf(this.run, source);
    if (origin !== undefined) {
      this.run.nestedTexts ??= new Map();
      const { nestedTexts } = this.run;
      nestedTexts.set(origin.template, nestedTexts.has(origin.template) ? null : program);
    }
    for (const { code, reason } of unknowns) {
      report(this, code, `Inside ${scene.via.at(-1) ?? 'nested text'}: ${reason}`, scene.span);
    }
    const inner = sceneWithin(scene, { stdin: withoutText(scene).stdin, depth: scene.depth + 1 });
    // An error ends no more than the text of an `eval`.
    return apart(this.run, () => orFailed(this.run, this.program(program, inner, state, text)));
  }

  program(program: Program, scene: Scene, state: ShellState, source?: string): Outcome {
    const [only, ...more] = program.statements;
    // Names are told of the one pipeline that `$(…)` holds.
    if (only !== undefined && more.length === 0 && (scene.feeds === 'words' || scene.feeds === 'lines')) {
      return this.#pipeline(only.list.first, scene, state);
    }
    let outcome = both(state);
    for (let i = 0; i < program.statements.length; i++) {
      const statement = program.statements[i];
      if (statement === undefined || isSpent(this, scene.span)) return outcome;
      const { list, isBackground } = statement;
      const now = after(outcome);
      if (isBackground) {
        apart(this.run, () => this.#andOr(list, scene, copyState(now)));
        outcome = both(now);
      } else {
        outcome = this.#andOr(list, scene, now);
      }
      if (source !== undefined && endsLine(source, program, i)) outcome = orFailed(this.run, outcome);
    }
    return outcome;
  }

  #andOr(list: AndOr, scene: Scene, state: ShellState): Outcome {
    let { success, failure } = this.#pipeline(list.first, scene, state);
    for (const { operator, pipeline } of list.rest) {
      // `a && b` runs b where a succeeded, and leaves the shell as a left it where a failed.
      const from = operator === '&&' ? success : failure;
      const next = this.#pipeline(pipeline, scene, copyState(from));
      if (operator === '&&') {
        success = next.success;
        failure = joinStates(failure, next.failure);
      } else {
        success = joinStates(success, next.success);
        failure = next.failure;
      }
    }
    return { success, failure };
  }

  #pipeline(pipeline: Pipeline, scene: Scene, state: ShellState): Outcome {
    const [only] = pipeline.commands;
    if (pipeline.commands.length === 1 && only !== undefined) {
      const outcome = this.command(only, scene, state);
      return pipeline.isNegated ? { success: outcome.failure, failure: outcome.success } : outcome;
    }
    return scene.dialect === 'unknown'
      ? this.#piped(pipeline, scene, state)
      : apart(this.run, () => this.#piped(pipeline, scene, state));
  }

  #piped(pipeline: Pipeline, scene: Scene, state: ShellState): Outcome {
    let stdin: Stdin = scene.stdin;
    let last = state;
    let lastNames: Outcome['names'];
    for (let i = 0; i < pipeline.commands.length; i++) {
      const command = pipeline.commands[i];
      if (command === undefined || this.run.isExhausted) break;
      last = copyState(state);
      const outcome = this.command(
        command,
        sceneWithin(scene, {
          stdin,
          feeds:
            scene.feeds ??
            feedsXargs(pipeline, i, state, scene.dialect) ??
            (this.run.rewrites ? feedsLoop(pipeline, i, state) : undefined) ??
            piped(pipeline, i),
        }),
        last,
      );
      last = after(outcome);
      lastNames = command.kind === 'simple' ? outcome.names : undefined;
      const isPlain = pipeline.operators[i] === '|' && command.kind === 'simple';
      stdin = {
        source: 'pipe',
        text: isPlain ? outcome.output : undefined,
        names: isPlain ? outcome.names : undefined,
        tame: isPlain ? this.#tameForXargs(pipeline, i, state) : undefined,
        lines: isPlain && pipeline.commands[i + 1]?.kind === 'while' ? this.#lines(pipeline, i, state) : undefined,
      };
    }
    // zsh and ksh run the last command in the shell itself.
    const end = scene.dialect === 'unknown' ? joinStates(state, last) : state;
    return { success: end, failure: end, names: lastNames };
  }

  #lines({ commands, operators }: Pipeline, at: number, state: ShellState): TameLines | undefined {
    return tameLines({ commands: commands.slice(0, at + 1), operators: operators.slice(0, at + 1) }, state);
  }

  #tameForXargs({ commands, operators }: Pipeline, at: number, state: ShellState): Tame | undefined {
    const xargs = commands[at + 1];
    if (!isCalled('xargs', xargs, state) || isCalled('find', commands[at], state)) return undefined;
    return tameForXargs({ commands: commands.slice(0, at + 1), operators: operators.slice(0, at + 1) }, xargs, state);
  }

  command(node: CommandNode, scene: Scene, state: ShellState): Outcome {
    if (node.kind === 'simple') return runSimple(this, node, scene, state);
    return this.#other(node, scene, state);
  }

  #other(node: Exclude<CommandNode, { kind: 'simple' }>, scene: Scene, state: ShellState): Outcome {
    if (this.run.isExhausted) return both(state);
    if (node.kind === 'function') {
      // Names that its body would define count as well: a call in a loop may define them.
      this.run.functions ??= { names: new Set(), nestedNames: new Set(), called: new Set(), definitions: [] };
      const { names, nestedNames, definitions } = this.run.functions;
      for (const name of definedIn(node)) names.add(name);
      for (const name of definedIn(node.body)) nestedNames.add(name);
      state.functions.set(node.name, node);
      definitions.push({ node, scene });
      return both(state);
    }
    const line = node.kind === 'while' && this.run.rewrites ? lineOf(node, scene.stdin, state) : undefined;
    const inner = withoutText(scene);
    if (node.redirects.length === 0) return this.#compound(node, inner, state, line);
    const before = mayFail(node.redirects) ? copyState(state) : undefined;
    const redirected = this.#redirected(node, inner, state);
    const isSame = redirected.stdin === inner.stdin;
    return orUnchanged(this.#compound(node, redirected, state, isSame ? line : this.#substituted(node, state)), before);
  }

  /** `while read -r f; do …; done < <(find src)`: the line that the loop reads. */
  #substituted(node: CommandNode, state: ShellState): Line | undefined {
    if (node.kind !== 'while' || !this.run.rewrites) return undefined;
    const program = inputOf(node);
    if (program === undefined) return undefined;
    const names = this.run.linesOf?.get(program);
    const [statement] = program.statements;
    const isLines = names === undefined && statement !== undefined && tameOutput(program, state) !== undefined;
    return lineOf(node, { names, lines: isLines ? tameLines(statement.list.first, state) : undefined }, state);
  }

  /** Redirections of a compound are a command of their own in the model, without words. */
  #redirected(node: CommandNode, scene: Scene, state: ShellState): Scene {
    const span = scene.span ?? node.span;
    const input = node.kind === 'while' && this.run.rewrites ? inputOf(node) : undefined;
    const isAsked = input !== undefined && node.kind === 'while' && asksForLines(node, input, state);
    const expand = (redirect: (typeof node.redirects)[number]) =>
      expandTarget(this, redirect, scene, state, isAsked ? 'lines' : false);
    const redirects = readRedirects(node.redirects, expand, redirectPlace(this.run.descriptors, state));
    const stdin = redirects.stdin ?? scene.stdin;
    if ((redirects.effects.length > 0 || redirects.unknowns.length > 0) && !isSpent(this, span)) {
      push(
        this,
        {
          words: [],
          span,
          scene,
          redirects,
          assignments: [],
          unknowns: [],
          stdin,
          isEmpty: true,
        },
        emptyReading(''),
      );
    }
    return withoutText(sceneWithin(scene, { stdin }));
  }

  #compound(
    node: Exclude<CommandNode, { kind: 'simple' | 'function' }>,
    scene: Scene,
    state: ShellState,
    line: Line | undefined,
  ): Outcome {
    switch (node.kind) {
      case 'group':
        return this.program(node.body, scene, state);
      case 'subshell':
        apart(this.run, () => this.program(node.body, scene, copyState(state)));
        return both(state);
      case 'if': {
        let open = state;
        const ends: ShellState[] = [];
        for (const { condition, body } of node.branches) {
          const tested = this.program(condition, scene, open);
          ends.push(after(this.program(body, scene, copyState(tested.success))));
          open = tested.failure;
        }
        ends.push(node.otherwise === undefined ? open : after(this.program(node.otherwise, scene, copyState(open))));
        return both(ends.reduce(joinStates));
      }
      case 'while': {
        const changes = collectChanges(node.condition, noChanges(), this.run.functions);
        forget(state, collectChanges(node.body, changes, this.run.functions));
        this.run.mayRepeat = true;
        const tested = this.program(node.condition, scene, copyState(state));
        const inner = copyState(node.isUntil ? tested.failure : tested.success);
        if (line === undefined) this.program(node.body, scene, inner);
        else {
          this.run.rewritten ??= new Set();
          this.run.rewritten.add(node);
          inner.variables.set(line.name, line.value);
          this.program(node.body, sceneWithin(scene, { stdin: { source: 'closed', text: undefined } }), inner);
        }
        return both(state);
      }
      case 'for':
        return this.#for(node, scene, state);
      case 'counting-for': {
        const changes = noChanges();
        const [start, ...others] = node.expressions;
        if (start !== undefined) evaluateIn(this, start, scene, state, node.span);
        for (const expression of others)
          for (const name of expression?.assigned ?? []) {
            changes.names.add(name);
            changes.integers.add(name);
          }
        // Behind the names above: the body may make one of them something else.
        forget(state, collectChanges(node.body, changes, this.run.functions));
        this.run.mayRepeat = true;
        const [condition, step] = others;
        if (condition !== undefined) evaluateIn(this, condition, scene, state, node.span);
        // HOSTILE: of a loop without a round it sets nothing.
        if (step !== undefined) evaluateIn(this, step, scene, copyState(state), node.span);
        this.program(node.body, scene, copyState(state));
        return both(state);
      }
      case 'case': {
        expandIn(this, node.word, scene, state, 'single');
        for (const { patterns } of node.items) {
          for (const pattern of patterns) expandApart(this, pattern, scene, state);
        }
        const before = copyState(state);
        let end = copyState(state);
        for (const item of node.items) {
          // `;&` falls into the next body, so the state before it is either.
          end = joinStates(end, after(this.program(item.body, scene, joinStates(before, end))));
        }
        return both(end);
      }
      case 'arithmetic':
        evaluateIn(this, node.expression, scene, state, node.span);
        return both(state);
      case 'test':
        readCondition(this, node.expression, scene, state);
        return both(state);
      default:
        forgetEverything(state);
        return both(state);
    }
  }

  #for(node: CommandNode & { kind: 'for' }, scene: Scene, state: ShellState): Outcome {
    if (isGuardedVariable(node.name)) this.run.unknowns.push(environmentUnknown(node.name, node));
    const words: Word[] = [];
    // HOSTILE: loops in loops would be looked through once for each that is around them.
    const isAsked = node.words?.some(({ parts }) => parts.some(({ kind }) => kind === 'substitution')) === true;
    const isReader = isAsked && readsInside(node.body);
    for (const template of node.words ?? []) words.push(...expandIn(this, template, scene, state, 'fields', isReader));
    if (node.words === undefined) words.push(...(state.positional ?? [unseenWord(node.span)]));
    const changes = collectChanges(node.body, noChanges(), this.run.functions);
    changes.names.add(node.name);
    changes.integers.delete(node.name);
    forget(state, changes);
    for (const round of roundsOf(words)) {
      if (this.run.isExhausted) break;
      const inner = copyState(state);
      this.run.mayRepeat ||= round.length > 1 || round[0]?.kind === 'dynamic';
      const value = valueOfRound(round);
      if (value !== undefined) inner.variables.set(node.name, value);
      this.program(node.body, scene, inner);
    }
    return both(state);
  }

  nested(nested: NestedProgram, call: Call): readonly Unknown[] {
    return enterNested(this, nested, call, (inner, scene, state) => runExternal(this, inner, call, scene, state));
  }

  words(call: Call): Outcome {
    return runCall(this, call, {
      redirects: noRedirects,
      assignments: [],
      unknowns: [],
      useFunctions: false,
    });
  }

  /** Functions that nothing in the text calls are read as well, knowing nothing. */
  finish({ definitions, called, names }: DefinedFunctions): void {
    for (const { node, scene } of definitions) {
      if (called.has(node.name)) continue;
      const state = freshState([undefined], undefined);
      for (const name of names) state.functions.set(name, 'uncertain');
      this.command(node.body, { ...scene, via: [...scene.via, `function ${node.name}`] }, state);
    }
  }
}

const unseenWord = (span: readonly [number, number]): Word =>
  dynamicWord({ why: 'argument', prefix: '', raw: '"$@"', span });
