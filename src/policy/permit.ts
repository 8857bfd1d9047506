/**
 * Whether an allow rule covers one simple command.
 *
 * INVARIANT: everything the command does, reads, writes, contacts or runs as is named by the rule. What the rule does not
 * speak of it does not allow; what is not known of the command it does not allow either.
 */
import type { Assignment, PathObject, SimpleCommand } from '../command/model.ts';
import { no } from './certainty.ts';
import { contacted } from './contacted.ts';
import type { Permission, Subject } from './criterion.ts';
import type { History } from './history.ts';
import { isHarmlessRedirect } from './object-criteria.ts';
import type { Rule } from './rule.ts';

/**
 * Variables that change how things look and nothing else, and names in small letters: what programs read of those
 * (proxies, settings of npm) is not understood before a rule is asked. Any other must be named under `environment`.
 */
const harmlessVariables =
  /^(LC_[A-Z]+|LANG|LANGUAGE|TZ|COLUMNS|LINES|NO_COLOR|FORCE_COLOR|CLICOLOR|CI|[a-z][a-z0-9_]*)$/;
/** Of these, only values that name nothing: a pager is a program, and a terminal's description a file. */
const harmlessValues: ReadonlyMap<string, RegExp> = new Map([
  ...['PAGER', 'GIT_PAGER', 'MANPAGER', 'SYSTEMD_PAGER'].map((name) => [name, /^(?:cat)?$/] as const),
  ...['GREP_COLOR', 'GREP_COLORS'].map((name) => [name, /^[a-z0-9;:=]*$/] as const),
  ...['SYSTEMD_COLORS', 'CLICOLOR_FORCE'].map((name) => [name, /^[a-z0-9]*$/] as const),
  ['JQ_COLORS', /^[0-9;:]*$/],
  ['TERM', /^[a-z0-9-]+$/],
  // Its values are text that is printed among the names.
  ['LS_COLORS', /^$/],
]);
/** Variables sshd and shells export already: an assignment alone changes them for every later command. */
const exportedAlready =
  /^(HOME|SHELL|USER|LOGNAME|MAIL|TERM|PWD|OLDPWD|TMPDIR|XDG_\w+|\w+_proxy|npm_\w+|[A-Z]+_(PATH|HOME|OPTS|CONFIG))$/;

/** The obstacle of a rule that covers a command but for its `except`. */
export const exceptionApplies = 'its `except` leaves this out';

/** Undefined when the rule covers the command, else why it does not. */
export function obstacle(rule: Rule, subject: Subject): string | undefined {
  const { command } = subject;
  const { permission, criteria, exceptions } = rule.matcher;
  return (
    openEnd(command, permission) ??
    foreignPlace(command, permission) ??
    unnamedEffect(command, permission) ??
    unnamedObject(command, permission) ??
    criteria.find((criterion) => !criterion.covers(subject))?.key ??
    (exceptions.some((exception) => exception.touches(subject) !== no) ? exceptionApplies : undefined)
  );
}

/** Like `obstacle`, with `when` and `limit`; an error in a condition is an obstacle. */
export function obstacleNow(rule: Rule, subject: Subject, history: History): string | undefined {
  const found = obstacle(rule, subject);
  if (found !== undefined) return found;
  if (rule.limit !== undefined && subject.model.mayRepeat === true) return 'nobody can say how often it runs';
  if (rule.limit !== undefined && isSpent(rule, history)) return 'its limit is used up';
  if (rule.when === undefined) return undefined;
  try {
    return history.holdsSurely(rule.when, subject) ? undefined : '`when` does not hold';
  } catch {
    return '`when` cannot be told';
  }
}

function isSpent({ id, limit }: Rule, history: History): boolean {
  const { session } = history.context;
  // A text may have many commands, and each of them counts.
  const count = (of: Readonly<Record<string, number>>) =>
    (Object.hasOwn(of, id) ? (of[id] ?? 0) : 0) + history.used(id);
  return limit !== undefined && (count(session.lastHour) >= limit.perHour || count(session.fired) >= limit.perSession);
}

function openEnd(command: SimpleCommand, permission: Permission): string | undefined {
  if (command.unknowns.length > 0) return 'it is not understood';
  if (command.hasUnseenArguments && command.placesUnseen !== true && !permission.unseenArguments)
    return 'it gets arguments nobody has seen';
  if (command.tool === undefined && !permission.hasCommands) return 'no tool description knows it';
  return undefined;
}

function foreignPlace(command: SimpleCommand, permission: Permission): string | undefined {
  if (command.runsOn !== undefined && !permission.hasRunsOn) return 'it runs somewhere else';
  if (command.runsAs !== undefined && !permission.hasRunsAs && !permission.effects?.has('privilege')) {
    return 'it runs as another account';
  }
  for (const assignment of command.assignments) {
    if (assignment.isExported && !isHarmless(assignment) && !permission.environment.has(assignment.name))
      return 'it sets a variable';
  }
  return undefined;
}

function isHarmless({ name, value }: Assignment): boolean {
  if (harmlessVariables.test(name)) return true;
  if (value?.kind !== 'known') return false;
  // The word of `export NAME=value` is all of it.
  const set = value.value.startsWith(`${name}=`) ? value.value.slice(name.length + 1) : value.value;
  return harmlessValues.get(name)?.test(set) === true;
}

/** Effects a pinned argv does not imply: a rule must say that it means them. */
const neverImplied = new Set(['execute-code', 'privilege', 'identity', 'unknown']);

function unnamedEffect(command: SimpleCommand, permission: Permission): string | undefined {
  const { effects, hasCommands, hasCode, hasRunsAs } = permission;
  for (const { kind } of command.effects) {
    if (kind === 'unknown') return 'an effect is not known';
    if (effects?.has(kind)) continue;
    if (kind === 'execute-code' && hasCode) continue;
    if (kind === 'privilege' && hasRunsAs) continue;
    if (kind === 'network' && permission.hasHosts) continue;
    if (effects === undefined && (kind === 'read' || (hasCommands && !neverImplied.has(kind)))) continue;
    return 'it does more than the rule names';
  }
  return undefined;
}

const effectOfAccess = { read: 'read', write: 'write', delete: 'delete', execute: 'execute-code' } as const;

function unnamedObject(command: SimpleCommand, permission: Permission): string | undefined {
  const { effects, hasCommands, hasCode, hasHosts } = permission;
  if (command.code.length > 0 && !hasCode && !effects?.has('execute-code')) return 'it runs code';
  if (!command.paths.every((path) => isPathNamed(path, permission))) return 'it touches a path the rule does not name';
  if (effects === undefined && !permission.hasRedirects && !command.redirects.every(isHarmlessRedirect)) {
    return 'it redirects to or from a file';
  }
  const hosts = contacted(command);
  if (hosts.length === 0 || hasHosts) return undefined;
  if (!effects?.has('network') && !hasCommands) return 'it contacts a host';
  const isOrdinary = hosts.every(
    ({ host, scope }) => host !== '' && (scope === 'public' || scope === 'private' || scope === 'loopback'),
  );
  if (!isOrdinary) return 'it contacts a host that must be named';
  const isSentOn = !hasCommands && hosts.some(({ isFollowed }) => isFollowed === true);
  return isSentOn ? 'it goes wherever a host that is not named sends it' : undefined;
}

function isPathNamed(path: PathObject, permission: Permission): boolean {
  const { effects, hasCommands, hasPaths, hasCode } = permission;
  if (path.isEntry === true && !hasPaths && permission.unknownNamesPass) return true;
  if (path.isPrefix && path.pattern === undefined && !hasPaths) return false;
  // HOSTILE: a rule that means a tool by its name does not mean `/tmp/node_modules/.bin/make`.
  if (path.isProgram === true && !hasPaths) return false;
  const kind = effectOfAccess[path.access];
  if (effects === undefined)
    return (
      path.access === 'read' || (hasCommands && path.access !== 'execute') || (hasCode && path.access === 'execute')
    );
  return (
    effects.has(kind) ||
    (path.access === 'delete' && effects.has('write') && hasPaths) ||
    (path.access === 'execute' && hasCode)
  );
}

/** Words that only set variables of the shell, and do nothing by themselves. */
export function isOnlyAssignment(command: SimpleCommand): boolean {
  return (
    command.argv.length === 0 &&
    command.effects.length === 0 &&
    command.paths.length === 0 &&
    command.redirects.length === 0 &&
    command.unknowns.length === 0 &&
    command.assignments.every(({ name }) => !exportedAlready.test(name))
  );
}
