/**
 * Commands that print nothing but integers, whatever their files and their input hold: `wc -l < f`, `stat -c %s "$f"`,
 * `… | grep -o '[0-9]*'`. Arithmetic may evaluate what they print, and nothing of it is split or expanded.
 *
 * INVARIANT: each line of the output is an integer or empty, and one with a dash in front only where the answer is `integer`.
 */
import type { Tame } from '../model.ts';
import { isNumber, type ShellState } from './shell-state.ts';
import type { Program, SimpleNode, Template } from './syntax.ts';
import { plainText } from './words-as-text.ts';

/** Of what a command reads on stdin: nothing is said, or what the command before it prints. */
export type Fed = 'nothing' | 'anything' | Tame;

const alone = new Set([
  'nproc',
  'nproc --all',
  'id -u',
  'id -g',
  'tput cols',
  'tput lines',
  'git rev-list --count HEAD',
]);
/** No conversion that pads with blanks, signs or takes its letters from a locale, and no name from the root. */
const plainDate = /^\+[\w.:](?:[\w.:/-]|%[YmdHMSFTjuVGyCD])*$|^\+%[YmdHMSFTjuVGyCDs](?:[\w.:/-]|%[YmdHMSFTjuVGyCDs])*$/;
/** Conversions that print digits, and no sign but for what is before 1970. */
const digitsOfDate = /^\+(?:%-?[YmdHMSjuwWUVNGyCI])+$/;
const secondsOfDate = /^\+%s(?:%N)?$/;
/** What stat prints of a file in decimal, or of its mode in octal; with none of it a name. */
const digitsOfStat = /^%[sihbBuga]$/;
/** Seconds, with a dash in front for what is before 1970. */
const secondsOfStat = /^%[YXZ]$/;
/**
 * The pieces of a time that lies behind the year 1, in their order: several steps back might not. One expression for all of
 * them takes milliseconds to compile.
 */
const piecesOfTime = [
  /^(?:(?:19|20)\d\d(?:-\d\d?-\d\d?|\d{4})|\d\d?\/\d\d?\/(?:19|20)\d\d)/,
  /^[ t]?\d\d?(?::\d\d){1,2}(?: ?utc|z)?/,
  /^ ?(?:now|today|yesterday|tomorrow|(?:last |next )?(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|week|month))/,
  /^ ?[-+]? ?\d{1,4} ?(?:sec(?:ond)?|min(?:ute)?|hour|day|week|month)s?(?: ago)?/,
];
const onlyDigits = /^(?:0-9|\[:digit:\]|0-9\\n|\[:digit:\]\\n|\\n0-9)$/;
const runOfDigits = /^(?:\[0-9\]|\[\[:digit:\]\])(?:\*|\\?\+|\{1,\})?\$?$/;
/** Without -P the letter is itself. */
const runOfPerlDigits = /^\\d[*+]?\$?$/;

/** Files that the kernel makes up, of one integer each; what it may write `max` into is none of them. */
const kernelNumber = (() => {
  const name = '[\\w:*-][\\w.:*-]*';
  return new RegExp(
    `^(?:/proc/sys/(?:net/netfilter/nf_conntrack_(?:count|max)|net/core/somaxconn|fs/(?:file-max|nr_open)|kernel/(?:pid_max|threads-max)|kernel/random/entropy_avail|vm/(?:swappiness|max_map_count))|/sys/class/net/${name}/(?:mtu|speed|carrier|statistics/${name})|/sys/class/thermal/${name}/temp|/sys/class/hwmon/${name}/${name}_input|/sys/class/power_supply/${name}/capacity|/sys/block/${name}/size|/sys/fs/cgroup/(?:${name}/)*memory\\.current|/sys/devices/system/cpu/${name}/cpufreq/scaling_cur_freq)$`,
  );
})();
const processNumbers =
  /^ps (?:-o p?pid= -p [$\w]+|-o p?pid= -C [A-Za-z][\w.,-]*|-C [A-Za-z][\w.,-]* -o p?pid=|-eo p?pid(?:=(?: --sort=-?%?\w+)?| --no-headers?(?: --sort=-?%?\w+)?| --sort=-?%?\w+ --no-headers?))$/;

export function numbersOf(node: SimpleNode, fed: Fed, state: ShellState): Tame | undefined {
  const argv = node.args.map(({ word, assignment }) => (assignment === undefined ? plainText(word) : undefined));
  const [name, ...rest] = argv;
  const line = argv.includes(undefined) ? undefined : argv.join(' ');
  if (line !== undefined && alone.has(line)) return 'number';
  const first = rest[0] ?? '';
  switch (name) {
    case 'wc':
      return fed !== 'nothing' && /^wc -(?:[lcwmL]|-(?:lines|bytes|words|chars))$/.test(line ?? '')
        ? 'number'
        : undefined;
    case 'grep':
    case 'egrep':
      if (rest.length === 3) return ofCounting(first, rest[1], rest[2]);
      return fed === 'nothing' || rest.length !== 2 ? undefined : ofGrep(first, rest[1]);
    case 'tr': {
      if (fed === 'nothing' || line === undefined) return undefined;
      if (/^-(?:dc|cd)$/.test(first) && rest.length === 2 && onlyDigits.test(rest[1] ?? ''))
        return rest[1]?.includes('n') === true ? 'numbers' : 'number';
      return first === '-d' && rest.length === 2 && isNumeric(fed) ? fed : undefined;
    }
    case 'sed':
      // A plus is itself unless -E says what it means.
      return fed !== 'nothing' &&
        /^sed (?:(?:-E |-r )s([/|,])\[\^0-9\][*+]?\1\1g|s([/|,])\[\^0-9\]\*?\2\2g)$/.test(line ?? '')
        ? 'numbers'
        : undefined;
    case 'head':
    case 'tail':
      return isNumeric(fed) && /^\w+(?: -(?:n ?)?\d+)?$/.test(line ?? '') ? fed : undefined;
    case 'sort':
    case 'uniq':
      return isNumeric(fed) && /^\w+(?: -[nrugd]+)*$/.test(line ?? '') ? fed : undefined;
    case 'cat':
      if (rest.length === 1 && kernelNumber.test(pathOf(node.args[1]?.word, state))) return 'integer';
      return isNumeric(fed) && rest.length === 0 ? fed : undefined;
    case 'xargs':
      return isNumeric(fed) && rest.length === 0 ? fed : undefined;
    case 'find':
      return ofFind(rest) ? 'numbers' : undefined;
    case 'pgrep':
      if (/^pgrep -d ?,(?: -[fvxno]+)* [\w./][\w./-]*$/.test(line ?? '')) return 'word';
      // HOSTILE: `--help` begins with `Usage:`, and arithmetic evaluates the variable of that name.
      return rest.some((word) => word === undefined || /^-[A-Za-z]*[adlhV]|^--[dhlv]/.test(word))
        ? undefined
        : /^-[fvx]*[no][fvx]*$/.test(first)
          ? 'number'
          : 'numbers';
    case 'pidof':
      return rest.some((word) => word === undefined || /^-.*[dShV]|^--/.test(word)) ? undefined : 'numbers';
    case 'ps':
      return processNumbers.test(line ?? '') ? 'numbers' : undefined;
    case 'seq':
      return ofSeq(
        node.args.slice(1).map(({ word }) => word),
        state,
      );
    case 'date':
      return ofDate(node.args.slice(1).map(({ word }) => word));
    case 'stat':
      return ofStat(
        rest,
        node.args.slice(1).map(({ word }) => word),
        state,
      );
    case 'expr':
      return isSum(node, (variable) => isNumber(state.variables.get(variable) ?? { kind: 'tame', tame: 'text' }))
        ? 'integer'
        : undefined;
    default:
      return undefined;
  }
}

/** A path as it is written; of the variable of a loop over a glob, that glob. Files of the kernel have no blanks in them. */
function pathOf(word: Template | undefined, { variables }: ShellState): string {
  let text = '';
  for (const part of word?.parts ?? []) {
    const isPlain = part.kind === 'parameter' && part.operation === undefined && part.index === undefined;
    const value = isPlain && !part.isLength ? variables.get(part.name) : undefined;
    if (part.kind === 'text') text += part.value;
    else if (value?.kind === 'known') text += value.value;
    else if (value?.kind === 'prefix' && value.glob !== undefined) text += value.glob;
    else return '';
  }
  return text;
}

/** `find src -type f -printf '%s\n'`: the sizes of files and nothing else. */
function ofFind(words: readonly (string | undefined)[]): boolean {
  const at = words.indexOf('-printf');
  const isOther = (word: string | undefined): boolean =>
    word === undefined || /^-(?:print|f?ls|exec|ok|fprint|delete|D|-?help|-?version)/.test(word);
  return /^%[skbmniUGd]\\n$/.test(words[at + 1] ?? '') && !words.toSpliced(at, 2).some(isOther);
}

/** Integers and nothing else. */
export const isNumeric = (fed: Fed | undefined): fed is 'number' | 'numbers' | 'integer' =>
  fed === 'number' || fed === 'numbers' || fed === 'integer';

/** HOSTILE: `grep -c *` has files, and prints their names. */
function ofGrep(options: string, pattern: string | undefined): Tame | undefined {
  if (pattern === undefined || pattern.startsWith('-')) return undefined;
  if (/^-[iEFvwx]*c[iEFvwx]*$/.test(options)) return 'number';
  if (/^-(?:oP|Po)$/.test(options) && runOfPerlDigits.test(pattern)) return 'numbers';
  return /^-(?:o|oE|Eo|oP|Po)$/.test(options) && runOfDigits.test(pattern) ? 'numbers' : undefined;
}

/** Of one file, whose name is then not printed. HOSTILE: `grep -c x *` has several, and prints their names. */
function ofCounting(options: string, pattern: string | undefined, file: string | undefined): Tame | undefined {
  const isOne = file !== undefined && /^[\w./][\w./@%+:,-]*$/.test(file);
  return isOne && pattern?.startsWith('-') === false && /^-[iEFvwxs]*c[iEFvwxs]*$/.test(options) ? 'number' : undefined;
}

/** Of naturals; `seq "$n"` of anything else may be told what to print. */
function ofSeq(words: readonly Template[], state: ShellState): Tame | undefined {
  const isNatural = (word: Template): boolean => {
    const text = plainText(word);
    if (text !== undefined && !text.includes('$')) return /^\d{1,9}$/.test(text);
    const value = state.variables.get(variableOf(word) ?? '');
    return value?.kind === 'known'
      ? /^\d{1,9}$/.test(value.value)
      : value?.kind === 'number' && value.isNatural === true;
  };
  return words.length > 0 && words.length <= 3 && words.every(isNatural) ? 'numbers' : undefined;
}

/** The format is a word of its own, beside it only a time or a file in a word that is there. */
function ofDate(words: readonly Template[]): Tame | undefined {
  const texts = words.map(plainText);
  const formats: string[] = [];
  let time: string | undefined = '';
  let isFile = false;
  for (let i = 0; i < words.length; i++) {
    const text = texts[i];
    if (text?.startsWith('+') === true) formats.push(text);
    if (text?.startsWith('+') === true || text === '-u' || text === '--utc') continue;
    const attached = /^(?:-d|--date=)"?(.+)/.exec(words[i]?.raw ?? '')?.[1];
    if (attached !== undefined && !isWhole(words[i])) return undefined;
    if (attached === undefined) {
      if (!/^(?:-[dr]|--date|--reference)$/.test(text ?? '') || !isWhole(words[++i])) return undefined;
      isFile ||= /^-r|^--r/.test(text ?? '');
    }
    time = attached ?? texts[i];
  }
  const [only = '', ...more] = formats;
  if (more.length > 0) return undefined;
  // What lies before 1970, or before the year 1, has a dash in front.
  const isLate = time === '' || (time !== undefined && (isFile || isRecent(time)));
  if (secondsOfDate.test(only)) return time === '' ? 'number' : 'integer';
  if (digitsOfDate.test(only)) return isLate ? 'number' : 'integer';
  return plainDate.test(only) && isLate ? 'word' : undefined;
}

function isRecent(time: string): boolean {
  if (time === '' || /[^ -~]/.test(time)) return false;
  return piecesOfTime.reduce((rest, piece) => rest.replace(piece, ''), time.toLowerCase()) === '';
}

/** One word that is there, whatever it comes to: what stands out of quotes may be none, or several. */
const isWhole = (word: Template | undefined): boolean =>
  word !== undefined &&
  word.parts.length > 0 &&
  word.parts.every((part) => part.kind === 'text' || ('isQuoted' in part && part.isQuoted && !isList(part))) &&
  word.parts.some((part) => part.kind !== 'text' || part.value !== '' || part.isQuoted);

const isList = (part: Template['parts'][number]): boolean =>
  part.kind === 'parameter' && (part.name === '@' || part.index === '@');

/**
 * One format, and files behind it: a file's name is then no option. `--` goes before one that nobody knows, so what is known
 * must begin with something else.
 */
function ofStat(texts: readonly (string | undefined)[], all: readonly Template[], state: ShellState): Tame | undefined {
  const start = texts[0] === '-L' ? 1 : 0;
  const [option, value] = texts.slice(start);
  const attached = /^(?:-c|--format=)(%.+)$/.exec(option ?? '')?.[1];
  const format = attached ?? (option === '-c' || option === '--format' ? value : undefined);
  const files = all.slice(start + (attached === undefined ? 2 : 1));
  if (format === undefined || !files.every((file) => isNoOption(file, state))) return undefined;
  if (digitsOfStat.test(format)) return 'numbers';
  return secondsOfStat.test(format) && files.length === 1 && isWhole(files[0]) ? 'integer' : undefined;
}

function isNoOption(file: Template, { variables, positional, zero }: ShellState): boolean {
  const text = plainText(file);
  if (text !== undefined) return text === '--' || !/^[-+]/.test(text);
  const first = file.parts.find((part) => part.kind !== 'text' || part.value !== '');
  return file.parts.every((part) => {
    if (part.kind === 'text') return part !== first || !/^[-+]/.test(part.value);
    if (part.kind !== 'parameter') return part.kind !== 'brace';
    if (/^[@*]$/.test(part.name)) return positional === undefined;
    const value = variables.get(part.name);
    const word = /^\d$/.test(part.name) ? [zero, ...(positional ?? [])][Number(part.name)] : undefined;
    const known = value?.kind === 'known' ? value.value : word?.kind === 'known' ? word.value : undefined;
    // HOSTILE: `x=--printf=$y`; what surely is an option has no `--` put before it.
    const prefix = value?.kind === 'prefix' ? value.prefix : word?.kind === 'dynamic' ? word.prefix : '';
    return known === undefined ? part !== first || !/^[-+]/.test(prefix) : /^[^-+\s]\S*$/.test(known);
  });
}

/** `$(expr $x + 1)` of nothing but numbers and `$name`. */
export function countsOn({ statements }: Program, name: string): boolean {
  const [statement, ...more] = statements;
  if (statement === undefined || more.length > 0 || statement.isBackground || statement.list.rest.length > 0)
    return false;
  const [node, ...others] = statement.list.first.commands;
  return (
    node?.kind === 'simple' &&
    others.length === 0 &&
    node.assignments.length === 0 &&
    node.redirects.length === 0 &&
    isSum(node, (variable) => variable === name)
  );
}

function isSum({ args }: SimpleNode, isNumbered: (variable: string) => boolean): boolean {
  const [command, left, operator, right, ...more] = args.map(({ word }) => word);
  if (more.length > 0 || left === undefined || right === undefined || command === undefined || operator === undefined)
    return false;
  // HOSTILE: of two variables with nothing in them `expr $x / $y` prints the slash.
  if ([left, right].every((word) => variableOf(word) !== undefined && !isWhole(word))) return false;
  const isOperand = (word: Template): boolean => {
    const variable = variableOf(word);
    return variable === undefined ? /^\d{1,17}$/.test(plainText(word) ?? '') : isNumbered(variable);
  };
  return (
    plainText(command) === 'expr' && /^[-+*/%]$/.test(plainText(operator) ?? '') && isOperand(left) && isOperand(right)
  );
}

/** `$x`, `${x}`, `"$x"`. */
function variableOf({ parts }: Template): string | undefined {
  const [part, ...more] = parts;
  const isPlain =
    part?.kind === 'parameter' &&
    more.length === 0 &&
    part.operation === undefined &&
    part.index === undefined &&
    !part.isLength;
  return isPlain ? part.name : undefined;
}
