/**
 * Settings of a server that hold a password, and who reads them. Of PostgreSQL these are `SHOW primary_conninfo`, `SHOW ALL`,
 * `current_setting(…)` and the view pg_settings, unless what is asked for are others by their names. Of settings that
 * somebody made up (`app.jwt_secret`) the name says what they are; no list shows these.
 *
 * Only accounts with more rights see these; what the agent's account is nobody here knows.
 */
import { saysSecret } from '../secret-name.ts';
import { meet } from '../tools/place.ts';
import { type Fields, fieldsOf, listOf, type SqlNotes, stringValue, type Tree, textOf } from './sql-facts.ts';

/** Of MariaDB, MySQL and ProxySQL. Without a pattern all of them are shown. */
const secretVariables = [
  'report_password',
  's3_secret_key',
  'hashicorp_key_management_token',
  'admin-admin_credentials',
];

/** `SHOW VARIABLES LIKE 'max%'`: undefined where nothing stands behind LIKE. */
export function noteVariables(pattern: string | undefined, notes: SqlNotes): void {
  if (pattern === undefined || secretVariables.some((name) => meet(globOf(pattern), name))) note(notes);
}

/** MariaDB shows the hash of the password with them. */
export const noteGrants = (notes: SqlNotes): void =>
  notes.effect('identity', 'SHOW GRANTS may show a hash of the password');

/** `@@global.report_password` */
export function noteVariable({ prefix, name, members }: Fields, notes: SqlNotes): void {
  if (textOf(prefix) !== '@@') return;
  const asked = [name, ...listOf(members)].map((part) => textOf(part)?.toLowerCase() ?? '').at(-1) ?? '';
  if (secretVariables.includes(asked)) note(notes);
}

const globOf = (pattern: string): string => pattern.toLowerCase().replace(/%/g, '*').replace(/_/g, '?');

/** How a standby logs in to its primary, and the command that prints the passphrase of a key. */
const secret = ['primary_conninfo', 'ssl_passphrase_command'];

const isSecret = (name: string): boolean => secret.includes(name) || (name.includes('.') && saysSecret(name));

const note = (notes: SqlNotes): void => notes.effect('identity', 'reads settings, some of which hold a password');

/** SPEC: PostgreSQL, SHOW: `ALL` shows every one. To PgBouncer FDS are its connections, with their passwords. */
export function noteShown({ name }: Fields, notes: SqlNotes): void {
  const shown = textOf(name)?.toLowerCase() ?? 'all';
  if (shown === 'all' || shown === 'fds' || isSecret(shown)) note(notes);
}

export function noteCalled(name: string, { args }: Fields, notes: SqlNotes): void {
  if (!/^(?:pg_catalog\.)?current_setting$/i.test(name)) return;
  const asked = constant(listOf(args)[0])?.toLowerCase();
  if (asked === undefined || isSecret(asked)) note(notes);
}

export function noteSelected({ fromClause, whereClause }: Fields, notes: SqlNotes): void {
  const sources = listOf(fromClause);
  if (!sources.some(isSettings)) return;
  // HOSTILE: `pg_settings AS s (a, name)` calls another column so, and so may another table.
  const alias = fieldsOf(fieldsOf(fieldsOf(sources[0])?.RangeVar)?.alias);
  const isAlone = sources.length === 1 && listOf(alias?.colnames).length === 0;
  if (!isAlone || !asksForOthers(whereClause)) note(notes);
}

/** The view itself, or a join in which it stands; a nested query is looked at by itself. */
function isSettings(node: Tree): boolean {
  const { RangeVar, JoinExpr } = fieldsOf(node) ?? {};
  const join = fieldsOf(JoinExpr);
  if (join !== undefined) return isSettings(join.larg) || isSettings(join.rarg);
  return textOf(fieldsOf(RangeVar)?.relname)?.toLowerCase() === 'pg_settings';
}

/** `name = 'x'`, `name IN ('x', 'y')` or `name LIKE 'x%'`, and of an OR all of it. */
function asksForOthers(node: Tree): boolean {
  const { BoolExpr, A_Expr } = fieldsOf(node) ?? {};
  const all = fieldsOf(BoolExpr);
  if (all !== undefined) {
    const args = listOf(all.args);
    if (all.boolop === 'AND_EXPR') return args.some(asksForOthers);
    return all.boolop === 'OR_EXPR' && args.every(asksForOthers);
  }
  const compared = fieldsOf(A_Expr);
  // `IS DISTINCT FROM` goes by the name of `=` as well.
  const isPlain = /^AEXPR_(?:OP|IN|LIKE|ILIKE)$/.test(textOf(compared?.kind) ?? '');
  if (compared === undefined || !isPlain || !isName(compared.lexpr)) return false;
  const operator = listOf(compared.name).map(stringValue).join('.');
  const values = valuesOf(compared.rexpr);
  return values.length > 0 && values.every((value) => value !== undefined && !meets(operator, value));
}

function isName(node: Tree): boolean {
  const names = listOf(fieldsOf(fieldsOf(node)?.ColumnRef)?.fields).map(stringValue);
  return names.length === 1 && names[0] === 'name';
}

function valuesOf(node: Tree): readonly (string | undefined)[] {
  const list = fieldsOf(fieldsOf(node)?.List);
  return list === undefined ? [constant(node)] : listOf(list.items).map(constant);
}

function meets(operator: string, value: string): boolean {
  if (operator === '=') return secret.includes(value.toLowerCase());
  if (!/^~~\*?$/.test(operator) || /[\\*?[]/.test(value)) return true;
  return secret.some((name) => meet(globOf(value), name));
}

function constant(node: Tree): string | undefined {
  return textOf(fieldsOf(fieldsOf(fieldsOf(node)?.A_Const)?.sval)?.sval);
}
