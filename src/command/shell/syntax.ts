/**
 * Our own syntax tree of a shell text: only what was verified byte for byte against the source.
 *
 * The parser's tree never leaves the `verify` files. What they could not verify is an `opaque` node here, and an
 * Unknown was recorded for it.
 */
import type { Span } from '../model.ts';

export type Part =
  | { readonly kind: 'text'; readonly value: string; readonly isQuoted: boolean }
  | {
      readonly kind: 'parameter';
      readonly name: string;
      /** `@`, `*`, a number, or a variable that must hold one: `$i`, `i`. */
      readonly index: string | undefined;
      readonly isQuoted: boolean;
      readonly isLength: boolean;
      readonly operation: ParameterOperation | undefined;
      /** `${!list[@]}`: where the list has something. */
      readonly isKeys?: true | undefined;
    }
  | { readonly kind: 'substitution'; readonly program: Program; readonly isQuoted: boolean }
  | { readonly kind: 'process'; readonly operator: '<' | '>'; readonly program: Program }
  | { readonly kind: 'arithmetic'; readonly expression: Arithmetic; readonly isQuoted: boolean }
  /** `*`, `?` or a verified bracket expression. */
  | { readonly kind: 'glob'; readonly text: string }
  /** `{a,b}` or `{1..3}` of plain characters. */
  | { readonly kind: 'brace'; readonly text: string /** Or that text itself. */; readonly isEither?: true }
  /** `~`, `~/`, `~name`, `~name/`: with its slash, because a quoted slash ends no tilde prefix. */
  | { readonly kind: 'tilde'; readonly text: string }
  | { readonly kind: 'opaque' };

export interface ParameterOperation {
  readonly operator: string;
  readonly operand: Template | undefined;
  readonly replacement: Template | undefined;
}

/** A word as written: its value depends on the state of the shell when it is reached. */
export interface Template {
  readonly parts: readonly Part[];
  readonly raw: string;
  readonly span: Span;
}

/** An arithmetic expression of numbers, plain variables, substitutions and operators; anything else is not understood. */
export interface Arithmetic {
  /** Each substitution in it is `$()`. */
  readonly text: string;
  /** Variables whose value is evaluated, with or without `$`. */
  readonly names: readonly string[];
  /** Variables that the expression sets. */
  readonly assigned: readonly string[];
  /** What its substitutions run, in the order they stand; what they print is evaluated. */
  readonly programs: readonly Program[];
}

export interface AssignmentNode {
  readonly name: string;
  readonly isAppend: boolean;
  readonly value: Template | undefined;
  readonly elements: readonly Template[] | undefined;
  readonly span: Span;
}

export interface RedirectNode {
  readonly op: '<' | '>' | '>>' | '<>' | '>|' | '&>' | '&>>' | '>&' | '<&' | '<<' | '<<<';
  readonly fd: number | undefined;
  /** The file, the duplicated descriptor, the here-string; for a heredoc its body. */
  readonly target: Template;
  readonly span: Span;
}

/** An argument: a word, or an assignment given to `export`, `local` and their kin. */
export interface Argument {
  readonly word: Template;
  readonly assignment: AssignmentNode | undefined;
}

export interface Program {
  readonly statements: readonly Statement[];
}

export interface Statement {
  readonly list: AndOr;
  readonly isBackground: boolean;
}

export interface AndOr {
  readonly first: Pipeline;
  readonly rest: readonly { readonly operator: '&&' | '||'; readonly pipeline: Pipeline }[];
}

export interface Pipeline {
  readonly isTimed: boolean;
  readonly isNegated: boolean;
  readonly commands: readonly CommandNode[];
  readonly operators: readonly ('|' | '|&')[];
}

export interface SimpleNode {
  readonly kind: 'simple';
  readonly assignments: readonly AssignmentNode[];
  readonly args: readonly Argument[];
  readonly redirects: readonly RedirectNode[];
  readonly span: Span;
}

export interface FunctionNode {
  readonly kind: 'function';
  readonly name: string;
  readonly body: CommandNode;
  readonly redirects: readonly RedirectNode[];
  readonly span: Span;
}

export type CommandNode =
  | SimpleNode
  | FunctionNode
  | ({ readonly kind: 'subshell' | 'group'; readonly body: Program } & Compound)
  | ({
      readonly kind: 'if';
      readonly branches: readonly { readonly condition: Program; readonly body: Program }[];
      readonly otherwise: Program | undefined;
    } & Compound)
  | ({
      readonly kind: 'while';
      readonly isUntil: boolean;
      readonly condition: Program;
      readonly body: Program;
    } & Compound)
  | ({
      readonly kind: 'for';
      readonly name: string;
      /** Absent: the positional parameters. */
      readonly words: readonly Template[] | undefined;
      readonly body: Program;
    } & Compound)
  | ({
      readonly kind: 'counting-for';
      readonly expressions: readonly (Arithmetic | undefined)[];
      readonly body: Program;
    } & Compound)
  | ({
      readonly kind: 'case';
      readonly word: Template;
      readonly items: readonly CaseItem[];
    } & Compound)
  | ({ readonly kind: 'arithmetic'; readonly expression: Arithmetic } & Compound)
  | ({ readonly kind: 'test'; readonly expression: TestNode } & Compound)
  | ({ readonly kind: 'opaque' } & Compound);

export interface CaseItem {
  readonly patterns: readonly Template[];
  readonly body: Program;
  readonly end: ';;' | ';&' | ';;&';
}

export interface Compound {
  readonly redirects: readonly RedirectNode[];
  readonly span: Span;
}

export type TestNode =
  | { readonly kind: 'unary'; readonly operator: string; readonly operand: Template }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Template; readonly right: Template }
  | { readonly kind: 'logical'; readonly operator: '&&' | '||'; readonly operands: readonly TestNode[] }
  | { readonly kind: 'not'; readonly operand: TestNode }
  | { readonly kind: 'group'; readonly operand: TestNode }
  | { readonly kind: 'opaque' };

export const emptyProgram: Program = { statements: [] };
