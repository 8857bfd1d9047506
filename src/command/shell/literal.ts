/**
 * Reads the text inside and outside quotes ourselves, character by character, and refuses what shells disagree on.
 *
 * The parser's own values are not trusted: a word is understood only when its text matches these small alphabets and
 * our value equals the parser's. Every function returns undefined for "not understood".
 */

/** The common case, which needs no further look. */
export const plainWord = /^[A-Za-z0-9_./:@%+,-]+$/;

/**
 * Characters that mean themselves outside quotes in every Bourne shell. Braces, brackets, tilde, `=`, `#`, `!` and `$` are
 * looked at again by their position in the word.
 */
const meansItself: readonly boolean[] = Array.from({ length: 128 }, (_, code) =>
  /[A-Za-z0-9_./:@%+,\-^=#!{}[\]~]/.test(String.fromCharCode(code)),
);
const backslash = 0x5c;
const dollar = 0x24;

/** Value of unquoted text: backslashes escape printable ASCII, and a `$` stands at the end. */
export function bareValue(text: string): string | undefined {
  if (plainWord.test(text)) return text;
  let value = '';
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i);
    if (code === backslash) {
      i += 1;
      code = i < text.length ? text.charCodeAt(i) : 0;
      if (code < 0x20 || code > 0x7e) return undefined;
    } else if (code < 0x80 && meansItself[code] !== true && !(code === dollar && i === text.length - 1)) {
      return undefined;
    }
    value += text[i] ?? '';
  }
  return value === '' ? undefined : value;
}

/** The same text with every escaped character replaced by a harmless letter: for looking at unquoted characters only. */
export function bareShape(text: string): string {
  return text.includes('\\') ? text.replace(/\\./gsu, 'x') : text;
}

/**
 * Value of text between double quotes (without expansions). A `$` there must be followed by something that cannot
 * begin an expansion; `followedByQuote` says that the text ends at the closing quote.
 */
export function doubleQuotedValue(text: string, followedByQuote: boolean): string | undefined {
  if (!/[\\$`"]/.test(text)) return text;
  let value = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === '"' || char === '`') return undefined;
    if (char === '$') {
      const next = text[i + 1];
      if (next === undefined ? !followedByQuote : !/[ |)/.,\n%:;\]}=^&<>\\]/.test(next)) return undefined;
      value += char;
    } else if (char === '\\') {
      const next = text[++i];
      // A line continuation inside quotes can glue an expansion together ("$\⏎(cmd)").
      if (next === undefined || next === '\n') return undefined;
      value += /[$`"\\]/.test(next) ? next : `\\${next}`;
    } else {
      value += char;
    }
  }
  return value;
}

/** Value of literal text in the body of an unquoted heredoc, where quotes mean nothing. */
export function heredocValue(text: string): string | undefined {
  if (!/[\\$`]/.test(text)) return text;
  let value = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === '`') return undefined;
    if (char === '$') {
      const next = text[i + 1];
      if (next === undefined || !/[ |)/.,\n%"]/.test(next)) return undefined;
      value += char;
    } else if (char === '\\') {
      const next = text[++i];
      if (next === undefined || next === '\n') return undefined;
      value += /[$`\\]/.test(next) ? next : `\\${next}`;
    } else {
      value += char;
    }
  }
  return value;
}

const ansiEscapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', '\\': '\\', "'": "'", '"': '"', '?': '?' };

/** Value of `$'…'` with escapes that give printable ASCII, newline or tab. `text` includes `$'` and `'`. */
export function ansiValue(text: string): string | undefined {
  let value = '';
  for (let i = 2; i < text.length - 1; i++) {
    const char = text[i];
    if (char !== '\\') {
      value += char;
      continue;
    }
    const rest = text.slice(i + 1, i + 5);
    const code = /^x([0-9A-Fa-f]{2})(?![0-9A-Fa-f])/.exec(rest) ?? /^([0-7]{3})/.exec(rest);
    if (code?.[1] !== undefined) {
      const unit = Number.parseInt(code[1], code[0].startsWith('x') ? 16 : 8);
      if ((unit < 0x20 && unit !== 0x0a && unit !== 0x09) || unit > 0x7e) return undefined;
      value += String.fromCharCode(unit);
      i += code[0].length;
    } else {
      const plain = ansiEscapes[rest[0] ?? ''];
      if (plain === undefined) return undefined;
      value += plain;
      i++;
    }
  }
  return value;
}

/** Also what `tr` and `grep` are given unquoted; no quotes, no expansions, nothing that ends a word. */
export const bracketExpression = /^\[[!^]?\]?(?:[A-Za-z0-9_.,:/@%+=-]|[^\x00-\x7f]|\[:[a-z]+:\])+\]$/u;

/** bash expands braces when an opening one, a comma or two dots, and a closing one follow each other, quoted or not. */
export function mayExpandBraces(text: string): boolean {
  const open = text.indexOf('{');
  if (open === -1) return false;
  const [comma, dots] = [text.indexOf(',', open), text.indexOf('..', open)];
  const between = comma === -1 ? dots : dots === -1 ? comma : Math.min(comma, dots);
  return between !== -1 && text.lastIndexOf('}') > between;
}
