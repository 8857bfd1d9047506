/**
 * Reads a jq filter. jq itself executes and writes nothing; what is left is the environment (`env`, `$ENV`), modules
 * (`import`, `include`) and functions of jq's relatives (`load`, `system` in other programs of that name).
 *
 * INVARIANT: every name outside strings, comments, object keys and fields is a builtin of jq 1.5 to 1.8 that computes, or
 * defined in the filter itself; anything else is not understood.
 */
import type { JqOptions, ProgramReading } from '../reading.ts';
import { harmless, joinReadings, oddText, unread } from './reading.ts';

const builtins = new Set(
  `IN INDEX JOIN GROUP_BY UNIQUE_BY abs acos acosh add all any arrays ascii ascii_downcase ascii_upcase asin asinh atan atan2
   atanh booleans bsearch builtins capture cbrt ceil combinations contains copysign cos cosh date dateadd datesub
   debug del delpaths drem empty endswith erf erfc error exp exp10 exp2 expm1 explode fabs fdim finites first flatten floor fma
   fmax fmin fmod format frexp from_entries fromdate fromdateiso8601 fromjson fromstream gamma get_search_list getpath gmtime group_by gsub
   halt halt_error has have_decnum have_literal_numbers hypot implode in index indices infinite input input_filename
   input_line_number inputs inside isempty isfinite isinfinite isnan isnormal isvalid iterables j0 j1 join keys keys_unsorted
   last ldexp leaf_paths length lgamma lgamma_r limit localtime log log10 log1p log2 logb ltrim ltrimstr map map_values match
   max max_by min min_by mktime modf nan nearbyint nextafter nexttoward normals not now nth nulls numbers objects path paths
   pick pow pow10 range recurse recurse_down remainder repeat reverse rindex rint round rtrim rtrimstr scalars scalars_or_empty
   scalb scalbln scan select setpath significand sin sinh skip sort sort_by split splits sqrt startswith stderr strflocaltime
   strftime strings strptime sub tan tanh test tgamma to_entries toarray toboolean todate todateiso8601
   tojson tonumber tostream tostring transpose trim trimstr trunc truncate_stream type unique unique_by until
   utf8bytelength values walk while with_entries y0 y1 yn jn`.split(/\s+/),
);
const keywords = new Set('if then elif else end and or as def reduce foreach try catch label break __loc__'.split(' '));
const plainEnvironment = new Set(['HOME', 'USER', 'LOGNAME', 'PATH', 'PWD', 'SHELL', 'TERM', 'LANG', 'HOSTNAME', 'TZ']);

type JqToken =
  | { readonly kind: 'name' | 'variable' | 'field' | 'format' | 'sign'; readonly text: string }
  | { readonly kind: 'string'; readonly text: string };

/** Raised and caught in this file only. */
class NotJq extends Error {}

export function readJq(filter: string, _options: JqOptions): ProgramReading {
  const odd = oddText(filter);
  if (odd !== undefined) return unread('JQ_TEXT_ODD', `the jq filter ${odd}`);
  try {
    return readTokens(tokenise(filter));
  } catch (error) {
    if (!(error instanceof NotJq)) throw error;
    return unread('JQ_NOT_UNDERSTOOD', `the jq filter ${error.message}`);
  }
}

/** Tokens in order; an interpolation `\( … )` inside a string stands between two signs of its own. */
function tokenise(text: string): readonly JqToken[] {
  const tokens: JqToken[] = [];
  const open: string[] = [];
  const closes: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };
  // space, comment, field, variable, format, name, number, bracket, sign
  const lexer =
    /([ \t\n]+)|(#[^\n]*)|(\.[A-Za-z_]\w*)|\$((?:[A-Za-z_]\w*)(?:::\w+)*)|@(\w+)|([A-Za-z_]\w*(?:::\w+)*)|(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|([()[\]{}])|([.,:;=<>!+\-*/%?|])/y;
  let at = 0;
  while (at < text.length) {
    if (text[at] === '"') {
      at = readString(text, at + 1, tokens, open);
      continue;
    }
    lexer.lastIndex = at;
    const match = lexer.exec(text);
    if (match === null) throw new NotJq('has a character we do not know');
    const [whole, , comment, field, variable, format, name, , bracket, signs] = match;
    at += whole.length;
    if (comment?.endsWith('\\') === true) throw new NotJq('has a comment that ends in a backslash');
    if (field !== undefined) tokens.push({ kind: 'field', text: field.slice(1) });
    if (variable !== undefined) tokens.push({ kind: 'variable', text: variable });
    if (format !== undefined) tokens.push({ kind: 'format', text: format });
    if (name !== undefined) tokens.push({ kind: 'name', text: name });
    if (signs !== undefined) tokens.push({ kind: 'sign', text: signs });
    if (bracket === undefined) continue;
    const opener = closes[bracket];
    if (opener === undefined) open.push(bracket);
    else if (opener === '(' && open.at(-1) === '\\(') {
      open.pop();
      tokens.push({ kind: 'sign', text: ')' });
      at = readString(text, at, tokens, open);
      continue;
    } else if (open.pop() !== opener) throw new NotJq('has brackets that do not match');
    tokens.push({ kind: 'sign', text: bracket });
  }
  if (open.length > 0) throw new NotJq('has a bracket without end');
  return tokens;
}

/** From inside a string to its end, or to the start of an interpolation. */
function readString(text: string, start: number, tokens: JqToken[], open: string[]): number {
  for (let at = start; at < text.length; at += 1) {
    if (text[at] === '"') {
      tokens.push({ kind: 'string', text: text.slice(start, at) });
      return at + 1;
    }
    if (text[at] !== '\\') continue;
    at += 1;
    if (text[at] === '(') {
      tokens.push({ kind: 'string', text: '' }, { kind: 'sign', text: '(' });
      open.push('\\(');
      return at + 1;
    }
    if (!/["\\/bfnrtu]/.test(text[at] ?? '')) throw new NotJq('has an unknown escape in a string');
  }
  throw new NotJq('has a string without end');
}

function readTokens(tokens: readonly JqToken[]): ProgramReading {
  const defined = definedNames(tokens);
  const readings: ProgramReading[] = [];
  const open: string[] = [];
  for (const [i, token] of tokens.entries()) {
    if (token.kind === 'sign' && '([{'.includes(token.text)) open.push(token.text);
    if (token.kind === 'sign' && ')]}'.includes(token.text)) open.pop();
    if (token.kind === 'variable' && /(?:^|:)ENV$/.test(token.text)) readings.push(readEnvironment(tokens, i));
    if (token.kind !== 'name' || isKey(tokens, i, open.at(-1))) continue;
    // Inside `if … end` a comma separates filters, not keys; `def` inside an object is no jq.
    if (token.text === 'if') open.push('if');
    if (token.text === 'end' && open.pop() !== 'if') throw new NotJq('has an end without if');
    if (token.text === 'def' && open.at(-1) === '{') throw new NotJq('defines a function inside an object');
    if (token.text === 'env') readings.push(readEnvironment(tokens, i));
    else if (!keywords.has(token.text) && !builtins.has(token.text) && !defined.has(token.text)) {
      throw new NotJq(`uses ${token.text.slice(0, 40)}, which we do not know`);
    }
  }
  return readings.length === 0 ? harmless : joinReadings(readings);
}

/** `{name}`, `{name: …}`, `{a, name}`: after `{` or a comma directly inside an object, before `:`, `,` or `}`. */
function isKey(tokens: readonly JqToken[], i: number, opener: string | undefined): boolean {
  const before = tokens[i - 1];
  const after = tokens[i + 1];
  if (opener !== '{' || before?.kind !== 'sign' || after?.kind !== 'sign') return false;
  return '{,'.includes(before.text) && ':,}'.includes(after.text);
}

/** Names after `def`, and the parameters between the parentheses behind it. */
function definedNames(tokens: readonly JqToken[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [i, token] of tokens.entries()) {
    if (token.kind !== 'name' || token.text !== 'def') continue;
    names.add(tokens[i + 1]?.text ?? '');
    if (tokens[i + 2]?.text !== '(') continue;
    for (let at = i + 3; at < tokens.length && tokens[at]?.text !== ')'; at += 1) names.add(tokens[at]?.text ?? '');
  }
  return names;
}

function readEnvironment(tokens: readonly JqToken[], i: number): ProgramReading {
  const next = tokens[i + 1];
  if (next?.kind === 'field' && plainEnvironment.has(next.text)) return harmless;
  const why = 'jq reads the environment, where secrets may be';
  return { ...harmless, effects: [{ kind: 'identity', why }] };
}
