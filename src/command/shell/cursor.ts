/**
 * Walks the source beside the parser's tree, so that every byte is accounted for.
 *
 * Each `verify` function says which token must come next; what lies between two tokens may only be blanks, newlines,
 * comments and heredoc bodies that were announced. INVARIANT: when `misread` was never called, the tree and the source
 * say the same, token by token.
 */
import type { Dialect, Unknown } from '../model.ts';

export interface PendingHeredoc {
  readonly bodyAt: number;
  readonly bodyEnd: number;
  readonly closingAt: number;
  readonly closingEnd: number;
  readonly delimiter: string;
  readonly stripsTabs: boolean;
}

/** What one verification shares over all its nested scripts. */
export interface Verification {
  readonly source: string;
  readonly dialect: Dialect;
  readonly unknowns: Unknown[];
  /** Features read differently outside bash that were already reported. */
  readonly flagged: Set<string>;
}

const maxUnknowns = 40;

export function report(v: Verification, code: string, reason: string, at: number, end: number): void {
  if (v.unknowns.length < maxUnknowns) v.unknowns.push({ code, reason, span: [at, end] });
}

/** Notes syntax that only bash (and shells that copy it) reads this way; not understood on any other shell. */
export function flagBash(v: Verification, feature: string, at: number, end: number): void {
  if (v.dialect === 'bash' || v.flagged.has(feature)) return;
  v.flagged.add(feature);
  report(
    v,
    'DIALECT_BASH_ONLY',
    `${feature} is bash syntax; the shell that reads it (${v.dialect}) may take it for something else.`,
    at,
    end,
  );
}

/** Notes syntax that POSIX shells read alike but zsh, fish, csh or an unrecorded shell may not. */
export function flagPosix(v: Verification, feature: string, at: number, end: number): void {
  if (v.dialect !== 'unknown' || v.flagged.has(feature)) return;
  v.flagged.add(feature);
  report(
    v,
    'DIALECT_UNKNOWN_SHELL',
    `The login shell of this target is not recorded as bash or POSIX, and ${feature} is not read alike by all shells.`,
    at,
    end,
  );
}

export class Cursor {
  readonly v: Verification;
  readonly source: string;
  /** Where this script ends: a substitution ends at its closing bracket or backtick. */
  readonly end: number;
  /** Comments and heredocs are refused inside substitutions: bash prints and reads those again. */
  readonly isNested: boolean;
  at: number;
  #pending: PendingHeredoc[] = [];

  constructor(v: Verification, at: number, end: number, isNested = end !== v.source.length || at !== 0) {
    this.v = v;
    this.source = v.source;
    this.at = at;
    this.end = end;
    this.isNested = isNested;
  }

  /** The tree and the source disagree; goes on at `resumeAt` so that the rest can still be listed. */
  misread(what: string, resumeAt: number): void {
    report(
      this.v,
      'SHELL_SYNTAX',
      `The shell may read this text differently from us (${what}).`,
      Math.min(this.at, resumeAt),
      Math.max(this.at, resumeAt),
    );
    this.at = resumeAt;
  }

  /** Skips blanks and line continuations; true when at least one real blank was there. */
  blanks(): boolean {
    let sawBlank = false;
    for (;;) {
      const unit = this.source.charCodeAt(this.at);
      if (unit === 0x20 || unit === 0x09) {
        sawBlank = true;
        this.at++;
      } else if (unit === 0x5c && this.source.charCodeAt(this.at + 1) === 0x0a) {
        // Only between blanks: `a\⏎b` is one word, which the word check refuses.
        this.at += 2;
      } else {
        return sawBlank;
      }
    }
  }

  /** Skips blanks, newlines, comments and the heredoc bodies that begin after a newline; true after a newline. */
  lines(): boolean {
    let sawNewline = false;
    for (;;) {
      this.blanks();
      const unit = this.source.charCodeAt(this.at);
      if (unit === 0x0a) {
        this.at++;
        sawNewline = true;
        if (this.#pending.length > 0) this.#bodies();
      } else if (unit === 0x23) {
        this.#comment(this.at === 0 || ' \t\n;'.includes(this.source[this.at - 1] ?? ''));
      } else {
        return sawNewline;
      }
    }
  }

  #comment(isSeparate: boolean): void {
    const newline = this.source.indexOf('\n', this.at);
    const end = newline === -1 ? this.source.length : newline;
    if (this.isNested || !isSeparate) {
      this.misread('a comment where shells do not agree on one', end);
      return;
    }
    flagPosix(this.v, 'a comment', this.at, end);
    this.at = end;
  }

  announce(heredoc: PendingHeredoc): void {
    this.#pending.push(heredoc);
  }

  get hasPending(): boolean {
    return this.#pending.length > 0;
  }

  #bodies(): void {
    const pending = this.#pending;
    this.#pending = [];
    for (const heredoc of pending) {
      const closing = this.source.slice(heredoc.closingAt, heredoc.closingEnd);
      const gap = this.source.slice(heredoc.bodyEnd, heredoc.closingAt);
      const after = this.source[heredoc.closingEnd];
      const isRight =
        heredoc.bodyAt === this.at &&
        closing === heredoc.delimiter &&
        (heredoc.stripsTabs ? /^\t*$/.test(gap) : gap === '') &&
        (heredoc.bodyEnd === heredoc.bodyAt || this.source[heredoc.bodyEnd - 1] === '\n') &&
        (after === '\n' || after === undefined) &&
        !this.source
          .slice(heredoc.bodyAt, heredoc.bodyEnd)
          .split('\n')
          .some((line) => (heredoc.stripsTabs ? line.replace(/^\t+/, '') : line) === heredoc.delimiter);
      if (!isRight) {
        this.misread('the end of a heredoc', heredoc.closingEnd);
      } else {
        this.at = heredoc.closingEnd;
      }
      if (this.source[this.at] === '\n') this.at++;
    }
  }

  startsWith(token: string): boolean {
    return this.source.startsWith(token, this.at);
  }

  /** Takes an operator. */
  token(token: string, resumeAt: number): void {
    if (this.source.startsWith(token, this.at)) this.at += token.length;
    else this.misread(`expected ${token}`, resumeAt);
  }

  /** Takes a reserved word, which must stand alone. */
  keyword(word: string, resumeAt: number): void {
    if (this.source.startsWith(word, this.at) && this.isDelimiterAt(this.at + word.length)) this.at += word.length;
    else this.misread(`expected ${word}`, resumeAt);
  }

  /** Whether a word that ends here really ends: blank, operator or end of text. */
  isDelimiterAt(at: number): boolean {
    if (at >= this.end) return true;
    switch (this.source.charCodeAt(at)) {
      case 0x20: // blank
      case 0x09: // tab
      case 0x0a: // newline
      case 0x3b: // ;
      case 0x26: // &
      case 0x7c: // |
      case 0x3c: // <
      case 0x3e: // >
      case 0x28: // (
      case 0x29: // )
        return true;
      default:
        return false;
    }
  }

  /** A word or redirect begins here, before the cursor nothing but blanks: false when the parser saw it elsewhere. */
  arriveAt(at: number): void {
    if (this.at !== at) this.misread('a word begins elsewhere', at);
  }
}
