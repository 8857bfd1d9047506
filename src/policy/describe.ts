/** Says in a few words what a command does, for reviewers, agents and `policy explain`. */
import type { EffectKind, PathObject, SimpleCommand, SqlFacts } from '../command/model.ts';
import { contacted } from './contacted.ts';

/** Longer lists help nobody decide; the whole command is shown beside. */
const maxNamed = 3;

export function describeCommand(command: SimpleCommand): string {
  const { raw = 'a redirection' } = command.argv[0] ?? {};
  // A dot alone is no word to read.
  const name = raw === '.' ? 'source' : raw;
  const does = [...describeEffects(command)];
  const account = command.runsAs === undefined || gainsRights(command) ? '' : ` as ${command.runsAs}`;
  const place = command.runsOn === undefined ? '' : ` on ${command.runsOn}`;
  const set = command.assignments.filter(({ isExported }) => isExported).map((assignment) => assignment.name);
  if (set.length > 0) does.push(`sets ${listed(set)} for ${command.argv[0]?.raw === 'export' ? 'what follows' : 'it'}`);
  return `${name}${account}${place}${does.length === 0 ? ' has no known effect' : ` ${does.join(', ')}`}`;
}

const verbs = { read: 'reads', write: 'writes', delete: 'deletes', execute: 'executes' } as const;
/** Effects whose own words say less: reading is said of everything, and what is not known is told apart. */
const ownWords: Partial<Record<EffectKind, string>> = {
  read: 'reads',
  unknown: 'does something that is not understood',
};

/** Phrases such as `writes /srv/a, /srv/b`, most worrying first. */
export function describeEffects(command: SimpleCommand): readonly string[] {
  const phrases: string[] = command.sql.flatMap(describeSql);
  const executed = new Set(command.paths.filter(({ access }) => access === 'execute').map(({ path }) => path));
  // Of what is moved, all that is in it is kept.
  const empties = !command.paths.some(({ access }) => access === 'write');
  for (const access of ['delete', 'write', 'execute', 'read'] as const) {
    // What is executed is read first.
    const isImplied = ({ path }: PathObject) => access === 'read' && executed.has(path);
    const paths = command.paths.filter((path) => path.access === access && !isImplied(path));
    const isEmptied = ({ isDeep }: PathObject) => access === 'delete' && isDeep === true && empties;
    const places = paths.map((path) => `${describePath(path)}${isEmptied(path) ? ' and all in it' : ''}`);
    if (paths.length > 0) phrases.push(`${verbs[access]} ${listed(places)}`);
  }
  const kinds = new Set(command.effects.map(({ kind }) => kind));
  if (command.sql.length > 0) for (const kind of ['read', 'write', 'delete'] as const) kinds.delete(kind);
  for (const path of command.paths) {
    kinds.delete(path.access === 'execute' ? 'execute-code' : path.access);
  }
  // Whom it contacts is said below.
  const hosts = contacted(command);
  if (hosts.length > 0) kinds.delete('network');
  if (kinds.size > 1 || phrases.length > 0) kinds.delete('read');
  for (const kind of kinds) phrases.push(describeEffect(command, kind));
  for (const [what, isUpload] of [
    ['sends data or a change to', true],
    ['contacts', false],
  ] as const) {
    const some = hosts.filter(({ direction }) => (direction === 'upload') === isUpload);
    if (some.length > 0) phrases.push(`${what} ${listed(some.map(({ host }) => host || 'a host not known'))}`);
  }
  if (command.hasUnseenArguments) phrases.push('with arguments nobody has seen');
  return phrases;
}

function describeEffect(command: SimpleCommand, kind: EffectKind): string {
  if (kind === 'privilege' && command.runsAs !== undefined) return `gains the rights of ${command.runsAs}`;
  return describeNamed(command, kind) ?? ownWords[kind] ?? withoutName(command, whyOf(command, kind));
}

function describeNamed({ services, packages, processes }: SimpleCommand, kind: EffectKind): string | undefined {
  if (kind === 'service' && services.length > 0) return `changes services (${listed(services)})`;
  if (kind === 'package' && packages.length > 0) return `changes packages (${listed(packages)})`;
  if (kind !== 'process' || processes.length === 0) return undefined;
  // A process that is only known at run time has no name.
  const names = processes.filter((name) => name !== '');
  return names.length > 0 ? `affects processes (${listed(names)})` : 'affects processes only known at run time';
}

/** Such a command says whose; of what runs inside it, the account is said. */
export function gainsRights({ effects }: SimpleCommand): boolean {
  return effects.some(({ kind }) => kind === 'privilege');
}

function whyOf({ effects }: SimpleCommand, kind: EffectKind): string {
  return effects.find((effect) => effect.kind === kind)?.why ?? kind;
}

/** Descriptions begin with the tool's name where they are read alone; here the sentence has begun with it. */
function withoutName({ argv, tool }: SimpleCommand, why: string): string {
  const name = [argv[0]?.raw, tool].find((word) => word !== undefined && why.startsWith(`${word} `));
  return name === undefined ? why : why.slice(name.length + 1);
}

const weakness = { missing: ' without WHERE: every row', constant: ' with a WHERE that is always the same' } as const;

/** `deletes rows of users without WHERE: every row`. */
function describeSql({ verbs: all, tables, where }: SqlFacts): readonly string[] {
  if (all.length === 0) return [];
  const what = tables.length === 0 ? '' : ` on ${listed(tables)}`;
  const how = where === 'missing' || where === 'constant' ? weakness[where] : '';
  return [`runs SQL ${[...new Set(all)].map((verb) => verb.toUpperCase()).join(', ')}${what}${how}`];
}

function describePath({ path, isPrefix, pattern, isRelative, isTree }: PathObject): string {
  if (isPrefix && path === '') return 'a file that is only known at run time';
  const text = pattern ?? (isPrefix ? (path.endsWith('/') ? `something below ${path}` : `${path}...`) : path);
  const whole = isTree === true ? `${text} and below` : text;
  return isRelative ? `${whole} (below a directory not known)` : whole;
}

/** What to write where a rule only may be about a path: the reason is then mostly that nobody can say which file it is. */
export function howToName({ paths }: SimpleCommand): string | undefined {
  if (paths.some(({ isPrefix, isRelative, pattern }) => isRelative || (isPrefix && pattern === undefined)))
    return 'Write out which file it is, or a glob that ends in its name (dir/*/NAME), in place of what is only known at run time.';
  if (paths.some(({ pattern }) => pattern !== undefined))
    return 'Write out which files they are, or a glob whose end says so (dir/*.log).';
  if (paths.some(({ inside }) => inside !== undefined))
    return 'Write out the whole name of the copy (dir/NAME), or a slash behind what is a directory (dir/).';
  return undefined;
}

function listed(names: readonly string[]): string {
  const unique = [...new Set(names)];
  const more = unique.length - maxNamed;
  return unique.slice(0, maxNamed).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
