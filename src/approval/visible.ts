/**
 * Makes text safe to look at: what a reviewer sees is every character that would run.
 *
 * A character that is invisible, that moves its neighbours (bidi), that a terminal would obey, or that looks like an
 * ASCII character without being one comes out as a marked piece that names it. Nothing is dropped, replaced or cut.
 *
 * INVARIANT: joining the `original` of all pieces gives the text back, and the `shown` of a marked piece is plain,
 * printable, left-to-right text.
 */
export type Suspicion = 'control' | 'invisible' | 'bidi' | 'look-alike' | 'combining' | 'space' | 'unassigned';

export type VisiblePiece =
  | { readonly kind: 'plain'; readonly original: string }
  /** The end of a line: shown as a mark, then a real line break. */
  | { readonly kind: 'newline'; readonly original: string; readonly shown: string }
  | {
      readonly kind: 'marked';
      readonly original: string;
      /** What stands in its place: `U+202E`, `·`, `→`. */
      readonly shown: string;
      /** In words, for a tooltip and for a screen reader. */
      readonly name: string;
      readonly why: Suspicion;
    };

/** Characters whose picture is an ASCII character's, beyond those that Unicode's own NFKC folds to ASCII. */
const lookAlikes: Readonly<Record<string, string>> = {
  ...pairs('АВЕЅІЈКМНОРСТХУԚԜаеоорсухіјѕһԁԛԝӏ', 'ABESIJKMHOPCTXYQWaeoopcyxijshdqwl'),
  ...pairs('ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοανρικυ', 'ABEZHIKMNOPTYXoavpiku'),
  ...pairs('օսոհցքԼՏՍ', 'ounhgqLSU'),
  ...pairs('‐‑‒–—―−⁃˗', '---------'),
  ...pairs('‘’‚‛′ʹʼˈ', "''''''''"),
  ...pairs('“”„‟″', '"""""'),
  ...pairs('⁄∕⧸╱∖⧵∣ǀ│∶꞉ː∗⁎․‧ˋ‵ꓸ׃ı', '////\\\\|||:::**..``.:i'),
  ...pairs('ɑɡɩʋꜱꮃꓮꓐꓑꓓꓔꓖꓗ', 'agivsWABPDTGK'),
  '\u037e': ';',
  '\u02d0': ':',
  '\u01c3': '!',
  '\u2039': '<',
  '\u203a': '>',
  '\u2264': '<',
  '\u2265': '>',
  '\u02dc': '~',
  '\u223c': '~',
};

function pairs(strange: string, ascii: string): Record<string, string> {
  const from = [...strange];
  const to = [...ascii];
  return Object.fromEntries(from.map((character, at) => [character, to[at] ?? '?']));
}

const names: Readonly<Record<number, string>> = {
  0: 'null',
  7: 'bell',
  8: 'backspace',
  9: 'tab',
  11: 'vertical tab',
  12: 'form feed',
  13: 'carriage return',
  27: 'escape',
  127: 'delete',
  133: 'next line',
  160: 'no-break space',
  173: 'soft hyphen',
  847: 'combining grapheme joiner',
  1564: 'Arabic letter mark',
  8203: 'zero width space',
  8204: 'zero width non-joiner',
  8205: 'zero width joiner',
  8206: 'left-to-right mark',
  8207: 'right-to-left mark',
  8232: 'line separator',
  8233: 'paragraph separator',
  8234: 'left-to-right embedding',
  8235: 'right-to-left embedding',
  8236: 'pop directional formatting',
  8237: 'left-to-right override',
  8238: 'right-to-left override',
  8288: 'word joiner',
  8294: 'left-to-right isolate',
  8295: 'right-to-left isolate',
  8296: 'first strong isolate',
  8297: 'pop directional isolate',
  10240: 'blank Braille pattern',
  12644: 'Hangul filler',
  65279: 'byte order mark',
};

const bidi = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
/** Letters of a script that runs right to left: they reorder the ASCII around them. */
const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
const invisible = /[\p{Default_Ignorable_Code_Point}\p{Cf}\u2800]/u;
const unassigned = /[\p{Cn}\p{Co}\p{Cs}]/u;
const printableAscii = /^[\x20-\x7e]+$/;

/** Splits a text into pieces; marks what a reader could miss or misread. */
export function visible(text: string): readonly VisiblePiece[] {
  const pieces: VisiblePiece[] = [];
  // A hostile text repeats a costly character a hundred thousand times.
  const seen = new Map<string, VisiblePiece | undefined>();
  const known = (character: string) => {
    if (!seen.has(character)) seen.set(character, strange(character));
    return seen.get(character);
  };
  let plain = '';
  const characters = [...text];
  characters.forEach((character, at) => {
    const piece = character === ' ' ? space(characters, at) : known(character);
    if (piece === undefined) {
      plain += character;
      return;
    }
    if (plain !== '') pieces.push({ kind: 'plain', original: plain });
    plain = '';
    pieces.push(piece);
  });
  if (plain !== '') pieces.push({ kind: 'plain', original: plain });
  return pieces;
}

/** The same for places without mark-up (mail text, terminal): marked characters in `⟨…⟩`, line breaks kept. */
export function visibleText(text: string): string {
  return visible(text)
    .map((piece) => {
      if (piece.kind === 'plain') return piece.original;
      if (piece.kind === 'newline') return '\n';
      if (piece.why === 'space')
        return piece.original === '\t' ? '⟨tab⟩' : piece.original === ' ' ? ' ' : `⟨${piece.shown}⟩`;
      return `⟨${piece.shown} ${piece.name}⟩`;
    })
    .join('');
}

/** A space is plain between words; at the ends of a line and in runs of three or more it is drawn. */
function space(characters: readonly string[], at: number): VisiblePiece | undefined {
  let start = at;
  let end = at + 1;
  // Two to each side settle it, so that a megabyte of spaces is not walked through for each of them.
  while (start > 0 && at - start < 2 && characters[start - 1] === ' ') start--;
  while (end < characters.length && end - at < 3 && characters[end] === ' ') end++;
  const isEdge = start === 0 || end === characters.length || characters[start - 1] === '\n' || characters[end] === '\n';
  if (!isEdge && end - start < 3) return undefined;
  return { kind: 'marked', original: ' ', shown: '·', name: 'space', why: 'space' };
}

function strange(character: string): VisiblePiece | undefined {
  if (printableAscii.test(character)) return undefined;
  if (character === '\n') return { kind: 'newline', original: character, shown: '↵' };
  const code = character.codePointAt(0) ?? 0;
  const shown = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  const mark = (why: Suspicion, name: string): VisiblePiece => ({
    kind: 'marked',
    original: character,
    shown,
    name,
    why,
  });
  if (character === '\t') return { kind: 'marked', original: character, shown: '→', name: 'tab', why: 'space' };
  if (/\p{Cc}/u.test(character)) return mark('control', names[code] ?? 'control character');
  if (bidi.test(character)) return mark('bidi', names[code] ?? 'bidirectional control');
  if (code >= 0xe0000 && code <= 0xe007f) return mark('invisible', 'tag character');
  if (unassigned.test(character)) return mark('unassigned', 'no character in Unicode');
  if (/[\p{Z}]/u.test(character)) return mark('space', names[code] ?? 'unusual space');
  if (invisible.test(character)) return mark('invisible', names[code] ?? 'invisible character');
  if (/\p{M}/u.test(character)) return mark('combining', 'combining mark');
  const folded = lookAlikes[character] ?? character.normalize('NFKC');
  if (printableAscii.test(folded)) return mark('look-alike', `looks like ${folded}`);
  if (rightToLeft.test(character)) return mark('bidi', 'right-to-left letter');
  return undefined;
}
