/**
 * Text → our own tree: parses with unbash and believes only what the source confirms.
 *
 * Refuses (as Unknown, never by throwing): parser errors at the root and in every nested script, unread bytes, node
 * kinds that are not listed. INVARIANT: without unknowns, every byte of the text was matched to the tree.
 */
import type * as unbash from 'unbash';
import { parse } from 'unbash';
import type { Dialect, Unknown } from '../model.ts';
import { Cursor, flagBash, flagPosix, report, type Verification } from './cursor.ts';
import { readPlainText } from './plain-text.ts';
import { emptyProgram, type Pipeline, type Program, type Statement } from './syntax.ts';
import { readCommand } from './verify-command.ts';
import { WordReader } from './verify-word.ts';

export interface VerifiedProgram {
  readonly program: Program;
  readonly unknowns: readonly Unknown[];
}

/** Reads one shell text that passed `guardText`. Never throws. */
export function readProgram(source: string, dialect: Dialect): VerifiedProgram {
  // An unrecorded shell may read quotes and globs in its own way.
  const program = dialect === 'unknown' ? undefined : readPlainText(source);
  return program === undefined ? verifyProgram(source, dialect) : { program, unknowns: [] };
}

/** The same of every text, by the parser's tree. */
export function verifyProgram(source: string, dialect: Dialect): VerifiedProgram {
  const v: Verification = { source, dialect, unknowns: [], flagged: new Set() };
  try {
    const script = parse(source);
    const reader = new ProgramReader(v);
    const cursor = new Cursor(v, 0, source.length);
    if (/^[-+]/.test(source)) {
      report(v, 'SHELL_SYNTAX', 'The text begins like an option, and a shell may take it for one.', 0, 1);
    }
    if (/\\\n?$/.test(source))
      report(v, 'SHELL_SYNTAX', 'The text ends in a backslash.', source.length - 1, source.length);
    const program = reader.script(cursor, script, source.length);
    return { program, unknowns: v.unknowns };
  } catch {
    // The parser recurses: a RangeError on hostile nesting, or a bug, is the same to us.
    report(
      v,
      'SHELL_SYNTAX',
      'The text is nested or malformed in a way that our parser could not read.',
      0,
      source.length,
    );
    return { program: emptyProgram, unknowns: v.unknowns };
  }
}

export class ProgramReader {
  readonly v: Verification;
  readonly words: WordReader;

  constructor(v: Verification) {
    this.v = v;
    this.words = new WordReader(v, (script, start, end) => this.nested(script, start, end));
  }

  /** The program of a substitution, between its parentheses or backticks. */
  nested(script: unbash.ParsedScript, start: number, end: number): Program {
    return this.script(new Cursor(this.v, start, end), script, end);
  }

  /** A whole script, up to exactly `end`. */
  script(cursor: Cursor, script: unbash.ParsedScript, end: number): Program {
    for (const error of script.errors ?? []) {
      report(
        this.v,
        'SHELL_SYNTAX',
        `The shell would not accept this text: ${error.message}.`,
        error.pos,
        error.pos + 1,
      );
    }
    if (script.source !== undefined && script.source === this.v.source.slice(cursor.at, end)) {
      // The parser copied the text between backticks although nothing in it was escaped: places count from its start.
      const inner = new ProgramReader({ ...this.v, source: script.source });
      return inner.script(
        new Cursor(inner.v, 0, script.source.length, true),
        { type: 'Script', pos: 0, end: 0, shebang: undefined, commands: script.commands },
        script.source.length,
      );
    }
    if (script.source !== undefined) {
      report(this.v, 'WORD_BACKTICKS', 'Not understood: escapes inside backticks; use $(...).', cursor.at, end);
      return emptyProgram;
    }
    const program = this.statements(cursor, script.commands);
    cursor.lines();
    if (cursor.at !== end) cursor.misread('text that belongs to no command', end);
    if (cursor.hasPending) cursor.misread('a heredoc without a body', end);
    return program;
  }

  list(cursor: Cursor, list: unbash.CompoundList): Program {
    const program = this.statements(cursor, list.commands);
    cursor.lines();
    if (program.statements.length === 0 && this.v.source[cursor.at] !== ';') return program;
    return program;
  }

  statements(cursor: Cursor, nodes: readonly unbash.Statement[]): Program {
    const statements: Statement[] = [];
    let isSeparated = true;
    for (const node of nodes) {
      const sawNewline = cursor.lines();
      if (!isSeparated && !sawNewline) cursor.misread('two commands without ; or a newline', node.pos);
      statements.push(this.#statement(cursor, node));
      cursor.blanks();
      const isBackground = node.background === true;
      if (isBackground) {
        cursor.token('&', node.end);
        isSeparated = true;
      } else if (cursor.startsWith(';') && !cursor.startsWith(';;') && !cursor.startsWith(';&')) {
        cursor.at++;
        isSeparated = true;
      } else {
        isSeparated = false;
      }
    }
    return { statements };
  }

  #statement(cursor: Cursor, node: unbash.Statement): Statement {
    const isBackground = node.background === true;
    const { command } = node;
    if (isBackground) flagPosix(this.v, '&', node.pos, node.end);
    if (command.type !== 'AndOr') {
      return { list: { first: this.#pipeline(cursor, command), rest: [] }, isBackground };
    }
    const [first, ...others] = command.commands;
    if (first === undefined) throw new RangeError('an empty list');
    const head = this.#pipeline(cursor, first);
    const rest = others.map((pipeline, i) => {
      const operator = command.operators[i];
      if (operator === undefined) throw new RangeError('an operator is missing');
      cursor.blanks();
      cursor.token(operator, pipeline.pos);
      cursor.lines();
      return { operator, pipeline: this.#pipeline(cursor, pipeline) };
    });
    return { list: { first: head, rest }, isBackground };
  }

  #pipeline(cursor: Cursor, node: unbash.PipelineNode): Pipeline {
    if (node.type !== 'Pipeline') {
      return { isTimed: false, isNegated: false, commands: [readCommand(this, cursor, node)], operators: [] };
    }
    let isTimed = false;
    let isNegated = false;
    for (const prefix of node.prefixes) {
      if (prefix.type === 'Time') {
        flagBash(this.v, 'time', prefix.pos, prefix.end);
        if (isTimed || isNegated || prefix.posix !== undefined || prefix.endOfOptions !== undefined) {
          cursor.misread('this form of time', prefix.end);
        } else {
          cursor.keyword('time', prefix.end);
        }
        isTimed = true;
      } else {
        flagPosix(this.v, '!', prefix.pos, prefix.end);
        if (isNegated) cursor.misread('two negations', prefix.end);
        else cursor.keyword('!', prefix.end);
        isNegated = true;
      }
      cursor.blanks();
    }
    if (node.commands.length === 0) cursor.misread('an operator without a command', cursor.at);
    const commands = node.commands.map((command, i) => {
      if (i > 0) {
        const operator = node.operators[i - 1] ?? '|';
        if (operator === '|&') flagBash(this.v, '|&', command.pos, command.pos);
        cursor.blanks();
        cursor.token(operator, command.pos);
        cursor.lines();
      }
      return readCommand(this, cursor, command);
    });
    return { isTimed, isNegated, commands, operators: node.operators };
  }
}
