/** What a command does, drawn from the model in outline, for comparing it with what was rejected. */
import { createHash } from 'node:crypto';
import type { Act, Asked } from '../approval/respelling.ts';
import type { CommandModel, SimpleCommand } from '../command/model.ts';

/** More objects than this are not compared one by one; the words still are. */
const maxActs = 64;
const nowhere = new Set(['/dev/null', '/dev/stdout', '/dev/stderr', '/dev/tty']);
const changing = new Set(['write', 'delete', 'execute']);

/** `stdin` is the program it reads, if it is one. */
export function outlineOf(model: CommandModel, stdin: string | undefined): Asked {
  const commands = model.commands.filter((command, at) => !isWrapper(command, model.commands[at + 1]));
  const acts = distinct(commands.flatMap((command) => actsOf(command, model.text)));
  const reads = distinct(commands.flatMap((command) => pathActs(command, model.text, (access) => access === 'read')));
  const kinds = new Set(commands.flatMap((command) => command.effects.map(({ kind }) => kind)));
  return {
    acts: acts.length > maxActs ? [] : acts,
    reads: reads.length > maxActs ? [] : reads,
    effects: (['execute-code', 'network'] as const).filter((kind) => kinds.has(kind)),
    words: [...new Set(commands.filter(({ argv }) => argv.length > 0).map(wordsOf))],
    code: codeOf(model, stdin),
  };
}

/** `sudo` and `bash -c` do what is inside them, which comes next. */
function isWrapper(command: SimpleCommand, next: SimpleCommand | undefined): boolean {
  return next !== undefined && next.via.length > command.via.length;
}

function actsOf(command: SimpleCommand, text: string): Act[] {
  const has = (kind: string) => command.effects.some((effect) => effect.kind === kind);
  const each = (is: boolean, kind: string, names: readonly string[]) =>
    is ? names.map((name) => ({ what: `${kind} ${name}`, object: name })) : [];
  return [
    ...pathActs(command, text, (access) => changing.has(access)),
    ...each(
      true,
      'host',
      command.hosts.map(({ host }) => host).filter((host) => host !== ''),
    ),
    ...each(has('service'), 'service', command.services),
    ...each(has('package'), 'package', command.packages),
    ...each(has('process'), 'process', command.processes),
    ...command.sql
      .filter(({ readOnly }) => !readOnly)
      .flatMap(({ verbs, tables }) => verbs.flatMap((verb) => each(true, `sql ${verb}`, tables))),
  ].map((act) => (command.runsOn === undefined ? act : { ...act, what: `${act.what} on ${command.runsOn}` }));
}

function pathActs(command: SimpleCommand, text: string, isWanted: (access: string) => boolean): Act[] {
  // `git push` and `git commit` both write the repository; they are not spellings of each other.
  const by = command.subcommand.length === 0 ? '' : ` by ${command.tool} ${command.subcommand.join(' ')}`;
  return command.paths.flatMap(({ access, path, isPrefix, pattern, isEntry }) => {
    // Everything in a directory is as good as the directory.
    const whole = (pattern ?? path).replace(/(\/\*?)+$/, '');
    const isVague = isPrefix && (pattern === undefined || /[*?[]/.test(whole));
    const name = whole.slice(whole.lastIndexOf('/') + 1);
    // A directory the command does not name (the current one) is too wide to be what was rejected.
    if (!isWanted(access) || isEntry === true || isVague || nowhere.has(path) || name === '' || !text.includes(name))
      return [];
    return [{ what: `${access} ${whole}${by}`, object: whole }];
  });
}

function wordsOf(command: SimpleCommand): string {
  const [program = '', ...rest] = command.argv.map((word) => (word.kind === 'known' ? word.value : `\0${word.raw}`));
  const words = [program.slice(program.lastIndexOf('/') + 1), ...rest, command.runsOn ?? ''];
  const redirects = command.redirects.map(({ op, target, body }) => [op, target?.raw, body?.text]);
  return createHash('sha256')
    .update(JSON.stringify([words, redirects]))
    .digest('hex')
    .slice(0, 24);
}

/** Programs in other languages, what stdin brings, and the whole text where a part of it is not understood. */
function codeOf(model: CommandModel, stdin: string | undefined): string {
  const isDark =
    model.unknowns.length > 0 || model.commands.some(({ unknowns, code }) => unknowns.length > 0 || code.length > 0);
  const programs = model.commands.flatMap(({ code }) => code.flatMap(({ text }) => text ?? []));
  return [...(isDark ? [model.text] : []), ...programs, stdin ?? ''].join('\n');
}

function distinct(acts: readonly Act[]): Act[] {
  return [...new Map(acts.map((act) => [act.what, act])).values()];
}
