/** One argv after its words have been given their roles. */
import type { HostObject, Word } from '../model.ts';
import type { ToolCommand } from './compile.ts';
import type { Given } from './given.ts';
import type { Role } from './role.ts';

/** A word and what it is to the tool. */
export interface Assigned {
  readonly role: Role;
  readonly word: Word;
  /** The option or slot it belongs to. */
  readonly of: string;
}

export interface Parsed {
  readonly command: ToolCommand;
  readonly assigned: readonly Assigned[];
  readonly given: Pick<Given, 'has' | 'hasSurely' | 'some'>;
  readonly rest: { readonly role: Role; readonly words: readonly Word[]; readonly of: string } | undefined;
  /** What it reads, it only counts, digests or names the kind of. */
  readonly isMeasuring: boolean;
  /** `isMany`: `{} +`, which puts in as many names as fit. */
  readonly until: readonly { readonly of: string; readonly words: readonly Word[]; readonly isMany: boolean }[];
  readonly environment: readonly { readonly name: string; readonly value: Word }[];
  readonly direction: HostObject['direction'] | undefined;
}
