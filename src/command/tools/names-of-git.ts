/**
 * Names that `git ls-files` prints and xargs hands on: `git ls-files '*.py' | xargs grep -n x` is sent with NUL between them.
 *
 * HOSTILE: they begin as whoever added the files liked, with a dash as well, unless the text names a directory for them.
 */
import type { Word } from '../model.ts';
import type { NameList, ReadingContext } from '../reading.ts';
import { asksForSecrets, selectsSecrets } from './asked-names.ts';
import type { Parsed } from './parsed.ts';
import { isHarmlessKind } from './place.ts';

/** Options with which nothing but names is printed. */
const listing = /^(?:-[czo]|--(?:cached|others|exclude-standard)|revision)$/;

const listsTracked = ([, subcommand]: readonly Word[]): boolean =>
  subcommand?.kind === 'known' && subcommand.value === 'ls-files';

/** Only where it says what it looks for: the names of a whole repository may be anything. */
export function namesOfGit(parsed: Parsed, argv: readonly Word[], context: ReadingContext): NameList | undefined {
  if (!listsTracked(argv) || parsed.given.some((name) => !listing.test(name))) return undefined;
  const places = parsed.assigned.filter(({ of }) => of === 'revision').map(({ word }) => word);
  const patterns = places.flatMap((word) => (word.kind === 'known' && isPlain(word.value) ? [word.value] : []));
  if (patterns.length === 0 || patterns.length < places.length) return undefined;
  if (places.some((word) => selectsSecrets(word) || asksForSecrets(word, false))) return undefined;
  const directories = patterns.map(directoryOf);
  return {
    directories,
    from: context.workingDirectory,
    isNul: true,
    isNulByInsertion: !parsed.given.has('-z'),
    isBare: directories.includes('.') ? true : undefined,
    isNarrow: patterns.every(isHarmless) ? 'for-reading' : false,
    isVisible: undefined,
    source: argv[0],
  };
}

/** Relative, below where it stands, and none of git's own signs. SPEC: gitglossary(7), pathspec. */
const isPlain = (pattern: string): boolean =>
  /^[\w.*?][\w./*?@%+,=-]*$/.test(pattern) && !pattern.split('/').some((segment) => /^\.\.?$/.test(segment));

/** What stands before the first wildcard: all that git finds begins so. */
function directoryOf(pattern: string): string {
  const wildcard = pattern.search(/[*?]/);
  if (wildcard === -1) return pattern;
  const end = pattern.lastIndexOf('/', wildcard);
  return end === -1 ? '.' : pattern.slice(0, end);
}

const isHarmless = (pattern: string): boolean => isHarmlessKind(pattern.slice(pattern.lastIndexOf('/') + 1));
