/** The reading of one argv while it is being made: collects, and keeps each effect once. */
import type { DynamicWord } from '../dynamic-word.ts';
import type {
  CodeObject,
  Effect,
  EffectKind,
  HostObject,
  PathAccess,
  PathObject,
  SqlFacts,
  Unknown,
  Word,
} from '../model.ts';
import type {
  InsertedWords,
  NameList,
  NestedProgram,
  ProgramReading,
  ReadingContext,
  ToolReading,
} from '../reading.ts';
import type { ToolCommand } from './compile.ts';
import { contactOf } from './contacted.ts';
import { homeOfDevices, mayActWhenOpened } from './opened.ts';
import { changed, globText, placesMeant, readOwnTilde, readPaths, readPathText } from './path.ts';
import { sensitiveEffect } from './sensitive.ts';
import { isCommonHome } from './visible.ts';
import { isNumbered, isUnseen, mayVanish, tail, textOf } from './word.ts';

/** Programs that take such a word for a file open what it names instead: a host, or a file behind the scheme. */
const addressLike = /^(?:[a-z][a-z0-9+.-]*:\/\/|(?:file|data|oci|git|pkcs11|org\.openssl\.[a-z]+):)/i;

/** Written, these change nothing. */
const sinks = new Set(['/dev/null', '/dev/stdout', '/dev/stderr', '/dev/fd/1', '/dev/fd/2', '/dev/tty']);

/** `<(…)` names a pipe, and the commands behind it are read on their own. */
const isPipe = (word: Word): boolean => word.kind === 'dynamic' && word.why === 'process' && /^[<>]\(/.test(word.raw);

export class Draft {
  context: ReadingContext;
  readonly tool: string;
  /** What the command calls it (`podman`, described as `docker`): the name people read. */
  readonly called: string;
  readonly subcommand: string[] = [];
  readonly effects: Effect[] = [];
  readonly paths: PathObject[] = [];
  readonly hosts: HostObject[] = [];
  readonly services: string[] = [];
  readonly packages: string[] = [];
  readonly processes: string[] = [];
  readonly code: CodeObject[] = [];
  readonly sql: SqlFacts[] = [];
  readonly nested: NestedProgram[] = [];
  readonly unknowns: Unknown[] = [];
  readonly insertWords: InsertedWords[] = [];
  runsAs: string | undefined;
  runsOn: string | undefined;
  stdin: ToolReading['stdin'] = 'unused';
  stdinLanguage: string | undefined;
  isMeasuring = false;
  /** What it runs, it may run more often than once. */
  repeats = false;
  names: NameList | undefined;
  /** Prints what fits a pattern, of the files it is given, and the pattern is not what secrets look like. */
  isSearch = false;
  /** The word that names it, when it finds the files itself. */
  searcher: Word | undefined;
  /** By inserted words, the tool passes over what is hidden in a directory. */
  isVisibleOnly = false;
  wideSearches: readonly Word[] | undefined;
  /** A word nobody has seen stands where it matters what it is. */
  isOpen = false;

  /** What stands behind is read one word further to the left, if a value is not there. */
  #mayShift = false;

  constructor(tool: string, called: string, context: ReadingContext) {
    this.tool = tool;
    this.called = called;
    this.context = context;
    this.runsAs = undefined;
    this.runsOn = undefined;
    this.stdinLanguage = undefined;
    this.names = undefined;
    this.searcher = undefined;
    this.wideSearches = undefined;
  }

  /** `git remote add` */
  whole(): string {
    return [this.tool, ...this.subcommand].join(' ');
  }

  /** The same by the name the command calls it. */
  spoken(): string {
    return [this.called, ...this.subcommand].join(' ');
  }

  insert(after: number, words: readonly string[]): void {
    if (words.length > 0) this.insertWords.push({ after, words });
  }

  /** Sends another glob in place of this one. */
  replace(at: number, { raw }: Word, glob: string): void {
    this.insertWords.push({ after: at, words: [], instead: { of: raw, glob } });
  }

  effect(kind: EffectKind, why: string): void {
    for (const effect of this.effects) if (effect.kind === kind && effect.why === why) return;
    this.effects.push({ kind, why });
  }

  addEffects(effects: readonly Effect[]): void {
    for (const { kind, why } of effects) this.effect(kind, why);
  }

  /**
   * HOSTILE: of `-name $x -name -delete` an x with nothing in it leaves `-name` to the first, and `-delete` is done; of
   * `awk -F $x -v a=1 '{…}'` what -v was given is the program.
   */
  noteValue(word: Word, of: string, { style, hasRiskySlots }: ToolCommand): void {
    if (this.#mayShift && word.kind === 'known') {
      // find takes no operand there.
      const isOperand = style !== 'expression' && (hasRiskySlots || /.[/._]|[/._]./.test(word.value));
      if (isOperand || /^-./.test(word.value)) this.#shifts(word);
    }
    // Of these a tool takes digits alone.
    this.#mayShift ||= mayVanish(word) && !/^-(?:[nPLs]|-max-[a-z]+|-adjustment|-lines|-bytes)$/.test(of);
  }

  /** HOSTILE: of `awk -F $x '{…}' 'BEGIN{…}'` the first is the separator then, and the file is the program. */
  noteOperand(word: Word, { style, slots, hasRiskySlots }: ToolCommand): void {
    if (this.#mayShift && hasRiskySlots && slots.length > 1 && style !== 'expression') this.#shifts(word);
  }

  noteCommand(word: Word): void {
    if (this.#mayShift) this.#shifts(word);
  }

  #shifts(word: Word): void {
    this.unknown('TOOL_OPTION_DYNAMIC', `a word before ${word.raw} may not be there, quote it`, word);
  }

  unknown(code: string, reason: string, word: Word | undefined): void {
    this.unknowns.push({ code, reason, span: word?.span });
    this.effect('unknown', reason);
  }

  unknownOption(word: Word, name: string): void {
    this.unknown('TOOL_OPTION_UNKNOWN', `Sallyport does not know ${name} of ${this.spoken()}`, word);
  }

  unknownValue(word: Word, of: string): void {
    this.unknown('TOOL_VALUE_UNKNOWN', `${this.called} ${of}: Sallyport does not know ${word.raw}`, word);
  }

  dynamicOption(word: Word): void {
    this.unknown('TOOL_OPTION_DYNAMIC', `${this.called}: nobody knows which option ${word.raw} is`, word);
  }

  path(access: PathAccess, word: Word, why: string, isTree = false): void {
    if ((access === 'read' || access === 'write') && isPipe(word)) return;
    if (word.kind === 'dynamic' && word.below?.isWhole === true) {
      const { directories, isNarrow, isVisible, source } = word.below;
      // HOSTILE: of what ends in `.py` or `.sh` some is run by whoever comes by (`.claude/hooks`, `sitecustomize.py`).
      const isSpared = isNarrow === 'for-writing' || (isNarrow === 'for-reading' && access !== 'write');
      const isSearch = isVisible === true && access === 'read' && !isTree && this.isSearch;
      for (const start of directories) {
        if (isSpared || isSearch) this.#narrowTree(access, start, why, isSearch);
        else this.path(access, { kind: 'known', value: start, raw: start, span: word.span }, why, true);
        if (!isNarrow && !isTree) this.#searches(access, start, source);
      }
      if (isNarrow === 'for-reading' && access === 'write') this.#couldHide(source);
      return;
    }
    if (isUnseen(word) && !isNumbered(word)) this.isOpen = true;
    const text = textOf(word);
    if (isTree && word.kind === 'known') {
      if (this.isVisibleOnly && access === 'read') {
        this.#narrowTree(access, text, why, true);
        return;
      }
      this.#searches(access, text, this.searcher);
    }
    if (addressLike.test(text) && !this.effects.some(({ kind }) => kind === 'network')) {
      this.unknown('TOOL_VALUE_UNKNOWN', `${this.called} may take ${word.raw} for an address and not for a file`, word);
      const behind = text.search(/:\/*(?!\/)/) + 1;
      this.path(access, tail(word, behind), why, isTree);
    }
    const isSink = word.kind === 'known' && sinks.has(text);
    if (isSink && access === 'write') return;
    const objects = readPaths(access, word, this.context);
    const atHome = readOwnTilde(access, word, this.context);
    for (const object of objects) this.paths.push(isTree ? changed(object, { isTree }) : object);
    if (atHome !== undefined) this.paths.push(isTree ? changed(atHome, { isTree }) : atHome);
    if (access === 'write' || access === 'delete') this.effect(access, why);
    const pattern = globText(word);
    const glob = pattern !== undefined && /^[\w./*?[\]@%+,:=!^-]+$/.test(pattern) ? pattern : undefined;
    const places = placesMeant(word, objects[0], this.context);
    for (const meant of atHome === undefined ? places : [...places, atHome]) {
      const sensitive = sensitiveEffect(meant, { isTree, glob, homeDirectory: this.context.homeDirectory });
      if (sensitive !== undefined) this.effect(sensitive.kind, sensitive.why);
    }
  }

  /** What was written or deleted since, was with all that is below it. */
  deepen(from: number): void {
    this.#change(from, (path) => (path.access === 'read' ? path : changed(path, { isDeep: true })));
  }

  /** `reached` says what is written if the place is a directory. */
  into(word: Word, reached: (place: PathObject) => PathObject): void {
    const from = this.paths.length;
    this.path('write', word, `${this.called} writes a file`);
    const touch = { isTree: false, glob: undefined, homeDirectory: this.context.homeDirectory };
    this.#change(from, reached);
    for (const each of this.paths.slice(from).flatMap(({ inside }) => inside ?? [])) {
      const sensitive = each.isPrefix ? undefined : sensitiveEffect(each, touch);
      if (sensitive !== undefined) this.effect(sensitive.kind, sensitive.why);
    }
  }

  /** The tool itself lies there, and is somebody else's. */
  runsFrom(word: Word): void {
    const from = this.paths.length;
    this.path('execute', word, 'runs a file');
    this.#change(from, (path) => changed(path, { isProgram: true }));
  }

  /** Those that were noted since. */
  #change(from: number, change: (path: PathObject) => PathObject): void {
    this.paths.push(...this.paths.splice(from).map(change));
  }

  /** Paths read from now on start there. */
  enter(word: Word): void {
    const objects = readPaths('read', word, this.context);
    const [object] = objects;
    const atHome = readOwnTilde('read', word, this.context);
    this.paths.push(...objects, ...(atHome === undefined ? [] : [atHome]));
    // The kernel follows a link before it goes up.
    const isKnown = word.kind === 'known' && !object.isRelative && !object.hasParent && atHome === undefined;
    this.context = { ...this.context, workingDirectory: isKnown ? object.path : undefined };
  }

  /** Only its name, kind and times are looked at. */
  entry(word: Word): void {
    if (word.kind === 'dynamic' && word.below !== undefined) {
      for (const start of word.below.directories)
        this.paths.push(changed(readPathText('read', start, this.context), { isEntry: true }));
      return;
    }
    for (const object of readPaths('read', word, this.context)) this.paths.push(changed(object, { isEntry: true }));
    const atHome = readOwnTilde('read', word, this.context);
    if (atHome !== undefined) this.paths.push(changed(atHome, { isEntry: true }));
  }

  /** As `entry`, of what is opened for it; `isCounted`: of a name nobody knows, that is taken for a file's. */
  opened(word: Word, isCounted: boolean): void {
    const from = this.paths.length;
    this.entry(word);
    if (isPipe(word)) return;
    const isTree = word.kind === 'dynamic' && word.below !== undefined && !word.below.isNarrow;
    const isAny = word.kind === 'dynamic' && word.below === undefined && (word.why !== 'glob' || /[$`]/.test(word.raw));
    const isDevice =
      (isAny && (!isCounted || this.#mayBeDevice(word))) ||
      this.paths.slice(from).some((path) => mayActWhenOpened(path, isTree));
    if (isDevice)
      this.unknown(
        'TOOL_VALUE_UNKNOWN',
        `${this.called} opens ${word.raw}, and some devices act when they are only opened`,
        word,
      );
  }

  /** Of what is taken for a file's name: what the text does not say is only what the target's environment says. */
  #mayBeDevice({ why, prefix, tame, raw }: DynamicWord): boolean {
    if (why === 'glob' || (why === 'tilde' && homeOfDevices.test(raw))) return true;
    if (prefix.startsWith('/') && prefix !== '/') return false;
    const { mayNameDevices, workingDirectory = '' } = this.context;
    if (tame === undefined && mayNameDevices === true) return true;
    const here = {
      access: 'read',
      path: `${workingDirectory}/x`,
      isPrefix: false,
      isRelative: false,
      hasParent: false,
    } as const;
    return prefix !== '/' && mayActWhenOpened(here, false);
  }

  /** Everything below it that is not hidden; what is not known is taken for everything. */
  visibleTree(word: Word): void {
    if (word.kind === 'known') this.#narrowTree('read', word.value, '', true);
    else this.path('read', word, `${this.called} searches a directory`, true);
  }

  /** Notes who finds what is read there, when it is a home. */
  #searches(access: PathAccess, start: string, source: Word | undefined): void {
    if (source === undefined || access !== 'read') return;
    const { path } = readPathText(access, start, this.context);
    if (isCommonHome(path, this.context.homeDirectory)) this.#couldHide(source);
  }

  /** Notes who finds it, when nobody has asked yet what could be left out. */
  #couldHide(source: Word | undefined): void {
    if (source === undefined || this.context.narrows !== undefined) return;
    this.wideSearches = [...(this.wideSearches ?? []), source];
  }

  /** Files below it that no known secret's name has. */
  #narrowTree(access: PathAccess, directory: string, why: string, isShown: boolean): void {
    const change = { isTree: true, isShown: isShown ? true : undefined } as const;
    const object = changed(readPathText(access, directory, this.context), change);
    this.paths.push(object);
    if (access === 'write' || access === 'delete') this.effect(access, why);
    const touch = { isTree: true, isNarrow: true, glob: undefined, homeDirectory: this.context.homeDirectory };
    const sensitive = sensitiveEffect(object, touch);
    if (sensitive !== undefined) this.effect(sensitive.kind, sensitive.why);
  }

  host(word: Word, direction: HostObject['direction'], isUrl: boolean, isFollowed = false): void {
    this.effect('network', `${this.called} contacts a host`);
    // curl reads files of this machine by URL.
    const file = isUrl ? /^file:(?:\/\/[^/]*)?/i.exec(textOf(word)) : null;
    if (file !== null) this.path('read', tail(word, file[0].length), `${this.called} reads a file`);
    const { host, mayBeNoPage, hasCredentials } = contactOf(word, direction, isUrl);
    if (mayBeNoPage) {
      const problem = `in the protocol of ${word.raw} more than a page may be asked for`;
      this.unknown('TOOL_VALUE_UNKNOWN', `${this.called}: ${problem}`, word);
    }
    if (hasCredentials) this.effect('identity', `${this.called} sends a password or token`);
    this.hosts.push(isFollowed ? { ...host, isFollowed } : host);
  }

  unexpected(word: Word): void {
    this.unknown(
      'TOOL_OPERAND_UNEXPECTED',
      `${this.called}: Sallyport does not know what ${word.raw} is for there`,
      word,
    );
  }

  program(reading: ProgramReading): void {
    this.addEffects(reading.effects);
    this.paths.push(...reading.paths);
    for (const object of reading.paths) {
      const touch = { isTree: false, glob: undefined, homeDirectory: this.context.homeDirectory };
      const sensitive = sensitiveEffect(object, touch);
      if (sensitive !== undefined) this.effect(sensitive.kind, sensitive.why);
    }
    this.code.push(...reading.code);
    this.sql.push(...reading.sql);
    for (const unknown of reading.unknowns) {
      this.unknowns.push(unknown);
      this.effect('unknown', unknown.reason);
    }
  }

  pathText(access: PathAccess, text: string): PathObject {
    return readPathText(access, text, this.context);
  }

  #runs(): boolean {
    return this.nested.length > 0 || this.effects.some(({ kind }) => kind === 'execute-code');
  }

  finish(): ToolReading {
    if (this.effects.length === 0) this.effect('read', `${this.called} only prints`);
    return {
      tool: this.tool,
      subcommand: this.subcommand,
      effects: this.effects,
      paths: this.paths,
      hosts: this.hosts,
      services: this.services,
      packages: this.packages,
      processes: this.processes,
      runsAs: this.runsAs,
      code: this.code,
      sql: this.sql,
      nested: this.nested,
      stdin: this.unknowns.length > 0 && this.stdin === 'data' ? 'unknown' : this.stdin,
      stdinLanguage: this.stdinLanguage,
      unknowns: this.unknowns,
      names: this.unknowns.length === 0 ? this.names : undefined,
      placesUnseen: !this.isOpen && this.unknowns.length === 0 ? true : undefined,
      repeats: this.repeats && this.#runs() ? true : undefined,
      isMeasuring: this.isMeasuring && this.unknowns.length === 0 ? true : undefined,
      wideSearches: this.wideSearches,
      insertWords: this.insertWords.length > 0 ? this.insertWords : undefined,
    };
  }
}
