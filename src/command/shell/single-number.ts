/**
 * Commands that print one natural number, and listings of numbers of which a command behind them prints one:
 * `systemctl show -p MainPID --value nginx`, `pgrep x | head -1`, `pidof x | awk '{print $1}'`. What such a number is put
 * into (`/proc/$pid/limits`) is one word, and says nothing but that number there.
 *
 * INVARIANT: a `column` has a natural number or nothing in each line, a `row` is one line of them with blanks between, a
 * `setting` is one line NAME=NUMBER. A `padded` column has blanks before its numbers, which a shell splits off, and
 * `/proc/$pid` does not lose: with one line it is a `padded-one`. Of `meminfo` each line is a name, a number and its unit; of
 * `free` so are those that begin with `Mem` and `Swap`, and the second is one of these.
 */
import type { Tame } from '../model.ts';
import type { ShellState } from './shell-state.ts';
import type { SimpleNode, Template } from './syntax.ts';
import { plainText } from './words-as-text.ts';

export type NumberListing = 'column' | 'row' | 'setting' | 'padded' | 'padded-one' | 'meminfo' | 'free';

const listings: ReadonlySet<string | undefined> = new Set([
  'column',
  'row',
  'setting',
  'padded',
  'padded-one',
  'meminfo',
  'free',
]);

export const isNumberListing = (fed: string | undefined): fed is NumberListing => listings.has(fed);

/** The same as words: numbers, but for a name among them. */
export const wordsOf = (listing: NumberListing): 'numbers' | undefined =>
  listing === 'setting' || listing === 'meminfo' || listing === 'free' ? undefined : 'numbers';

/** A process, or how often one was started again: 0 where there is none. */
const countedProperty = /^(?:MainPID|ExecMainPID|ControlPID|NRestarts)$/;
const processOfContainer = /^(?:docker|podman) (?:container )?inspect (?:-f|--format)[ =]\{\{ ?\.State\.Pid ?\}\}$/;
/** HOSTILE: a name with wildcards stands for several units, and each is answered. */
const plainName = /^[A-Za-z0-9][\w@.:-]*$/;

export function listedNumbers(
  node: SimpleNode,
  argv: readonly (string | undefined)[],
  numbers: Tame | undefined,
  state: ShellState,
): Tame | NumberListing | undefined {
  switch (argv[0]) {
    case 'pgrep':
      return numbers === 'numbers' ? 'column' : undefined;
    case 'pidof':
      if (argv.length === 3 && argv[1] === '-s' && plainName.test(argv[2] ?? '')) return 'number';
      return numbers === 'numbers' ? 'row' : undefined;
    case 'ps':
      if (numbers !== 'numbers') return undefined;
      return /^-p\n(?:\d+|\$\$)$/.test(argv.slice(-2).join('\n')) ? 'padded-one' : 'padded';
    case 'free':
      return /^free(?:\n(?:-[bkmgtlw]+|--(?:bytes|kibi|mebi|gibi|kilo|mega|giga|total|wide)))*$/.test(argv.join('\n'))
        ? 'free'
        : undefined;
    case 'cat':
      return argv.join(' ') === 'cat /proc/meminfo' ? 'meminfo' : undefined;
    case 'grep':
    case 'egrep':
      return argv.at(-1) === '/proc/meminfo' && isPlainSearch(argv.slice(1, -1)) ? 'meminfo' : undefined;
    case 'awk':
    case 'cut':
      return ofKernelFile(argv);
    case 'systemctl':
      return ofSystemctl(node, argv, state);
    case 'docker':
    case 'podman': {
      const isAsked = processOfContainer.test(argv.slice(0, -1).join(' '));
      return isAsked && isName(node.args.at(-1)?.word, state) ? 'number' : undefined;
    }
    default:
      return undefined;
  }
}

/** It prints lines as they are, with nothing in front. */
function isPlainSearch(words: readonly (string | undefined)[]): boolean {
  const [pattern, ...options] = words.toReversed();
  return pattern?.startsWith('-') === false && options.every((word) => /^-(?:[iEFwvx]+|m ?1)$/.test(word ?? ''));
}

const lines = '(?:NR ?== ?\\d+|!?/[\\w ^:|()]+/|\\$1 ?[!=]= ?"[\\w:()]+")?';
const secondOfMeminfo = new RegExp(`^awk\\n${lines} ?\\{ ?print (?:\\$2|int\\(\\$2 ?/ ?\\d+(?: ?/ ?\\d+)?\\));? ?\\}$`);
const columnOfFree = /^awk\n(?:NR ?== ?2|\/\^(?:Mem|Swap):?\/|\$1 ?== ?"(?:Mem|Swap):") ?\{ ?print \$[2-7];? ?\}$/;
/**
 * HOSTILE: the headings of /proc/net/dev are no numbers, and have no digit in them as the pattern has; a name is the first
 * column, with a colon at its end.
 */
const columnOfDevices = /^awk\n\/\^? *[a-z]+[a-z\d]*\d:?\/ ?\{ ?print \$(?:[2-9]|1\d);? ?\}$/;
const wholeSeconds = /^(?:awk\n\{ ?print int\(\$1\);? ?\}|cut\n-d\n?\.\n-f\n?1|cut\n-f\n?1\n-d\n?\.)$/;

/** Of files that the kernel makes up of names and numbers: those alone. */
function ofKernelFile(argv: readonly (string | undefined)[]): 'number' | 'column' | undefined {
  const words = argv.slice(0, -1).join('\n');
  switch (argv.at(-1)) {
    case '/proc/meminfo':
      return secondOfMeminfo.test(words) ? 'column' : undefined;
    case '/proc/net/dev':
      return columnOfDevices.test(words) ? 'column' : undefined;
    case '/proc/uptime':
    case '/proc/loadavg':
      return wholeSeconds.test(words) ? 'number' : undefined;
    default:
      return undefined;
  }
}

/** What is printed of one unit, of one property. */
function ofSystemctl(
  node: SimpleNode,
  [, verb, ...words]: readonly (string | undefined)[],
  state: ShellState,
): 'number' | 'setting' | undefined {
  let property: string | undefined;
  let isBare = false;
  const units: Template[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    const attached = /^(?:-p|--property=)(\w+)$/.exec(word ?? '')?.[1];
    if (word === '--value') isBare = true;
    else if (attached !== undefined || word === '-p' || word === '--property') {
      if (property !== undefined) return undefined;
      property = attached ?? words[++i] ?? '';
    } else if (word !== '--no-pager') {
      const unit = node.args[i + 2]?.word;
      if (!isName(unit, state) || unit === undefined) return undefined;
      units.push(unit);
    }
  }
  if (verb !== 'show' || units.length !== 1 || !countedProperty.test(property ?? '')) return undefined;
  return isBare ? 'number' : 'setting';
}

/** One name that is known, be it of a variable. */
function isName(word: Template | undefined, { variables }: ShellState): boolean {
  const text = word === undefined ? undefined : plainText(word);
  if (text !== undefined) return plainName.test(text);
  const [part, ...more] = word?.parts ?? [];
  if (
    part?.kind !== 'parameter' ||
    more.length > 0 ||
    part.operation !== undefined ||
    part.index !== undefined ||
    part.isLength
  )
    return false;
  const value = variables.get(part.name);
  return value?.kind === 'known' && plainName.test(value.value);
}

/** The words of a command, one a line. */
const firstOnly = /^(?:(?:head|tail)\n-(?:1|n\n?1)|sed\n-n\n1p|awk\nNR ?== ?1(?: ?\{ ?print(?: \$[01])?;? ?\})?)$/;
const fieldOfRow = /^(?:awk\n(?:NR ?== ?1 ?)?\{ ?print \$(?:1|NF);? ?\}|cut\n-d\n? \n-f\n?1|cut\n-f\n?1\n-d\n? )$/;
/** Without the blanks, line by line. */
const unpadded = /^(?:tr\n-d\n(?: |\[:blank:\])|awk\n\{ ?print \$(?:1|NF);? ?\}|sed\ns\/(?: \/\/g|\^ \*\/\/))$/;
const firstUnpadded = /^awk\nNR ?== ?1 ?\{ ?print \$(?:1|NF);? ?\}$/;
const valueOfSetting =
  /^(?:cut\n-d\n?=\n-f\n?2|cut\n-f\n?2\n-d\n?=|awk\n-F\n?=\n\{ ?print \$(?:2|NF);? ?\}|sed\ns\/(?:MainPID|\.\*)=\/\/)$/;

/** What a command prints of such a listing. */
export function partOf(
  listing: NumberListing,
  argv: readonly (string | undefined)[],
): Tame | NumberListing | undefined {
  if (argv.includes(undefined)) return undefined;
  const words = argv.join('\n');
  switch (listing) {
    case 'column':
      if (firstOnly.test(words)) return 'number';
      return /^(?:cat|sort|uniq)(?:\n-[nru]+)*$/.test(words) ? 'column' : undefined;
    case 'row':
      if (fieldOfRow.test(words)) return 'number';
      return words === 'tr\n \n\\n' ? 'column' : undefined;
    case 'padded':
      if (firstUnpadded.test(words)) return 'number';
      if (unpadded.test(words)) return 'column';
      if (firstOnly.test(words)) return 'padded-one';
      return /^(?:cat|sort|uniq)(?:\n-[nru]+)*$/.test(words) ? 'padded' : undefined;
    case 'padded-one':
      return unpadded.test(words) || firstUnpadded.test(words) || words === 'tr\n-d\n[:space:]' || words === 'xargs'
        ? 'number'
        : undefined;
    case 'setting':
      return valueOfSetting.test(words) ? 'number' : undefined;
    case 'meminfo':
      return secondOfMeminfo.test(words) ? 'column' : undefined;
    case 'free':
      return columnOfFree.test(words) ? 'number' : undefined;
  }
}
