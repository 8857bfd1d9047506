/**
 * Reads a sed script: which commands it has, and what they execute, read or write besides the input.
 *
 * The grammar is GNU sed's, narrowed to what GNU, busybox and POSIX sed read alike. `e`, `s///e`, `r`, `R`, `w`, `W` and
 * `s///w` say what they do; an unknown command, flag or spelling is not understood.
 *
 * INVARIANT: no script that any of those programs accepts runs a command that is missing here. Where readings differ
 * (a delimiter inside brackets, labels, backslashes before a newline) either one of them is a syntax error, or we refuse.
 */
import type { ProgramReading, SedOptions } from '../reading.ts';
import { harmless, joinReadings, oddText, unread } from './reading.ts';

const maxCommands = 500;

export function readSed(script: string, options: SedOptions): ProgramReading {
  const odd = oddText(script);
  if (odd !== undefined) return unread('SED_TEXT_ODD', `the sed script ${odd}`);
  return new SedReader(script, options).read();
}

/** Raised and caught in this file only. */
class NotSed extends Error {}

class SedReader {
  readonly #text: string;
  readonly #options: SedOptions;
  readonly #readings: ProgramReading[] = [];
  #at = 0;
  #depth = 0;

  constructor(text: string, options: SedOptions) {
    this.#text = text;
    this.#options = options;
  }

  read(): ProgramReading {
    try {
      // `#n` on the first line is `-n`; otherwise `#` starts a comment.
      for (let commands = 0; this.#skipSeparators(); commands += 1) {
        if (commands > maxCommands) throw new NotSed(`has more than ${maxCommands} commands`);
        this.#readCommand();
      }
      if (this.#depth !== 0) throw new NotSed('has a { without }');
    } catch (error) {
      if (!(error instanceof NotSed)) throw error;
      const where = `${error.message} at character ${this.#at}`;
      return joinReadings([...this.#readings, unread('SED_NOT_UNDERSTOOD', `the sed script ${where}`)]);
    }
    return joinReadings(this.#readings);
  }

  #peek(): string {
    return this.#text[this.#at] ?? '';
  }

  #take(): string {
    const char = this.#peek();
    this.#at += 1;
    return char;
  }

  #skip(chars: RegExp): void {
    while (this.#at < this.#text.length && chars.test(this.#peek())) this.#at += 1;
  }

  /** False at the end of the script. */
  #skipSeparators(): boolean {
    this.#skip(/[\s;]/);
    return this.#at < this.#text.length;
  }

  #readCommand(): void {
    if (this.#peek() === '#') {
      this.#restOfLine();
      return;
    }
    if (this.#readAddress()) {
      this.#skip(/[ \t]/);
      if (this.#peek() === ',') {
        this.#at += 1;
        this.#skip(/[ \t]/);
        if (!this.#readSecondAddress()) throw new NotSed('has a , without an address');
      }
    }
    this.#skip(/[ \t]/);
    while (this.#peek() === '!') {
      this.#at += 1;
      this.#skip(/[ \t!]/);
    }
    this.#perform(this.#take());
  }

  #readAddress(): boolean {
    const char = this.#peek();
    if (char === '$') {
      this.#at += 1;
      return true;
    }
    if (char === '/' || char === '\\') {
      if (char === '\\') this.#at += 1;
      this.#readRegex(this.#take());
      this.#skip(/[IM]/);
      return true;
    }
    const number = this.#number();
    if (number && this.#peek() === '~') {
      this.#at += 1;
      if (!this.#number()) throw new NotSed('has a step without a number');
    }
    return number;
  }

  #readSecondAddress(): boolean {
    if (this.#peek() === '+' || this.#peek() === '~') {
      this.#at += 1;
      return this.#number();
    }
    return this.#readAddress();
  }

  #number(): boolean {
    const start = this.#at;
    this.#skip(/[0-9]/);
    return this.#at > start;
  }

  #perform(command: string): void {
    switch (command) {
      case '{':
        this.#depth += 1;
        return;
      case '}':
        this.#depth -= 1;
        if (this.#depth < 0) throw new NotSed('has a } without {');
        this.#endCommand();
        return;
      case '=':
      case 'd':
      case 'D':
      case 'F':
      case 'g':
      case 'G':
      case 'h':
      case 'H':
      case 'n':
      case 'N':
      case 'p':
      case 'P':
      case 'x':
      case 'z':
        this.#endCommand();
        return;
      case 'l':
      case 'L':
      case 'q':
      case 'Q':
        this.#skip(/[ \t]/);
        this.#number();
        this.#endCommand();
        return;
      case ':':
        this.#label(/[A-Za-z0-9_.-]/, true);
        return;
      case 'b':
      case 't':
      case 'T':
        this.#label(/[A-Za-z0-9_.-]/, false);
        return;
      case 'a':
      case 'i':
      case 'c':
        this.#insertText();
        return;
      case 's':
        this.#substitute();
        return;
      case 'y':
        this.#transliterate();
        return;
      case 'r':
      case 'R':
      case 'w':
      case 'W':
        this.#file(command);
        return;
      case 'e':
        this.#execute();
        return;
      default:
        throw new NotSed(command === '' ? 'has an address without a command' : 'has a command we do not know');
    }
  }

  /** What may follow a command that takes no text: a separator, a comment, a closing brace. */
  #endCommand(): void {
    this.#skip(/[ \t]/);
    if (this.#at < this.#text.length && !/[\n;#}]/.test(this.#peek())) throw new NotSed('has text after a command');
  }

  #label(chars: RegExp, isRequired: boolean): void {
    this.#skip(/[ \t]/);
    const start = this.#at;
    this.#skip(chars);
    if (isRequired && this.#at === start) throw new NotSed('has a label without a name');
    // Up to a blank or `;` all of it is the name for some programs: `:x#w f` then goes on behind the blank.
    if (!/^\}*(?:[\s;]|$)/.test(this.#text.slice(this.#at))) throw new NotSed('has a label without an end');
    this.#endCommand();
  }

  /**
   * The text of a, i and c: up to a newline without a backslash. Two backslashes at a line's end are read differently
   * by different programs.
   */
  #insertText(): void {
    this.#skip(/[ \t]/);
    const start = this.#at;
    while (this.#at < this.#text.length && this.#peek() !== '\n') this.#at += this.#peek() === '\\' ? 2 : 1;
    this.#at = Math.min(this.#at, this.#text.length);
    const text = this.#text.slice(start, this.#at);
    // `$!{a` and `a}`: GNU refuses a missing text, others take the next line for it.
    if (text === '') throw new NotSed('has a, i or c without text');
    if (/\\\\(?:\n|$)/.test(text) || text.startsWith('\\\\')) throw new NotSed('has text with an unclear end');
  }

  #substitute(): void {
    const delimiter = this.#take();
    this.#readRegex(delimiter);
    const replacement = this.#readDelimited(delimiter);
    if (/(?:^|[^\\])(?:\\\\)*\n/.test(replacement)) throw new NotSed('has a bare newline in a replacement');
    for (;;) {
      const flag = this.#peek();
      if (/[gpiImM0-9]/.test(flag) && flag !== '') {
        this.#at += 1;
      } else if (flag === 'e') {
        this.#at += 1;
        this.#executesInput();
      } else if (flag === 'w') {
        this.#at += 1;
        this.#file('w');
        return;
      } else {
        this.#endCommand();
        return;
      }
    }
  }

  #transliterate(): void {
    const delimiter = this.#take();
    this.#checkDelimiter(delimiter);
    this.#readDelimited(delimiter);
    this.#readDelimited(delimiter);
    this.#endCommand();
  }

  #checkDelimiter(delimiter: string): void {
    // Letters, brackets and blanks can be delimiters, and are how scripts are made unreadable.
    if (!/^[!-/:;<=>?@^_`|~]$/.test(delimiter)) throw new NotSed('has an unusual delimiter');
  }

  /** Up to the delimiter; inside brackets the delimiter is text, or the script is an error (then nothing runs). */
  #readRegex(delimiter: string): void {
    this.#checkDelimiter(delimiter);
    while (this.#at < this.#text.length) {
      const char = this.#take();
      if (char === delimiter) return;
      if (char === '\n') break;
      // `\\c[` is one character for GNU sed and opens a bracket elsewhere.
      if (char === '\\' && /[\nc]/.test(this.#take())) break;
      if (char === '[') this.#readBracket();
    }
    throw new NotSed('has a regular expression without end');
  }

  #readBracket(): void {
    if (this.#peek() === '^') this.#at += 1;
    if (this.#peek() === ']') this.#at += 1;
    while (this.#at < this.#text.length) {
      const char = this.#take();
      if (char === ']') return;
      if (char === '\n') break;
      if (char === '[' && /[.=]/.test(this.#peek())) throw new NotSed('has a collating element');
      if (char === '[' && this.#peek() === ':') {
        const end = this.#text.indexOf(':]', this.#at + 1);
        if (end < 0 || !/^:[a-z]+$/.test(this.#text.slice(this.#at, end))) break;
        this.#at = end + 2;
      }
    }
    throw new NotSed('has a bracket without end');
  }

  #readDelimited(delimiter: string): string {
    const start = this.#at;
    while (this.#at < this.#text.length) {
      const char = this.#take();
      if (char === delimiter) return this.#text.slice(start, this.#at - 1);
      if (char === '\\') this.#at += 1;
    }
    throw new NotSed('has an s or y without end');
  }

  #restOfLine(): string {
    const newline = this.#text.indexOf('\n', this.#at);
    const end = newline < 0 ? this.#text.length : newline;
    const rest = this.#text.slice(this.#at, end);
    this.#at = end;
    return rest;
  }

  #file(command: string): void {
    const name = this.#restOfLine().trimStart();
    // Some programs end the name at a semicolon or brace and read a command behind it.
    if (name === '' || /[;}\\]|\s$/.test(name)) throw new NotSed('has an unclear file name');
    if (/^\/dev\/(?:stdin|stdout|stderr)$/.test(name)) return;
    const isRead = command === 'r' || command === 'R';
    this.#readings.push({
      ...harmless,
      effects: [
        isRead
          ? { kind: 'read', why: `sed ${command} reads a file` }
          : { kind: 'write', why: `sed ${command} writes a file` },
      ],
      paths: [this.#options.path(isRead ? 'read' : 'write', name)],
    });
  }

  #execute(): void {
    const command = this.#restOfLine().trim();
    if (command === '') {
      this.#executesInput();
      return;
    }
    if (command.includes('\\')) throw new NotSed('executes a command with a backslash');
    // A known command adds no effect of its own: it is judged like any other.
    this.#readings.push({ ...harmless, shell: [command] });
  }

  #executesInput(): void {
    this.#readings.push({
      ...unread('SED_EXECUTES_INPUT', 'sed runs the text it reads as a shell command'),
      effects: [{ kind: 'execute-code', why: 'sed e runs its input' }],
      code: [{ language: 'shell', text: undefined, why: 'sed runs the text it reads' }],
    });
  }
}
