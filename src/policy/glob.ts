/**
 * Path patterns: `*` and `?` inside a segment, `**` for whole segments, `{a,b}` for alternatives.
 *
 * A pattern becomes a small automaton that is walked once per character, so no pattern is slow on any path. The
 * automaton also answers what a string matcher cannot: whether some continuation of a prefix matches, whether all do,
 * and whether a pattern of the shell and a pattern of the policy can name the same file.
 *
 * `/srv/**` names /srv and everything below. `~/x` names x in any home. A star matches names that start with a dot.
 */

/** A character, or a class: any character, any but `/`, any but `/` and `.`. */
type Label = string | typeof anyChar | typeof inSegment | typeof notDot;
const anyChar = 1;
const inSegment = 2;
const notDot = 3;

interface Edge {
  readonly on: Label;
  readonly to: number;
}

/** States are numbered; `free` marks those reached without reading (already closed over). */
interface Automaton {
  readonly edges: readonly (readonly Edge[])[];
  readonly closure: readonly (readonly number[])[];
  readonly start: readonly number[];
  readonly accepting: number;
  /** The state of a trailing `**`: from here every continuation matches. */
  readonly everything: number | undefined;
}

export interface Glob {
  readonly text: string;
  matches(path: string): boolean;
  /** Whether continuations of `prefix` match: none, some or all of them (read as text, without `..`). */
  prefix(prefix: string): 'none' | 'some' | 'all';
  /** Whether `relative` matches below some directory nobody knows; `shown` when a literal part of the pattern says so. */
  below(relative: string): 'none' | 'hidden' | 'shown';
  /** Whether this names a fixed place below `directory`. A pattern that begins with `**` fixes none. */
  inside(directory: string): boolean;
  /**
   * Whether a pattern of the shell, made absolute, can name a path this one names. `dir/*` means every file there, so a
   * pattern that begins with `**` does not count the names it could become, only the directory.
   */
  overlaps(shellPattern: string): boolean;
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
    matches: (path) => parts.some((part) => part.matches(path)),
    prefix: (prefix) => {
      const answers = parts.map((part) => part.prefix(prefix));
      return answers.includes('all') ? 'all' : answers.includes('some') ? 'some' : 'none';
    },
    below: (relative) => {
      const answers = parts.map((part) => part.below(relative));
      return answers.includes('shown') ? 'shown' : answers.includes('hidden') ? 'hidden' : 'none';
    },
    inside: (directory) => parts.some((part) => part.inside(directory)),
    overlaps: (pattern) => parts.some((part) => part.overlaps(pattern)),
  };
}

/** A last segment of stars only; it is replaced by a name that nobody has. */
const bareEnd = /\/[*?]+$/;

function single(pattern: string): Glob {
  const absolute = (pattern.startsWith('/') ? pattern : `/${pattern}`).replace(/(\/\*\*)+(?=\/|$)/g, '/**');
  // Built when first asked: most patterns of a policy meet no path that their beginning does not settle.
  const automaton = once(() => build(absolute, false));
  const suffixes = once(() => suffixesOf(absolute).map((suffix) => build(suffix, false)));
  const anywhere = once(() => {
    const whole = automaton();
    return step(
      whole,
      whole.edges.map((_, state) => state),
      '/',
    );
  });
  const head = literalHead(absolute);
  return {
    text: pattern,
    matches: quickMatcher(absolute) ?? ((path) => path.startsWith(head) && accepts(automaton(), path)),
    prefix: (prefix) => {
      if (!agree(head, prefix, prefix.length)) return 'none';
      const whole = automaton();
      const states = run(whole, prefix, whole.start);
      if (states.length === 0) return 'none';
      return whole.everything !== undefined && states.includes(whole.everything) ? 'all' : 'some';
    },
    below: (relative) => {
      if (suffixes().some((suffix) => accepts(suffix, `/${relative}`))) return 'shown';
      return run(automaton(), relative, anywhere()).includes(automaton().accepting) ? 'hidden' : 'none';
    },
    inside: (directory) => {
      if (pattern.startsWith('**')) return false;
      const start = directory.endsWith('/') ? directory : `${directory}/`;
      return agree(head, start, start.length) && run(automaton(), start, automaton().start).length > 0;
    },
    overlaps: (shellPattern) => {
      const special = shellPattern.search(/[*?[]/);
      if (!agree(head, shellPattern, special === -1 ? shellPattern.length : special)) return false;
      const isFloating = pattern.startsWith('**');
      return overlap(automaton(), build(isFloating ? shellPattern.replace(bareEnd, '/\u0001') : shellPattern, true));
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

/** Whether `head` and the first `length` characters of `text` are the same as far as both go. */
function agree(head: string, text: string, length: number): boolean {
  return length >= head.length ? text.startsWith(head) : head.startsWith(text.slice(0, length));
}

/** The pattern, and its ends that begin with a segment which says something. */
function suffixesOf(absolute: string): readonly string[] {
  const segments = absolute.split('/').slice(1);
  const ends = segments.flatMap((segment, at) => (/^\*+$/.test(segment) ? [] : [`/${segments.slice(at).join('/')}`]));
  return [...new Set([absolute, ...ends])];
}

/** Most patterns have one of four shapes that need no automaton. A test holds both to the same answers. */
function quickMatcher(pattern: string): ((path: string) => boolean) | undefined {
  const isPlain = (text: string) => !/[*?]/.test(text);
  if (isPlain(pattern)) return (path) => path === pattern;
  const head = pattern.endsWith('/**') ? pattern.slice(0, -3) : undefined;
  if (head !== undefined && isPlain(head)) return (path) => path === head || path.startsWith(`${head}/`);
  const tail = pattern.startsWith('/**/') ? pattern.slice(3) : undefined;
  if (tail !== undefined && isPlain(tail)) return (path) => path.startsWith('/') && path.endsWith(tail);
  const middle = tail?.endsWith('/**') ? tail.slice(0, -3) : undefined;
  if (middle === undefined || middle === '' || !isPlain(middle)) return undefined;
  return (path) => path.startsWith('/') && (path.includes(`${middle}/`) || path.endsWith(middle));
}

/** Stars in a row are one, unless they stand alone between slashes, or at the end: then files below may be meant. */
function withPlainStars(text: string): string {
  const whole = text.endsWith('/**') ? `${text}/*` : text;
  return whole.replace(/\*{2,}/g, (run, at: number) =>
    run === '**' && whole[at - 1] === '/' && whole[at + 2] === '/' ? run : '*',
  );
}

/** Reads a pattern into states; `ofShell` gives it the shell's meaning (no hidden names, `[…]`, no `**`). */
function build(text: string, ofShell: boolean): Automaton {
  const pattern = ofShell ? withPlainStars(text) : text;
  const edges: Edge[][] = [[]];
  const free: number[][] = [[]];
  const fresh = () => {
    free.push([]);
    return edges.push([]) - 1;
  };
  const read = (from: number, on: Label, to: number) => edges[from]?.push({ on, to });
  let everything: number | undefined;
  let now = 0;
  for (let at = 0; at < pattern.length; ) {
    const char = pattern[at] ?? '';
    const isFirst = at > 0 && pattern[at - 1] === '/';
    if (!ofShell && pattern.startsWith('/**', at) && at + 3 === pattern.length) {
      const end = fresh();
      everything = fresh();
      free[now]?.push(end);
      read(now, '/', everything);
      read(everything, anyChar, everything);
      free[everything]?.push(end);
      now = end;
      at += 3;
    } else if (!ofShell && isFirst && pattern.startsWith('**/', at)) {
      const inside = fresh();
      read(now, inSegment, inside);
      read(inside, inSegment, inside);
      read(inside, '/', now);
      at += 3;
    } else if (ofShell && isFirst && pattern.startsWith('**/', at)) {
      // One directory, or any number where the shell says so (globstar): hidden ones never.
      const inside = fresh();
      read(now, notDot, inside);
      read(inside, inSegment, inside);
      read(inside, '/', now);
      at += 3;
    } else if (char === '*') {
      const inside = fresh();
      const after = fresh();
      read(now, ofShell && isFirst ? notDot : inSegment, inside);
      read(inside, inSegment, inside);
      free[inside]?.push(after);
      free[now]?.push(after);
      now = after;
      at += 1;
    } else {
      const next = fresh();
      const close = ofShell && char === '[' ? pattern.indexOf(']', at + 2) : -1;
      // A bracket expression counts as any character: too many files, never too few.
      read(now, close !== -1 || char === '?' ? (ofShell && isFirst ? notDot : inSegment) : char, next);
      now = next;
      at = close !== -1 ? close + 1 : at + 1;
    }
  }
  const closure = edges.map((_, state) => closed(free, [state]));
  return { edges, closure, start: closure[0] ?? [], accepting: now, everything };
}

function closed(free: readonly (readonly number[])[], states: readonly number[]): readonly number[] {
  const seen = new Set(states);
  for (const state of seen) for (const to of free[state] ?? []) seen.add(to);
  return [...seen];
}

function reads(on: Label, char: string): boolean {
  if (on === anyChar) return true;
  if (on === inSegment) return char !== '/';
  if (on === notDot) return char !== '/' && char !== '.';
  return on === char;
}

function step(automaton: Automaton, states: readonly number[], char: string): readonly number[] {
  const next = new Set<number>();
  for (const state of states) {
    for (const edge of automaton.edges[state] ?? []) {
      if (reads(edge.on, char)) for (const to of automaton.closure[edge.to] ?? []) next.add(to);
    }
  }
  return [...next];
}

function run(automaton: Automaton, text: string, start: readonly number[]): readonly number[] {
  let states = start;
  for (let at = 0; at < text.length && states.length > 0; at++) states = step(automaton, states, text[at] ?? '');
  return states;
}

function accepts(automaton: Automaton, text: string): boolean {
  return run(automaton, text, automaton.start).includes(automaton.accepting);
}

/** Whether one character can be read by both labels. */
function meet(a: Label, b: Label): boolean {
  if (typeof a === 'string') return reads(b, a);
  if (typeof b === 'string') return reads(a, b);
  return true;
}

/** Whether both automata accept a common path: a walk over pairs of states. */
function overlap(a: Automaton, b: Automaton): boolean {
  const width = b.edges.length;
  const seen = new Set<number>();
  const pairs: (readonly [number, number])[] = [];
  const visit = (lefts: readonly number[], rights: readonly number[]) => {
    for (const left of lefts) {
      for (const right of rights) {
        const key = left * width + right;
        if (!seen.has(key)) pairs.push([left, right]);
        seen.add(key);
      }
    }
  };
  visit(a.start, b.start);
  for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
    const [left, right] = pair;
    if (left === a.accepting && right === b.accepting) return true;
    for (const one of a.edges[left] ?? []) {
      for (const other of b.edges[right] ?? []) {
        if (meet(one.on, other.on)) visit(a.closure[one.to] ?? [], b.closure[other.to] ?? []);
      }
    }
  }
  return false;
}
