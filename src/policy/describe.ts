/** Says in a few words what a command does, for reviewers, agents and `policy explain`. */
import type { EffectKind, PathObject, SimpleCommand } from '../command/model.ts';

/** Longer lists help nobody decide; the whole command is shown beside. */
const maxNamed = 3;

export function describeCommand(command: SimpleCommand): string {
  const name = command.argv[0]?.raw ?? 'a redirection';
  const does = describeEffects(command);
  const account = command.runsAs === undefined ? '' : ` as ${command.runsAs}`;
  const place = command.runsOn === undefined ? '' : ` on ${command.runsOn}`;
  return `${name}${account}${place}${does.length === 0 ? ' has no known effect' : ` ${does.join(', ')}`}`;
}

const verbs = { read: 'reads', write: 'writes', delete: 'deletes', execute: 'executes' } as const;
const effectVerbs = {
  read: 'reads',
  write: 'writes something',
  delete: 'deletes something',
  'execute-code': 'executes code',
  network: 'uses the network',
  privilege: 'gains privilege',
  service: 'changes services',
  package: 'changes packages',
  process: 'affects processes',
  identity: 'changes who may log in',
  unknown: 'does something not understood',
} as const;

/** Phrases such as `writes /srv/a, /srv/b`, most worrying first. */
export function describeEffects(command: SimpleCommand): readonly string[] {
  const phrases: string[] = [];
  for (const access of ['delete', 'write', 'execute', 'read'] as const) {
    const paths = command.paths.filter((path) => path.access === access);
    if (paths.length > 0) phrases.push(`${verbs[access]} ${listed(paths.map(describePath))}`);
  }
  const kinds = new Set(command.effects.map(({ kind }) => kind));
  for (const path of command.paths) {
    kinds.delete(path.access === 'execute' ? 'execute-code' : path.access);
  }
  if (kinds.size > 1 || phrases.length > 0) kinds.delete('read');
  for (const kind of kinds) phrases.push(tells.has(kind) ? whyOf(command, kind) : effectVerbs[kind]);
  if (command.hosts.length > 0)
    phrases.push(`contacts ${listed(command.hosts.map(({ host }) => host || 'a host not known'))}`);
  if (command.hasUnseenArguments) phrases.push('with arguments nobody has seen');
  return phrases;
}

/** Effects whose own words say more than their name. */
const tells: ReadonlySet<EffectKind> = new Set(['identity', 'execute-code', 'unknown']);

function whyOf({ effects }: SimpleCommand, kind: EffectKind): string {
  return effects.find((effect) => effect.kind === kind)?.why ?? effectVerbs[kind];
}

function describePath({ path, isPrefix, pattern, isRelative }: PathObject): string {
  if (isPrefix && path === '') return 'a file that is only known at run time';
  const text = pattern ?? (isPrefix ? `${path}...` : path);
  return isRelative ? `${text} (below a directory not known)` : text;
}

function listed(names: readonly string[]): string {
  const unique = [...new Set(names)];
  const more = unique.length - maxNamed;
  return unique.slice(0, maxNamed).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
