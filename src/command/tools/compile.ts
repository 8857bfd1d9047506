/**
 * Turns a description into the tables the reader uses: every option is one lookup, every slot an index, and what
 * could be said before a command is read is said here.
 */
import type { Effect, HostObject } from '../model.ts';
import { effectsOf, phraseOf } from './described-effects.ts';
import type { CommandDescription, OptionDescription, ToolDescription } from './description.ts';
import { isRisky, type Role, readRole, roleNames, textRole } from './role.ts';
import { levelOf, readSynonyms } from './tool-names.ts';

export interface ToolOption {
  /** As the description writes it, every name of it. */
  readonly names: readonly string[];
  readonly values: readonly Role[];
  /** The value is only read when it is attached (`--color=auto`, `-i.bak`). */
  readonly isAttached: boolean;
  /** Its value is the next word even where letters follow it in its own. */
  readonly isApart: boolean;
  /** A value of this role leaves the slots as they are. */
  readonly idle: Role | undefined;
  readonly effects: readonly Effect[];
  readonly slots: readonly (readonly [name: string, role: Role])[];
  readonly fills: string | undefined;
  readonly adds: readonly Added[];
  readonly ends: boolean;
  readonly direction: HostObject['direction'] | undefined;
}

export interface Added {
  readonly text: string;
  readonly role: Role;
}

/** Effects that depend on which options and slots were given: one of each group, and none of the others. */
export interface Condition {
  readonly oneOfEach: readonly (readonly string[])[];
  readonly noneOf: readonly string[];
  readonly effects: readonly Effect[];
}

export interface Slot {
  readonly name: string;
  readonly role: Role;
  readonly isOptional: boolean;
  readonly isRest: boolean;
}

export interface ToolCommand {
  readonly effects: readonly Effect[];
  readonly stdin: 'none' | 'data' | 'code';
  readonly stdinLanguage: string | undefined;
  readonly stdinUnless: readonly string[];
  readonly style: 'gnu' | 'single-dash' | 'expression' | 'test';
  readonly dashesAreOperands: boolean;
  /** `--` ends its options, so one can be put before a word that may be an option. */
  readonly canShield: boolean;
  readonly isComplete: boolean;
  readonly isNumeric: boolean;
  readonly permutes: boolean;
  /** Some of these tools take what looks like an option behind an operand for another operand. */
  readonly mayNotPermute: boolean;
  readonly bareFirst: boolean;
  readonly bare: ReadonlyMap<string, ToolOption> | undefined;
  readonly hasAssignments: boolean;
  readonly dashIsStream: boolean;
  readonly options: ReadonlyMap<string, ToolOption>;
  readonly pairs: ReadonlyMap<string, Role>;
  readonly slots: readonly Slot[];
  /** Roles by name, for `$name` and for options that change a slot. */
  readonly slotRoles: ReadonlyMap<string, Role>;
  readonly when: readonly Condition[];
  readonly runsAs: string | undefined;
  readonly appends: boolean;
  readonly repeats: boolean;
  readonly adds: readonly Added[];
  /** Words it takes when a slot is given none. */
  readonly without: readonly (Added & { readonly slot: string })[];
  readonly insertAfterTool: readonly string[];
  readonly insertHere: readonly string[];
  readonly insertInQuestion: readonly string[];
  readonly direction: HostObject['direction'];
  /** Options with which it goes on to wherever a host sends it. */
  readonly follows: 'always' | readonly string[];
  readonly alone: readonly Effect[] | undefined;
  /** The names to which the word alone is a question about themselves. */
  readonly tells: ReadonlyMap<string, readonly string[]>;
  readonly subcommands: ReadonlyMap<string, ToolCommand>;
  /** A word that might be an option could make it do something the description does not see. */
  readonly hasRiskyOptions: boolean;
  /** An operand could be a program, a command or a file that is written. */
  readonly hasRiskySlots: boolean;
  /** What an option nobody has seen could make of the slots (`grep -r`: everything below the files). */
  readonly possibleSlots: readonly (readonly [name: string, role: Role])[];
  /** A word that might be an option could name a file to read. */
  readonly hasPathOptions: boolean;
}

export interface Tool {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly isVersioned: boolean;
  readonly about: string;
  readonly file: string;
  readonly description: ToolDescription;
  readonly command: ToolCommand;
}

/** `at` is the path of keys from the tool downwards, for the position in the file. */
export type Report = (at: readonly (string | number)[], problem: string) => void;

export function compileTool(description: ToolDescription, file: string, report: Report): Tool {
  const tool = new DescribedTool(description, file, report);
  tool.compile();
  return tool;
}

/** A description that was compiled without a problem before: this time when it is first asked for. */
export function compileWhenAsked(description: ToolDescription, file: string): Tool {
  return new DescribedTool(description, file, (_, problem) => {
    throw new RangeError(`${description.name}: ${problem}`);
  });
}

/** A class, because to V8 every object with a getter of its own is of another kind. */
class DescribedTool implements Tool {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly isVersioned: boolean;
  readonly about: string;
  readonly file: string;
  readonly description: ToolDescription;
  readonly #report: Report;
  #compiled: ToolCommand | undefined;

  constructor(description: ToolDescription, file: string, report: Report) {
    this.name = description.name;
    this.aliases = words(description.aliases);
    this.isVersioned = description.versioned ?? false;
    this.about = description.about;
    this.file = file;
    this.description = description;
    this.#report = report;
  }

  get command(): ToolCommand {
    return this.#compiled ?? this.compile();
  }

  compile(): ToolCommand {
    const { description } = this;
    this.#compiled = compileCommand(description, [], phraseOf(description.about), fromNobody, this.#report);
    const strange = readSynonyms(description.synonyms ?? [])
      .flat()
      .find((one) => !one.includes('*') && levelOf(description, one) === undefined);
    if (strange !== undefined) this.#report(['synonyms'], `no sub-command "${strange.join(' ')}" is described`);
    return this.#compiled;
  }
}

/** What a sub-command has from the command above it. */
interface Inherited {
  readonly options: ReadonlyMap<string, ToolOption>;
  readonly style: ToolCommand['style'];
}

const fromNobody: Inherited = { options: new Map(), style: 'gnu' };

function compileCommand(
  raw: CommandDescription,
  at: readonly (string | number)[],
  about: string,
  inherited: Inherited,
  report: Report,
): ToolCommand {
  const slots = readSlots(raw.operands ?? '', [...at, 'operands'], report);
  const slotRoles = new Map(slots.map((slot) => [slot.name, slot.role]));
  for (const [name, text] of Object.entries(raw.slots ?? {})) {
    slotRoles.set(name, roleOf(text, [...at, 'slots', name], report));
  }
  const own = readOptions(raw, at, about, slotRoles, report);
  const options = inherited.options.size === 0 ? own : new Map([...inherited.options, ...own]);
  const style = raw.style ?? inherited.style;
  const handedDown = { options: raw.options_anywhere === true ? options : inherited.options, style };
  const subcommands = new Map<string, ToolCommand>();
  for (const [names, child] of Object.entries(raw.subcommands ?? {})) {
    const compiled = compileCommand(child, [...at, 'subcommands', names], about, handedDown, report);
    for (const name of words(names)) {
      if (subcommands.has(name)) report([...at, 'subcommands', names], `sub-command "${name}" is described twice`);
      subcommands.set(name, compiled);
    }
  }
  const every = [...new Set(options.values())];
  const isComplete = raw.complete ?? false;
  const hasRiskyOptions =
    !isComplete ||
    subcommands.size > 0 ||
    slots.some(({ role }) => !['path', 'host', 'url'].includes(role.kind) && isRisky(role)) ||
    every.some(
      (option) =>
        option.effects.length > 0 ||
        option.adds.length > 0 ||
        option.values.some(isRisky) ||
        option.slots.some(([, role]) => isRisky(role)),
    );
  const nests = slots.some(({ role }) => role.kind === 'command' || role.kind === 'shell');
  const stdin = raw.stdin ?? 'data';
  return {
    effects: effectsOf(raw.effects, about),
    stdin: typeof stdin === 'string' ? stdin : 'code' in stdin ? 'code' : 'data',
    stdinLanguage: typeof stdin === 'object' && 'code' in stdin ? stdin.code : undefined,
    stdinUnless: typeof stdin === 'string' ? [] : (stdin.unless ?? []),
    style,
    dashesAreOperands: raw.dashes === 'operands',
    canShield: raw.shields !== undefined,
    isComplete,
    isNumeric: raw.numeric ?? false,
    permutes: raw.permute === 'uncertain' || (raw.permute ?? !nests),
    mayNotPermute: raw.permute === 'uncertain',
    bareFirst: raw.bare === 'first',
    bare: typeof raw.bare === 'object' ? readBare(raw.bare, [...at, 'bare'], report) : undefined,
    hasAssignments: raw.assignments ?? false,
    dashIsStream: raw.dash === 'stream',
    options,
    pairs: new Map(
      Object.entries(raw.pairs ?? {}).map(([name, text]) => [name, roleOf(text, [...at, 'pairs', name], report)]),
    ),
    slots,
    slotRoles,
    when: readWhen(raw.when ?? {}, [...at, 'when'], about, options, report),
    runsAs: raw.runs_as,
    tells: new Map(Object.entries(raw.tells ?? {}).map(([word, names]) => [word, words(names)])),
    appends: raw.appends ?? false,
    repeats: raw.repeats ?? false,
    adds: addedOf(raw.adds, [...at, 'adds'], report),
    without: Object.entries(raw.without ?? {}).flatMap(([slot, words]) => {
      if (!slotRoles.has(slot)) report([...at, 'without', slot], `there is no slot "${slot}"`);
      return addedOf(words, [...at, 'without', slot], report).map((added) => ({ ...added, slot }));
    }),
    insertAfterTool: (raw.insert?.after_tool ?? []).flat(),
    insertHere: (raw.insert?.here ?? []).flat(),
    insertInQuestion: (raw.insert?.question ?? []).flat(),
    direction: raw.direction ?? 'connect',
    follows: raw.follows === 'always' ? 'always' : words(raw.follows),
    alone: raw.alone === undefined ? undefined : effectsOf(raw.alone, about),
    subcommands,
    hasRiskyOptions,
    hasRiskySlots: slots.some(({ role }) => isRisky(role)),
    possibleSlots: every.flatMap((option) => option.slots),
    hasPathOptions: every.some((option) => option.values.some(({ kind }) => kind === 'path' || kind === 'path-list')),
  };
}

function readWhen(
  raw: NonNullable<CommandDescription['when']>,
  at: readonly (string | number)[],
  about: string,
  options: ReadonlyMap<string, ToolOption>,
  report: Report,
): Condition[] {
  return Object.entries(raw).map(([names, effects]) => {
    const noneOf = words(names).flatMap((name) => (name.startsWith('!') ? [name.slice(1)] : []));
    // All names of an option are given with one of them.
    const other = noneOf.flatMap((name) => options.get(name)?.names ?? []).find((name) => !noneOf.includes(name));
    if (other !== undefined) report([...at, names], `a "!" here spares ${other} too; name it, or describe it apart`);
    const oneOfEach = names
      .split(' & ')
      .map((group) => words(group).filter((name) => !name.startsWith('!')))
      .filter((group) => group.length > 0);
    return { oneOfEach, noneOf, effects: effectsOf(effects, about) };
  });
}

function readOptions(
  raw: CommandDescription,
  at: readonly (string | number)[],
  about: string,
  slotRoles: ReadonlyMap<string, Role>,
  report: Report,
): Map<string, ToolOption> {
  const options = new Map<string, ToolOption>();
  const add = (option: ToolOption, key: string) => {
    for (const name of option.names) {
      const isOperator = raw.style === 'expression' && /^[(),!]$/.test(name);
      if (!/^(?:-|[-+]{1,2}[^\s=]+)$/.test(name) && !isOperator)
        report([...at, key], `"${name}" is not the name of an option`);
      if (options.has(name)) report([...at, key], `option "${name}" is described twice`);
      options.set(name, option);
    }
  };
  for (const name of words(raw.flags)) add(plainOption([name]), 'flags');
  for (const [names, description] of Object.entries(raw.options ?? {})) {
    add(readOption(words(names), description, [...at, 'options', names], about, slotRoles, report), 'options');
  }
  return options;
}

function readOption(
  names: readonly string[],
  raw: OptionDescription,
  at: readonly (string | number)[],
  about: string,
  slotRoles: ReadonlyMap<string, Role>,
  report: Report,
): ToolOption {
  const full = typeof raw === 'string' ? { value: raw } : raw;
  const isAttached = full.value?.endsWith('?') ?? false;
  const texts = words(isAttached ? full.value?.slice(0, -1) : full.value);
  const slots = 'slots' in full ? Object.entries(full.slots ?? {}) : [];
  const fills = 'fills' in full ? full.fills : undefined;
  for (const name of [...slots.map(([slot]) => slot), ...(fills === undefined ? [] : [fills])]) {
    if (!slotRoles.has(name)) report(at, `there is no slot "${name}"; name one in operands or slots`);
  }
  return {
    names,
    values: texts.map((text) => roleOf(text, at, report)),
    isAttached,
    isApart: 'apart' in full && full.apart === true,
    idle: 'idle' in full && full.idle !== undefined ? roleOf(full.idle, at, report) : undefined,
    effects: effectsOf('effects' in full ? full.effects : undefined, `${names[0] ?? ''}: ${about}`),
    slots: slots.map(([name, text]) => [name, roleOf(text, at, report)]),
    fills,
    adds: addedOf('adds' in full ? full.adds : undefined, at, report),
    ends: 'ends' in full && full.ends === true,
    direction: 'direction' in full ? full.direction : undefined,
  };
}

function plainOption(names: readonly string[]): ToolOption {
  const nothing = { values: [], effects: [], slots: [], adds: [] };
  return {
    names,
    ...nothing,
    isAttached: false,
    isApart: false,
    idle: undefined,
    ends: false,
    fills: undefined,
    direction: undefined,
  };
}

function readBare(
  raw: { readonly flags: string; readonly options?: Readonly<Record<string, string>> | undefined },
  at: readonly (string | number)[],
  report: Report,
): Map<string, ToolOption> {
  const bare = new Map(words(raw.flags).map((name) => [name, plainOption([name])]));
  for (const [names, text] of Object.entries(raw.options ?? {})) {
    const option = { ...plainOption(words(names)), values: words(text).map((role) => roleOf(role, at, report)) };
    for (const name of option.names) bare.set(name, option);
  }
  return bare;
}

function readSlots(text: string, at: readonly (string | number)[], report: Report): Slot[] {
  const slots = words(text).map((word): Slot => {
    const match = /^(?:([a-z][a-z-]*)=)?(.*?)(\.\.\.|\?)?$/.exec(word);
    const roleText = match?.[2] ?? '';
    const role = roleOf(roleText, at, report);
    const isRest = match?.[3] === '...' || role.kind === 'command' || role.kind === 'shell';
    return { name: match?.[1] ?? roleText, role, isOptional: match?.[3] !== undefined, isRest };
  });
  if (slots.filter((slot) => slot.isRest).length > 1) report(at, 'only one slot can take any number of words');
  const names = slots.map((slot) => slot.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) report(at, `two slots are named "${twice}"; write name=role`);
  return slots;
}

function addedOf(
  raw: Readonly<Record<string, string>> | undefined,
  at: readonly (string | number)[],
  report: Report,
): readonly Added[] {
  return Object.entries(raw ?? {}).map(([text, role]) => ({ text, role: roleOf(role, at, report) }));
}

function roleOf(text: string, at: readonly (string | number)[], report: Report): Role {
  const role = readRole(text);
  if (role === undefined) report(at, `"${text}" is not a role; write one of ${roleNames.join(', ')}`);
  return role ?? textRole;
}

export function words(text: string | undefined): readonly string[] {
  return text === undefined ? [] : text.split(/\s+/).filter((word) => word !== '');
}
