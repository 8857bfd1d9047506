/** Command models made by hand, for tests of the policy that must not depend on the grammar. */
import type {
  CommandModel,
  EffectKind,
  HostObject,
  PathAccess,
  PathObject,
  SimpleCommand,
  SqlFacts,
  Word,
} from '../../src/command/model.ts';

/** `$x` is a dynamic word without a prefix, `a$x` one with the prefix `a`. */
export function word(text: string): Word {
  const dollar = text.indexOf('$');
  return dollar === -1
    ? { kind: 'known', value: text, raw: text, span: [0, 0] }
    : { kind: 'dynamic', why: 'parameter', prefix: text.slice(0, dollar), raw: text, span: [0, 0] };
}

export function path(access: PathAccess, text: string, more: Partial<PathObject> = {}): PathObject {
  return { access, path: text, isPrefix: false, isRelative: !text.startsWith('/'), hasParent: false, ...more };
}

export function host(name: string, more: Partial<HostObject> = {}): HostObject {
  return { host: name, port: 443, scope: 'public', direction: 'connect', ...more };
}

/** `delete from t` */
export const deletesAll: SqlFacts = {
  dialect: 'postgresql',
  verbs: ['delete'],
  tables: ['t'],
  functions: [],
  where: 'missing',
  joins: 0,
  readOnly: false,
};

export function command(
  words: string,
  more: Omit<Partial<SimpleCommand>, 'effects'> & { readonly effects?: readonly EffectKind[] } = {},
): SimpleCommand {
  const argv = words === '' ? [] : words.split(' ').map(word);
  const { effects = [], ...rest } = more;
  return {
    argv,
    span: [0, 0],
    via: [],
    assignments: [],
    redirects: [],
    stdin: 'session',
    tool: argv[0]?.kind === 'known' ? argv[0].value : undefined,
    subcommand: [],
    effects: effects.map((kind) => ({ kind, why: `it does ${kind}` })),
    paths: [],
    hosts: [],
    services: [],
    packages: [],
    processes: [],
    runsAs: undefined,
    code: [],
    sql: [],
    hasUnseenArguments: false,
    runsOn: undefined,
    unknowns: [],
    ...rest,
  };
}

export function model(commands: readonly SimpleCommand[], more: Partial<CommandModel> = {}): CommandModel {
  const text = commands.map(({ argv }) => argv.map(({ raw }) => raw).join(' ')).join('; ');
  const base = { text, dialect: 'bash', commands, unknowns: [], stdin: 'unused', stdinLanguage: undefined } as const;
  return { ...base, canonical: text, ...more };
}
