/** Names of tools and of their sub-commands, as a policy may write them. */
import type { CommandDescription, ToolDescription } from './description.ts';

/** Options that a description names in one place: those of one kind of value, or all without one. */
export interface OptionGroup {
  readonly names: readonly string[];
  /** Options of any meaning. */
  readonly isList: boolean;
}

export interface ToolNames {
  /** Tools, their other names, and what the shell itself provides. */
  readonly tools: ReadonlySet<string>;
  /** All sub-commands of one level, to suggest the right one of. */
  readonly subcommands: (tool: string, above: readonly string[]) => readonly string[];
  /**
   * The sub-command in every way of writing it, as given first: `npm i` for `npm install`, `docker container rm` for
   * `docker rm`. Empty when none of its description knows it.
   */
  readonly spellings: (tool: string, words: readonly string[]) => readonly (readonly string[])[];
  /** The description that a program is read by: `docker` for `podman`; undefined when nobody described it. */
  readonly describedAs: (program: string) => string | undefined;
  /** Options of the sub-command that these words begin with. */
  readonly options: (tool: string, words: readonly string[]) => readonly OptionGroup[];
  /** Languages of code that this tool runs, or some tool. */
  readonly languages: (tool?: string) => ReadonlySet<string>;
}

interface NamedTool {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly description: ToolDescription;
}

/** A description with more ways of writing one sub-command is wrong. */
const maxSpellings = 200;
const builtins = ['cd', 'export', 'read', 'eval', 'source', 'set', 'unset', 'exec', 'trap'];

/** What the readers of single tools say, and a program that is a file. */
const languagesOfReaders = ['sql', 'shell', 'program'];

/** Roles of values (`code:python`, `script:perl`), and what runs its stdin. */
function languagesOf(tools: readonly NamedTool[]): ReadonlySet<string> {
  const text = JSON.stringify(tools.map(({ description }) => description));
  const roles = [...text.matchAll(/\b(?:code|script|program|program-file):([\w-]+)/g)].map(([, name = '']) => name);
  const stdin = [...text.matchAll(/"stdin":\{"code":"([^"]+)"/g)].map(([, name = '']) => name);
  return new Set([...roles, ...stdin]);
}

export function toolNamesOf(tools: readonly NamedTool[], find: (name: string) => NamedTool | undefined): ToolNames {
  // Every description is read for it, so once and not for each rule.
  let allLanguages: ReadonlySet<string> | undefined;
  return {
    tools: new Set([...tools.flatMap(({ name, aliases }) => [name, ...aliases]), ...builtins]),
    describedAs: (program) => find(program)?.name,
    languages(tool) {
      if (tool !== undefined) return languagesOf([find(tool) ?? []].flat());
      allLanguages ??= new Set([...languagesOfReaders, ...languagesOf(tools)]);
      return allLanguages;
    },
    subcommands(tool, above) {
      return namesBelow(levelOf(find(tool)?.description, above));
    },
    options(tool, words) {
      const { description } = find(tool) ?? {};
      const levels = [description, ...words.map((_, at) => levelOf(description, words.slice(0, at + 1)))];
      return optionsOf(levels.findLast((level) => level !== undefined));
    },
    spellings(tool, words) {
      const description = find(tool)?.description;
      if (description === undefined) return builtins.includes(tool) && words.length === 0 ? [[]] : [];
      if (levelOf(description, words) === undefined) return [];
      return spellingsOf(words, description);
    },
  };
}

function optionsOf(level: CommandDescription | undefined): readonly OptionGroup[] {
  const lists = level?.flags === undefined ? [] : [{ names: level.flags.split(/\s+/), isList: true }];
  return [
    ...lists,
    ...Object.keys(level?.options ?? {}).map((names) => ({ names: names.split(/\s+/), isList: false })),
  ];
}

/** Groups of sub-commands that are one, each as its words from the tool on. */
export function readSynonyms(synonyms: readonly string[]): readonly (readonly (readonly string[])[])[] {
  return synonyms.map((group) => group.split('|').map((words) => words.trim().split(/\s+/)));
}

/** The description of a sub-command; undefined when there is none. */
export function levelOf(
  description: CommandDescription | undefined,
  words: readonly string[],
): CommandDescription | undefined {
  let level = description;
  for (const word of words) {
    const found = Object.entries(level?.subcommands ?? {}).find(([names]) =>
      names.split(/\s+/).some((name) => name === word || (name.endsWith('*') && word.startsWith(name.slice(0, -1)))),
    );
    level = found?.[1];
  }
  return level;
}

function spellingsOf(words: readonly string[], description: ToolDescription): readonly (readonly string[])[] {
  const groups = readSynonyms(description.synonyms ?? []);
  const found = new Map([[words.join(' '), words]]);
  for (const spelling of found.values()) {
    for (const other of [
      ...groups.flatMap((group) => respelled(spelling, group)),
      ...otherCases(spelling, description),
    ]) {
      if (found.size < maxSpellings && !found.has(other.join(' '))) found.set(other.join(' '), other);
    }
  }
  return [...found.values()];
}

/** `CONFIG` and `config`, where the description has both. */
function otherCases(words: readonly string[], description: ToolDescription): readonly (readonly string[])[] {
  return words.flatMap((word, at) =>
    namesBelow(levelOf(description, words.slice(0, at)))
      .filter((name) => word.length > 1 && name !== word && name.toLowerCase() === word.toLowerCase())
      .map((name) => words.with(at, name)),
  );
}

function namesBelow(level: CommandDescription | undefined): readonly string[] {
  return Object.keys(level?.subcommands ?? {}).flatMap((names) => names.split(/\s+/));
}

function respelled(words: readonly string[], group: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return group.flatMap((one) => {
    const isSame = one.every((word, at) => word === '*' || at >= words.length || word === words[at]);
    if (!isSame || (one.length > words.length && one.includes('*'))) return [];
    // `docker container` names what `docker container rm` does too, and that is `docker rm`.
    return group.map((other) => [
      ...other.map((word, at) => (word === '*' ? (words[at] ?? word) : word)),
      ...words.slice(one.length),
    ]);
  });
}
