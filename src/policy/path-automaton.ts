/**
 * One path pattern as an automaton, read a character at a time.
 *
 * A pattern is a small graph of states; a path leads through sets of them. Sets that were met are kept, and where each
 * character leads from them, so that reading costs one look-up per character. HOSTILE: paths come from agents and a
 * pattern may have many sets, so only so many are kept; the others are worked out each time.
 */
import { bracket } from '../shell-bracket.ts';

/** A character, or a class: any character, any but `/`, any but `/` and `.`. */
type Label = string | typeof anyChar | typeof inSegment | typeof notDot;
const anyChar = 1;
const inSegment = 2;
const notDot = 3;

interface Edge {
  readonly on: Label;
  readonly to: number;
}

/** Where a text may have led. */
export interface StateSet {
  readonly states: readonly number[];
  readonly isAccepting: boolean;
  /** Behind a trailing `**`: every continuation matches. */
  readonly isEverything: boolean;
  /** By the kind of the next character; undefined when this set is not kept. */
  readonly next: (StateSet | undefined)[] | undefined;
}

const maxKept = 256;

export class PathAutomaton {
  readonly pattern: string;
  readonly #edges: readonly (readonly Edge[])[];
  /** For each state those reached from it without reading, itself among them. */
  readonly #closure: readonly (readonly number[])[];
  readonly #accepting: number;
  readonly #everything: number | undefined;
  readonly #kept = new Map<string, StateSet>();
  /** Characters that the pattern tells apart; all others are of kind 0. */
  readonly #kinds = new Map<string, number>();
  readonly #start: StateSet;
  #inAnySegment: StateSet | undefined;

  /** `shell` gives the pattern the shell's meaning: no hidden names, `[…]`, no `**`. */
  constructor(pattern: string, of: 'policy' | 'shell') {
    const graph = readGraph(pattern, of === 'shell');
    this.pattern = pattern;
    this.#edges = graph.edges;
    this.#closure = graph.edges.map((_, state) => closed(graph.free, state));
    this.#accepting = graph.accepting;
    this.#everything = graph.everything;
    for (const char of ['/', '.', ...pattern]) if (!this.#kinds.has(char)) this.#kinds.set(char, this.#kinds.size + 1);
    this.#start = this.#keep(this.#closure[0] ?? []);
  }

  /** Behind a slash, wherever in the pattern that may be. */
  get inAnySegment(): StateSet {
    this.#inAnySegment ??= this.#stepped(
      this.#edges.map((_, state) => state),
      '/',
    );
    return this.#inAnySegment;
  }

  accepts(text: string): boolean {
    return this.read(text).isAccepting;
  }

  read(text: string, from = this.#start): StateSet {
    let set = from;
    for (let at = 0; at < text.length && set.states.length > 0; at++) {
      const char = text[at] ?? '';
      const kind = this.#kinds.get(char) ?? 0;
      let next = set.next?.[kind];
      if (next === undefined) {
        next = this.#stepped(set.states, char);
        if (set.next !== undefined && next.next !== undefined) set.next[kind] = next;
      }
      set = next;
    }
    return set;
  }

  #stepped(states: readonly number[], char: string): StateSet {
    const next = new Set<number>();
    for (const state of states) {
      for (const { on, to } of this.#edges[state] ?? []) {
        if (reads(on, char)) for (const each of this.#closure[to] ?? []) next.add(each);
      }
    }
    return this.#keep([...next].sort((a, b) => a - b));
  }

  #keep(states: readonly number[]): StateSet {
    const key = states.join();
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    const set: StateSet = {
      states,
      isAccepting: states.includes(this.#accepting),
      isEverything: this.#everything !== undefined && states.includes(this.#everything),
      next: this.#kept.size < maxKept ? [] : undefined,
    };
    if (set.next !== undefined) this.#kept.set(key, set);
    return set;
  }

  /** Whether some path is accepted by both: a walk over pairs of states. */
  overlaps(other: PathAutomaton): boolean {
    const width = other.#edges.length;
    const seen = new Uint8Array(this.#edges.length * width);
    const pairs: number[] = [];
    const visit = (lefts: readonly number[], rights: readonly number[]) => {
      for (const left of lefts) {
        for (const right of rights) {
          const pair = left * width + right;
          if (seen[pair] === 0) pairs.push(pair);
          seen[pair] = 1;
        }
      }
    };
    visit(this.#closure[0] ?? [], other.#closure[0] ?? []);
    for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
      const left = Math.floor(pair / width);
      const right = pair % width;
      if (left === this.#accepting && right === other.#accepting) return true;
      for (const one of this.#edges[left] ?? []) {
        for (const two of other.#edges[right] ?? []) {
          if (meet(one.on, two.on)) visit(this.#closure[one.to] ?? [], other.#closure[two.to] ?? []);
        }
      }
    }
    return false;
  }
}

/** States are numbered from the start, 0; `free` has those reached without reading. */
interface Graph {
  readonly edges: Edge[][];
  readonly free: number[][];
  readonly accepting: number;
  readonly everything: number | undefined;
}

/** Stars in a row are one, unless they stand alone between slashes, or at the end: then files below may be meant. */
function withPlainStars(text: string): string {
  const whole = text.endsWith('/**') ? `${text}/*` : text;
  return whole.replace(/\*{2,}/g, (run, at: number) =>
    run === '**' && whole[at - 1] === '/' && whole[at + 2] === '/' ? run : '*',
  );
}

function readGraph(text: string, ofShell: boolean): Graph {
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
      const close = ofShell && char === '[' ? endOfBracket(pattern, at) : -1;
      // A bracket expression counts as any character: too many files, never too few.
      read(now, close !== -1 || char === '?' ? (ofShell && isFirst ? notDot : inSegment) : char, next);
      now = next;
      at = close !== -1 ? close + 1 : at + 1;
    }
  }
  return { edges, free, accepting: now, everything };
}

const bracketHere = new RegExp(bracket, 'y');

/** Where the last `]` stands, or -1. */
function endOfBracket(pattern: string, at: number): number {
  bracketHere.lastIndex = at;
  return bracketHere.test(pattern) ? bracketHere.lastIndex - 1 : -1;
}

function closed(free: readonly (readonly number[])[], from: number): readonly number[] {
  if (free[from]?.length === 0) return [from];
  const seen = new Set([from]);
  for (const state of seen) for (const to of free[state] ?? []) seen.add(to);
  return [...seen];
}

function reads(on: Label, char: string): boolean {
  if (on === anyChar) return true;
  if (on === inSegment) return char !== '/';
  if (on === notDot) return char !== '/' && char !== '.';
  return on === char;
}

/** Whether one character can be read by both labels. */
function meet(a: Label, b: Label): boolean {
  if (typeof a === 'string') return reads(b, a);
  if (typeof b === 'string') return reads(a, b);
  return true;
}
