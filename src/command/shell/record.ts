/** Writes what was found into the model: commands, unknowns, and what the text does with the session's stdin. */
import type { Assignment, Effect, Redirect, SimpleCommand, Span, Unknown, Word } from '../model.ts';
import type { ToolReading } from '../reading.ts';
import { secretEffect, secretNameEffect } from '../secret-name.ts';
import { automountEffect, touchesAway } from '../tools/automount.ts';
import { homeOfDevices } from '../tools/opened.ts';
import { changed } from '../tools/path.ts';
import { mayListDevices } from './mentioned-places.ts';
import type { RedirectReading } from './redirects.ts';
import type { Call, Host, Run, Scene } from './scene.ts';
import { takesOfProgram } from './shared-stdin.ts';

export interface CallParts {
  readonly redirects: RedirectReading;
  readonly assignments: readonly Assignment[];
  readonly unknowns: Unknown[];
  /** False behind `command` and `builtin`. */
  readonly useFunctions: boolean;
}

export function report(host: Host, code: string, reason: string, span: Span | undefined): void {
  if (host.run.unknowns.length < 60) host.run.unknowns.push({ code, reason, span });
}

/** Counts one step; true, and said once, when the text asks for more than we follow. */
export function isSpent(host: Host, span: Span | undefined): boolean {
  const { run } = host;
  if (run.isExhausted) return true;
  if (++run.steps <= run.limits.maxSteps && run.commands.length < run.limits.maxCommands) return false;
  report(host, 'TEXT_TOO_COMPLEX', 'The text runs more commands than we follow.', span);
  run.isExhausted = true;
  return true;
}

export interface Entry extends Omit<CallParts, 'useFunctions'> {
  readonly words: readonly Word[];
  readonly span: Span;
  readonly scene: Scene;
  readonly stdin: Call['stdin'];
  readonly isEmpty: boolean;
}

/** Redirections without a command are the shell's own; other empty words are assignments. */
const redirectTool = (redirects: RedirectReading): string | undefined =>
  redirects.redirects.length === 0 ? undefined : 'shell';

/** Adds a command to the model, before those found inside it when `at` says so. */
export function push(host: Host, entry: Entry, reading: ToolReading, at?: number): void {
  const { run } = host;
  const { scene, redirects, unknowns } = entry;
  const effects: Effect[] = reading.effects.slice();
  if (redirects.effects.length > 0) effects.push(...redirects.effects);
  for (const word of entry.words) addEffect(effects, secretEffect(word));
  if (printsVariables(reading, entry)) addEffect(effects, secretNameEffect(entry.words.slice(1)));
  const paths =
    redirects.paths.length === 0 ? reading.paths : [...reading.paths, ...redirectedPaths(reading, redirects, run)];
  run.mayNameDevices ||= mayListDevices(paths);
  if (touchesAway(paths) || (run.mayNameHosts && scene.hasUnseenArguments)) effects.push(automountEffect);
  for (const unknown of reading.unknowns) unknowns.push(unknown);
  for (const unknown of redirects.unknowns) unknowns.push(unknown);
  if (scene.via.length > 0 && takesOfProgram(entry, reading)) {
    const reason =
      'It may read the stdin from which the shell reads its own text; what is left of that means something else.';
    unknowns.push({ code: 'STDIN_PROGRAM_SHARED', reason, span: entry.span });
  }
  const command: SimpleCommand = {
    argv: entry.words,
    span: entry.span,
    via: scene.via,
    assignments: entry.assignments,
    redirects: redirects.redirects,
    stdin: entry.stdin.source,
    tool: entry.isEmpty ? redirectTool(redirects) : reading.tool,
    subcommand: reading.subcommand,
    effects,
    paths,
    hosts: redirects.hosts.length === 0 ? reading.hosts : [...reading.hosts, ...redirects.hosts],
    services: reading.services,
    packages: reading.packages,
    processes: reading.processes,
    runsAs: reading.runsAs ?? scene.runsAs,
    code: reading.code,
    sql: reading.sql,
    hasUnseenArguments: scene.hasUnseenArguments,
    placesUnseen: scene.hasUnseenArguments && reading.placesUnseen === true ? true : undefined,
    runsOn: scene.runsOn,
    // INVARIANT: this array is filled further while what is nested in the command is read.
    unknowns,
  };
  if (at === undefined || at === run.commands.length) run.commands.push(command);
  else run.commands.splice(at, 0, command);
  if (entry.stdin.source === 'session' && !entry.isEmpty) joinStdin(host, reading);
}

/** `printenv NAME`, `declare -p NAME` */
function printsVariables({ tool }: ToolReading, { words }: Entry): boolean {
  if (tool === 'printenv') return true;
  const isPrinting = (word: Word): boolean => word.kind === 'known' && /^-[A-Za-z]*p/.test(word.value);
  return (tool === 'declare' || tool === 'typeset' || tool === 'export') && words.some(isPrinting);
}

/** `wc -l < "/srv/$x"`: of a file nobody knows, only its length is told. */
function redirectedPaths(
  reading: ToolReading,
  redirects: RedirectReading,
  { mayNameDevices }: Run,
): RedirectReading['paths'] {
  if (reading.isMeasuring !== true || redirects.redirects.some(mayConnect)) return redirects.paths;
  if (redirects.redirects.some((redirect) => mayBeDevice(redirect, mayNameDevices))) return redirects.paths;
  return redirects.paths.map((path) =>
    path.access === 'read' && path.isPrefix ? changed(path, { isEntry: true }) : path,
  );
}

const mayBeDevice = ({ target }: Redirect, mayNameDevices: boolean): boolean => {
  if (target?.kind !== 'dynamic' || target.below !== undefined) return false;
  if (target.why === 'tilde') return homeOfDevices.test(target.raw);
  return mayNameDevices && target.prefix === '' && target.tame === undefined;
};

const connections = ['/dev/tcp/', '/dev/udp/'];

/** Bash opens `/dev/tcp/HOST/PORT` as a connection. What the target's own environment says is no such name. */
function mayConnect({ target }: Redirect): boolean {
  if (target?.kind !== 'dynamic' || target.below !== undefined) return false;
  const { prefix, tame, raw } = target;
  if (tame !== undefined && prefix === '') return false;
  // HOSTILE: the home of sys is /dev.
  if (target.why === 'tilde' && /^~[\w./@%+,-]*$/.test(raw)) return /\/(?:tcp|udp)\//.test(raw);
  return connections.some((special) => special.startsWith(prefix) || prefix.startsWith(special));
}

function addEffect(effects: Effect[], effect: Effect | undefined): void {
  if (effect !== undefined) effects.push(effect);
}

const weight = { unused: 0, data: 1, unknown: 2, code: 3 } as const;

function joinStdin(host: Host, reading: ToolReading): void {
  const { run } = host;
  if (reading.stdin === 'code') {
    const language = reading.stdinLanguage ?? 'unknown';
    if (run.stdin === 'code' && run.stdinLanguage !== language) run.stdinLanguage = 'unknown';
    else run.stdinLanguage = language;
  }
  if (weight[reading.stdin] > weight[run.stdin]) run.stdin = reading.stdin;
}
