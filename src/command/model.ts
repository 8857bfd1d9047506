/**
 * The command model: what Sallyport understood of one text, as data.
 *
 * Everything downstream (policy, the reviewer's page, the audit record) speaks of this model and never of the
 * text. A part that was not understood is in `unknowns`; a model with unknowns is never allowed.
 */

/** The login shell that will read the text on the target. */
export type Dialect = 'bash' | 'posix' | 'busybox' | 'unknown';

/** Half-open range of UTF-16 offsets into the text that was understood. */
export type Span = readonly [start: number, end: number];

export type DynamicReason =
  | 'parameter'
  | 'substitution'
  | 'process'
  | 'arithmetic'
  | 'glob'
  | 'brace'
  | 'tilde'
  | 'argument';

/** One word after parsing: its value is known, or only a literal prefix of it is. */
export type Word =
  | { readonly kind: 'known'; readonly value: string; readonly raw: string; readonly span: Span }
  | {
      readonly kind: 'dynamic';
      readonly why: DynamicReason;
      /** The literal text every value of this word starts with. */
      readonly prefix: string;
      readonly raw: string;
      readonly span: Span;
      /** Whatever it becomes, nothing of it begins with a dash, unless it is an integer. */
      readonly tame?: Tame | undefined;
      /** Several words are put in where this one stands (`{} +` of find, what xargs appends). */
      readonly isSeveral?: true | undefined;
      /** Of the names a glob fits it is one (`"$f"` in a loop over `*`), or a word with nothing in it. */
      readonly isSingle?: true | 'or-nothing' | undefined;
      /** The whole word, where all that is not known of it are integers: each is written as `unknownInteger`. */
      readonly shape?: string | undefined;
      /** With the substitutions in it that variables of the text stand for: `app-$(date +%F).log` for `app-$D.log`. */
      readonly printed?: string | undefined;
      /** Where every value lies: `{}` of find, whose starting points these are; names given to xargs. */
      readonly below?: Below | undefined;
    };

/** Stands for the name of an account, a host, a container or a pod that is only known at run time. */
export const notKnown = '(not known)';

/** Stands in a shape for one integer, or for nothing; no text of anybody may have it. */
export const unknownInteger = '\u0001';

/**
 * One number, some numbers, one word without anything a shell would expand, or any words: none an option. An integer is
 * one number that may be negative, and then it begins with a dash.
 */
export type Tame = 'number' | 'numbers' | 'word' | 'text' | 'integer';

/**
 * Of names that were looked for: any, only such that no known secret has (`find . -name '*.py'`), or of these only such
 * that nothing runs or obeys either (`*.java`).
 */
export type Narrow = false | 'for-reading' | 'for-writing';

/** Every value is one of these paths or lies below it. */
export interface Below {
  readonly directories: readonly string[];
  /** No value is a part of a name: false for names that blanks or newlines could have split. */
  readonly isWhole: boolean;
  readonly isNarrow: Narrow;
  /** Values do not begin with the directory: `-x` and not `./-x`. */
  readonly isBare?: true | undefined;
  /** No value has a character at which a shell splits, or that it expands. */
  readonly isPlain?: true | undefined;
  /** By words that were inserted, nothing hidden is among them. */
  readonly isVisible?: boolean | undefined;
  /** The name of the command that finds them. */
  readonly source?: Word | undefined;
}

export type EffectKind =
  | 'read'
  | 'write'
  | 'delete'
  | 'execute-code'
  | 'network'
  | 'privilege'
  | 'service'
  | 'package'
  | 'process'
  | 'identity'
  | 'unknown';

/** One thing a command does, with the words that say so ("-o writes a file"). */
export interface Effect {
  readonly kind: EffectKind;
  readonly why: string;
}

export type PathAccess = 'read' | 'write' | 'delete' | 'execute';

export interface PathObject {
  readonly access: PathAccess;
  /** Normalised: absolute where the working directory is known, `.` and `..` resolved textually. */
  readonly path: string;
  /** Every value starts with `path` but is not it (glob, parameter …): may match any deny, never an allow. */
  readonly isPrefix: boolean;
  /** Relative to a working directory that is not known. */
  readonly isRelative: boolean;
  /** `..` was resolved textually, which a symbolic link can falsify. */
  readonly hasParent: boolean;
  /**
   * The whole path as a pattern of the shell (`/srv/app/*.log`), when a glob is all that is not known of it: every
   * value is the name of a file that matches. Only beside `isPrefix`; absent for any other dynamic word.
   */
  readonly pattern?: string | undefined;
  /** Everything below it is touched in the same way (`grep -r`, what `find` hands on). */
  readonly isTree?: true | undefined;
  /** If it is a directory, what is in it is changed as well (`rm -r`, `mv`): asked by what refuses, not by what allows. */
  readonly isDeep?: true | undefined;
  /** Written instead if it is a directory, by the names of what is copied (`cp a b`): the same. */
  readonly inside?: readonly PathObject[] | undefined;
  /** Of a tree: nothing that has a hidden name. */
  readonly isShown?: true | undefined;
  /** Only its name, kind and times are looked at, and the names in it: no content. */
  readonly isEntry?: true | undefined;
  /** The program that runs itself, where others than the system's owner put it. */
  readonly isProgram?: true | undefined;
}

export interface HostObject {
  /** As it is looked up, lower case; empty when nobody knows it. */
  readonly host: string;
  readonly port: number | undefined;
  readonly scope: 'public' | 'private' | 'loopback' | 'link-local' | 'metadata' | 'unknown';
  readonly direction: 'download' | 'upload' | 'connect';
  /** What stands behind the host in a URL, without a fragment; empty when nobody knows all of it. Undefined without a URL. */
  readonly urlPath?: string | undefined;
  /** The client goes on to wherever this host sends it. */
  readonly isFollowed?: true | undefined;
  /** A word looks like its name (`docker pull host.example/x`); whom the tool contacts, nobody knows. */
  readonly isPossible?: true | undefined;
}

export interface SqlFacts {
  readonly dialect: 'postgresql' | 'mysql' | 'sqlite';
  readonly verbs: readonly string[];
  /** Other verbs that would do the same (`truncate`: `delete`): asked by what refuses. */
  readonly implied?: readonly string[] | undefined;
  /** `orders`, `shop.orders`; `shop.*` is all that is in it, and `*` whatever there is. */
  readonly tables: readonly string[];
  /** A statement changes something and names no table (CREATE SCHEMA). */
  readonly hasOther?: true | undefined;
  readonly functions: readonly string[];
  readonly joins: number;
  /** Of the UPDATE/DELETE statement with the weakest predicate. */
  readonly where: 'none-needed' | 'present' | 'constant' | 'missing';
  readonly readOnly: boolean;
}

/** A program in a language other than the shell. */
export interface CodeObject {
  readonly language: string;
  /** Absent when the text is not in the command (a script file, stdin). */
  readonly text: string | undefined;
  readonly why: string;
}

export interface Redirect {
  readonly op: '<' | '>' | '>>' | '<>' | '>|' | '&>' | '&>>' | 'dup' | 'heredoc' | 'herestring';
  readonly fd: number | undefined;
  readonly target: Word | undefined;
  readonly body: { readonly text: string; readonly isDynamic: boolean } | undefined;
  /** Where it leads from the working directories it may be opened in; absent for what is no file. */
  readonly paths?: readonly PathObject[] | undefined;
}

export interface Assignment {
  readonly name: string;
  readonly value: Word | undefined;
  /** An assignment before a command lasts for that command; alone it lasts for the rest of the text. */
  readonly isExported: boolean;
}

/** One simple command anywhere in the text, however deeply nested. */
export interface SimpleCommand {
  readonly argv: readonly Word[];
  readonly span: Span;
  /** How it was reached, outermost first: `['sudo', 'bash -c', '$()']`; empty at top level. */
  readonly via: readonly string[];
  readonly assignments: readonly Assignment[];
  readonly redirects: readonly Redirect[];
  /** Where its stdin comes from; `program`: it is the text itself that a shell is reading. */
  readonly stdin: 'session' | 'pipe' | 'file' | 'text' | 'program' | 'closed';
  /** The library's name of the tool; undefined when no description knows it. */
  readonly tool: string | undefined;
  /** `['remote', 'add']` for `git remote add`. */
  readonly subcommand: readonly string[];
  readonly effects: readonly Effect[];
  readonly paths: readonly PathObject[];
  readonly hosts: readonly HostObject[];
  readonly services: readonly string[];
  readonly packages: readonly string[];
  readonly processes: readonly string[];
  /** Account it runs as when a wrapper changes it (`sudo -u postgres` → `postgres`). */
  readonly runsAs: string | undefined;
  readonly code: readonly CodeObject[];
  readonly sql: readonly SqlFacts[];
  /** xargs and `find -exec` append words nobody has seen. */
  readonly hasUnseenArguments: boolean;
  /** The unseen ones are plain text, or paths that `paths` names the place of. */
  readonly placesUnseen?: true | undefined;
  /** Runs on another machine or in a container (`ssh host …`, `docker exec …`). */
  readonly runsOn: string | undefined;
  readonly unknowns: readonly Unknown[];
}

/** Something that was not understood, said so that a reviewer understands why they are asked. */
export interface Unknown {
  readonly code: string;
  readonly reason: string;
  readonly span: Span | undefined;
}

/** What the text as a whole does with the stdin of the session. */
export type StdinUse = 'unused' | 'data' | 'code' | 'unknown';

export interface CommandModel {
  readonly text: string;
  readonly dialect: Dialect;
  readonly commands: readonly SimpleCommand[];
  /** Some of the commands may run more often than they are listed: in a loop, or once for each name that is found. */
  readonly mayRepeat?: true | undefined;
  readonly unknowns: readonly Unknown[];
  readonly stdin: StdinUse;
  /** The language stdin is read as when `stdin` is `code` ('shell', 'python', 'sql' …). */
  readonly stdinLanguage: string | undefined;
  /**
   * The same text, told to pass over what is hidden in somebody's home: it only reads. A policy that would hold the text as
   * it was written may let this one run in its place.
   */
  readonly narrower?: CommandModel | undefined;
  /** Printed from the model with every known word quoted; absent when anything is unknown. */
  readonly canonical: string | undefined;
  /** Shell text that stands in `canonical` as one quoted word (`bash -c '…'`), printed likewise. */
  readonly canonicalInside?: readonly string[] | undefined;
}

/**
 * Stands for the directory a session starts in when nobody knows it: relative paths come out below it, and nothing is
 * ever printed from it.
 */
export const unknownHome = '/~';

/** What is known before the text is read. */
export interface UnderstandContext {
  readonly dialect: Dialect;
  /** Absolute path of the directory the shell starts in; undefined when not known. */
  readonly workingDirectory: string | undefined;
  /** Absolute path of the account's home; undefined when not known. */
  readonly homeDirectory: string | undefined;
}
