/**
 * Reads the mapping under `allow:`, `approve:`, `deny:` or `except:` into a matcher.
 *
 * Refused: unknown keys, names nobody knows, and matchers that can never match.
 */
import type { Node } from 'yaml';
import type { ToolNames } from '../command/tools/index.ts';
import { commandKeys } from './command-criteria.ts';
import type { Criterion, Permission } from './criterion.ts';
import type { Fields, PolicyDocument } from './document.ts';
import { objectKeys } from './object-criteria.ts';
import { baseName, withoutVersion } from './program-name.ts';

/** What the reading of a matcher may know besides its text. */
export interface MatcherScope {
  readonly document: PolicyDocument;
  readonly fields: Fields;
  /** Exceptions of an allow rule and matchers of deny and approve rules are generous, the others exact. */
  readonly isExact: boolean;
  /** The fields of the matcher this one makes exceptions from; undefined for a matcher itself. */
  readonly exceptionOf: Fields | undefined;
  /** Names of tool descriptions; undefined when the library is not known here. */
  readonly toolNames: ToolNames | undefined;
}

export interface ReadMatcher {
  readonly criteria: readonly Criterion[];
  readonly permission: Permission;
}

export type CriterionReader = (node: Node, scope: MatcherScope) => Criterion | undefined;

const readers: Readonly<Record<string, CriterionReader>> = { ...commandKeys, ...objectKeys };
/** Keys that sharpen others and have no meaning alone. */
const helpers = ['access', 'ports', 'directions', 'url_paths', 'unseen_arguments', 'environment', 'unknown_names_pass'];
const known = [...Object.keys(readers), ...helpers];

/** The matcher of `deny: everything`. */
export const everything: ReadMatcher = {
  criteria: [],
  permission: {
    effects: undefined,
    hasCommands: false,
    hasTools: false,
    hasPaths: false,
    hasHosts: false,
    hasRedirects: false,
    hasCode: false,
    hasRunsAs: false,
    hasRunsOn: false,
    unseenArguments: false,
    unknownNamesPass: false,
    environment: new Set(),
  },
};

export function readMatcher(
  document: PolicyDocument,
  node: Node,
  options: Omit<MatcherScope, 'document' | 'fields'> & { readonly what: string },
): ReadMatcher {
  const fields = document.fields(node, options.what, options.exceptionOf === undefined ? known : [...known, 'reason']);
  const { isExact, exceptionOf, toolNames } = options;
  const scope: MatcherScope = { document, fields, isExact, exceptionOf, toolNames };
  const criteria = [...fields].flatMap(([key, value]) => readers[key]?.(value, scope) ?? []);
  if ([...fields.keys()].every((key) => key === 'reason'))
    document.report(node, `${options.what} names nothing`, 'say what it is about');
  refuseLoneHelpers(scope, node);
  refuseForAllowOnly(scope);
  refuseOtherPrograms(criteria, scope);
  return { criteria, permission: permissionOf(scope) };
}

function refuseLoneHelpers({ document, fields }: MatcherScope, node: Node): void {
  const wants = {
    access: ['paths'],

    ports: ['hosts', 'scopes'],
    directions: ['hosts', 'scopes'],
    url_paths: ['hosts', 'scopes'],
  };
  for (const [helper, partners] of Object.entries(wants)) {
    if (fields.has(helper) && !partners.some((partner) => fields.has(partner))) {
      document.report(fields.get(helper) ?? node, `\`${helper}\` sharpens \`${partners.join('` or `')}\``, 'add it');
    }
  }
}

/** In any other place these keys would say nothing, and the rule would be another than it reads. */
function refuseForAllowOnly({ document, fields, isExact, exceptionOf }: MatcherScope): void {
  if (isExact && exceptionOf === undefined) return;
  for (const key of ['environment', 'unseen_arguments']) {
    if (fields.has(key))
      document.report(
        fields.get(key),
        `\`${key}\` says what an allow rule covers besides, and nothing here`,
        key === 'environment' ? 'leave it out: a variable that no allow rule names is asked about' : 'leave it out',
      );
  }
  if (fields.has('unknown_names_pass') && !fields.has('paths'))
    document.report(fields.get('unknown_names_pass'), '`unknown_names_pass` sharpens `paths`', 'add it');
}

/** All keys must hold, so that `tools: [cat]` beside `commands: ["rm **"]` is about nothing. Of exceptions any may. */
function refuseOtherPrograms(
  criteria: readonly Criterion[],
  { document, fields, toolNames, exceptionOf }: MatcherScope,
): void {
  const namesOf = (wanted: string) => criteria.find(({ key }) => key === wanted)?.names;
  const [tools, programs] = [namesOf('tools'), namesOf('commands')];
  if (toolNames === undefined || exceptionOf !== undefined || tools === undefined || programs === undefined) return;
  const isTool = (name: string) => tools.includes(name) || tools.includes(toolNames.describedAs(name) ?? name);
  const isMeant = programs.map(baseName).some((name) => isTool(name) || isTool(withoutVersion(name)));
  if (!isMeant)
    document.report(
      fields.get('commands'),
      '`commands` and `tools` name no program in common, so nothing can match',
      'leave one of them out, or write two rules',
    );
}

function permissionOf({ document, fields }: MatcherScope): Permission {
  const effects = fields.get('effects');
  const environment = fields.get('environment');
  const unseen = fields.get('unseen_arguments');
  const names = fields.get('unknown_names_pass');
  return {
    effects: effects && new Set(document.texts(effects, 'effects').map(({ value }) => value)),
    hasCommands: fields.has('commands'),
    hasTools: fields.has('tools'),
    hasPaths: fields.has('paths'),
    hasHosts: fields.has('hosts') || fields.has('scopes'),
    hasRedirects: fields.has('redirects'),
    hasCode: fields.has('code'),
    hasRunsAs: fields.has('runs_as'),
    hasRunsOn: fields.has('runs_on'),
    unseenArguments: unseen !== undefined && document.flag(unseen, '`unseen_arguments`') === true,
    unknownNamesPass: names !== undefined && document.flag(names, '`unknown_names_pass`') === true,
    environment: new Set(environment && document.texts(environment, '`environment`').map(({ value }) => value)),
  };
}
