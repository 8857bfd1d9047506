/** Criteria about what a command touches: paths, redirections, hosts, SQL, code. */
import type { Node } from 'yaml';
import type { CodeObject, HostObject, PathAccess, PathObject, Redirect, SimpleCommand } from '../command/model.ts';
import { compileName } from './argv-pattern.ts';
import { any, both, type Certainty, certain, conceivable, either, no, plausible } from './certainty.ts';
import { contacted, contactsUnnamed, hasEffect } from './contacted.ts';
import { compileGlob, type Glob } from './glob.ts';
import type { CriterionReader, MatcherScope } from './matcher.ts';
import { compileHost, compileUrlPath, type HostPattern, misleadingHost } from './network.ts';
import { PathList } from './path-list.ts';
import { didYouMean } from './problem.ts';
import { sql } from './sql-criterion.ts';
import { accessTraits, effectTraits, trait } from './traits.ts';

const accesses = ['read', 'write', 'delete', 'execute'] as const satisfies readonly PathAccess[];
const scopes = ['public', 'private', 'loopback', 'link-local', 'metadata', 'unknown'] as const;
const directions = ['download', 'upload', 'connect'] as const;

export function readGlobs(node: Node, what: string, document: MatcherScope['document']): readonly Glob[] {
  return document.texts(node, what).flatMap(({ value, node: at }) => {
    const result = compileGlob(value);
    if (result.kind === 'glob') return [result.glob];
    document.report(at, `the path pattern \`${value}\` cannot be read: ${result.message}`);
    return [];
  });
}

/** Effects that are accesses to paths: a rule about them alone is about paths with that access. */
const accessOfEffect: Readonly<Record<string, PathAccess>> = { read: 'read', write: 'write', delete: 'delete' };

function accessesOf({ document, fields, exceptionOf }: MatcherScope): ReadonlySet<PathAccess> | undefined {
  const own = fields.get('access') ?? exceptionOf?.get('access');
  if (own !== undefined) return new Set(document.choices(own, '`access`', accesses));
  const effects = fields.get('effects') ?? exceptionOf?.get('effects');
  const implied = effects && document.texts(effects, '`effects`').map(({ value }) => accessOfEffect[value]);
  if (implied === undefined || implied.includes(undefined)) return undefined;
  return new Set(implied.flatMap((access) => access ?? []));
}

const paths: CriterionReader = (node, scope) => {
  const globs = readGlobs(node, '`paths`', scope.document);
  const list = new PathList(globs);
  const roots = globs.map((glob) => glob.roots);
  const wanted = accessesOf(scope);
  const isWanted = (path: PathObject) => wanted === undefined || wanted.has(path.access);
  const isInside = (path: PathObject) => list.contains(path) === certain;
  const flag = scope.fields.get('unknown_names_pass');
  const passes = flag !== undefined && scope.document.flag(flag, '`unknown_names_pass`') === true;
  // `ls -l "$x"` shows no content: a rule that is about content may look at the names it is sure of only.
  const touched = (path: PathObject) => {
    const how = list.touches(path);
    return passes && path.isEntry === true && how !== certain ? no : how;
  };
  // An exception of a deny rule is about the paths that rule is about, and about at least one.
  const isExempt = (all: readonly PathObject[]) =>
    all.some(isWanted) && all.every((path) => !isWanted(path) || isInside(path));
  return {
    key: 'paths',
    touchNeeds: accessTraits(wanted) | trait.unread | trait.unseenArguments,
    roots: roots.includes(undefined) ? undefined : roots.flatMap((some) => some ?? []),
    covers: ({ command }) =>
      scope.exceptionOf !== undefined
        ? isExempt(command.paths)
        : hasPlaces(command) && command.paths.every((path) => isWanted(path) && isInside(path)),
    touches: ({ command }) => {
      const seen = any(command.paths, (path) => (isWanted(path) ? touched(path) : no));
      const isUnseen = command.hasUnseenArguments && command.placesUnseen !== true;
      return isUnseen || command.unknowns.length > 0 ? either(seen, conceivable) : seen;
    },
  };
};

/**
 * What changes something, but nobody knows where, changes nothing inside a rule's paths for certain; nor does a program
 * that stands in the command lie there (`python3 -c`).
 */
function hasPlaces(command: SimpleCommand): boolean {
  const { paths: touched, code: programs } = command;
  const isPlaced = (kind: 'write' | 'delete') =>
    !hasEffect(command, kind) || touched.some(({ access }) => access === kind);
  const isRunFrom = touched.length > 0 || !hasEffect(command, 'execute-code');
  return isPlaced('write') && isPlaced('delete') && isRunFrom && programs.every(({ text }) => text === undefined);
}

const redirectOps = ['<', '>', '>>', '<>', '>|', '&>', '&>>', 'dup', 'heredoc', 'herestring'] as const;

/** Operators that do what the first does and more: asked by what refuses. */
const alsoOps: Readonly<Record<string, readonly string[]>> = {
  '>': ['>|', '&>', '<>'],
  '>>': ['&>>'],
  '<': ['<>'],
};

const redirects: CriterionReader = (node, { document }) => {
  const fields = document.fields(node, '`redirects`', ['ops', 'paths']);
  const chosen = fields.has('ops') ? document.choices(fields.get('ops'), '`ops`', redirectOps) : redirectOps;
  const ops: ReadonlySet<string> = new Set(chosen);
  const refusedOps: ReadonlySet<string> = new Set(chosen.flatMap((op) => [op, ...(alsoOps[op] ?? [])]));
  const to = fields.get('paths');
  const list = to && new PathList(readGlobs(to, '`redirects.paths`', document));
  return {
    key: 'redirects',
    touchNeeds: trait.redirects,
    covers: ({ command }) =>
      command.redirects.every((redirect) => {
        if (isHarmlessRedirect(redirect)) return true;
        const places = placesOf(redirect);
        const isInside = (path: PathObject) => list?.contains(path) === certain;
        return ops.has(redirect.op) && (list === undefined || (places.length > 0 && places.every(isInside)));
      }),
    touches: ({ command }) =>
      any(command.redirects, (redirect) => {
        if (!refusedOps.has(redirect.op)) return no;
        return list === undefined ? certain : any(placesOf(redirect), (path) => list.touches(path));
      }),
  };
};

/** Of what is no file of anybody (`/dev/null`) the name itself. */
function placesOf({ op, paths: places, target }: Redirect): readonly PathObject[] {
  if (places !== undefined || target === undefined || op === 'dup') return places ?? [];
  const text = target.kind === 'known' ? target.value : target.prefix;
  const shape = { isPrefix: target.kind === 'dynamic', isRelative: !text.startsWith('/') };
  return [{ access: 'write', path: text, ...shape, hasParent: text.split('/').includes('..') }];
}

/** Joins descriptors, hands over text that is in the command, or throws output away. */
export function isHarmlessRedirect({ op, target }: Redirect): boolean {
  if (op === 'dup' || op === 'heredoc' || op === 'herestring') return true;
  return target?.kind === 'known' && target.value === '/dev/null';
}

/** Whether one of the ports from `low` to `high` is meant. */
type PortRange = (low: number, high: number) => boolean;

interface HostTerms {
  readonly patterns: readonly HostPattern[] | undefined;
  readonly scopes: ReadonlySet<string> | undefined;
  readonly ports: PortRange | undefined;
  readonly directions: ReadonlySet<string> | undefined;
  readonly urlPaths: ((urlPath: string) => Certainty) | undefined;
}

/** `hosts` and `scopes` are read together, by whichever of the two is there first. */
const hosts =
  (self: 'hosts' | 'scopes'): CriterionReader =>
  (_, scope) => {
    if (self === 'scopes' && scope.fields.has('hosts')) return undefined;
    const terms = hostTerms(scope);
    // Whom `npm install x` or `git pull` contacts stands in files nobody has read.
    const isNamed = terms.patterns !== undefined;
    return {
      key: 'hosts',
      touchNeeds: trait.hosts | trait.unread | trait.network,
      covers: ({ command }) =>
        command.hosts.every((host) => hostMatches(terms, host) === certain && isTrusted(terms, host)) &&
        (scope.exceptionOf === undefined ? !(isNamed && contactsUnnamed(command)) : contacted(command).length > 0),
      touches: ({ command }) => {
        const otherPort = () => (terms.ports === undefined || saysPort(command, terms.ports) ? plausible : conceivable);
        const seen = any(command.hosts, (host) => hostMatches(terms, host, otherPort));
        // A host that is only known at run time stands in `hosts`; a described tool without one names none.
        const isUnread = command.tool === undefined || command.hasUnseenArguments;
        const isOpen = command.unknowns.length > 0 || (isUnread && contactsUnnamed(command));
        return isOpen ? either(seen, conceivable) : seen;
      },
    };
  };

/** HOSTILE: a host nobody named may send the client anywhere, to a metadata service as well, and any to another port. */
function isTrusted({ patterns, ports }: HostTerms, { isFollowed }: HostObject): boolean {
  return isFollowed !== true || (patterns !== undefined && ports === undefined);
}

function hostTerms({ document, fields, isExact }: MatcherScope): HostTerms {
  const hostNode = fields.get('hosts');
  const scopeNode = fields.get('scopes');
  const directionNode = fields.get('directions');
  const portNode = fields.get('ports');
  const urlPathNode = fields.get('url_paths');
  return {
    patterns:
      hostNode &&
      document.texts(hostNode, '`hosts`').flatMap(({ value, node: at }) => {
        const pattern = compileHost(value.toLowerCase(), isExact);
        const misleading = pattern && misleadingHost(value);
        if (misleading !== undefined) document.report(at, misleading.message, misleading.fix);
        if (pattern === undefined) {
          document.report(
            at,
            `\`${value}\` is not a host`,
            'a name (`*.example.com`), an address or a network (`10.0.0.0/8`)',
          );
        }
        return pattern ?? [];
      }),
    scopes: scopeNode && new Set<string>(document.choices(scopeNode, '`scopes`', scopes)),
    directions: directionNode && new Set<string>(document.choices(directionNode, '`directions`', directions)),
    ports: portNode && readPorts(portNode, document),
    urlPaths: urlPathNode && readUrlPaths(urlPathNode, document),
  };
}

function readUrlPaths(node: Node, document: MatcherScope['document']): (urlPath: string) => Certainty {
  const patterns = document.texts(node, '`url_paths`').flatMap(({ value, node: at }) => {
    const pattern = compileUrlPath(value);
    if (pattern === undefined)
      document.report(
        at,
        `\`${value}\` is not the path of a URL`,
        'for example "/health", "/api/v1/**" or "/search?*"',
      );
    return pattern ?? [];
  });
  return (urlPath) => any(patterns, (pattern) => pattern(urlPath));
}

function readPorts(node: Node, document: MatcherScope['document']): PortRange {
  const ranges = document.texts(node, '`ports`').flatMap(({ value, node: at }): (readonly [number, number])[] => {
    const found = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(value);
    const low = Number(found?.[1]);
    const high = Number(found?.[2] ?? found?.[1]);
    if (found !== null && low >= 1 && low <= high && high <= 65_535) return [[low, high]];
    document.report(at, `\`${value}\` is not a port or a range of ports`, 'for example "443" or "8000-8999"');
    return [];
  });
  return (from, to) => ranges.some(([low, high]) => from <= high && to >= low);
}

/** Whether one of the words may be such a port (`nc host 25`, `ssh -p 25 host`, `nc -z host 20-30`): it is told apart nowhere. */
function saysPort({ argv, hasUnseenArguments }: SimpleCommand, isPort: PortRange): boolean {
  return (
    hasUnseenArguments ||
    argv.slice(1).some((word) => {
      if (word.kind === 'dynamic') return true;
      const found = /(?:^|\D)(\d{1,5})(?:[-:](\d{1,5}))?$/.exec(word.value);
      if (found === null) return false;
      const [low, high] = [Number(found[1]), Number(found[2] ?? found[1])];
      return isPort(Math.min(low, high), Math.max(low, high));
    })
  );
}

/** `otherPort`: how sure it is of a port that nobody knows. */
function hostMatches(terms: HostTerms, host: HostObject, otherPort: () => Certainty = () => plausible): Certainty {
  if (terms.directions !== undefined && !terms.directions.has(host.direction)) return no;
  const byName = terms.patterns === undefined ? certain : any(terms.patterns, (pattern) => pattern(host));
  if (byName === no) return no;
  const byScope =
    terms.scopes === undefined || terms.scopes.has(host.scope) ? certain : host.scope === 'unknown' ? plausible : no;
  const byPort =
    terms.ports === undefined
      ? certain
      : host.port === undefined
        ? otherPort()
        : terms.ports(host.port, host.port)
          ? certain
          : no;
  const { urlPath } = host;
  const byPath = terms.urlPaths === undefined ? certain : urlPath === undefined ? no : terms.urlPaths(urlPath);
  return both(both(both(byName, byScope), byPort), byPath);
}

const code: CriterionReader = (node, { document, toolNames }) => {
  const known = toolNames?.languages();
  const languages = document.texts(node, '`code`').flatMap(({ value, node: at }) => {
    const matches = compileName(value);
    if (matches === undefined) document.report(at, `braces do not pair up in \`${value}\``);
    else if (known !== undefined && ![...known].some(matches))
      document.report(
        at,
        `no tool is described that runs code in \`${value}\``,
        didYouMean(value, [...known]) ?? `known: ${[...known].toSorted().join(', ')}`,
      );
    return matches ?? [];
  });
  const isNamed = (language: string) => languages.some((one) => one(language));
  const matches = ({ language }: CodeObject) => isNamed(language);
  const byTool = new Map<string, boolean>();
  const isOfTool = (tool: string): boolean => {
    const before = byTool.get(tool);
    const found = before ?? [...(toolNames?.languages(tool) ?? [])].some(isNamed);
    if (before === undefined) byTool.set(tool, found);
    return found;
  };
  // `python3 -m x` runs code whose place no word says.
  const mayRun = (command: SimpleCommand) =>
    command.code.length === 0 &&
    hasEffect(command, 'execute-code') &&
    command.tool !== undefined &&
    isOfTool(command.tool);
  return {
    key: 'code',
    touchNeeds: trait.code | effectTraits(['execute-code']),
    // What runs and is not told is no code of these languages (`make`).
    covers: ({ command }) =>
      command.code.every(matches) && (command.code.length > 0 || !hasEffect(command, 'execute-code')),
    touches: ({ command }) => (command.code.some(matches) ? certain : mayRun(command) ? plausible : no),
  };
};

export const objectKeys: Readonly<Record<string, CriterionReader>> = {
  paths,
  redirects,
  hosts: hosts('hosts'),
  scopes: hosts('scopes'),
  sql,
  code,
};
