/**
 * Builtins that change the shell itself: read here, because no description of a tool can say what they do next.
 *
 * Refuses: what runs text nobody sees (`source` of what is no path, `trap`, `alias`, `hash`, `enable`, `bind`, `complete`,
 * `fc`, `jobs -x` …), options that change how the shell reads (`set -k`, `set -a`, `shopt`), and names with subscripts,
 * which the shell evaluates.
 */
import { type Effect, type Unknown, unknownHome, type Word } from '../model.ts';
import type { NestedProgram } from '../reading.ts';
import { automountEffect } from '../tools/automount.ts';
import { mayBeMany } from '../tools/word.ts';
import { type Builtin, done, emptyReading, known, nameOf, refused, unknown } from './builtin.ts';
import { moveTo } from './directory.ts';
import { insertWords } from './insert-words.ts';
import { noteError } from './line-error.ts';
import { reachesAway } from './reaches-away.ts';
import { type Call, type Host, isLast } from './scene.ts';
import { declare, letNumbers, setNames, unset } from './setting-builtins.ts';
import { isHarmlessShopt, riskyOption } from './shell-options.ts';
import { copyState, joinDirectories, type ShellState } from './shell-state.ts';

const harmless: Builtin = (call) => done(call);

const refuse =
  (why: string): Builtin =>
  (call) =>
    refused(call, why);

const cd: Builtin = (call, host) => {
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
  const unknowns =
    word?.kind === 'known' && word.value.startsWith('-') && word.value !== '-'
      ? [unknown('SHELL_BUILTIN', `cd ${word.value}: this option is not understood.`, call)]
      : [];
  const places = isKnown && !followsLinks ? state.directories.map((from) => moveTo(target, from)) : [undefined];
  const isInner = call.scene.depth > 0;
  const isUp =
    isKnown &&
    target.split('/').includes('..') &&
    (isInner || !places.every((to, i) => isAbove(to, state.directories[i])));
  moved.directories = isUp && !writeOut(places, unknowns, call, host) ? [undefined] : joinDirectories([], places);
  moved.variables.delete('OLDPWD');
  // A cd that fails leaves the shell where it was; only `cd x && …` is sure to be there.
  const effects = word !== undefined && reachesAway(word, state.directories) ? [automountEffect] : [];
  return { reading: emptyReading('cd', { unknowns, effects }), outcome: { success: moved, failure: state } };
};

/** A directory is where the text says: the shell came through it. */
const isAbove = (to: string | undefined, from: string | undefined): boolean =>
  to === undefined || (from !== undefined && `${from}/`.startsWith(to === '/' ? to : `${to}/`));

/**
 * HOSTILE: where the text leads to nothing bash goes where the links lead, so `cd /sys/class/net/lo/subsystem/../../../etc` is /etc.
 * Without `..` in it there is one way to read a path, so it is sent without; false when it cannot be. A shell inside another
 * remembers how it came here only as far as its environment says so.
 */
function writeOut(places: readonly (string | undefined)[], unknowns: Unknown[], call: Call, host: Host): boolean {
  const [to, ...others] = places;
  const word = call.words.at(-1);
  const isPlain = call.scene.depth === 0 && word !== undefined && /^(["']?)[\w./@%+, -]+\1$/.test(word.raw);
  if (!isPlain || others.length > 0 || to === undefined || `${to}/`.startsWith(`${unknownHome}/`)) return false;
  const instead = { after: call.words.length - 1, words: [], instead: { of: word.raw, glob: to } };
  unknowns.push(...insertWords(host, { ...emptyReading('cd'), insertWords: [instead] }, call));
  return true;
}

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

/** HOSTILE: with words too many bash says so, and runs nothing more of the line; not even of the one with the `eval`. */
const leaving: Builtin = (call, { run }) => {
  const isMany = call.words.slice(1).some(mayBeMany);
  if (call.words.length > 2 || (isMany && call.scene.via.includes('eval'))) return refused(call, 'too many words');
  if (isMany) noteError(run, call.state);
  return done(call);
};

const shift: Builtin = (call, host) => {
  const { reading, outcome } = leaving(call, host);
  call.state.positional = undefined;
  return { reading, outcome };
};

/** What shows limits, or leaves a shell enough: one that can open or start nothing more fails where nobody expects it. */
const ampleLimit =
  /^(?:-[A-Za-z]+(?: -[A-Za-z]+)*|(?:-[HS]*[A-Za-z] )?(?:unlimited|hard|soft)|-[HS]*n [1-9]\d{3,}|-[HS]*c \d+)?$/;

const limit: Builtin = (call) =>
  ampleLimit.test(known(call.words.slice(1))?.join(' ') ?? '?')
    ? done(call)
    : refused(call, 'limits that the shell itself may run into');

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
    const effects: Effect[] = [{ kind: 'read', why: 'command -v looks a name up' }];
    if (call.words.slice(2).some((word) => reachesAway(word, call.state.directories))) effects.push(automountEffect);
    return done(call, { effects });
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
  const isAway = call.words.slice(1).some((word) => reachesAway(word, call.state.directories));
  call.state.directories = [undefined];
  // What is not known may be a place in the stack, or -n: it changes nothing but where the shell is.
  const isPlain = call.words.slice(1).every((word) => word.kind === 'dynamic' || !/^[-+]/.test(word.value));
  if (!isPlain) return refused(call, 'arguments that are not understood');
  return done(call, isAway ? { effects: [automountEffect] } : {});
};

const unseen = refuse('runs or prepares commands that are not in this text');

/** Assignments and nothing else, kept by the system's own packages. SPEC: os-release(5). */
const ofTheSystem = new Set(['/etc/os-release', '/usr/lib/os-release', '/etc/lsb-release']);

/** HOSTILE: a name without a slash is looked for in PATH first, a dash begins an option, and /dev/stdin is no file. */
const isPathToSource = (file: string): boolean =>
  file.includes('/') && !/^(?:-|\/(?:dev|proc)\/)/.test(file) && !ofTheSystem.has(file);

/** `. /etc/os-release`: sets variables to what nobody here knows. */
const source: Builtin = (call, host) => {
  const [, file, ...more] = call.words;
  const isKnown = file?.kind === 'known' && more.length === 0 && ofTheSystem.has(file.value);
  // Elsewhere the file may be anybody's.
  if (!isKnown || call.scene.runsOn !== undefined) {
    const isName = file?.kind === 'known' && /^\w[^/]*$/.test(file.value);
    return isName ? refused(call, `looks for ${file.value} in PATH first; write ./${file.value}`) : unseen(call, host);
  }
  call.state.variables.clear();
  return done(call, {
    effects: [{ kind: 'read', why: 'reads what the system is called' }],
    paths: [{ access: 'read', path: file.value, isPrefix: false, isRelative: false, hasParent: false }],
  });
};

/**
 * `. ./env.sh` is described like a program that runs a file: who lets that run lets it do whatever it may make of the
 * commands behind it. What these mean is not known, but for `. .venv/bin/activate`.
 */
export function whatIsSourced(name: string, words: readonly Word[]): 'environment' | 'anything' | undefined {
  if (name !== 'source' && name !== '.') return undefined;
  const file = words[1];
  if (file?.kind === 'dynamic') return 'anything';
  if (file === undefined || !isPathToSource(file.value)) return undefined;
  return words.length === 2 && /(?:^|\/)bin\/activate$/.test(file.value) ? 'environment' : 'anything';
}

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

/** Without -C, which runs a command as lines are read. */
const lines: Builtin = (call, host) =>
  call.scene.dialect === 'bash'
    ? setNames(/^-(?:t+|t*[dnOsu].*)$/, /^-t*[dnOsu]$/, 'data')(call, host)
    : refused(call, 'only bash has it');

const table: Readonly<Record<string, Builtin>> = {
  ':': harmless,
  break: leaving,
  continue: leaving,
  exit: leaving,
  logout: leaving,
  return: leaving,
  times: harmless,
  umask: harmless,
  ulimit: limit,
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
  source,
  '.': source,
  trap: listing(/^-[lp]$/),
  alias,
  unalias: unseen,
  hash: listing(/^(?:-[tlr]|\w[\w.+-]*)$/),
  enable: unseen,
  bind: listing(/^-[lpPsSvVX]$/),
  complete: unseen,
  compgen: listing(/^(?:-[abcdefgjksuv]|-A|[a-z]+)$/),
  compopt: unseen,
  fc: unseen,
  history: (call, host) => (call.words.length > 2 ? leaving : showing(/^[0-9]+$/))(call, host),
  shopt,
  setopt: refuse('changes how the shell reads'),
  unsetopt: refuse('changes how the shell reads'),
  emulate: refuse('changes how the shell reads'),
  let: letNumbers,
  mapfile: lines,
  readarray: lines,
  getopts: refuse('sets variables in a way that is not followed'),
  pushd: wander,
  popd: wander,
  dirs: showing(/^-[lpv]+$/),
  help: showing(/^(?:-[dms]|[a-z]+)$/),
  coproc: unseen,
  suspend: refuse('stops the shell'),
  caller: harmless,
};

const byName = new Map(Object.entries(table));

export function findBuiltin(name: string): Builtin | undefined {
  return byName.get(name);
}
