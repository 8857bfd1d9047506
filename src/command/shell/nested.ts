/**
 * Programs inside a command: the rest of an argv behind a wrapper, shell text given to `sh -c`, text on stdin.
 *
 * Everything found is read again with the same rules, as whoever and wherever the wrapper runs it.
 */
import type { CodeObject, Dialect, Effect, PathObject, SqlFacts, Unknown, Word } from '../model.ts';
import type { NestedProgram, ToolReading } from '../reading.ts';
import { mayBeMany } from '../tools/word.ts';
import { environmentUnknown, unknown } from './builtin.ts';
import { normalisePath } from './directory.ts';
import { isGuardedEnvironment, mayNotBeUnset } from './environment.ts';
import type { Stdin } from './redirects.ts';
import type { Call, Host, Scene } from './scene.ts';
import { onStdin } from './shared-stdin.ts';
import { freshState, type ShellState } from './shell-state.ts';

/** What to write in its place; of find it is understood. */
const asArgument = `; hand it over as an argument: sh -c '... "$1" ...' _ {}`;

export function enterNested(
  host: Host,
  nested: NestedProgram,
  call: Call,
  runArgv: (nested: NestedProgram & { kind: 'argv' }, scene: Scene, state: ShellState) => void,
): readonly Unknown[] {
  const unknowns: Unknown[] = [];
  const { scene, state } = call;
  if (scene.depth >= host.run.limits.maxDepth) {
    return [{ code: 'NESTED_TOO_DEEP', reason: 'Programs inside programs, too deep to follow.', span: call.span }];
  }
  host.run.mayRepeat ||= nested.hasUnseenArguments;
  const isElsewhere = nested.runsOn !== undefined;
  const isOther = isElsewhere || nested.runsAs !== undefined;
  let directories = isElsewhere ? [undefined] : state.directories;
  if (nested.kind === 'argv') {
    for (const { name, value } of nested.environment) {
      const text = value.kind === 'known' ? value.value : undefined;
      if (isGuardedEnvironment(name, text)) unknowns.push(environmentUnknown(name, call));
    }
    for (const word of nested.without ?? [])
      if (word.kind !== 'known' || mayNotBeUnset(word.value))
        unknowns.push(unknown('SHELL_ASSIGNMENT', `${nested.via}: ${word.raw} may matter to what it runs.`, call));
    const to = nested.workingDirectory;
    if (to !== undefined) {
      directories =
        to.kind !== 'known' || hasParent(to.value)
          ? [undefined]
          : directories.map((from) =>
              to.value.startsWith('/')
                ? normalisePath(to.value)
                : from === undefined
                  ? undefined
                  : normalisePath(`${from}/${to.value}`),
            );
    }
  }
  const inner: Scene = {
    via: [...scene.via, nested.via],
    runsAs: nested.runsAs ?? scene.runsAs,
    runsOn: nested.runsOn ?? scene.runsOn,
    dialect: scene.dialect,
    depth: scene.depth + 1,
    // Names stay with the command that reads them first: what else runs in a nested program may have taken a part.
    stdin:
      nested.stdin === 'inherit'
        ? { source: call.stdin.source, text: call.stdin.text }
        : { source: 'closed', text: undefined },
    span: call.span,
    hasUnseenArguments: scene.hasUnseenArguments || nested.hasUnseenArguments,
    feeds: undefined,
    calls: scene.calls,
  };
  // A nested program inherits no functions, and no variables but exported ones, which are not followed.
  const innerState = freshState(directories, isOther ? undefined : state.home);
  if (nested.kind === 'argv') {
    runArgv(nested, inner, innerState);
    return unknowns;
  }
  if (!inner.hasUnseenArguments) setPositional(innerState, nested);
  const texts: string[] = [];
  for (const word of nested.words) {
    if (word.kind !== 'known') {
      unknowns.push({
        code: 'NESTED_TEXT_DYNAMIC',
        reason: `The text that ${nested.via} runs is built at run time (${word.raw})${word.raw.includes('{}') ? asArgument : '.'}`,
        span: call.span,
      });
      return unknowns;
    }
    texts.push(word.value);
  }
  const text = texts.join(' ');
  if (nested.hasUnseenArguments && text.includes('{}')) {
    // HOSTILE: `find -exec sh -c 'cat {}'` puts file names into the program text.
    const reason = `The text that ${nested.via} runs has file names put into it${asArgument}`;
    unknowns.push({ code: 'NESTED_TEXT_DYNAMIC', reason, span: call.span });
  }
  const source = nested.words.length === 1 ? nested.words[0] : undefined;
  host.evaluate(text, { ...inner, dialect: dialectOf(nested.dialect, nested.via) }, innerState, source);
  return unknowns;
}

/**
 * Only the last may be several words: behind another such nobody knows which is which. Without any input xargs runs its
 * command all the same, so what it hands on may be nothing and is no parameter here.
 */
function setPositional(state: ShellState, { positional = [] }: NestedProgram & { kind: 'shell' }): void {
  const [zero, ...more] = positional;
  if (zero === undefined || positional.slice(0, -1).some(mayBeMany)) return;
  state.zero = zero;
  // HOSTILE: the first of `{} +` is `$0`, and all the others are parameters.
  state.positional = more.length === 0 && mayBeMany(zero) ? [zero] : more;
}

/** The kernel follows a link before it goes up, so text does not say where `link/..` is. */
const hasParent = (path: string): boolean => path.split('/').includes('..');

function dialectOf(given: Dialect | undefined, via: string): Dialect {
  return given ?? (/^bash\b/.test(via) ? 'bash' : 'posix');
}

export interface StdinReading {
  readonly effects: readonly Effect[];
  readonly paths: readonly PathObject[];
  readonly code: readonly CodeObject[];
  readonly sql: readonly SqlFacts[];
  readonly unknowns: readonly Unknown[];
}

const nothing: StdinReading = { effects: [], paths: [], code: [], sql: [], unknowns: [] };
const shells = /^(?:shell|sh|bash|dash|ash|busybox|ksh|zsh)$/;

/** What the tool does, with what the program on its stdin does. */
export function withStdin(reading: ToolReading, stdin: StdinReading): ToolReading {
  if (stdin === nothing) return reading;
  return {
    ...reading,
    effects: [...reading.effects, ...stdin.effects],
    paths: [...reading.paths, ...stdin.paths],
    code: [...reading.code, ...stdin.code],
    sql: [...reading.sql, ...stdin.sql],
  };
}

/** A tool that takes its stdin for a program: the program is read when the text holds it. */
export function readStdin(host: Host, reading: ToolReading, call: Call): StdinReading {
  const { stdin, scene } = call;
  if (reading.stdin !== 'code' || stdin.source === 'session' || stdin.source === 'closed') return nothing;
  const language = reading.stdinLanguage ?? 'unknown';
  if (stdin.text === undefined) {
    return {
      ...nothing,
      effects: [{ kind: 'execute-code', why: `reads ${language} code from a ${stdin.source}` }],
      code: [{ language, text: undefined, why: `stdin of ${reading.tool ?? 'the command'}` }],
      unknowns: [
        {
          code: 'STDIN_CODE_UNSEEN',
          reason: `${reading.tool ?? 'The command'} runs what it reads from a ${stdin.source}, which is not in this text.`,
          span: call.span,
        },
      ],
    };
  }
  if (shells.test(language)) {
    const name = reading.tool ?? 'sh';
    host.run.descriptors.isProgramRead = true;
    const inner: NestedProgram = {
      kind: 'shell',
      words: [{ kind: 'known', value: stdin.text, raw: stdin.text, span: call.span }],
      via: name + onStdin,
      runsAs: undefined,
      runsOn: undefined,
      hasUnseenArguments: false,
      stdin: 'inherit',
    };
    return { ...nothing, unknowns: host.nested(inner, { ...call, stdin: { source: 'program', text: undefined } }) };
  }
  const reader = host.run.readers[language];
  const code = { language, text: stdin.text, why: `stdin of ${reading.tool ?? 'the command'}` };
  if (reader === undefined) {
    return { ...nothing, effects: [{ kind: 'execute-code', why: `runs ${language} code` }], code: [code] };
  }
  const program = reader(stdin.text);
  const unknowns = [...program.unknowns];
  for (const text of program.shell) {
    const word: Word = { kind: 'known', value: text, raw: text, span: call.span };
    unknowns.push(
      ...host.nested(
        {
          kind: 'shell',
          words: [word],
          via: `${language} system()`,
          runsAs: undefined,
          runsOn: undefined,
          hasUnseenArguments: false,
          stdin: 'closed',
        },
        { ...call, scene },
      ),
    );
  }
  return { effects: program.effects, paths: program.paths, code: program.code, sql: program.sql, unknowns };
}

/** What a command writes to a pipe, where its words say so: `echo`, `printf` and `cat` of a heredoc. */
export function knownOutput(words: readonly Word[], stdin: Stdin): string | undefined {
  const name = words[0]?.kind === 'known' ? words[0].value : undefined;
  if (name !== 'echo' && name !== 'cat' && name !== 'printf') return undefined;
  const args: string[] = [];
  for (let i = 1; i < words.length; i++) {
    const word = words[i];
    if (word?.kind !== 'known') return undefined;
    args.push(word.value);
  }
  // Some shells' echo interprets backslashes, and options differ.
  if (name === 'echo') {
    return args.some((arg) => arg.includes('\\')) || args[0]?.startsWith('-') ? undefined : `${args.join(' ')}\n`;
  }
  if (name === 'cat') return args.length === 0 || (args.length === 1 && args[0] === '-') ? stdin.text : undefined;
  const [format, ...rest] = args[0] === '--' ? args.slice(1) : args;
  if (format === undefined || format.startsWith('-')) return undefined;
  if (rest.length === 0 && !format.includes('%')) return unescapeFormat(format);
  return format === '%s' && rest.length === 1
    ? rest[0]
    : format === '%s\\n'
      ? rest.map((r) => `${r}\n`).join('')
      : undefined;
}

function unescapeFormat(format: string): string | undefined {
  if (/\\(?![nt\\])/.test(format)) return undefined;
  return format.replace(/\\([nt\\])/g, (_, char: string) => (char === 'n' ? '\n' : char === 't' ? '\t' : '\\'));
}
