/**
 * Generalises one approved command: words become `*`, paths become a directory and `/*`.
 *
 * Refuses everything whose meaning a word can change: more than one command, wrappers, interpreters, redirections,
 * stdin, unknowns, hosts, and programs that run code, gain rights or change who may log in. Only plain words (no quoting, no
 * braces) take part, so that what a reviewer reads is what is compared.
 *
 * INVARIANT: a pattern covers only commands with the same program, subcommand, number of words and kinds of effect as
 * the one it was made from; a star never stands for an option, a `..`, or a path outside its directory.
 */
import type { CommandModel, EffectKind } from '../command/model.ts';
import { compileArgvPattern } from './argv-pattern.ts';
import { certain } from './certainty.ts';

/** What is kept of a command that may be generalised. */
export interface GeneralCommand {
  readonly words: readonly string[];
  readonly tool: string;
  readonly subcommand: readonly string[];
  readonly effects: readonly EffectKind[];
}

const neverGeneral: ReadonlySet<EffectKind> = new Set(['execute-code', 'unknown', 'privilege', 'identity']);
const plainWord = /^[A-Za-z0-9_@%+=:,./~-]{1,200}$/;
const maxWords = 32;

/** Undefined when this command may only be approved as it is. */
export function generalCommand(model: CommandModel): GeneralCommand | undefined {
  const [command, ...others] = model.commands;
  if (command === undefined || others.length > 0 || model.unknowns.length > 0) return undefined;
  if (model.canonical === undefined || command.tool === undefined) return undefined;
  // Callers take only commands whose stdin is closed; one that reads a program there is out in any case.
  if (model.stdin !== 'unused' && model.stdin !== 'data') return undefined;
  // A star in a host's place would be any host.
  const extras = [
    command.hosts,
    command.via,
    command.assignments,
    command.redirects,
    command.code,
    command.sql,
    command.unknowns,
  ];
  if (extras.some(({ length }) => length > 0) || command.hasUnseenArguments) return undefined;
  if (command.runsAs !== undefined || command.runsOn !== undefined) return undefined;
  const effects = [...new Set(command.effects.map(({ kind }) => kind))];
  if (effects.some((kind) => neverGeneral.has(kind)) || command.paths.some(({ access }) => access === 'execute'))
    return undefined;
  const words = command.argv.flatMap((word) => (word.kind === 'known' ? [word.value] : []));
  const isPlain = words.length === command.argv.length && words.every((word) => plainWord.test(word));
  if (!isPlain || words.length < 2 || words.length > maxWords) return undefined;
  if (command.paths.some(({ access, path }) => access !== 'read' && !words.some((word) => names(word, path))))
    return undefined;
  return { words, tool: command.tool, subcommand: command.subcommand, effects };
}

/** A file that is written stands among the words as itself, and not inside a program (`sed s/a/b/w/srv/x`). */
function names(word: string, path: string): boolean {
  const value = (word.startsWith('-') ? word.slice(word.indexOf('=') + 1) : word).replace(/\/+$/, '');
  return path === value || path.endsWith(`/${value.replace(/^(?:\.|~)\//, '')}`);
}

/** Why this pattern may not stand for the command, in words for the reviewer; undefined when it may. */
export function patternProblem(text: string, from: GeneralCommand): string | undefined {
  const tokens = text.split(' ');
  if (compileArgvPattern(text, 'not-options').kind === 'bad' || tokens.some((token) => token === ''))
    return 'Write plain words with one space between them.';
  if (tokens.length !== from.words.length) return `Keep the ${from.words.length} words of the command.`;
  if (!text.includes('*')) return 'Turn a word into * or a path into its directory and /*, or choose “for a time”.';
  for (const [at, token] of tokens.entries()) {
    const word = from.words[at] ?? '';
    if (token === word) continue;
    if (at === 0 || from.subcommand.includes(word)) return `\`${word}\` says what is done and stays as it is.`;
    if (word.startsWith('-')) return `The option \`${word}\` stays as it is.`;
    if (word.includes('://')) return `The address \`${word}\` stays as it is.`;
    if (!isStarFor(token, word)) return `\`${token}\` is not \`${word}\`, a * in its place, or its directory and /*.`;
  }
  return coversWords(text, from.words) ? undefined : 'The pattern does not cover the command itself.';
}

/** Whether the pattern, made from `from`, covers this command as it was understood. */
export function patternCovers(text: string, from: GeneralCommand, model: CommandModel): boolean {
  const asked = generalCommand(model);
  if (asked === undefined || patternProblem(text, from) !== undefined) return false;
  const isSameProgram = asked.tool === from.tool && asked.subcommand.join(' ') === from.subcommand.join(' ');
  return isSameProgram && asked.effects.every((kind) => from.effects.includes(kind)) && coversWords(text, asked.words);
}

/** The pattern the editor starts with: the last word that may be one is turned. Undefined when none may. */
export function proposedPattern(from: GeneralCommand): string | undefined {
  for (let at = from.words.length - 1; at > 0; at--) {
    const word = from.words[at] ?? '';
    const star = word.includes('/') ? `${word.slice(0, word.lastIndexOf('/'))}/*` : '*';
    const text = from.words.with(at, star).join(' ');
    if (patternProblem(text, from) === undefined) return text;
  }
  return undefined;
}

/** Three commands it would cover and three it would not, for the person who decides. */
export function patternExamples(text: string): {
  readonly covered: readonly string[];
  readonly not: readonly string[];
} {
  const tokens = text.split(' ');
  const filled = (by: string) => tokens.map((token) => token.replace('*', by)).join(' ');
  const starred = tokens.findIndex((token) => token.includes('*'));
  return {
    covered: ['example', 'another', 'a-third'].map(filled).filter((line) => coversWords(text, line.split(' '))),
    not: [`${filled('example')} more`, tokens.with(starred, '--force').join(' '), filled('../elsewhere')].filter(
      (line) => !coversWords(text, line.split(' ')),
    ),
  };
}

function isStarFor(token: string, word: string): boolean {
  if (!word.includes('/')) return token === '*';
  const directory = /^((?:~|\/?[^*/]+)(?:\/[^*/]+)*\/)\*$/.exec(token)?.[1];
  return directory !== undefined && !hasDots(directory) && directory !== '~/' && word.startsWith(directory);
}

function coversWords(text: string, words: readonly string[]): boolean {
  const tokens = text.split(' ');
  const compiled = compileArgvPattern(text, 'not-options');
  if (compiled.kind === 'bad' || tokens.length !== words.length) return false;
  const argv = words.map((value) => ({ kind: 'known', value, raw: value, span: [0, 0] }) as const);
  if (compiled.pattern.match(argv, false) !== certain) return false;
  return tokens.every((token, at) => {
    const word = words[at] ?? '';
    if (!token.includes('*')) return true;
    if (!plainWord.test(word) || hasDots(word) || word.startsWith('-') || word.endsWith('/')) return false;
    return token === '*' ? !/[/~=:]/.test(word) : word.length > token.length - 1;
  });
}

/** A segment `.` or `..`, which would lead out of the directory that was shown. */
function hasDots(path: string): boolean {
  return path.split('/').some((segment) => segment === '.' || segment === '..');
}
