/**
 * Variables that a text only uses: what they hold comes from the target's own environment, set up by sshd and the
 * account's start-up files, which Sallyport trusts (README). An agent cannot make one of them a dash.
 *
 * Refuses: a name that anything in the text might set, names that the shell itself or the agent's client sets, and
 * names that say they hold options.
 */
import { setByLet } from './arithmetic.ts';
import { setsInteger } from './changes.ts';
import { nothing } from './short-list.ts';
import type { AssignmentNode, ParameterOperation, Program, SimpleNode, Template } from './syntax.ts';

export interface Settings {
  readonly names: ReadonlySet<string>;
  /** Names that are set to integers, in one place at least. */
  readonly numbered: ReadonlySet<string>;
  /** A variable of the text may be a list: `x=(…)`, `declare -a`, `mapfile`. */
  readonly hasLists: boolean;
  /** A list may have keys that are no numbers: `declare -A`. */
  readonly hasMaps: boolean;
  /** Any name: text that is built at run time, or read from elsewhere. */
  readonly isAnything: boolean;
}

const setters =
  /^(?:read|export|readonly|local|declare|typeset|unset|getopts|printf|mapfile|readarray|select|set|shift)$/;
const listMakers = /^(?:read|local|declare|typeset|mapfile|readarray|eval|source|\.|command|builtin)$/;
const runners = /^(?:eval|source|\.|trap|alias|command|builtin|env|exec)$/;
const ofTheShell =
  /^(?:_|REPLY|OLDPWD|PWD|BASH.*|FUNC.*|PIPESTATUS|DIRSTACK|COMP.*|READLINE.*|MAPFILE|COPROC.*|IFS|PS[0-9]|RANDOM|HIST.*|argv|status|path|words|match)$/;
const ofTheClient = /^(?:LANG|LANGUAGE|LC_.*|TERM|SSH_.*|SALLYPORT_.*|DISPLAY)$/;
const forOptions = /opt|arg|flag|param|switch|extra|cmd|command|action|expr|pred|exec|test|cond|filter|query|pattern/i;

/** A name, or the number of a parameter, of which nothing in the text decides what it holds. */
export function isInherited(name: string, settings: Settings): boolean {
  return !settings.numbered.has(name) && isSetByNothingElse(name, settings);
}

/**
 * A counter: all that the text makes of it are integers, so arithmetic may evaluate it. Before it is set there is nothing
 * in it, because what an environment brings has a name in capitals.
 */
export function isCounter(name: string, settings: Settings): boolean {
  return settings.numbered.has(name) && /^[a-z]\w*$/.test(name) && isSetByNothingElse(name, settings);
}

function isSetByNothingElse(name: string, settings: Settings): boolean {
  if (settings.isAnything || settings.names.has(name)) return false;
  if (/^[1-9@*]$/.test(name)) return !settings.names.has('set') && !settings.names.has('shift');
  return !ofTheShell.test(name) && !ofTheClient.test(name) && !forOptions.test(name.replace(/target/gi, ''));
}

/** What is asked of any node of a tree, or of a list of them: reading is cheaper than asking what is there. */
interface Looked {
  readonly statements?: readonly unknown[];
  readonly kind?: string;
  readonly name?: string;
  readonly operation?: ParameterOperation | undefined;
  readonly isAppend?: boolean;
  readonly assigned?: readonly string[];
}

/** What a text may set, wherever in it: one look at every node of its tree. */
export function settingsOf(program: Program): Settings {
  const names = new Set<string>();
  const numbered = new Set<string>();
  let isAnything = false;
  let hasLists = false;
  let hasMaps = false;
  let isFunctionMet: boolean | undefined;
  const hasFunctions = () => {
    isFunctionMet ??= definesFunctions(program);
    return isFunctionMet;
  };
  const look = (node: Looked): void => {
    switch (node.kind) {
      case 'text':
        return;
      case 'opaque':
        isAnything = true;
        return;
      case 'simple': {
        const command = node as SimpleNode;
        if (isOrdinary(command)) {
          lookAround(command, look);
          return;
        }
        isAnything ||= isLet(command) ? letsAnything(command, numbered) : setsAnything(command, names);
        hasLists ||= makesList(command, /^-.*[aA]/);
        hasMaps ||= makesList(command, /^-.*A/) && !isReadIn(command);
        break;
      }
      case 'for':
        names.add(String(node.name));
        break;
      case 'parameter':
        // `${x:=y}`
        if (node.operation?.operator.endsWith('=') === true) names.add(String(node.name));
        break;
      case undefined:
        if (node.isAppend !== undefined) {
          const assignment = node as AssignmentNode;
          hasLists ||= assignment.elements !== undefined;
          (setsInteger(assignment, hasFunctions) ? numbered : names).add(assignment.name);
        }
        for (const name of node.assigned ?? nothing) numbered.add(name);
    }
    lookInto(node, look);
  };
  look(program);
  return { names, numbered, hasLists: hasLists || isAnything, hasMaps: hasMaps || isAnything, isAnything };
}

/** Most of a tree is text and places, which have nothing in them; lists of the rest would cost more than the look. */
function lookInto(node: Looked, look: (child: Looked) => void): void {
  if (Array.isArray(node)) {
    for (const child of node) if (typeof child === 'object' && child !== null) look(child);
    return;
  }
  for (const key in node) {
    if (key === 'span') continue;
    const child: unknown = node[key as keyof typeof node];
    if (typeof child === 'object' && child !== null) look(child);
  }
}

function definesFunctions(node: Looked): boolean {
  let isFound = node.kind === 'function';
  if (!isFound)
    lookInto(node, (child) => {
      isFound ||= definesFunctions(child);
    });
  return isFound;
}

/** Called by a name, and that of nothing that sets: most commands are. */
function isOrdinary({ args: [called] }: SimpleNode): boolean {
  const name = called === undefined ? undefined : knownText(called.word);
  return name !== undefined && name !== 'let' && ![setters, listMakers, runners].some((names) => names.test(name));
}

/** Into the words that are more than text, and what else there is. */
function lookAround({ args, assignments, redirects }: SimpleNode, look: (child: Looked) => void): void {
  for (const arg of args) {
    const [only] = arg.word.parts;
    if (only?.kind !== 'text' || arg.word.parts.length > 1 || arg.assignment !== undefined) look(arg as Looked);
  }
  for (const assignment of assignments) look(assignment as Looked);
  for (const redirect of redirects) look(redirect as Looked);
}

const isLet = ({ args: [called] }: SimpleNode): boolean => called !== undefined && knownText(called.word) === 'let';

/** What `let` sets are numbers, where all of it can be read. */
function letsAnything({ args }: SimpleNode, numbered: Set<string>): boolean {
  const set = setByLet(args.slice(1).map(({ word }) => word.raw));
  for (const name of set ?? []) numbered.add(name);
  return set === undefined;
}

/** Adds what a builtin sets by its words; true when that may be any name. */
function setsAnything({ args }: SimpleNode, names: Set<string>): boolean {
  const [called, ...words] = args.map(({ word }) => knownText(word));
  if (args.length === 0) return false;
  if (called === undefined) return true;
  if (runners.test(called)) return !(called === 'command' && /^-[vV]$/.test(words[0] ?? ''));
  if (!setters.test(called)) return false;
  names.add(called);
  for (const word of words) if (word !== undefined) names.add(word.split('=')[0] ?? word);
  if (called === 'set' || called === 'shift') return false;
  // `printf "$x"` sets nothing unless its first word is -v.
  return called === 'printf' ? words[0] === undefined || words[0].startsWith('-') : words.includes(undefined);
}

/** Keys of what `mapfile` fills are numbers. */
const isReadIn = ({ args: [called] }: SimpleNode): boolean =>
  called !== undefined && /^(?:mapfile|readarray)$/.test(knownText(called.word) ?? '');

/** A word that nobody knows may be the option that does. */
function makesList({ args }: SimpleNode, option: RegExp): boolean {
  const [called, ...words] = args.map(({ word, assignment }) => (assignment === undefined ? knownText(word) : ''));
  if (args.length === 0 || (called !== undefined && !listMakers.test(called))) return false;
  return called === undefined || !/^(?:read|local|declare|typeset)$/.test(called)
    ? true
    : words.some((word) => word === undefined || option.test(word));
}

/** The text of a word, or of the name before its `=`; undefined when nobody knows it. */
function knownText({ parts }: Template): string | undefined {
  let text = '';
  for (const part of parts) {
    if (part.kind !== 'text') return text.includes('=') ? text : undefined;
    text += part.value;
  }
  return text;
}
