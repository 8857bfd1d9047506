/**
 * A pattern of the shell, made absolute (`/srv/app/*.conf`), and what is asked of it for every pattern of a policy: that
 * is worked out once.
 */
import { logNames } from '../log-names.ts';
import { PathAutomaton } from './path-automaton.ts';

/** A last segment of wildcards only; it is replaced by a name that nobody has. */
const bareEnd = /\/[*?]+$/;

export class ShellPattern {
  readonly text: string;
  /** What stands before the first wildcard. */
  readonly head: string;
  /** `dir/*` in a directory that is known. */
  readonly isAnyName: boolean;
  /** Names of logs in a directory that is known. */
  readonly isLogs: boolean;
  /** Paths it fits that nobody would write; undefined where some are not all. */
  readonly odd: readonly string[] | undefined;
  readonly whole: Form;
  #floating: Form | undefined;

  constructor(text: string) {
    this.text = text;
    this.head = beforeWildcards(text);
    this.isAnyName = isIn(text, /^[*?]+$/);
    this.isLogs = isIn(text, logNames);
    this.odd = oddPaths(text);
    this.whole = new Form(text);
  }

  /** `floats`: as it is to a pattern of a policy that may match in any directory. */
  form(floats: boolean): Form {
    if (!floats || !bareEnd.test(this.text)) return this.whole;
    this.#floating ??= new Form(this.text.replace(bareEnd, '/\u0001'));
    return this.#floating;
  }
}

const wildcard = /[*?[]/;
const bracketWithSlash = /\[[^\]]*\//;
/** Stars in front never mean a hidden name, unless they may mean nothing and the dot stands behind them. */
const neverHidden = /^(?:[?[]|\*+(?:[^*?[.]|$))/;

export class Form {
  readonly text: string;
  /** What stands behind the last wildcard. */
  readonly tail: string;
  /** Its segments without a wildcard; undefined when it cannot be cut at slashes. */
  readonly names: readonly string[] | undefined;
  /** The others, by what stands before the first wildcard and behind the last. */
  readonly #wild: readonly { readonly head: string; readonly tail: string; readonly isVisible: boolean }[];
  readonly #mayName = new Map<string, boolean>();
  #automaton: PathAutomaton | undefined;

  constructor(text: string) {
    const segments = text.split('/');
    this.text = text;
    this.tail = behindWildcards(text);
    this.names = bracketWithSlash.test(text) ? undefined : segments.filter((segment) => !wildcard.test(segment));
    this.#wild = segments
      .filter((segment) => wildcard.test(segment))
      .map((segment) => ({
        head: beforeWildcards(segment),
        tail: behindWildcards(segment),
        isVisible: neverHidden.test(segment),
      }));
  }

  /** Whether one of its segments may stand for the name. */
  mayName(name: string): boolean {
    let may = this.#mayName.get(name);
    if (may === undefined) {
      may = this.names === undefined || this.names.includes(name) || this.fits(name);
      this.#mayName.set(name, may);
    }
    return may;
  }

  /** Whether one of its wildcards may. */
  fits(name: string): boolean {
    for (const { head, tail, isVisible } of this.#wild)
      if (name.startsWith(head) && name.endsWith(tail) && !(isVisible && name.startsWith('.'))) return true;
    return false;
  }

  /** Built when first asked: most patterns of a policy are told apart by their ends. */
  get automaton(): PathAutomaton {
    this.#automaton ??= new PathAutomaton(this.text, 'shell');
    return this.#automaton;
  }
}

const beforeWildcards = (text: string): string => /^[^*?[]*/.exec(text)?.[0] ?? '';
const behindWildcards = (text: string): string => /[^*?[\]]*$/.exec(text)?.[0] ?? '';

/** HOSTILE: patterns come from agents; few are kept. */
const maxKept = 32;
const kept = new Map<string, ShellPattern>();

/** The rules of a policy ask about the few patterns of a command in turn. */
export function shellPattern(text: string): ShellPattern {
  let pattern = kept.get(text);
  if (pattern !== undefined) return pattern;
  pattern = new ShellPattern(text);
  if (kept.size >= maxKept) kept.clear();
  kept.set(text, pattern);
  return pattern;
}

/**
 * `/srv/app/*`: such a name in a directory that is known. HOSTILE: one expression for the directories and the name tries
 * every way to share out the slashes.
 */
function isIn(pattern: string, name: RegExp): boolean {
  const at = pattern.lastIndexOf('/');
  return at >= 0 && name.test(pattern.slice(at + 1)) && !/[*?[\]]/.test(pattern.slice(0, at));
}

/** One character that is neither a dot nor a slash. */
const plainBracket = /\[(?:\w-\w|\w)+\]/g;

/**
 * Only a wildcard matches what nobody would write, and only one that takes more than one character matches two lengths
 * of it.
 */
function oddPaths(pattern: string): readonly string[] | undefined {
  const bare = pattern.replace(plainBracket, '?');
  if (/[[\]]/.test(bare)) return undefined;
  const paths = ['', '\u0002', '\u0003\u0002\u0003\u0002\u0003'].flatMap((odd) => {
    const path = bare.replaceAll('?', '\u0004').replace(/\*+/g, odd);
    // Nothing is no name.
    return odd === '' && /\/(?:\/|$)/.test(path) ? [] : [path];
  });
  // Where nothing fits, the pattern stays, and a bracket is more than one character then.
  return bare === pattern ? paths : [...paths, pattern];
}
