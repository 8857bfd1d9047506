/**
 * Other names that an option in a pattern of a rule that refuses may have: `-f` for `--force`.
 *
 * Descriptions list options by what they take, and do not always say which two are one. Where they don't, an option is
 * guessed by its first letter, so a command that is found like this is one for people to look at.
 */
import type { OptionGroup } from '../command/tools/index.ts';

const letterOf = (name: string): string => (name.startsWith('--') ? name[2] : name[1])?.toLowerCase() ?? '';
const isLong = (name: string): boolean => /^--\w/.test(name);
const isShort = (name: string): boolean => /^-\w$/.test(name);

/** As literal pieces between stars, like the forms of a pattern; of an option with a value the value is left out. */
export function otherOptionNames(option: string, groups: readonly OptionGroup[]): readonly (readonly string[])[] {
  const [name = ''] = option.split('=', 1);
  if (isLong(name)) return shortNames(name, groups).map((short) => [short]);
  if (!isShort(name)) return [];
  const described = longNames(name, groups);
  return described.length > 0 ? described.map((long) => [long]) : [[`--${name[1]}`, '']];
}

/** `-f --file: path` is one option; flags are a list of many. */
const isOneOption = ({ names, isList }: OptionGroup): boolean => !isList && names.filter(isShort).length === 1;

function longNames(short: string, groups: readonly OptionGroup[]): readonly string[] {
  return groups
    .filter(({ names }) => names.includes(short))
    .flatMap((group) =>
      group.names.filter((name) => isLong(name) && (isOneOption(group) || letterOf(name) === letterOf(short))),
    );
}

function shortNames(long: string, groups: readonly OptionGroup[]): readonly string[] {
  const described = groups
    .filter((group) => isOneOption(group) && group.names.includes(long))
    .flatMap(({ names }) => names.filter(isShort));
  if (described.length > 0) return described;
  const letter = letterOf(long);
  return [`-${letter}`, `-${letter.toUpperCase()}`].filter((short) => !isAnother(short, long, groups));
}

/** `-p` of `docker run` is `--publish`, so it is not `--privileged`. */
function isAnother(short: string, long: string, groups: readonly OptionGroup[]): boolean {
  const known = groups.filter(({ names }) => names.includes(short));
  if (known.some(({ names }) => names.includes(long))) return false;
  return longNames(short, known).length > 0;
}
