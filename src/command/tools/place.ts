/** Lists of path patterns, compiled so that an ordinary path is compared with the few that share a segment with it. */
import { logNames } from '../../log-names.ts';
import { bracket } from '../../shell-bracket.ts';

interface Segment {
  readonly text: string;
  readonly hasStar: boolean;
  /** What stands before the first star. */
  readonly head: string;
  /** Of one star: what stands before it, and behind it. */
  readonly around: readonly [head: string, tail: string] | undefined;
  /** `*.pem`, as a key lies beside a certificate. */
  readonly isKeyFile: boolean;
}

interface Pattern {
  readonly segments: readonly Segment[];
  /** Starts with `**`: compared with every tail of the path. */
  readonly isFloating: boolean;
  /** Ends with `**`: means everything below as well. */
  readonly isTree: boolean;
}

/** A path as it is compared. */
export interface Look {
  /** The first is empty when the path is absolute. */
  readonly segments: readonly string[];
  /** Its end is not known. */
  readonly isOpen: boolean;
  /** Of each segment: it has wildcards of the shell. Empty when none has. */
  readonly wild: readonly boolean[];
  /** Has a character that is a wildcard in patterns, whatever it is here. */
  readonly hasMarks: boolean;
  /** Everything below it is meant. */
  readonly isTree: boolean;
  /** A directory that holds such a place (`.config`, of `.config/gh`) is meant as well. */
  readonly isHolder: boolean;
}

/** Says whether a path is one of the places, or could be. */
export function compilePlaces(texts: readonly string[]): (look: Look) => boolean {
  const patterns = texts.map(compile);
  const starred = patterns.filter((pattern) => keyOf(pattern)?.hasStar !== false);
  const plain = patterns.filter((pattern) => !starred.includes(pattern));
  const byEnding = starred.filter((pattern) => endingOf(pattern) !== undefined);
  const wild = starred.filter((pattern) => !byEnding.includes(pattern));
  const endings = new Set(byEnding.map(endingOf));
  const floating = new Places(
    plain.filter(({ isFloating }) => isFloating),
    true,
  );
  const rooted = new Places(
    plain.filter(({ isFloating }) => !isFloating),
    false,
  );
  return (look) => {
    const { segments } = look;
    // What begins at the root itself may hold every rooted place.
    const places = segments.length > 1 ? rooted.at(look, 1) : look.isTree || look.isOpen ? rooted.all : none;
    for (const pattern of places) if (fitsAt(pattern, look, 0)) return true;
    for (let start = 0; start < segments.length; start++) {
      for (const pattern of floating.at(look, start)) if (fitsAt(pattern, look, start)) return true;
    }
    for (const pattern of wild) if (touches(pattern, look)) return true;
    const last = segments.length - 1;
    if (look.isOpen && !look.hasMarks) return false;
    if (!isCertainAt(look, last)) return byEnding.some((pattern) => touches(pattern, look));
    const name = segments[last] ?? '';
    const dot = name.lastIndexOf('.');
    return dot >= 0 && endings.has(name.slice(dot));
  };
}

/** `**\/*.pem`: any file whose name ends so. */
function endingOf({ isFloating, isTree, segments }: Pattern): string | undefined {
  const [head, tail] = (isFloating && !isTree && segments.length === 1 && segments[0]?.around) || [];
  return head === '' && tail !== undefined && /^\.[^.]+$/.test(tail) ? tail : undefined;
}

/** The segment is known to its end, and no pattern. */
function isCertainAt({ segments, isOpen, wild }: Look, index: number): boolean {
  return !(isOpen && index === segments.length - 1) && wild[index] !== true;
}

/** The first segment that says something: what comes before it is the root, or any directory. */
function keyOf({ isFloating, segments }: Pattern): Segment | undefined {
  return isFloating ? segments[0] : segments[1];
}

/** Of a rooted pattern: the second name is spelled out as well. */
function hasPair({ segments }: Pattern): boolean {
  return segments[2]?.hasStar === false;
}

/** Patterns by the segment they are known by. */
class Places {
  readonly all: readonly Pattern[];
  readonly #byKey: ReadonlyMap<string, readonly Pattern[]>;
  readonly #byFirst: ReadonlyMap<string, readonly Pattern[]>;
  /** Rooted ones by their first two names, and with each the ones of the first name that have no second. */
  readonly #byPair: ReadonlyMap<string, readonly Pattern[]>;
  readonly #unpaired: ReadonlyMap<string, readonly Pattern[]>;
  readonly #visible: readonly Pattern[];
  readonly #isFloating: boolean;

  constructor(patterns: readonly Pattern[], isFloating: boolean) {
    const key = (pattern: Pattern): string => keyOf(pattern)?.text ?? '';
    this.all = patterns;
    this.#isFloating = isFloating;
    this.#byKey = grouped(patterns, key);
    this.#byFirst = grouped(patterns, (pattern) => key(pattern).slice(0, 1));
    const [paired, unpaired] = [patterns.filter(hasPair), patterns.filter((pattern) => !hasPair(pattern))];
    const pairs = grouped(paired, ({ segments }) => `${segments[1]?.text}/${segments[2]?.text}`);
    this.#unpaired = grouped(unpaired, key);
    this.#byPair = new Map(
      [...pairs].map(([pair, of]) => [pair, [...of, ...(this.#unpaired.get(pair.slice(0, pair.indexOf('/'))) ?? [])]]),
    );
    this.#visible = patterns.filter((pattern) => !key(pattern).startsWith('.'));
  }

  /** Those that may fit there: all of them when the segment is not known to its end. */
  at(look: Look, index: number): readonly Pattern[] {
    const segment = look.segments[index] ?? '';
    if (isCertainAt(look, index)) {
      if (this.#isFloating || look.segments.length < 3 || !isCertainAt(look, 2))
        return this.#byKey.get(segment) ?? none;
      return this.#byPair.get(`${segment}/${look.segments[2]}`) ?? this.#unpaired.get(segment) ?? none;
    }
    if (look.isOpen && index === look.segments.length - 1) {
      // What is only begun says nothing yet of a name that may stand anywhere.
      if (segment === '') return this.#isFloating ? none : this.all;
    } else if (beginsAnyhow.test(segment)) return this.#visible;
    return this.#byFirst.get(segment.slice(0, 1)) ?? none;
  }
}

function grouped(
  patterns: readonly Pattern[],
  by: (pattern: Pattern) => string,
): ReadonlyMap<string, readonly Pattern[]> {
  const groups = new Map<string, Pattern[]>();
  for (const pattern of patterns) groups.set(by(pattern), [...(groups.get(by(pattern)) ?? []), pattern]);
  return groups;
}

const none: readonly Pattern[] = [];
export const wildcard = /[*?[]/;
/** A glob never expands to a name that begins with a dot unless it says so. */
const beginsAnyhow = /^[*?[]/;

function compile(pattern: string): Pattern {
  const isFloating = pattern.startsWith('**/');
  const isTree = pattern.endsWith('/**');
  const texts = pattern.slice(isFloating ? 3 : 0, isTree ? -3 : undefined).split('/');
  const segments = texts.map((text) => {
    const star = text.indexOf('*');
    const isOne = star >= 0 && star === text.lastIndexOf('*');
    const around = isOne ? ([text.slice(0, star), text.slice(star + 1)] as const) : undefined;
    const head = star >= 0 ? text.slice(0, star) : text;
    return { text, hasStar: star >= 0, head, around, isKeyFile: keyFile.test(text) };
  });
  return { segments, isFloating, isTree };
}

function touches(pattern: Pattern, look: Look): boolean {
  const lastStart = pattern.isFloating ? look.segments.length - 1 : 0;
  // Only a tree is longer than its pattern.
  const isExact = pattern.isFloating && !pattern.isTree;
  const firstStart = isExact ? Math.max(0, look.segments.length - pattern.segments.length) : 0;
  for (let start = firstStart; start <= lastStart; start++) if (fitsAt(pattern, look, start)) return true;
  return false;
}

function fitsAt(pattern: Pattern, look: Look, start: number): boolean {
  const wanted = pattern.segments;
  const left = look.segments.length - start;
  if (left > wanted.length && !pattern.isTree) return false;
  // Shorter than the pattern: only a tree, or a prefix that goes on, can reach it.
  const reaches = pattern.isFloating ? look.isHolder : look.isTree || look.isOpen;
  if (left < wanted.length && !reaches) return false;
  const common = Math.min(left, wanted.length);
  for (let i = 0; i < common; i++) if (!fits(look, start + i, wanted[i], pattern.isFloating && i === 0)) return false;
  return true;
}

function fits(look: Look, at: number, wanted: Segment | undefined, isFloating: boolean): boolean {
  const segment = look.segments[at];
  if (segment === undefined || wanted === undefined) return false;
  if (look.isOpen && at === look.segments.length - 1 && segment !== wanted.text) {
    const literal = wanted.head;
    // Any name may follow; below a directory nobody named, only a beginning that says something counts.
    if (isFloating) return segment.length > 1 && literal.startsWith(segment);
    return literal.startsWith(segment) || (wanted.hasStar && segment.startsWith(literal));
  }
  if (look.wild[at] === true) {
    // `*` alone says nothing about the name; below a directory that is named, it means every file there.
    if (!meet(segment, wanted.text)) return false;
    if (!isFloating || !saysNothing(segment, wanted)) return true;
    return wanted.isKeyFile && keyDirectory.test(look.segments[at - 1] ?? '') && anything.test(segment);
  }
  if (!wanted.hasStar) return segment === wanted.text;
  if (wanted.around === undefined) return meet(segment, wanted.text);
  const [head, tail] = wanted.around;
  if (segment.length >= head.length + tail.length && segment.startsWith(head) && segment.endsWith(tail)) return true;
  // A quoted `*` is a name; some tools read it as a pattern all the same.
  return look.hasMarks && head !== '' && tail !== '' && meet(segment, wanted.text);
}

/**
 * Whether what both spell out at their beginnings (`step` 1) or ends (-1) is the same as far as both go: most patterns are
 * told apart by that.
 */
function agree(glob: string, pattern: string, step: 1 | -1): boolean {
  const length = Math.min(glob.length, pattern.length);
  for (let i = 0; i < length; i++) {
    const ofGlob = step === 1 ? glob[i] : glob[glob.length - 1 - i];
    const ofPattern = step === 1 ? pattern[i] : pattern[pattern.length - 1 - i];
    if (ofGlob === '*' || ofGlob === '?' || ofGlob === '[' || ofPattern === '*') return true;
    if (ofGlob !== ofPattern) return false;
  }
  return true;
}

const globParts = new RegExp(String.raw`\*|\?|${bracket}|\[[^\]]*\]?|[^*?[]`, 'gs');

/** A glob is compared with many patterns in turn, so the last one is kept. */
let lastGlob = '';
let lastParts: readonly string[] = [];

function partsOf(glob: string): readonly string[] {
  if (glob !== lastGlob) {
    lastParts = glob.match(globParts) ?? [];
    lastGlob = glob;
  }
  return lastParts;
}

/** Can one name fit both? `*`, `?` and `[…]` may stand in `glob`, `*` in `pattern`. */
export function meet(glob: string, pattern: string): boolean {
  if (pattern.startsWith('.') && beginsAnyhow.test(glob)) return false;
  if (!agree(glob, pattern, 1) || (!glob.includes('[') && !agree(glob, pattern, -1))) return false;
  const parts = partsOf(glob);
  return pattern.includes('*') ? share(parts, pattern) : expandsTo(parts, pattern);
}

const isAnyOne = (part: string): boolean => part.length > 1 || part === '?';

/** Star by star, each as short as it can be. */
function expandsTo(parts: readonly string[], name: string): boolean {
  let at = 0;
  let behindStar = 0;
  let from = 0;
  for (let i = 0; i < name.length; ) {
    const part = parts[at];
    if (part === '*') {
      at += 1;
      behindStar = at;
      from = i;
    } else if (part !== undefined && (isAnyOne(part) || part === name[i])) {
      at += 1;
      i += 1;
    } else if (behindStar > 0) {
      from += 1;
      at = behindStar;
      i = from;
    } else return false;
  }
  while (parts[at] === '*') at += 1;
  return at === parts.length;
}

/** The same where both have stars: which beginnings of the pattern can be met by each beginning of the glob. */
function share(parts: readonly string[], pattern: string): boolean {
  let row: boolean[] = [true];
  for (let j = 1; j <= pattern.length; j++) row.push(row[j - 1] === true && pattern[j - 1] === '*');
  for (const part of parts) {
    const isStar = part === '*';
    const next: boolean[] = [row[0] === true && isStar];
    for (let j = 1; j <= pattern.length; j++) {
      const isWide = pattern[j - 1] === '*';
      const here = isStar || isWide || isAnyOne(part) || part === pattern[j - 1];
      const stays = (isWide || isStar) && row[j] === true;
      next.push((row[j - 1] === true && here) || stays || (next[j - 1] === true && (isStar || isWide)));
    }
    // Most patterns are no match behind the first characters.
    if (!next.includes(true)) return false;
    row = next;
  }
  return row.at(-1) === true;
}

/** Endings of what people write and look at; settings (`.json`, `.yml`, `.xml`, `.conf`, no ending) may hold secrets. */
const harmlessEnding =
  /\.(?:c|h|cc|cpp|cxx|hh|hpp|cs|m|java|kt|scala|groovy|py|rb|pl|pm|php|js|jsx|ts|tsx|mjs|css|scss|html?|go|rs|swift|lua|r|md|rst|txt|tex|csv|log|sh|bat|png|jpe?g|gif|svg|bmp|mp3|mp4|mkv|avi|wav|flac|pdf|o|so|a|class|vue|erl|hs|ml|asm|s|jar|war)$/i;

/** What every project has, and no secret is called. */
const harmlessNames = /^(?:GNU)?[Mm]akefile$|^(?:Rakefile|README|LICENSE|package\.json|pom\.xml)$/;

/** Of these endings those of what nobody runs or obeys, in whatever directory: what compilers read, pages, logs, pictures. */
const inertEnding =
  /\.(?:c|h|cc|cpp|cxx|hh|hpp|cs|java|kt|scala|go|rs|swift|css|scss|html?|rst|txt|tex|csv|log|png|jpe?g|gif|svg|bmp|mp3|mp4|mkv|avi|wav|flac|pdf|o)$/i;

/** `*.txt`: most of what is asked for spells out no more than an ending. */
export const commonKind = /^\*\.\w+$/;

/** Every name that fits it has a harmless ending, or is a harmless name. */
export function hasHarmlessEnding(pattern: string): boolean {
  return harmlessNames.test(pattern) || endsIn(harmlessEnding, pattern);
}

/** `*.py`: all of a kind whose files are no secrets. */
export const isHarmlessKind = (pattern: string): boolean => commonKind.test(pattern) && hasHarmlessEnding(pattern);

/** The same of what may be written as well. */
export const hasInertEnding = (pattern: string): boolean => harmlessNames.test(pattern) || endsIn(inertEnding, pattern);

/** `*.[ch]` ends in one letter of several. */
function endsIn(ending: RegExp, pattern: string): boolean {
  const letters = /^(.*\.)\[([a-zA-Z]{1,8})\]$/.exec(pattern);
  if (letters === null) return ending.test(pattern);
  return [...(letters[2] ?? '')].every((letter) => ending.test(`${letters[1] ?? ''}${letter}`));
}

const anything = /^[*?]+$/;
const keyFile = /^\*\.(?:key|pem|p12|pfx|jks|keytab)$/;
/** `/etc/nginx/ssl/*`: where certificates lie, each has its key beside it. */
const keyDirectory = /^(?:ssl|tls|certs?|certificates?|private|keys?|pki|keystores?)$/;

/** `*.php`, `*.json` or `*.conf` is no search for the one file of that kind with a password in it. */
function saysNothing(glob: string, wanted: Segment): boolean {
  if (wanted.text.startsWith('*.') && logNames.test(glob)) return true;
  if (anything.test(glob) || (!wanted.text.startsWith('*') && /^\*\.(?:json|ya?ml|toml|conf)$/.test(glob))) return true;
  return /^\*\.[^*?[\]]+$/.test(glob) && harmlessEnding.test(glob);
}
