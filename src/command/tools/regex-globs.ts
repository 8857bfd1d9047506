/** A regular expression for names, as globs that are compared with the names of secrets. */
import { bracket } from '../../shell-bracket.ts';

/** HOSTILE: choices multiply. */
const maxGlobs = 32;
const maxChars = 512;

const group = /\(([^()]*)\)([*?]|\{0?,[^}]*\})?/;
const piece = new RegExp(String.raw`(\\.|${bracket}|[^\\])([*+?]|\{[\d,]*\})?`, 'gs');

/**
 * Globs that fit at least what it fits, in whichever dialect it is written; undefined where they would be too many.
 * `isWhole`: it is compared with whole paths (find) and not with a part of one.
 */
export function globsOf(regex: string, isWhole: boolean): readonly string[] | undefined {
  if (regex.length > maxChars) return undefined;
  // Some dialects write choices with a backslash, others without.
  let choices: readonly string[] = [regex.replace(/\\([()|])/g, '$1')];
  while (choices.some((choice) => group.test(choice))) {
    choices = choices.flatMap(withoutGroup);
    if (choices.length > maxGlobs) return undefined;
  }
  const globs = choices.flatMap((choice) => choice.split('|')).map((choice) => globOf(choice, isWhole));
  return globs.length > maxGlobs ? undefined : globs;
}

/** `a(b|c)d` as `abd` and `acd`: the innermost that comes first. */
function withoutGroup(choice: string): readonly string[] {
  const found = group.exec(choice);
  if (found === null) return [choice];
  const [whole, inside = '', mayMiss] = found;
  const before = choice.slice(0, found.index);
  const behind = choice.slice(found.index + whole.length);
  return [...inside.split('|'), ...(mayMiss === undefined ? [] : [''])].map((one) => before + one + behind);
}

function globOf(choice: string, isWhole: boolean): string {
  const starts = isWhole || choice.startsWith('^');
  const ends = isWhole || /(?<!\\)\$$/.test(choice);
  // Of what find prints `./` is the beginning.
  const glob = choice.replace(/^\^?\.\//, './').replace(/^\^|(?<!\\)\$$/g, '');
  const from = glob.startsWith('./') ? 2 : 0;
  const rest = glob.slice(from).replace(piece, (_, one: string, many: string | undefined) => oneOf(one, many));
  return `${starts ? '' : '*'}${glob.slice(0, from)}${rest}${ends ? '' : '*'}`;
}

function oneOf(one: string, many: string | undefined): string {
  if (many !== undefined) return '*';
  if (one === '.' || /^\\[wWsSdD]$/.test(one)) return '?';
  // The beginning or the end of a word.
  if (/^\\[bB<>`']$/.test(one)) return '';
  return one.startsWith('\\') ? one.slice(1) : one;
}
