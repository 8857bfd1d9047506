/** How a word is expanded, and what whoever asks for it is told on the way. */
import type { NameList } from '../reading.ts';
import type { Part, Template } from './syntax.ts';

/** 'fields': arguments and `for` words split; 'single': assignments, redirect targets, `case` words do not. */
export type Expansion = 'fields' | 'single';

/** What happens on the way: nested programs are read, and what is not safe to evaluate is said. */
export interface ExpansionListener {
  /** Answers the names that a substitution prints, where they are known to be whole words. */
  onPart(part: Part): NameList | undefined;
  onUnsafe(code: string, reason: string): void;
  /** The word may be an error, which ends the line. */
  onError(): void;
  /** A glob may match what it does not say. */
  readonly hasWideGlobs: boolean;
  /** The variable holds what the target's own environment says. */
  isInherited(name: string): boolean;
  isCounter(name: string): boolean;
  /** An unquoted variable that holds one name can be sent in quotes; where it is asked, it is. */
  quotes(template: Template): boolean;
  /** ls, whose name this word is, can be told to print each name as one line; where it is asked, it is. */
  tellsLs(name: Template): boolean;
  /** A list of the text may have keys that are no numbers. */
  mayHaveMaps(): boolean;
}
