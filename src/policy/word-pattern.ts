/** One word of a command against one word of a pattern, with stars and alternatives. */
import type { Word } from '../command/model.ts';
import { any, type Certainty, certain, no, plausible } from './certainty.ts';
import { baseName, withoutVersion } from './program-name.ts';

export interface WordPattern {
  readonly kind: 'word';
  /** One per brace alternative: the literal pieces between the stars. */
  readonly forms: readonly (readonly string[])[];
}
export type Token = WordPattern | { readonly kind: 'rest' };

/** Directories whose programs are the ones a bare name means on any ordinary system. */
const standardDirectories = /^\/(usr\/)?(local\/)?s?bin\//;

export function matchWord(pattern: WordPattern, word: Word, position: number, optionsToo: boolean): Certainty {
  if (word.kind === 'dynamic') {
    if (word.why === 'glob' && pattern.forms.some((form) => isSameGlob(form, word.raw))) return certain;
    return any(pattern.forms, (form) =>
      canStartWith(form, word.prefix) && canBeIn(form, word.shape) ? plausible : no,
    );
  }
  const values = position === 0 ? [word.value, ...programNames(word.value, optionsToo)] : [word.value];
  return pattern.forms.some((form) => values.some((value) => matchForm(form, value, optionsToo))) ? certain : no;
}

/** `/var/log/*.gz` of the shell finds such names only, and none that begins with a dash. */
const isSameGlob = (form: readonly string[], glob: string): boolean =>
  form[0] !== '' &&
  form.length > 1 &&
  form.join('*') === glob &&
  !glob.includes('**') &&
  /^[\w./@%+:,=*-]+$/.test(glob) &&
  !mayLeadUp.test(glob);

/** HOSTILE: `.*` is `..` as well, to dash and to bash before 5.2. */
const mayLeadUp = /(?:^|\/)\.[.*]*\*[.*]*(?:\/|$)/;

/** A program in a standard directory has the bare name's meaning; to refuse one, its last segment is enough, whatever its version. */
function programNames(path: string, anyDirectory: boolean): readonly string[] {
  return anyDirectory ? [baseName(path), withoutVersion(baseName(path))] : [path.replace(standardDirectories, '')];
}

function matchForm(form: readonly string[], value: string, optionsToo: boolean): boolean {
  if (form.length === 1) return form[0] === value;
  if (optionsToo) return matchPieces(form, value);
  return !(form[0] === '' && value.startsWith('-')) && staysInside(form, value) && matchPieces(form, value);
}

/**
 * HOSTILE: `/var/log/*` is not `/var/log/../../etc/shadow`, and `https://*.example.com/*` neither `https://evil.net/.example.com/`
 * nor `https://x:y@evil.net/`. A star alone is any word.
 */
function staysInside(form: readonly string[], value: string): boolean {
  const text = form.join('*');
  if (text !== '*' && dots.test(value) && !dots.test(text)) return false;
  const [wanted, given] = [hostIn(text), hostIn(value)];
  if (wanted === undefined || given === undefined || !wanted.includes('*')) return true;
  return (!given.includes('@') || wanted.includes('@')) && matchPieces(wanted.split('*'), given);
}

/** A segment `..`, which leads elsewhere. */
const dots = /(?:^|[/:=\\])\.\.(?:[/\\]|$)/;

const hostIn = (text: string): string | undefined => /^[^/*]*:\/\/([^/?#\\]*)/.exec(text)?.[1];

/** `https://example.com*`: what follows may be the rest of another name. */
export function isOpenHost(form: readonly string[]): boolean {
  return /[^:@]\*$/.test(hostIn(form.join('*')) ?? '');
}

/** Literal pieces in order, the first at the start and the last at the end: each is searched once, so linear. */
export function matchPieces(pieces: readonly string[], value: string): boolean {
  const first = pieces[0] ?? '';
  const last = pieces.at(-1) ?? '';
  if (pieces.length === 1) return value === first;
  if (value.length < first.length + last.length || !value.startsWith(first) || !value.endsWith(last)) return false;
  let at = first.length;
  const end = value.length - last.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = value.indexOf(piece, at);
    if (found === -1 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return at <= end;
}

function canStartWith(form: readonly string[], prefix: string): boolean {
  const first = form[0] ?? '';
  return first.startsWith(prefix) || (form.length > 1 && prefix.startsWith(first));
}

/** Of a word of which only integers are not known (`-j"$(nproc)"`), whatever is no integer stands in its shape. */
function canBeIn(form: readonly string[], shape: string | undefined): boolean {
  return (
    shape === undefined || form.every((piece) => [...piece].every((char) => /[-\d]/.test(char) || shape.includes(char)))
  );
}
