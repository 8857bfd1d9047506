/**
 * Values of options that may turn out to be nothing: of `awk -F"$x" -v 'a=1;BEGIN{…}' '{print}'` an empty x leaves `-v` to
 * -F, and what it was given is the program.
 *
 * Refuses: a word behind such an option that something else could stand behind, or that fills a slot, in a tool to which
 * it matters what its words are.
 */
import type { Word } from '../model.ts';
import type { ToolCommand, ToolOption } from './compile.ts';
import { textOf } from './word.ts';

/** Behind these letters a shell leaves something, whatever the environment. */
const neverNothing =
  /(?:\$\(\(.*\)\)|\$\{?(?:USER|LOGNAME|HOME|PWD|E?UID|PPID|RANDOM|[$#?])\}?|\$\((?:uname[ \w-]*|id -u|date [^()$`]*)\)|[})][\w.,:/%@+=-]+|[.,:/%@+=])["']?$/s;

/** `-F"$x"`: the value is a part of the word, and all of it may be missing. */
function mayBeMissing({ style }: ToolCommand, name: string, attached: Word): boolean {
  if (style === 'single-dash' || name.length !== 2 || attached.kind === 'known' || attached.prefix !== '') return false;
  if (attached.why !== 'parameter' && attached.why !== 'substitution' && attached.why !== 'argument') return false;
  return !neverNothing.test(attached.raw);
}

/** True when the option would take the next word instead, and nobody can say what the tool then does. */
export function takesNext(
  command: ToolCommand,
  { values: [role], isAttached }: ToolOption,
  name: string,
  attached: Word,
  next: Word | undefined,
): boolean {
  if (isAttached || next === undefined || !mayBeMissing(command, name, attached)) return false;
  if (!command.hasRiskyOptions && !command.hasPathOptions) return false;
  const text = textOf(next);
  // Of these a tool takes digits alone; sed makes a nought of all else, and goes on.
  const hasProgram = command.slots.some((slot) => slot.role.kind === 'program');
  if (!hasProgram && role?.kind === 'number' && next.kind === 'known' && !/^[-+]?\d/.test(text)) return false;
  if (next.kind === 'dynamic' || text === '--') return true;
  return !(text.startsWith('-') ? standsAlone(command, text) : isOneOfAll(command));
}

/** Of operands that are all the same one may be missing. */
const isOneOfAll = ({ slots, without }: ToolCommand): boolean =>
  slots.length === 1 && slots[0]?.isRest === true && without.length === 0;

/** An option that needs no word behind it, and may as well not be there. */
function standsAlone(command: ToolCommand, text: string): boolean {
  if (!/^-./.test(text) || command.style !== 'gnu') return false;
  if (text.startsWith('--')) {
    const option = command.options.get(text.split('=', 1)[0] ?? text);
    return option !== undefined && isIdle(command, option) && (text.includes('=') || takesNothing(option));
  }
  for (let i = 1; i < text.length; i++) {
    const option = command.options.get(`-${text[i]}`);
    if (option === undefined || !isIdle(command, option)) return false;
    if (option.values.length > 0) return takesNothing(option) || (!option.isApart && i + 1 < text.length);
  }
  return true;
}

const takesNothing = ({ values, isAttached }: ToolOption): boolean => values.length === 0 || isAttached;

const isIdle = ({ when }: ToolCommand, { names, slots, fills, ends }: ToolOption): boolean =>
  slots.length === 0 &&
  fills === undefined &&
  !ends &&
  !when.some(({ noneOf }) => noneOf.some((name) => names.includes(name)));
