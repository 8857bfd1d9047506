import type {
  CodeObject,
  Dialect,
  Effect,
  HostObject,
  Narrow,
  PathAccess,
  PathObject,
  SqlFacts,
  StdinUse,
  Tame,
  Unknown,
  Word,
} from './model.ts';

/**
 * What a tool description says about one argv: the answer of `command/tools` to the shell grammar.
 * The grammar then reads what is `nested` and appends it to the model.
 */
export interface ToolReading {
  /** The description's name; undefined when none fits, and then `unknowns` says so. */
  readonly tool: string | undefined;
  readonly subcommand: readonly string[];
  readonly effects: readonly Effect[];
  readonly paths: readonly PathObject[];
  readonly hosts: readonly HostObject[];
  readonly services: readonly string[];
  readonly packages: readonly string[];
  readonly processes: readonly string[];
  readonly runsAs: string | undefined;
  readonly code: readonly CodeObject[];
  readonly sql: readonly SqlFacts[];
  readonly nested: readonly NestedProgram[];
  /** What the tool does with its stdin. */
  readonly stdin: StdinUse;
  readonly stdinLanguage: string | undefined;
  readonly unknowns: readonly Unknown[];
  /** What it prints, when that is a list of names. */
  readonly names?: NameList | undefined;
  /** What it reads on stdin, it only counts, digests or names the kind of. */
  readonly isMeasuring?: true | undefined;
  /**
   * Names of commands that find what it reads in somebody's home, or what it writes. Were they told to pass over what is
   * hidden there, this would be like any other reading or writing.
   */
  readonly wideSearches?: readonly Word[] | undefined;
  /** Words nobody has seen stand only where they are text, or below directories that `paths` names. */
  readonly placesUnseen?: true | undefined;
  /** What it runs, it may run more often than once (`xargs`, `find -exec`, `watch`). */
  readonly repeats?: true | undefined;
  /**
   * Words the command needs to be as harmless as this reading says (`git -c core.fsmonitor=false …`), each list behind
   * the word at the index `after` of the argv that was read.
   * INVARIANT: what is sent contains them; a printer that cannot insert them treats the command as not understood.
   */
  readonly insertWords?: undefined | readonly InsertedWords[];
}

export interface InsertedWords {
  readonly after: number;
  readonly words: readonly string[];
  /** A glob to send in place of the one at `after`, which is written `of`: it fits the same names but some. */
  readonly instead?: { readonly of: string; readonly glob: string } | undefined;
}

/** A command inside a command, found by a tool description or a program reader. */
export type NestedProgram =
  | {
      /** The rest of the argv is a command (`sudo -u x CMD …`, `find -exec CMD {} +`, `xargs CMD`). */
      readonly kind: 'argv';
      readonly words: readonly Word[];
      /** As it appears in `via`: `sudo`, `find -exec`. */
      readonly via: string;
      readonly hasUnseenArguments: boolean;
      readonly runsAs: string | undefined;
      readonly runsOn: string | undefined;
      /** Environment the wrapper sets (`env A=b CMD`). */
      readonly environment: readonly { readonly name: string; readonly value: Word }[];
      /** Names that the wrapper takes out of it (`env -u A CMD`). */
      readonly without?: readonly Word[] | undefined;
      /** Directory the wrapper changes to (`env -C`, `git -C`); undefined keeps the current one. */
      readonly workingDirectory: Word | undefined;
      /** The nested command gets the wrapper's stdin, or stdin is consumed by the wrapper (xargs). */
      readonly stdin: 'inherit' | 'closed';
    }
  | {
      /** A word, or several joined by spaces (`ssh host a b`), is shell text. */
      readonly kind: 'shell';
      readonly words: readonly Word[];
      /** Which shell reads it; absent: bash when `via` begins with bash, else only what POSIX shells read alike. */
      readonly dialect?: Dialect;
      readonly via: string;
      readonly runsAs: string | undefined;
      readonly runsOn: string | undefined;
      readonly hasUnseenArguments: boolean;
      /** `$0`, `$1` … of the text (`sh -c TEXT NAME ARGUMENT`). */
      readonly positional?: readonly Word[] | undefined;
      readonly stdin: 'inherit' | 'closed';
    };

/** What the grammar knows at the place of the command, for normalising its paths. */
export interface ReadingContext {
  readonly workingDirectory: string | undefined;
  readonly homeDirectory: string | undefined;
  readonly runsAs: string | undefined;
  /** A name that nobody knows here may be a device's. */
  readonly mayNameDevices?: boolean | undefined;
  /**
   * All that the command reads on stdin, when the text itself says so (heredoc, here-string, `echo … |`). A reader that
   * judges it as a program answers `stdin: 'data'`; shell text is read by the grammar.
   */
  readonly stdinText?: string | undefined;
  /** The names that the command reads on stdin, when the command before it prints a list of them. */
  readonly stdinNames?: NameList | undefined;
  /** Numbers or identifiers: what xargs makes of its stdin is no option. */
  readonly stdinTame?: Tame | undefined;
  readonly feeds?: Feeding | undefined;
  /** Undefined while nobody has asked; true: it is to pass over what is hidden, where it can be told to. */
  readonly narrows?: boolean | undefined;
}

/**
 * Who reads what it prints: any command behind a pipe, or nobody else than an xargs that can be told to take NUL between
 * names (`-0`), or the shell, which makes words of it (`cat $(find …)`), or a loop over its lines (`find … | while read f`).
 */
export type Feeding = 'pipe' | 'xargs' | 'words' | 'lines';

/** Names at or below directories, one per line or with NUL between them. */
export interface NameList {
  /** As they were written, and as the printed names begin. */
  readonly directories: readonly string[];
  /** Where relative ones start. */
  readonly from: string | undefined;
  readonly isNul: boolean;
  /** Only with words that were inserted; who reads the list needs its own. */
  readonly isNulByInsertion?: boolean | undefined;
  /** They do not begin with their directory: `-x` and not `./-x`. */
  readonly isBare?: true | undefined;
  /** By words that were inserted, no name has a character at which a shell splits, or that it expands. */
  readonly isPlain?: true | undefined;
  /** By words that were inserted, each line is one name, and `read` changes nothing of it. */
  readonly isLines?: true | undefined;
  readonly isNarrow: Narrow;
  /** By words that were inserted, none of them is hidden. */
  readonly isVisible?: boolean | undefined;
  /** The name of the command that prints them. */
  readonly source?: Word | undefined;
}

/** Reads one argv by the descriptions of tools. Pure; may be called several times for one command. */
export type ToolReader = (argv: readonly Word[], context: ReadingContext) => ToolReading;

/** A program in a small language (sed, awk, jq, SQL), read: what it does beyond reading its input. */
export interface ProgramReading {
  readonly effects: readonly Effect[];
  readonly paths: readonly PathObject[];
  readonly code: readonly CodeObject[];
  readonly sql: readonly SqlFacts[];
  /** Shell texts the program runs (`awk 'BEGIN{system("id")}'`), to be judged like any other; they add no effect here. */
  readonly shell: readonly string[];
  /** Not empty: not understood, so never allowed. */
  readonly unknowns: readonly Unknown[];
}

/** Turns a file name that stands inside a program into an object: the caller knows the working directory. */
export type PathReader = (access: PathAccess, text: string) => PathObject;

export interface SedOptions {
  readonly path: PathReader;
}

export interface AwkOptions {
  readonly path: PathReader;
}

export interface JqOptions {
  readonly path: PathReader;
}

export interface SqlOptions {
  readonly path: PathReader;
  readonly dialect: SqlFacts['dialect'];
  /**
   * `argument`: the whole text goes to the server (`psql -c`, one `-c` per reading). `script`: a client reads it
   * from stdin or a heredoc and looks for its own commands and variables in it.
   */
  readonly source: 'argument' | 'script';
}

/**
 * The readers of the small languages, one function each, synchronous and pure. `sed` and `awk` take the pieces of
 * several `-e` (sed: joined by a newline; awk `-e`, `-f`: likewise) as one text.
 */
export interface ProgramReaders {
  readonly sed: (script: string, options: SedOptions) => ProgramReading;
  readonly awk: (program: string, options: AwkOptions) => ProgramReading;
  readonly jq: (filter: string, options: JqOptions) => ProgramReading;
  readonly yq: (filter: string, options: JqOptions) => ProgramReading;
  /** Answers the unknown `SQL_PARSER_NOT_LOADED` for PostgreSQL until `prepareSql()` has been awaited once. */
  readonly sql: (text: string, options: SqlOptions) => ProgramReading;
}
