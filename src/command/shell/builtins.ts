/**
 * Builtins that change the shell itself: read here, because no description of a tool can say what they do next.
 *
 * Refuses: what runs text nobody sees (`source`, `trap`, `alias`, `hash`, `enable`, `bind`, `complete`, `fc`,
 * `jobs -x` …), options that change how the shell reads (`set -k`, `set -a`, `shopt`), and names with subscripts,
 * which the shell evaluates.
 */
import type { Assignment, Span, Unknown, Word } from '../model.ts';
import type { NestedProgram, ToolReading } from '../reading.ts';
import { normalisePath } from './directory.ts';
import { guardedReason, isGuardedEnvironment, isGuardedVariable } from './environment.ts';
import { type Call, type Host, isLast, type Outcome } from './scene.ts';
import { isHarmlessShopt, riskyOption } from './shell-options.ts';
import { copyState, joinDirectories, type ShellState } from './shell-state.ts';

export interface BuiltinReading {
  readonly reading: ToolReading;
  readonly outcome: Outcome;
  /** Variables that it exports to every later command. */
  readonly exported?: readonly Assignment[];
}

type Builtin = (call: Call, host: Host) => BuiltinReading;

const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;

export function emptyReading(tool: string): ToolReading {
  return {
    tool,
    subcommand: [],
    effects: [],
    paths: [],
    hosts: [],
    services: [],
    packages: [],
    processes: [],
    runsAs: undefined,
    code: [],
    sql: [],
    nested: [],
    stdin: 'unused',
    stdinLanguage: undefined,
    unknowns: [],
  };
}

const unknown = (code: string, reason: string, call: Call): Unknown => ({ code, reason, span: call.span });

const nameOf = (call: Call): string => {
  const word = call.words[0];
  return word?.kind === 'known' ? word.value : '';
};

const done = (call: Call, change: Partial<ToolReading> = {}): BuiltinReading => ({
  reading: { ...emptyReading(nameOf(call)), ...change },
  outcome: { success: call.state, failure: call.state },
});

const refused = (call: Call, why: string): BuiltinReading => {
  call.state.variables.clear();
  call.state.directories = [undefined];
  call.state.positional = undefined;
  call.state.home = undefined;
  for (const name of call.state.functions.names()) call.state.functions.set(name, 'uncertain');
  call.state.hasUnseenFunctions = true;
  const effect = { kind: 'unknown' as const, why };
  return done(call, { effects: [effect], unknowns: [unknown('SHELL_BUILTIN', `${nameOf(call)}: ${why}.`, call)] });
};

const known = (words: readonly Word[]): readonly string[] | undefined => {
  const values: string[] = [];
  for (const word of words) {
    if (word.kind !== 'known') return undefined;
    values.push(word.value);
  }
  return values;
};

const harmless: Builtin = (call) => done(call);

const refuse =
  (why: string): Builtin =>
  (call) =>
    refused(call, why);

const cd: Builtin = (call) => {
  const { state } = call;
  let words = call.words.slice(1);
  let followsLinks = false;
  while (words[0]?.kind === 'known' && /^-(?:[LP]|-)$/.test(words[0].value)) {
    followsLinks ||= words[0].value === '-P';
    words = words.slice(1);
  }
  const [word, ...more] = words;
  const target = word === undefined ? state.home : word.kind === 'known' ? word.value : undefined;
  const isKnown = target !== undefined && target !== '' && !target.startsWith('-') && more.length === 0;
  const moved = copyState(state);
  // A shell inside another remembers how it came here only as far as its environment says so.
  const isPhysical = isKnown && call.scene.depth > 0 && !target.startsWith('/') && target.split('/').includes('..');
  moved.directories =
    isKnown && !isPhysical && !followsLinks
      ? joinDirectories(
          [],
          state.directories.map((from) => moveTo(target, from)),
        )
      : [undefined];
  moved.variables.delete('OLDPWD');
  const unknowns =
    word?.kind === 'known' && word.value.startsWith('-') && word.value !== '-'
      ? [unknown('SHELL_BUILTIN', `cd ${word.value}: this option is not understood.`, call)]
      : [];
  // A cd that fails leaves the shell where it was; only `cd x && …` is sure to be there.
  return { reading: { ...emptyReading('cd'), unknowns }, outcome: { success: moved, failure: state } };
};

function moveTo(target: string, from: string | undefined): string | undefined {
  if (target.startsWith('/')) return normalisePath(target);
  return from === undefined ? undefined : normalisePath(`${from}/${target}`);
}

/** `export`, `local`, `declare`, `typeset`: names and values; options that change evaluation are refused. */
const declare: Builtin = (call) => {
  const name = nameOf(call);
  const { state } = call;
  const unknowns: Unknown[] = [];
  if (/^(?:declare|typeset)$/.test(name) && call.scene.dialect !== 'bash') {
    return refused(call, 'only bash has it');
  }
  const options = name === 'export' ? /^-p?$/ : /^-[xgpaA]+$/;
  const exported: Assignment[] = [];
  let isExported = name === 'export';
  for (const word of call.words.slice(1)) {
    const text = word.kind === 'known' ? word.value : word.prefix;
    const equals = text.indexOf('=');
    const variable = equals === -1 ? text : text.slice(0, equals);
    if (equals === -1 && word.kind === 'known' && text.startsWith('-')) {
      if (!options.test(text))
        unknowns.push(unknown('SHELL_BUILTIN', `${name} ${text}: this option is not understood.`, call));
      if (/[x]/.test(text)) isExported = true;
      continue;
    }
    if (!variableName.test(variable) || (equals === -1 && word.kind !== 'known')) {
      unknowns.push(unknown('SHELL_ASSIGNMENT', `${name}: ${word.raw} is not a plain name.`, call));
      state.variables.clear();
      continue;
    }
    const value = word.kind === 'known' && equals !== -1 ? text.slice(equals + 1) : undefined;
    if (isExported ? isGuardedEnvironment(variable, value) : isGuardedVariable(variable, value)) {
      unknowns.push(environmentUnknown(variable, call));
    }
    if (isExported) exported.push({ name: variable, value: word, isExported });
    // Outside a function `local` fails and sets nothing.
    const isSet = name !== 'local' || call.scene.calls.length > 0;
    if (value !== undefined && isSet) state.variables.set(variable, { kind: 'known', value });
    else if (equals !== -1 || name === 'local') state.variables.delete(variable);
  }
  return { ...done(call, { unknowns }), exported };
};

export function environmentUnknown(name: string, { span }: { readonly span: Span }): Unknown {
  return { code: 'ENVIRONMENT_UNKNOWN', reason: guardedReason(name), span };
}

const setNames =
  (options: RegExp, valued: RegExp, stdin: 'data' | 'unused'): Builtin =>
  (call) => {
    const unknowns: Unknown[] = [];
    const words = call.words.slice(1);
    let skip = false;
    for (const word of words) {
      if (skip) {
        skip = false;
        continue;
      }
      if (word.kind === 'known' && word.value.startsWith('-')) {
        if (!options.test(word.value))
          unknowns.push(
            unknown('SHELL_BUILTIN', `${nameOf(call)} ${word.value}: this option is not understood.`, call),
          );
        if (valued.test(word.value)) skip = true;
      } else if (word.kind !== 'known' || !variableName.test(word.value) || isGuardedVariable(word.value)) {
        unknowns.push(unknown('SHELL_ASSIGNMENT', `${nameOf(call)}: ${word.raw} is not a harmless name.`, call));
        call.state.variables.clear();
      } else {
        call.state.variables.delete(word.value);
      }
    }
    call.state.variables.delete('REPLY');
    return done(call, { unknowns, stdin });
  };

const unset: Builtin = (call, host) => {
  // Without a variable of that name bash removes the function.
  for (const word of call.words) {
    if (word.kind === 'known' && call.state.functions.has(word.value))
      call.state.functions.set(word.value, 'uncertain');
  }
  return setNames(/^-v$/, /^$/, 'unused')(call, host);
};

const set: Builtin = (call) => {
  const [option] = call.words.slice(1);
  call.state.positional = undefined;
  if (option?.kind === 'known' && option.value === '--') return done(call);
  // `set DIR=$(pwd)`: the first word is no option, so all are parameters.
  if (option?.kind === 'dynamic' && /^[A-Za-z]/.test(option.raw)) return done(call);
  const values = known(call.words.slice(1));
  if (values === undefined) return refused(call, 'options or arguments that are built at run time');
  const risky = riskyOption(values);
  if (risky !== undefined) return refused(call, `${risky} may change how the shell reads`);
  if (values.length === 0) return done(call, { effects: [{ kind: 'read', why: 'set prints every variable' }] });
  return done(call);
};

const shopt: Builtin = (call, { run }) => {
  const values = known(call.words.slice(1));
  return values !== undefined && call.scene.dialect === 'bash' && isHarmlessShopt(values, run.hasWideGlobs)
    ? done(call, { effects: [{ kind: 'read', why: 'shopt changes how this shell shows things' }] })
    : refused(call, 'changes what the shell remembers or how it reads');
};

const shift: Builtin = (call) => {
  call.state.positional = undefined;
  return done(call);
};

const evaluate: Builtin = (call, host) => {
  const words = call.words.slice(1);
  const values = known(words[0]?.kind === 'known' && words[0].value === '--' ? words.slice(1) : words);
  if (values === undefined) return refused(call, 'the text it runs is built at run time');
  const text = values.join(' ');
  if (text.startsWith('-')) return refused(call, 'this option is not understood');
  const { scene } = call;
  const stdin = { source: call.stdin.source, text: call.stdin.text };
  const inner = { ...scene, via: [...scene.via, 'eval'], span: call.span, stdin };
  const outcome = host.evaluate(text, inner, call.state, words.length === 1 ? words[0] : undefined);
  return { reading: emptyReading('eval'), outcome };
};

/** `command X`, `builtin X`: X without functions. */
const command: Builtin = (call, host) => {
  const name = nameOf(call);
  const [first] = call.words.slice(1);
  if (first === undefined) return done(call);
  if (first.kind === 'known' && /^-[vV]+$/.test(first.value) && name === 'command') {
    return done(call, { effects: [{ kind: 'read', why: 'command -v looks a name up' }] });
  }
  if (first.kind !== 'known' || first.value.startsWith('-')) {
    return refused(call, 'an option or a name that is not understood');
  }
  const scene = { ...call.scene, via: [...call.scene.via, name] };
  return { reading: emptyReading(name), outcome: host.words({ ...call, scene, words: call.words.slice(1) }) };
};

const exec: Builtin = (call) => {
  const words = call.words.slice(1);
  const [first] = words;
  // Without a command the redirections stay for the rest of the text; those of stdin are refused by the caller.
  if (first === undefined) return done(call);
  if (first.kind !== 'known' || first.value.startsWith('-')) return refused(call, 'an option that is not understood');
  const nested: NestedProgram = {
    kind: 'argv',
    words,
    via: 'exec',
    hasUnseenArguments: false,
    runsAs: undefined,
    runsOn: undefined,
    environment: [],
    workingDirectory: undefined,
    stdin: 'inherit',
  };
  return done(call, { nested: [nested] });
};

/** The job commands take job numbers; `jobs -x` runs a command. */
const jobs: Builtin = (call) => {
  const values = known(call.words.slice(1));
  return values?.every((value) => /^(?:-[lnprs]+|%?[0-9+-]+)$/.test(value)) === true
    ? done(call)
    : refused(call, 'arguments that may run a command');
};

/** `$!`, or a variable that holds a number. */
function isNumberNow({ raw }: Word, { variables }: ShellState): boolean {
  const name = /^"?\$(?:\{(\w+)\}|(\w+)|[!?$#])"?$/.exec(raw);
  if (name === null) return false;
  const variable = name[1] ?? name[2];
  return variable === undefined || variables.get(variable)?.kind === 'number';
}

const wait: Builtin = (call) => {
  // `-p a[$(cmd)]` evaluates the subscript.
  const isPlain = call.words
    .slice(1)
    .every((word) => (word.kind === 'known' ? /^%?[0-9]+$/.test(word.value) : isNumberNow(word, call.state)));
  return isPlain ? done(call) : refused(call, 'options that are not understood');
};

/** Prints settings of the shell when its words look like this, else changes them. */
const showing =
  (words: RegExp): Builtin =>
  (call) =>
    known(call.words.slice(1))?.every((value) => words.test(value)) === true
      ? done(call, { effects: [{ kind: 'read', why: `${nameOf(call)} prints what the shell remembers` }] })
      : refused(call, 'changes what the shell remembers or how it reads');

/** `pushd`, `popd`: goes where nobody follows. */
const wander: Builtin = (call) => {
  call.state.directories = [undefined];
  // What is not known may be a place in the stack, or -n: it changes nothing but where the shell is.
  const isPlain = call.words.slice(1).every((word) => word.kind === 'dynamic' || !/^[-+]/.test(word.value));
  return isPlain ? done(call) : refused(call, 'arguments that are not understood');
};

const unseen = refuse('runs or prepares commands that are not in this text');

/** Lists when every word says so. */
const listing =
  (words: RegExp): Builtin =>
  (call, host) =>
    known(call.words.slice(1))?.every((value) => words.test(value)) === true
      ? showing(words)(call, host)
      : unseen(call, host);

/** A definition that nothing is read behind ends with the shell that made it. */
const alias: Builtin = (call, host) => {
  const isDefinition = call.words
    .slice(1)
    .every((word) => /^[\w.-]+=/.test(word.kind === 'known' ? word.value : word.prefix));
  return isDefinition && call.words.length > 1 && call.scene.dialect !== 'unknown' && isLast(host, call)
    ? done(call, { effects: [{ kind: 'read', why: 'alias says what a word means to this shell, which ends here' }] })
    : listing(/^(?:-p|[\w.]+)$/)(call, host);
};

const table: Readonly<Record<string, Builtin>> = {
  ':': harmless,
  break: harmless,
  continue: harmless,
  exit: harmless,
  logout: harmless,
  return: harmless,
  times: harmless,
  umask: harmless,
  ulimit: harmless,
  cd,
  export: declare,
  readonly: refuse('fixes a variable, which is not followed'),
  local: declare,
  declare,
  typeset: declare,
  unset,
  read: setNames(/^-(?:[rse]*|[rse]*[pntNdi].*|[rse]*a)$/, /^-[rse]*[pntNdi]$/, 'data'),
  set,
  shift,
  eval: evaluate,
  command,
  builtin: command,
  exec,
  jobs,
  fg: jobs,
  bg: jobs,
  disown: jobs,
  wait,
  source: unseen,
  '.': unseen,
  trap: listing(/^-[lp]$/),
  alias,
  unalias: unseen,
  hash: unseen,
  enable: unseen,
  bind: listing(/^-[lpPsSvVX]$/),
  complete: unseen,
  compgen: listing(/^(?:-[abcdefgjksuv]|-A|[a-z]+)$/),
  compopt: unseen,
  fc: unseen,
  history: showing(/^[0-9]+$/),
  shopt,
  setopt: refuse('changes how the shell reads'),
  unsetopt: refuse('changes how the shell reads'),
  emulate: refuse('changes how the shell reads'),
  let: refuse('evaluates its words'),
  mapfile: refuse('can run a command for each line'),
  readarray: refuse('can run a command for each line'),
  getopts: refuse('sets variables in a way that is not followed'),
  pushd: wander,
  popd: wander,
  dirs: showing(/^$/),
  help: showing(/^(?:-[dms]|[a-z]+)$/),
  coproc: unseen,
  suspend: refuse('stops the shell'),
  caller: harmless,
};

const byName = new Map(Object.entries(table));

export function findBuiltin(name: string): Builtin | undefined {
  return byName.get(name);
}
