/** Expands the words of a command where they stand, walks the programs inside them, and remembers what they came to. */
import { dynamicWord } from '../dynamic-word.ts';
import type { Span, Word } from '../model.ts';
import { checkArithmetic } from './check-arithmetic.ts';
import { expand, plainWord } from './expand.ts';
import type { Expansion, ExpansionListener } from './expansion.ts';
import { isCounter, isInherited, type Settings, settingsOf } from './inherited.ts';
import { apart, noteError } from './line-error.ts';
import { isNameOfDevice } from './mentioned-places.ts';
import { printsNames } from './names-in-words.ts';
import { reachesAway } from './reaches-away.ts';
import { isSpent, report } from './record.ts';
import { type Host, type Run, type Scene, sceneWithin } from './scene.ts';
import { copyState, joinInto, type ShellState } from './shell-state.ts';
import { nothing } from './short-list.ts';
import type { Arithmetic, Part, RedirectNode, Template } from './syntax.ts';

/** `lines`: what a process substitution prints is asked for, line by line. */
type Asked = boolean | 'lines';

/** Expands one template; nested programs are walked on the way, in a copy of the state. */
export function expandIn(
  host: Host,
  template: Template,
  scene: Scene,
  state: ShellState,
  expansion: Expansion,
  /** What names a substitution prints is asked for: content of them is read. */
  isReader: Asked = false,
): readonly Word[] {
  const { run } = host;
  // INVARIANT: a run that is exhausted has said so, and has no canonical text.
  if (isSpent(host, scene.span ?? template.span)) {
    return [dynamicWord({ why: 'parameter', prefix: '', raw: template.raw, span: scene.span ?? template.span })];
  }
  const span = scene.span ?? template.span;
  const plain = plainWord(template, span);
  if (plain !== undefined) {
    const words = [plain];
    run.mayNameDevices ||= isNameOfDevice(plain, state.directories);
    run.steps++;
    run.expansions.push({ template, words });
    return words;
  }
  const listener = listenerIn(host, scene, state, span, isReader);
  const words = expand(template, state, expansion, listener, span);
  // INVARIANT: the text is printed once for every time it runs.
  if (run.rewritten?.has(template) === true && !listener.hasQuoted) {
    report(host, 'CANONICAL_IMPOSSIBLE', `${template.raw} is one name, and then something else.`, span);
  }
  run.steps += words.length;
  remember(run, template, words);
  run.mayNameDevices ||= words.some((word) => isNameOfDevice(word, state.directories));
  if (run.mayNameHosts) {
    for (const word of words) {
      if (word.kind === 'dynamic' && word.prefix === '' && word.tame === undefined && word.below === undefined)
        report(host, 'NAME_AWAY', `${word.raw} may be a name below which an automounter asks other machines.`, span);
    }
  }
  if (expansion === 'fields' && !template.parts.every(isQuoted)) {
    // What is not quoted may hold a wildcard, or be one.
    for (const word of words) {
      if (word.kind === 'dynamic' && reachesAway(word, state.directories))
        report(host, 'GLOB_AWAY', `To expand ${word.raw} an automounter may ask the host that the path names.`, span);
    }
  }
  return words;
}

const isQuoted = (part: Part): boolean => 'isQuoted' in part && part.isQuoted;

/** Expands what is perhaps not reached, or is expanded by another process: what it sets may not be set here. */
export function expandApart(
  host: Host,
  template: Template,
  scene: Scene,
  state: ShellState,
  asked: Asked = false,
): readonly Word[] {
  if (!mayAssign(template)) return expandIn(host, template, scene, state, 'single', asked);
  const tried = copyState(state);
  const words = expandIn(host, template, scene, tried, 'single', asked);
  joinInto(state, tried);
  return words;
}

/** It holds arithmetic, or an operation with anything in it. */
const mayAssign = ({ parts }: Template): boolean =>
  parts.some((part) => part.kind === 'arithmetic' || (part.kind === 'parameter' && part.operation !== undefined));

/** Checks an expression that stands where a command does. */
export function evaluateIn(host: Host, expression: Arithmetic, scene: Scene, state: ShellState, span: Span): void {
  checkArithmetic(expression, state, listenerIn(host, scene, state, scene.span ?? span, false));
}

const oneLineEach: readonly string[] = ['-d', '-q'];

function listenerIn(
  host: Host,
  scene: Scene,
  state: ShellState,
  span: Span,
  asked: Asked,
): ExpansionListener & { hasQuoted: boolean } {
  const { run } = host;
  return {
    onPart(part: Part) {
      if (part.kind !== 'substitution' && part.kind !== 'process') return undefined;
      const via = part.kind === 'substitution' ? '$()' : `${part.operator}()`;
      const stdin =
        part.kind === 'process' && part.operator === '>'
          ? ({ source: 'pipe', text: undefined } as const)
          : { source: scene.stdin.source, text: undefined };
      if (scene.depth >= run.limits.maxDepth) {
        report(host, 'NESTED_TOO_DEEP', 'Programs inside programs, too deep to follow.', span);
        return undefined;
      }
      const isLines = asked === 'lines' && part.kind === 'process' && part.operator === '<';
      const isWords = asked === true && part.kind === 'substitution' && !run.hasWideGlobs;
      const isAsked = (isLines || isWords) && printsNames(part.program, state);
      const feeds = isAsked ? (isLines ? 'lines' : 'words') : undefined;
      const inner = sceneWithin(scene, { via: [...scene.via, via], stdin, depth: scene.depth + 1, feeds });
      const { names } = apart(run, () => host.program(part.program, inner, copyState(state)));
      if (isLines && names !== undefined) {
        run.linesOf ??= new Map();
        run.linesOf.set(part.program, names);
      }
      return isWords && isAsked ? names : undefined;
    },
    hasWideGlobs: run.hasWideGlobs,
    isInherited: (name) => isInheritedHere(host, scene, name),
    isCounter: (name) => isInheritedHere(host, scene, name, isCounter),
    hasQuoted: false,
    quotes(template) {
      // A function may hand on what it is given in other ways.
      if (!run.rewrites || state.functions.size > 0 || state.hasUnseenFunctions) return false;
      if (run.resolved.has(template) && run.rewritten?.has(template) !== true) return false;
      this.hasQuoted = true;
      run.rewritten ??= new Set();
      run.rewritten.add(template);
      return true;
    },
    tellsLs(name) {
      // That of busybox does not know -q.
      if (!run.rewrites || run.hasWideGlobs || scene.dialect !== 'bash') return false;
      // Where it cannot be printed, the text is read once more without.
      run.rewritten ??= new Set();
      run.insertions ??= new Map();
      const { insertions } = run;
      const before = insertions.get(name) ?? nothing;
      if (!before.some(({ words }) => words === oneLineEach))
        insertions.set(name, [...before, { field: 0, words: oneLineEach, instead: undefined }]);
      return true;
    },
    mayHaveMaps: () => settingsHere(host, scene)?.hasMaps ?? true,
    onUnsafe(code, reason) {
      report(host, code, reason, span);
    },
    onError() {
      noteError(run, state);
    },
  };
}

/** A variable may be a list; whatever another text made of the shell is not looked at. */
export function mayHaveLists(host: Host, scene: Scene): boolean {
  return settingsHere(host, scene)?.hasLists ?? true;
}

/** Only in the text itself: what a wrapper runs gets the environment that the wrapper and the text made. */
function settingsHere({ run }: Host, { via }: Scene): Settings | undefined {
  if (run.program === undefined || !via.every((step) => /^(?:[$<>]\(\)|function .*)$/.test(step))) return undefined;
  run.settings ??= settingsOf(run.program);
  return run.settings;
}

export function isInheritedHere(host: Host, scene: Scene, name: string, isOne = isInherited): boolean {
  const settings = settingsHere(host, scene);
  if (settings === undefined || !isOne(name, settings)) return false;
  return !(/^[1-9@*]$/.test(name) && scene.via.some((step) => step.startsWith('function')));
}

/** The file of a redirection: bash refuses what splits, other shells take it whole. */
export function expandTarget(
  host: Host,
  node: RedirectNode,
  scene: Scene,
  state: ShellState,
  asked: Asked = false,
): Word {
  const { target } = node;
  const span = scene.span ?? target.span;
  // HOSTILE: what `cat <<< $((x=5))` sets is set in the process of cat.
  const [word] = expandApart(host, target, scene, state, asked);
  const isFile = node.op !== '<<' && node.op !== '<<<';
  const hasBare = target.parts.some((part) => part.kind === 'parameter' && !part.isQuoted);
  const isOne =
    word?.kind === 'dynamic' || (word !== undefined && word.value !== '' && !/[\s*?[\]\\]/.test(word.value));
  if (word !== undefined && (!isFile || !hasBare || isOne)) return word;
  report(host, 'REDIRECT_AMBIGUOUS', `Shells do not agree on which file ${target.raw} is; quote it.`, span);
  return dynamicWord({ why: 'parameter', prefix: '', raw: target.raw, span });
}

/** For printing: what a template came to, when it came to the same on every visit. */
function remember(run: Run, template: Template, words: readonly Word[]): void {
  run.expansions.push({ template, words });
  const before = run.resolved.get(template);
  if (before === undefined) run.resolved.set(template, words.every(isKnown) ? words : null);
  else if (before !== null && !(words.every(isKnown) && sameValues(before, words))) run.resolved.set(template, null);
}

/** Which template an expanded word came from, and which of its fields it is. */
export function originOf(
  { expansions }: Run,
  word: Word,
): { readonly template: Template; readonly field: number } | undefined {
  // The words of a command were expanded just before it is asked for.
  for (let i = expansions.length - 1; i >= 0; i--) {
    const field = expansions[i]?.words.indexOf(word) ?? -1;
    const template = expansions[i]?.template;
    if (field !== -1 && template !== undefined) return { template, field };
  }
  return undefined;
}

const isKnown = (word: Word): boolean => word.kind === 'known';

const sameValues = (a: readonly Word[], b: readonly Word[]): boolean =>
  a.length === b.length &&
  a.every((word, i) => {
    const other = b[i];
    return word.kind === 'known' && other?.kind === 'known' && word.value === other.value;
  });
