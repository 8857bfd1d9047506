/**
 * Names and patterns by which tools are told which files to look at, and which ask for those with keys or passwords: of
 * find, of `--include`, of the members of an archive, of git's paths.
 *
 * A search through a tree reads what lies there; who spells out such a name means that file.
 */
import { bracket } from '../../shell-bracket.ts';
import type { Word } from '../model.ts';
import type { Parsed } from './parsed.ts';
import { hasHarmlessEnding, isHarmlessKind, meet, wildcard } from './place.ts';
import { globsOf } from './regex-globs.ts';
import { secretNames, sensitiveEffect } from './sensitive.ts';

/** Said of who does. */
export const asksByName = 'asks for files with keys or passwords by their names';

/** Of what find looks for by its name: it spells such a file's, or most of one. */
export const suspicious =
  /ssh|shadow|secret|passw|\.env|id_|\.pem|\.key|credential|token|htpasswd|keytab|netrc|\.aws|\.kube|_histor/i;
/** A glob that a shell's history fits, or the hidden file itself; `job.history` is neither. */
const historic = /^\..*histor|[*?[].*histor|histor.*[*?[]/i;

/**
 * What a test compares with. An unquoted glob becomes one name that fits it, or stays as it is; what fits that name fits
 * the glob too, and with a second name find does nothing.
 */
export function patternOf(word: Word): string | undefined {
  if (word.kind === 'known') return word.value;
  return word.why === 'glob' && /^[\w.*?-]+$/.test(word.raw) ? word.raw : undefined;
}

/** `.*\.py` and `.*\.\(c\|h\)$`: a regular expression that begins so is not a glob for hidden names. */
export function isCommonRegex(word: Word): boolean {
  const endings = word.kind === 'known' ? /^\.\*(?:\\\.)?\\?\(?([\w\\|]+?)\\?\)?\$?$/.exec(word.value)?.[1] : undefined;
  return endings?.split(/\\?\|/).every((ending) => hasHarmlessEnding(`*.${ending}`)) ?? false;
}

const isHidden = (glob: string): boolean => glob.startsWith('.') && findsSecrets('/x/', glob);

/** What a shell or find expands the glob to may be a file with a secret's name. */
export function findsSecrets(prefix: string, glob: string): boolean {
  const object = { access: 'read', path: prefix, isPrefix: true, isRelative: false, hasParent: false } as const;
  return sensitiveEffect(object, { isTree: true, glob, homeDirectory: undefined }) !== undefined;
}

const firstCharacter = new RegExp(`^(?:\\?|${bracket})`, 's');
const withDot = (glob: string): string => glob.replace(firstCharacter, '.');
const eachWildcard = new RegExp(`[*?]|${bracket}`, 'gs');

export function selectsSecrets(word: Word): boolean {
  const text = patternOf(word);
  return text === undefined || namesSecrets(text) || (text.includes('\\') && namesSecrets(unescaped(text)));
}

function namesSecrets(text: string): boolean {
  if (suspicious.test(text) || historic.test(text)) return true;
  // A glob as common as `*.php` is no search for the one secret file that fits it. To find, unlike to a shell, `?` and `[.]`
  // at the beginning are a dot as well.
  if (wildcard.test(text)) return !text.includes('/') && [text, withDot(text)].some(isHidden);
  return isSecretPath(text, false);
}

const isSecretPath = (text: string, isTree: boolean): boolean => isSecretAt(`/x/${text}`, isTree);

function isSecretAt(path: string, isTree: boolean): boolean {
  const object = { access: 'read', path, isPrefix: false, isRelative: false, hasParent: false } as const;
  return sensitiveEffect(object, { isTree, glob: undefined, homeDirectory: undefined }) !== undefined;
}

/** HOSTILE: to look for the ends of brackets takes the square of the length; nobody writes such patterns. */
const maxGlobChars = 512;

/** Of a glob for names or whole paths: something secret is spelled out in it, behind a star or above one. */
export function asksForSecrets(word: Word, isRegex: boolean): boolean {
  const text = patternOf(word) ?? '';
  const globs = isRegex ? globsOf(text, true) : [unescaped(text)];
  return globs === undefined || globs.some((glob) => wildcard.test(glob) && spellsOut(glob));
}

/** HOSTILE: to whoever reads a pattern `.e\nv` is `.env`. */
const unescaped = (text: string): string => text.replace(/\\(.)/gs, '$1');

function spellsOut(glob: string): boolean {
  if (isHarmlessKind(glob)) return false;
  if (glob.length > maxGlobChars) return true;
  const isHiddenPart = (part: string): boolean => wildcard.test(part) && [part, withDot(part)].some(isHidden);
  if (glob.includes('/') && glob.split('/').some(isHiddenPart)) return true;
  // Of a directory's name the star in front may be nothing (`*.s*h/x`).
  if (
    glob
      .split('/')
      .slice(0, -1)
      .some((part) => part.startsWith('*.') && isHiddenPart(part.slice(1)))
  )
    return true;
  if (endsAsSecret(glob.slice(glob.lastIndexOf('/') + 1))) return true;
  // To find a star may be the dot of a hidden name as well.
  const letters = glob.replace(eachWildcard, 'a');
  const examples = [letters, glob.replace(/\*/g, ''), glob.replace(/(?<![^/])\*+/g, '.').replace(/\*/g, '')];
  if (examples.some((example) => isSecretPath(example.replace(eachWildcard, 'a'), false))) return true;
  const directory = /^(?:.*\/)?\.[^/]*(?=\/a$)/s.exec(letters)?.[0];
  return directory !== undefined && isSecretPath(directory, true);
}

/** `*mrc` and `*_rsa` end as the name of a secret does and as that of little else: none of both has an ending of a kind. */
function endsAsSecret(glob: string): boolean {
  if (/^id[*?[]/.test(glob)) return true;
  const tail = /[*?\]]([\w-]{2,})$/.exec(glob)?.[1];
  if (tail === undefined || hasHarmlessEnding(`*.${tail}`) || settingsEnding.test(tail)) return false;
  const letters = glob.toLowerCase();
  // Those of what is hidden are compared without the dot, which a star may be to whoever lists hidden names.
  return bareNames.some((name) => name.endsWith(tail.toLowerCase()) && meet(letters, name));
}

/** `*json` is what some write for `*.json`. */
const settingsEnding = /^(?:json|ya?ml|toml|xml|conf|cfg|ini)$/i;

const bareNames: readonly string[] = secretNames
  .filter((name) => /^\.?[\w-]+$/.test(name))
  .map((name) => name.replace(/^\./, ''));

/** `-perm 600`, or none that others may read: what its owner keeps for himself. */
export function asksForPrivate(word: Word, isWanted: boolean): boolean {
  const mode = word.kind === 'known' ? word.value : '';
  return isWanted ? /^(?:0*[4-7]00|u=[rwx]+(?:,go=)?)$/.test(mode) : /^[-/+](?:0*[47]{1,2}|g?o=r[wx]*)$/.test(mode);
}

/** `grep -r . --include=.env` and `rg . --glob .env`: who says so looks for nothing else. */
export const includesSecrets = ({ assigned }: Parsed): boolean =>
  assigned.some(({ of, word }) => /^(?:--inc.*|-g|--i?glob|--type-add)$/.test(of) && spellsSecrets(of, word));

function spellsSecrets(of: string, word: Word): boolean {
  // What the shell makes of an unquoted `--include=*.py` begins with a dash: mostly it stays as it is.
  const bare = /^--inc[a-z]*=([\w.*?-]+)$/.exec(word.raw)?.[1];
  const whole = word.kind === 'known' ? word.value : (bare ?? '');
  // `npm:*npmrc`
  const text = of === '--type-add' ? whole.slice(whole.indexOf(':') + 1) : whole;
  // rg leaves out what stands behind it.
  return !text.startsWith('!') && spells(text, false);
}

/** As it stands, or by a pattern that spells it. */
function spells(text: string, isTree: boolean): boolean {
  if (!wildcard.test(text)) return text !== '' && isSecretPath(text, isTree);
  return [text, withDot(text)].some(isHidden) || spellsOut(text);
}

const spellsAnyhow = (text: string): boolean =>
  spells(text, true) || (text.includes('\\') && spells(unescaped(text), true));

/** `tar xOf a.tar .env`: a file or directory of an archive, where the names of a whole machine have no slash in front. */
export function asksForMember(word: Word): boolean {
  // A glob that fits nothing stays as it is. Of a name that is known in part, only its directory says something.
  const isOpen = word.kind === 'dynamic' && word.why !== 'glob';
  const text = (isOpen ? word.prefix.replace(/[^/]+$/, '') : word.kind === 'known' ? word.value : word.raw).replace(
    /^(?:\.?\/)+/,
    '',
  );
  if (isOpen) return text !== '' && (isSecretPath(`${text}a`, false) || isSecretAt(`/${text}a`, false));
  return spellsAnyhow(text) || (!wildcard.test(text) && text !== '' && isSecretAt(`/${text}`, true));
}

/** `git log -p -- '*npmrc'`: what is no pattern is a path, which is weighed as one. */
export function asksForPath(word: Word): boolean {
  const text = word.kind === 'known' ? word.value : word.why === 'glob' ? word.raw : '';
  const magic = /^:(?:\(([^)]*)\)|[/!^]*:?)/.exec(text);
  const path = text.slice(magic?.[0].length ?? 0);
  // What is left out is not shown.
  if (magic !== null && (/[!^]/.test(magic[0]) || /\bexclude\b/.test(magic[1] ?? ''))) return false;
  return (magic !== null || /[*?[\\]/.test(path)) && spellsAnyhow(path);
}

/** A regular expression that is compared with a part of each name (`ag -G`, grep behind find). */
export function asksByRegex(word: Word): boolean {
  if (word.kind !== 'known') return false;
  const globs = globsOf(word.value, false);
  return globs === undefined || globs.some((glob) => wildcard.test(glob) && spellsOut(glob));
}
