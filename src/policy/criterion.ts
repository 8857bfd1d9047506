import type { CommandModel, SimpleCommand } from '../command/model.ts';
import type { Certainty } from './certainty.ts';
import type { Traits } from './traits.ts';

/** One simple command in its text. */
export interface Subject {
  readonly command: SimpleCommand;
  readonly model: CommandModel;
}

/**
 * One key of a matcher (`effects`, `paths`, …), compiled.
 *
 * INVARIANT: `covers` speaks for everything in the command (an allow rule needs that); `touches` speaks for anything in
 * it (enough for a deny). A matcher is the conjunction of its criteria.
 */
export interface Criterion {
  readonly key: string;
  /** Programs or tools outside which it never matches; undefined when it may match any. */
  readonly names?: readonly string[] | undefined;
  /** It touches no command that has none of these traits. */
  readonly touchNeeds?: Traits;
  /** It covers no command that has none of these. */
  readonly coverNeeds?: Traits;
  /** It covers no command that has one of these. */
  readonly coverRefuses?: Traits;
  /** Paths outside these directories of the root are not its business; undefined when any may be. */
  readonly roots?: readonly string[] | undefined;
  covers(subject: Subject): boolean;
  touches(subject: Subject): Certainty;
}

/** What an allow rule names beyond its criteria; what is not named here is not allowed by it. */
export interface Permission {
  readonly effects: ReadonlySet<string> | undefined;
  readonly hasCommands: boolean;
  readonly hasTools: boolean;
  readonly hasPaths: boolean;
  readonly hasHosts: boolean;
  readonly hasRedirects: boolean;
  readonly hasCode: boolean;
  readonly hasRunsAs: boolean;
  readonly hasRunsOn: boolean;
  readonly unseenArguments: boolean;
  /** Names nobody knows yet may be looked at (`ls -l "$x"`), their content not. */
  readonly unknownNamesPass: boolean;
  readonly environment: ReadonlySet<string>;
}

export interface Matcher {
  readonly criteria: readonly Criterion[];
  readonly permission: Permission;
  /** Each is an exception of its own. */
  readonly exceptions: readonly Criterion[];
  /** Why, in its author's words. */
  readonly exceptionReason: string | undefined;
}
