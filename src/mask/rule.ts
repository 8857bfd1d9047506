import type { Piece } from './piece.ts';

/** What is swallowed after a match, however long it is. */
export type Continuation =
  /** Text units such as `[A-Za-z0-9_]`; `partial` is the beginning of a unit that has more than one character. */
  | { readonly kind: 'units'; readonly unit: string; readonly partial: string }
  /** Everything up to and with `end`, at most `maxCharacters`. */
  | { readonly kind: 'block'; readonly end: string; readonly endLength: number; readonly maxCharacters: number };

/** One kind of secret. */
export interface Rule {
  /** Shown in the marker and counted in the audit log. */
  readonly name: string;
  /**
   * First three characters of what the rule matches, either case; `#` is a digit, `@` a letter, `*` anything. Only
   * there is the rule tried.
   */
  readonly anchors: readonly string[];
  /** Cheap condition, asked once for all rules that share it; must hold wherever a match or a beginning of one is. */
  readonly gate?: string;
  /** What must (not) stand before, as a lookbehind. */
  readonly before?: string;
  /** How a match begins without giving anything away: a fixed prefix, the name before a value. */
  readonly lead: Piece;
  /** The secret, or enough of it to be sure. */
  readonly body: Piece;
  /** One character that must (not) follow, as a lookahead. */
  readonly after?: string;
  readonly continuation?: Continuation;
  /** Whether `lead` stays readable (`password=[MASKED:…]`). */
  readonly keepsLead: boolean;
  /** Last word on a match; `next` is the character after it, '' at the end. */
  readonly accepts?: (body: string, next: string, lead: string) => boolean;
}

/** A character class as continuation. */
export const more = (unit: string): Continuation => ({ kind: 'units', unit, partial: '' });
