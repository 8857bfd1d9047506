/**
 * The criterion about SQL statements: `sql: { verbs, tables, functions, where, dialects, read_only, min_joins, max_joins }`.
 *
 * HOSTILE: `users` is `public.users` to a server, TRUNCATE deletes every row, DROP SCHEMA takes its tables along, and a
 * script holds whatever it holds.
 *
 * INVARIANT: a rule that refuses is asked about every table, verb and statement that the text may be about; a rule that
 * allows counts names as they are written, and nothing that changes something without naming a table.
 */
import type { Node } from 'yaml';
import type { SimpleCommand, SqlFacts } from '../command/model.ts';
import { compileName } from './argv-pattern.ts';
import { any, both, type Certainty, certain, conceivable, no, plausible } from './certainty.ts';
import { hasEffect } from './contacted.ts';
import { alternatives, compileGlob, type Glob } from './glob.ts';
import type { CriterionReader, MatcherScope } from './matcher.ts';
import { didYouMean } from './problem.ts';
import { shellPattern } from './shell-pattern.ts';
import { effectTraits, trait } from './traits.ts';

/** What statements are called; `transaction` is BEGIN, COMMIT and the like. */
const knownVerbs =
  `select insert update delete replace merge truncate copy load create alter drop rename comment grant revoke
   reassign lock unlock set use show desc explain analyze pragma prepare execute declare fetch close do call refresh reindex cluster
   vacuum checkpoint listen unlisten notify transaction`.split(/\s+/);

const weakness = ['none-needed', 'present', 'constant', 'missing'] as const;

/** A name of a table, or of a function. */
interface NamePattern {
  readonly text: string;
  readonly matches: (name: string) => boolean;
  /** The same without what stands before the last dot. */
  readonly matchesLast: (name: string) => boolean;
  readonly matchesSchema: ((schema: string) => boolean) | undefined;
  readonly isAnyOfSchema: boolean;
  readonly glob: Glob | undefined;
}

/** Where a name without a schema is looked for, unless somebody has said otherwise on the server. */
const defaultSchemas: Readonly<Record<SqlFacts['dialect'], string | undefined>> = {
  postgresql: 'public',
  mysql: undefined,
  sqlite: 'main',
};

const afterDot = (name: string): string => name.slice(name.lastIndexOf('.') + 1);
const beforeDot = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf('.')));

function compilePattern(value: string): readonly NamePattern[] | undefined {
  return alternatives(value.toLowerCase())?.map((text) => {
    const named = (part: string) => compileName(part) ?? (() => false);
    const glob = compileGlob(`/${text}`);
    const last = afterDot(text);
    return {
      text,
      matches: named(text),
      matchesLast: named(last),
      matchesSchema: text.includes('.') ? named(beforeDot(text)) : undefined,
      isAnyOfSchema: /^\*+$/.test(last),
      glob: glob.kind === 'glob' ? glob.glob : undefined,
    };
  });
}

function mayBeTable(pattern: NamePattern, table: string, schemas: readonly string[]): Certainty {
  const { matches, matchesLast, matchesSchema, isAnyOfSchema, glob } = pattern;
  if (matches(table)) return certain;
  // `shop.*`: all that is in it.
  if (/[*?]/.test(table) && !table.includes('"')) {
    const shell = shellPattern(`/${matchesSchema === undefined ? afterDot(table) : table}`);
    return table === '*' || glob === undefined || glob.overlaps(shell) ? plausible : no;
  }
  if (matchesSchema === undefined) return matchesLast(afterDot(table)) ? certain : no;
  if (table.includes('.') || !matchesLast(table)) return no;
  return !isAnyOfSchema || schemas.some(matchesSchema) ? plausible : no;
}

/** Where an unqualified name of this command may be: of mysql, what its words say. */
function schemasOf({ argv }: SimpleCommand, { dialect }: SqlFacts): readonly string[] {
  if (dialect !== 'mysql') return [defaultSchemas[dialect] ?? ''];
  return argv.map((word) =>
    (word.kind === 'known' ? word.value : word.prefix).replace(/^(?:--database=|-D)/, '').toLowerCase(),
  );
}

/** Languages of code that is SQL, which stands somewhere else or is not read. */
const sqlLanguages: ReadonlySet<string> = new Set(['sql', 'postgresql', 'mysql', 'sqlite']);

function readNames(node: Node, key: string, { document }: MatcherScope): readonly NamePattern[] {
  return document.texts(node, `\`${key}\``).flatMap(({ value, node: at }) => {
    const patterns = compilePattern(value);
    if (patterns === undefined) document.report(at, `braces do not pair up in \`${value}\``);
    if (/[\s"`()[\]]/.test(value))
      document.report(
        at,
        `\`${value}\` never matches`,
        'a name without quotes, spaces and brackets: `users`, `shop.orders`, `shop.*`',
      );
    return patterns ?? [];
  });
}

function readVerbs(node: Node, { document }: MatcherScope): (verb: string) => boolean {
  const matchers = document.texts(node, '`verbs`').flatMap(({ value, node: at }) => {
    const matches = compileName(value.toLowerCase());
    if (matches === undefined) document.report(at, `braces do not pair up in \`${value}\``);
    else if (!knownVerbs.some(matches))
      document.report(
        at,
        `no statement is called \`${value}\``,
        didYouMean(value.toLowerCase(), knownVerbs) ?? `known: ${knownVerbs.join(', ')}`,
      );
    return matches ?? [];
  });
  return (verb) => matchers.some((matches) => matches(verb));
}

export const sql: CriterionReader = (node, scope) => {
  const { document } = scope;
  const known = ['verbs', 'tables', 'functions', 'where', 'dialects', 'read_only', 'min_joins', 'max_joins'];
  const fields = document.fields(node, '`sql`', known);
  const at = (key: string) => fields.get(key);
  const [verbsAt, tablesAt, functionsAt] = [at('verbs'), at('tables'), at('functions')];
  const verbs = verbsAt && readVerbs(verbsAt, scope);
  const tables = tablesAt && readNames(tablesAt, 'tables', scope);
  const functions = functionsAt && readNames(functionsAt, 'functions', scope);
  const choice = <T extends string>(key: string, from: readonly T[]) => {
    const found = at(key);
    return found && new Set<string>(document.choices(found, `\`${key}\``, from));
  };
  const where = choice('where', weakness);
  const dialects = choice('dialects', ['postgresql', 'mysql', 'sqlite']);
  const readOnly = fields.has('read_only') ? document.flag(at('read_only'), '`read_only`') : undefined;
  const joins = (key: string, otherwise: number) =>
    fields.has(key) ? (document.count(at(key), `\`${key}\``) ?? otherwise) : otherwise;
  const [minJoins, maxJoins] = [joins('min_joins', 0), joins('max_joins', Number.POSITIVE_INFINITY)];
  if (minJoins > maxJoins) document.report(at('min_joins'), '`min_joins` is over `max_joins`, so nothing can match');

  const covers = (facts: SqlFacts): boolean =>
    (where === undefined || where.has(facts.where)) &&
    (dialects === undefined || dialects.has(facts.dialect)) &&
    (readOnly === undefined || readOnly === facts.readOnly) &&
    facts.joins >= minJoins &&
    facts.joins <= maxJoins &&
    (verbs === undefined || facts.verbs.every(verbs)) &&
    (tables === undefined ||
      (facts.hasOther !== true && facts.tables.every((name) => tables.some(({ matches }) => matches(name))))) &&
    (functions === undefined || facts.functions.every((name) => functions.some(({ matches }) => matches(name))));

  // Without any WHERE it is about every row as well as with one that is always the same.
  const isWeak = ({ where: found }: SqlFacts) =>
    where?.has(found) === true || (found === 'missing' && where?.has('constant') === true);
  const touches = (facts: SqlFacts, command: SimpleCommand): Certainty => {
    if (where !== undefined && !isWeak(facts)) return no;
    if (dialects !== undefined && !dialects.has(facts.dialect)) return no;
    if (facts.joins < minJoins || facts.joins > maxJoins) return no;
    if (verbs !== undefined && ![...facts.verbs, ...(facts.implied ?? [])].some(verbs)) return no;
    if (
      functions !== undefined &&
      !facts.functions.some((name) => functions.some((one) => one.matches(name) || one.matchesLast(afterDot(name))))
    )
      return no;
    // Of several statements one may read and another write.
    const byReadOnly = readOnly === undefined || readOnly === facts.readOnly ? certain : readOnly ? conceivable : no;
    if (tables === undefined || byReadOnly === no) return byReadOnly;
    const schemas = schemasOf(command, facts);
    return both(
      byReadOnly,
      any(facts.tables, (table) => any(tables, (pattern) => mayBeTable(pattern, table, schemas))),
    );
  };
  return {
    key: 'sql',
    touchNeeds: trait.sql | trait.code | effectTraits(['execute-code']),
    coverNeeds: trait.sql,
    covers: ({ command }) => command.sql.length > 0 && command.sql.every(covers),
    touches: ({ command, model }) => {
      const seen = any(command.sql, (facts) => touches(facts, command));
      if (seen !== no) return seen;
      // A script, DO or CALL: nobody has read what is in it.
      const isOpen =
        command.code.some(({ language }) => sqlLanguages.has(language)) ||
        (model.stdin === 'code' && sqlLanguages.has(model.stdinLanguage ?? '') && hasEffect(command, 'execute-code')) ||
        (command.unknowns.length > 0 && command.sql.length > 0);
      return isOpen ? conceivable : no;
    },
  };
};
