/**
 * Path patterns: `*` and `?` inside a segment, `**` for whole segments, `{a,b}` for alternatives.
 *
 * A pattern becomes an automaton that reads each character once, so no pattern is slow on any path. The
 * automaton also answers what a string matcher cannot: whether some continuation of a prefix matches, whether all do,
 * and whether a pattern of the shell and a pattern of the policy can name the same file.
 *
 * `/srv/**` names /srv and everything below. `~/x` names x in any home. A star matches names that start with a dot.
 */
import { PathAutomaton } from './path-automaton.ts';
import type { ShellPattern } from './shell-pattern.ts';

export interface Glob {
  readonly text: string;
  /** The first segments of what it names; undefined when it may begin with any. */
  readonly roots: readonly string[] | undefined;
  /**
   * Whole segments that it spells out: one of them is in every path that it matches, overlaps or is `shown` in. Undefined
   * when it may do without.
   */
  readonly names: readonly string[] | undefined;
  /** Begins with `**`, in all its alternatives. */
  readonly isFloating: boolean;
  /** Ends with `**`, in one of its alternatives. */
  readonly isOpen: boolean;
  matches(path: string): boolean;
  /** Whether some continuation of `prefix` matches (read as text, without `..`). */
  holdsSome(prefix: string): boolean;
  /** Whether all do. */
  holdsAll(prefix: string): boolean;
  /** Whether `relative` matches below some directory nobody knows; `shown` when a literal part of the pattern says so. */
  below(relative: string): 'none' | 'hidden' | 'shown';
  /**
   * Whether this names a fixed place below `directory`, which may be relative to nobody knows what. A pattern that begins
   * with `**` fixes none.
   */
  inside(directory: string): boolean;
  /**
   * Whether a pattern of the shell, made absolute, can name a path this one names. `dir/*` means every file there, so a
   * pattern that begins with `**` does not count the names it could become, only the directory.
   */
  overlaps(shell: ShellPattern): boolean;
}

/** Longer patterns and more alternatives than this are mistakes, and would make loading slow. */
const maxPatternChars = 512;
const maxAlternatives = 64;

export type GlobResult =
  | { readonly kind: 'glob'; readonly glob: Glob }
  | { readonly kind: 'bad'; readonly message: string };

/** `a{b,c}` → `ab`, `ac`; undefined when the braces do not pair up or there are too many. */
export function alternatives(text: string): readonly string[] | undefined {
  const open = text.indexOf('{');
  if (open === -1) return text.includes('}') ? undefined : [text];
  let depth = 0;
  const commas = [open];
  for (let at = open; at < text.length; at++) {
    const char = text[at];
    if (char === '{') depth++;
    if (char === ',' && depth === 1) commas.push(at);
    if (char !== '}' || --depth > 0) continue;
    const ends = [...commas.slice(1), at];
    const all = ends.map((end, i) => text.slice(0, open) + text.slice((commas[i] ?? 0) + 1, end) + text.slice(at + 1));
    const deep = all.map(alternatives);
    const flat = deep.flatMap((one) => one ?? []);
    return deep.includes(undefined) || flat.length > maxAlternatives ? undefined : flat;
  }
  return undefined;
}

/** Compiles a pattern of the policy. */
export function compileGlob(text: string): GlobResult {
  const bad = (message: string): GlobResult => ({ kind: 'bad', message });
  if (text.length > maxPatternChars) return bad(`longer than ${maxPatternChars} characters`);
  // A deny rule with a class nobody reads would match nothing, and nobody would notice.
  if (/[[\]]/.test(text)) return bad('there are no classes of characters: write `{a,b}`, or `?` for any one character');
  const expanded = text.startsWith('~/') ? [`/{home/*,root,~}${text.slice(1)}`] : [text];
  const plain = expanded.flatMap((one) => alternatives(one) ?? []);
  if (plain.length === 0 || plain.length > maxAlternatives) return bad('braces do not pair up, or name too many');
  for (const one of plain) {
    if (one !== '**' && !one.startsWith('/') && !one.startsWith('**/')) {
      return bad('a path pattern starts with `/`, `~/` or `**/`: a relative one has no fixed place');
    }
    const segments = one.split('/').slice(one.startsWith('/') ? 1 : 0);
    if (segments.some((segment) => segment !== '**' && segment.includes('**'))) {
      return bad('`**` stands alone between slashes');
    }
    if (segments.some((segment) => segment === '.' || segment === '..')) return bad('`.` and `..` never match');
    if (one.length > 1 && segments.slice(0, -1).includes('')) return bad('an empty segment (`//`) never matches');
  }
  return { kind: 'glob', glob: joined(text, plain.map(single)) };
}

/** Several alternatives answer with their strongest answer. */
function joined(text: string, parts: readonly Glob[]): Glob {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return { ...only, text };
  return {
    text,
    roots: union(parts.map((part) => part.roots)),
    names: union(parts.map((part) => part.names)),
    isFloating: parts.every((part) => part.isFloating),
    isOpen: parts.some((part) => part.isOpen),
    matches: (path) => parts.some((part) => part.matches(path)),
    holdsSome: (prefix) => parts.some((part) => part.holdsSome(prefix)),
    holdsAll: (prefix) => parts.some((part) => part.holdsAll(prefix)),
    below: (relative) => {
      const answers = parts.map((part) => part.below(relative));
      return answers.includes('shown') ? 'shown' : answers.includes('hidden') ? 'hidden' : 'none';
    },
    inside: (directory) => parts.some((part) => part.inside(directory)),
    overlaps: (shell) => parts.some((part) => part.overlaps(shell)),
  };
}

function union(lists: readonly (readonly string[] | undefined)[]): readonly string[] | undefined {
  return lists.includes(undefined) ? undefined : [...new Set(lists.flatMap((some) => some ?? []))];
}

function single(pattern: string): Glob {
  const absolute = (pattern.startsWith('/') ? pattern : `/${pattern}`).replace(/(\/\*\*)+(?=\/|$)/g, '/**');
  // Built when first asked: most patterns of a policy meet no path that their ends do not settle.
  const automaton = once(() => new PathAutomaton(absolute, 'policy'));
  const suffixes = once(() => suffixesOf(absolute).map((suffix) => new PathAutomaton(suffix, 'policy')));
  const head = literalHead(absolute);
  const tail = literalTail(absolute);
  const pieces = literalPieces(absolute);
  const isFloating = pattern.startsWith('**');
  const spelled = segmentsOf(absolute).filter(isPlain);
  const [, root = ''] = absolute.split('/');
  return {
    text: pattern,
    roots: isFloating || root === '' || !isPlain(root) ? undefined : [root],
    names: literalNames(absolute),
    isFloating,
    isOpen: absolute.endsWith('/**'),
    matches:
      quickMatcher(absolute) ??
      ((path) =>
        path.startsWith(head) &&
        path.endsWith(tail) &&
        pieces.every((piece) => path.includes(piece)) &&
        automaton().accepts(path)),
    holdsSome: (prefix) =>
      (absolute.startsWith('/**') && prefix.startsWith('/')) ||
      (agree(head, prefix, prefix.length) && automaton().read(prefix).states.length > 0),
    holdsAll:
      quickHolder(absolute) ??
      ((prefix) =>
        absolute.endsWith('/**') && agree(head, prefix, prefix.length) && automaton().read(prefix).isEverything),
    below:
      quickBelow(absolute) ??
      ((relative) => {
        if (!agreeAtEnd(tail, relative)) return 'none';
        if (suffixes().some((suffix) => suffix.accepts(`/${relative}`))) return 'shown';
        return automaton().read(relative, automaton().inAnySegment).isAccepting ? 'hidden' : 'none';
      }),
    inside: (directory) => {
      if (isFloating) return false;
      const start = directory.endsWith('/') ? directory : `${directory}/`;
      if (!start.startsWith('/')) return automaton().read(start, automaton().inAnySegment).states.length > 0;
      return agree(head, start, start.length) && automaton().read(start).states.length > 0;
    },
    overlaps: (shell) => {
      if (!shell.head.startsWith(head) && !head.startsWith(shell.head)) return false;
      const form = shell.form(isFloating);
      if (!agreeAtEnd(tail, form.tail) || !spelled.every((name) => form.mayName(name))) return false;
      return automaton().overlaps(form.automaton);
    },
  };
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** What every path that the pattern names begins with: most paths are told apart by it, without the automaton. */
function literalHead(absolute: string): string {
  const special = absolute.search(/[*?]/);
  if (special === -1) return absolute;
  // `/srv/**` names /srv as well.
  return absolute.slice(0, absolute.slice(special - 1) === '/**' ? special - 1 : special);
}

/** Undefined when a path may be met by a segment that is half a name: `*.pem`. */
function literalNames(absolute: string): readonly string[] | undefined {
  const segments = segmentsOf(absolute);
  return segments.length === 0 || !segments.every(isPlain) ? undefined : segments;
}

/** Those that say something. */
const segmentsOf = (absolute: string): readonly string[] =>
  absolute.split('/').filter((segment) => segment !== '' && !/^\*+$/.test(segment));

/** Whether `head` and the first `length` characters of `text` are the same as far as both go. */
function agree(head: string, text: string, length: number): boolean {
  return length >= head.length ? text.startsWith(head) : head.startsWith(text.slice(0, length));
}

/** What every path that the pattern names ends with. */
function literalTail(absolute: string): string {
  return absolute.slice(Math.max(absolute.lastIndexOf('*'), absolute.lastIndexOf('?')) + 1);
}

/** What stands in every path that the pattern names: `privkey` of `**\/privkey*`. */
function literalPieces(absolute: string): readonly string[] {
  return absolute.split(/[*?]+/).flatMap((piece) => piece.replace(/^\/|\/$/g, '') || []);
}

/** Whether two texts can be the end of one. */
function agreeAtEnd(a: string, b: string): boolean {
  return a.endsWith(b) || b.endsWith(a);
}

/** The pattern, and its ends that begin with a segment which says something. */
function suffixesOf(absolute: string): readonly string[] {
  const segments = absolute.split('/').slice(1);
  const ends = segments.flatMap((segment, at) => (/^\*+$/.test(segment) ? [] : [`/${segments.slice(at).join('/')}`]));
  return [...new Set([absolute, ...ends])];
}

/** Most patterns have one of four shapes that need no automaton. A test holds both to the same answers. */
function quickMatcher(pattern: string): ((path: string) => boolean) | undefined {
  if (isPlain(pattern)) return (path) => path === pattern;
  const head = plainHead(pattern);
  if (head !== undefined) return (path) => isAtOrBelow(head, path);
  const tail = pattern.startsWith('/**/') ? pattern.slice(3) : undefined;
  if (tail !== undefined && isPlain(tail)) return (path) => path.startsWith('/') && path.endsWith(tail);
  const middle = plainMiddle(pattern);
  if (middle === undefined) return undefined;
  return (path) => path.startsWith('/') && (path.includes(`${middle}/`) || path.endsWith(middle));
}

/** The same of what every continuation matches. */
function quickHolder(pattern: string): Glob['holdsAll'] | undefined {
  const head = plainHead(pattern);
  if (head !== undefined) return (prefix) => prefix.startsWith(`${head}/`);
  const middle = plainMiddle(pattern);
  return middle === undefined ? undefined : (prefix) => prefix.startsWith('/') && prefix.includes(`${middle}/`);
}

/** Of `head/**` every relative path may lie below, and it shows where it begins like an end of the head. */
function quickBelow(pattern: string): Glob['below'] | undefined {
  if (plainHead(pattern) === undefined) return undefined;
  const ends = suffixesOf(pattern).map((suffix) => suffix.slice(0, -3));
  return (relative) => (ends.some((end) => isAtOrBelow(end, `/${relative}`)) ? 'shown' : 'hidden');
}

const isPlain = (text: string): boolean => !/[*?]/.test(text);

/** Of two stars, `/middle`, and two stars. */
function plainMiddle(pattern: string): string | undefined {
  const middle = pattern.startsWith('/**/') && pattern.endsWith('/**') ? pattern.slice(3, -3) : '';
  return middle === '' || !isPlain(middle) ? undefined : middle;
}

/** Of `head/**` without another star. */
function plainHead(pattern: string): string | undefined {
  const head = pattern.endsWith('/**') ? pattern.slice(0, -3) : undefined;
  return head === undefined || !isPlain(head) ? undefined : head;
}

const isAtOrBelow = (directory: string, path: string): boolean =>
  path.startsWith(directory) && (path.length === directory.length || path[directory.length] === '/');
