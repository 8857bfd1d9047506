import { unknownInteger, type Word } from '../model.ts';
import type { ToolCommand, ToolOption } from './compile.ts';
import { meet } from './place.ts';
import { maySplit } from './word.ts';

/** The option of this name, or the one it abbreviates where abbreviations are understood. */
export function optionNamed(command: ToolCommand, name: string): ToolOption | undefined {
  const { options, style, isComplete } = command;
  const found = options.get(name);
  if (found !== undefined) return found;
  // Go's flags are the same with one dash and with two.
  if (style === 'single-dash') return name.startsWith('--') ? options.get(name.slice(1)) : options.get(`-${name}`);
  return isComplete ? abbreviated(options, name) : undefined;
}

/** The one option whose long name begins so (GNU getopt); undefined when none or several do. */
function abbreviated(options: ReadonlyMap<string, ToolOption>, name: string): ToolOption | undefined {
  if (name.length < 3) return undefined;
  let found: ToolOption | undefined;
  for (const [key, option] of options) {
    if (!key.startsWith(name)) continue;
    if (found !== undefined && found !== option) return undefined;
    found = option;
  }
  return found;
}

/**
 * The sub-command of this name, or the one whose name ends in `*` and begins as this one does. Behind `--` none has a
 * dash: `python3 -- -m json.tool` runs a file that is called `-m`.
 */
export function subcommandNamed(command: ToolCommand, name: string, isEnded: boolean): ToolCommand | undefined {
  if (isEnded && name.startsWith('-')) return undefined;
  const found = command.subcommands.get(name);
  if (found !== undefined) return found;
  for (const [key, child] of command.subcommands) {
    if (key.endsWith('*') && name.startsWith(key.slice(0, -1)) && /^[\w-]+$/.test(name)) return child;
  }
  return undefined;
}

/** For a word that names none: nor can it be one, because it is known, or because all have a dash, which is weighed before. */
export function isNoSubcommand({ subcommands }: ToolCommand, word: Word): boolean {
  return word.kind === 'known' || [...subcommands.keys()].every((name) => name.startsWith('-'));
}

/** Words of an expression are options only by their whole name, and this glob fits none of them. */
export function matchesNoOption({ style, options, slots }: ToolCommand, word: Word): boolean {
  if (word.kind === 'known') return false;
  // `-5p`: sed knows no option of digits, says so and ends.
  if (word.shape?.startsWith(unknownInteger) === true)
    return slots.some(({ role }) => role.kind === 'program' && role.language === 'sed');
  if (style !== 'expression') return false;
  if (word.why !== 'glob' || !/^[\w./*?@%+,:=-]+$/.test(word.raw)) return false;
  for (const name of options.keys()) if (meet(word.raw, name)) return false;
  return true;
}

/**
 * `--quiet=true` for an option without a value (Go's flags). `=false` takes back what the option says, so it may only
 * stand where that is nothing: `terraform fmt -check=false` writes.
 */
export function isSwitch(option: ToolOption, value: Word, { when }: ToolCommand): boolean {
  if (value.kind !== 'known') return false;
  if (value.value !== 'false') return value.value === 'true';
  const { names, effects, slots, adds, fills, ends } = option;
  const isPlain = effects.length + slots.length + adds.length === 0 && fills === undefined && !ends;
  return isPlain && !when.some(({ noneOf }) => noneOf.some((name) => names.includes(name)));
}

/**
 * A word without a dash that changes what the others are all the same: letters where these are options (`ps $x`), and
 * one that splits in front of a command (`timeout $x ls`).
 */
export function mayBeMore({ bare, bareFirst, canShield, slots }: ToolCommand, word: Word): boolean {
  if (word.kind === 'known' || word.tame === undefined) return false;
  // Where -- can be put before the word, nobody has to be trusted.
  if (canShield) return word.tame === 'text';
  if (slots.some(({ role }) => role.kind === 'command' || role.kind === 'shell')) return maySplit(word);
  return (bare !== undefined || bareFirst) && (word.tame === 'text' || word.tame === 'word');
}
