/**
 * Reads an awk program: what it runs, reads and writes besides its input.
 *
 * Looks for every way out of the language in the token stream: `system()`, pipes in both directions, `getline <`,
 * redirected `print`, `@include`, `@load`, indirect calls, functions nobody defined, the environment, and changes to
 * ARGV, which name further input. An operand that is one string is said; any other is not understood.
 *
 * INVARIANT: true for gawk, mawk and busybox awk alike; what only one of them knows counts as if all did.
 */
import type { AwkOptions, ProgramReading } from '../reading.ts';
import { type AwkToken, NotAwk, readAwkTokens } from './awk-tokens.ts';
import { harmless, joinReadings, oddText, unread } from './reading.ts';

/** Functions that compute; `close` and `fflush` end what something else began. */
const computing = new Set(
  `atan2 cos exp int log rand sin sqrt srand asort asorti gensub gsub index length match patsplit split sprintf strtonum
   sub substr tolower toupper mktime strftime systime and compl lshift or rshift xor isarray typeof mkbool close fflush
   if while for switch print printf return exit getline delete in case`.split(/\s+/),
);
/** Variables whose use changes what is read or reaches other names. */
const reachingWords = new Set(['SYMTAB', 'FUNCTAB', 'ARGV', 'ARGC', 'PROCINFO', 'extension', 'bindtextdomain']);
const plainEnvironment = new Set(['HOME', 'USER', 'LOGNAME', 'PATH', 'PWD', 'SHELL', 'TERM', 'LANG', 'HOSTNAME', 'TZ']);
const standardInputs = new Set(['-', '/dev/stdin', '/dev/null']);
const standardOutputs = new Set(['/dev/stdout', '/dev/stderr', '/dev/null']);

export function readAwk(program: string, options: AwkOptions): ProgramReading {
  const odd = oddText(program);
  if (odd !== undefined) return unread('AWK_TEXT_ODD', `the awk program ${odd}`);
  try {
    return new AwkReader(readAwkTokens(program), options).read();
  } catch (error) {
    if (!(error instanceof NotAwk)) throw error;
    return unread('AWK_NOT_UNDERSTOOD', `the awk program ${error.message}`);
  }
}

class AwkReader {
  readonly #tokens: readonly AwkToken[];
  readonly #options: AwkOptions;
  readonly #readings: ProgramReading[] = [];
  readonly #defined = new Set<string>();
  /** Open `(`, `[` and `{`, in order. */
  readonly #open: string[] = [];
  /** How many were open when the running `print` began; undefined outside one. */
  #printDepth: number | undefined;

  constructor(tokens: readonly AwkToken[], options: AwkOptions) {
    this.#tokens = tokens;
    this.#options = options;
    for (const [i, token] of tokens.entries()) {
      if (token.text === 'function' || token.text === 'func') this.#defined.add(tokens[i + 1]?.text ?? '');
    }
  }

  read(): ProgramReading {
    for (const [i, token] of this.#tokens.entries()) {
      if (token.kind === 'operator' || token.kind === 'newline') this.#readOperator(token.text ?? '', i);
      else if (token.kind === 'word' || token.kind === 'call') this.#readWord(token, i);
    }
    if (this.#open.length > 0) throw new NotAwk('has a bracket or brace without end');
    return joinReadings(this.#readings);
  }

  #textAt(i: number): string | undefined {
    return this.#tokens[i]?.kind === 'string' ? undefined : this.#tokens[i]?.text;
  }

  #readOperator(operator: string, i: number): void {
    const closes: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };
    const opened = closes[operator];
    if (opened !== undefined && this.#open.pop() !== opened) throw new NotAwk('has brackets that do not match');
    if ('([{'.includes(operator)) this.#open.push(operator);
    if (operator === ';' || operator === '}' || (operator === '\n' && !this.#continues(i)))
      this.#printDepth = undefined;
    if (operator === '|' || operator === '|&') this.#readPipe(i);
    if ((operator === '>' || operator === '>>') && this.#printDepth !== undefined) this.#readOutput(operator, i);
  }

  /** Where an operand is due, a newline does not end a statement for busybox. */
  #continues(i: number): boolean {
    const before = this.#tokens[i - 1];
    if (before?.kind === 'operator') return ![')', ']', '}', ';', '++', '--'].includes(before.text ?? '');
    return ['in', 'do', 'else', '\n'].includes(this.#textAt(i - 1) ?? '');
  }

  #readOutput(operator: string, i: number): void {
    const inside = this.#open.slice(this.#printDepth);
    if (inside.includes('[')) throw new NotAwk('compares inside brackets while printing');
    if (inside.length > 0 && operator === '>') return;
    const file = this.#loneString(i + 1);
    if (file === undefined) {
      this.#dynamic('write', 'writes a file whose name it computes');
    } else if (!standardOutputs.has(file)) {
      this.#file('write', file);
    }
  }

  #readPipe(i: number): void {
    const isInput = this.#textAt(i + 1) === 'getline';
    const command = isInput ? this.#stringBefore(i) : this.#loneString(i + 1);
    if (command === undefined) {
      this.#dynamic('execute-code', 'runs a command that it computes');
      return;
    }
    this.#run(command);
  }

  /** A known command adds no effect of its own: it is judged like any other. */
  #run(command: string): void {
    this.#readings.push({ ...harmless, shell: [command] });
  }

  #readWord(token: AwkToken, i: number): void {
    const name = token.text ?? '';
    if (name === 'print' || name === 'printf') this.#printDepth = this.#open.length;
    else if (name === 'getline') this.#readGetline(i + 1);
    else if (name === 'system') this.#readSystem(i);
    else if (name === 'ENVIRON') this.#readEnvironment(i);
    else if (reachingWords.has(name)) this.#readReaching(name, i);
    else if (token.kind === 'call' && !computing.has(name) && !this.#defined.has(name)) {
      throw new NotAwk(`calls a function we do not know (${name.slice(0, 40)})`);
    }
  }

  #readSystem(i: number): void {
    const command = this.#textAt(i + 1) === '(' && this.#textAt(i + 3) === ')' ? this.#stringAt(i + 2) : undefined;
    if (command === undefined) this.#dynamic('execute-code', 'runs a command that it computes');
    // system("") flushes the output.
    else if (command !== '') this.#run(command);
  }

  /** `getline`, `getline name`, `getline name[…]`, `getline $1`, each perhaps followed by `< file`. */
  #readGetline(start: number): void {
    let i = start;
    const first = this.#tokens[i];
    if (first?.kind === 'word') {
      i += 1;
      if (this.#textAt(i) === '[') i = this.#afterBracket(i);
    } else if (first?.text === '$' && first.kind === 'operator') {
      const kind = this.#tokens[i + 1]?.kind;
      if (kind !== 'number' && kind !== 'word') throw new NotAwk('reads a line into a computed field');
      i += 2;
    }
    const next = this.#tokens[i];
    if (next?.kind === 'operator' && next.text === '<') {
      const file = this.#loneString(i + 1);
      if (file === undefined) this.#dynamic('read', 'reads a file whose name it computes');
      else if (!standardInputs.has(file)) this.#file('read', file);
      return;
    }
    const isEnd = next?.kind === 'newline' || next?.kind === 'end';
    if (!isEnd && !(next?.kind === 'operator' && /^(?:[;})>]|[=!<>]=|&&|\|\|)$/.test(next.text ?? ''))) {
      throw new NotAwk('reads a line in a way we do not know');
    }
  }

  #afterBracket(start: number): number {
    let depth = 0;
    for (let i = start; i < this.#tokens.length; i += 1) {
      if (this.#textAt(i) === '[') depth += 1;
      if (this.#textAt(i) === ']') depth -= 1;
      if (depth === 0) return i + 1;
    }
    throw new NotAwk('has a bracket without end');
  }

  #readEnvironment(i: number): void {
    const name = this.#textAt(i + 1) === '[' && this.#textAt(i + 3) === ']' ? this.#stringAt(i + 2) : undefined;
    if (name !== undefined && plainEnvironment.has(name)) return;
    const why = 'awk reads the environment, where secrets may be';
    this.#readings.push({ ...harmless, effects: [{ kind: 'identity', why }] });
  }

  /** ARGV and ARGC decide which files are read; comparing with one of them is all that is understood. */
  #readReaching(name: string, i: number): void {
    const comparing = ['==', '!='];
    if (name === 'ARGV' && this.#textAt(i + 1) === '[' && this.#textAt(i + 3) === ']') {
      const isAlone = [')', '{', '&&', '||', ';', '\n', ''].includes(this.#textAt(i + 4) ?? '-');
      if (this.#tokens[i + 2]?.kind === 'number' && comparing.includes(this.#textAt(i - 1) ?? '') && isAlone) return;
    }
    if (name === 'PROCINFO' && this.#textAt(i + 1) === '[' && this.#stringAt(i + 2) === 'sorted_in') return;
    if (name === 'ARGC' && ['<', '<='].includes(this.#textAt(i - 1) ?? '') && this.#textAt(i + 1) === ';') return;
    throw new NotAwk(`uses ${name}`);
  }

  #stringAt(i: number): string | undefined {
    return this.#tokens[i]?.kind === 'string' ? this.#tokens[i]?.text : undefined;
  }

  /** The string at `i` when nothing is joined to it: what follows ends the statement or the group. */
  #loneString(i: number): string | undefined {
    const follower = this.#tokens[i + 1];
    const isAlone = follower?.kind === 'end' || [';', '}', ')', '\n'].includes(this.#textAt(i + 1) ?? '');
    return isAlone ? this.#stringAt(i) : undefined;
  }

  /** The string before the pipe at `i` when nothing is joined to it from the left. */
  #stringBefore(i: number): string | undefined {
    const before = this.#textAt(i - 2);
    const isAlone = i < 2 || ['(', '{', ';', '\n', '&&', '||'].includes(before ?? '');
    return isAlone ? this.#stringAt(i - 1) : undefined;
  }

  #file(access: 'read' | 'write', name: string): void {
    if (/^\/(?:inet|dev\/fd|dev\/tcp|dev\/udp)/.test(name)) {
      throw new NotAwk('opens a network connection or a descriptor');
    }
    this.#readings.push({
      ...harmless,
      effects: [{ kind: access, why: `awk ${access}s a file` }],
      paths: [this.#options.path(access, name)],
    });
  }

  #dynamic(kind: 'read' | 'write' | 'execute-code', what: string): void {
    this.#readings.push({
      ...unread('AWK_OPERAND_UNKNOWN', `the awk program ${what}`),
      effects: [{ kind, why: `awk ${what}` }],
    });
  }
}
