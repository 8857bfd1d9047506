/**
 * Reads MySQL, MariaDB and SQLite statements from the tree of node-sql-parser.
 *
 * That grammar is not the server's, so a text comes here only after `lintClassic`: no comments (`/*!` is code for MySQL
 * and nothing for the parser), no backslashes, only plain double quotes, no client commands. Statement kinds and node types are
 * allow-lists.
 *
 * INVARIANT: what the parser skipped, and what the server would read differently, is not understood.
 */
import type { SqlFacts } from '../model.ts';
import type { SqlOptions } from '../reading.ts';
import { type Fields, fieldsOf, listOf, NotSql, type SqlNotes, type Tree, textOf } from './sql-facts.ts';
import { noteGrants, noteVariable } from './sql-settings.ts';

/** Words the mysql client takes for itself at the start of a line; `use` is a statement for both. */
const clientWords =
  /^\s*(?:[?\\]|(?:clear|connect|delimiter|edit|ego|exit|go|help|nopager|notee|nowarning|pager|print|prompt|query_attributes|quit|rehash|resetconnection|source|ssl_session_data_print|status|system|tee|warnings|charset)\b)/im;

/**
 * Every quote closed, and between double quotes nothing that begins or ends something else. A string to one server and a
 * name to another, such a word is one word to both: what is called or read from by it is noted under that name.
 */
const isLexed = /^(?:'[^']*'|`[^`]*`|"[\w %.:@,/+=*()-]*"(?!")|[^'"`])*$/;

/** Why this text must not be given to the parser, or undefined. */
export function lintClassic(text: string, dialect: SqlOptions['dialect']): string | undefined {
  if (/\/\*|\*\/|--|#/.test(text)) return 'has a comment, which servers and parsers read differently';
  if (text.includes('\\')) return 'has a backslash, which depends on the server';
  if (text.includes('"') && !isLexed.test(text)) return 'has double quotes, which depend on the server';
  if (/[^\n\t -~]/.test(text.replace(/'[^']*'/g, ''))) return 'has characters beyond ASCII outside strings';
  if (/^\s*\./m.test(text)) return 'has a client command';
  if (dialect === 'mysql' && clientWords.test(text)) return 'has a client command';
  // Outside of strings bracketed names are quotes for SQLite; `$` and `@`-names are variables that clients or servers fill in.
  const isOdd = dialect === 'sqlite' && /[[\]$@]/.test(text.replace(/'[^']*'|`[^`]*`/g, ''));
  return isOdd ? 'has bracketed names or parameters' : undefined;
}

/** Types of nodes that only structure or hold values; functions are noted, everything else is refused. */
const plainTypes = new Set(
  `column_ref expr number bigint single_quote_string string star binary_expr unary_expr expr_list cast case when else
   interval null bool boolean var origin default select values assign into hex_string full_hex_string bit_string
   natural_string extract backticks_quote_string double_quote_string date time datetime timestamp union asc desc insert replace update delete
   table param function aggr_func window_func window column alias`.split(/\s+/),
);

export function readClassicTree(parsed: Tree, text: string, notes: SqlNotes): void {
  const ast = fieldsOf(parsed)?.ast;
  const statements = Array.isArray(ast) ? ast : [ast];
  if (statements.length === 0) throw new NotSql('has no statement');
  // The parser has swallowed statements before: as many must come out as the text has.
  const pieces = text.replace(/'[^']*'|`[^`]*`/g, 'q').split(';');
  if (statements.length !== pieces.filter((piece) => piece.trim() !== '').length) {
    throw new NotSql('has statements that the parser does not show');
  }
  for (const statement of statements) {
    const body = fieldsOf(statement) ?? {};
    notes.statement(() => readStatement(body, notes), isQuery(body));
  }
  for (const entry of listOf(fieldsOf(parsed)?.tableList)) {
    const [, schema, name] = (textOf(entry) ?? '').split('::');
    if (name !== undefined && name !== 'null') notes.table(schema === 'null' ? undefined : schema, name);
  }
}

const isQuery = ({ type }: Fields): boolean =>
  /^(?:select|insert|replace|update|delete|union)$/.test(textOf(type) ?? '');

function readStatement(body: Fields, notes: SqlNotes): void {
  const type = textOf(body.type) ?? '';
  notes.verb(type === 'load_data' ? 'load' : type);
  switch (type) {
    case 'select':
    case 'insert':
    case 'replace':
    case 'update':
    case 'delete':
    case 'union':
      readQuery(body, notes);
      return;
    case 'show':
    case 'desc':
      notes.effect('read', `${type.toUpperCase()} reads the catalogue`);
      if (textOf(body.table) !== undefined) notes.table(undefined, textOf(body.table) ?? '');
      if (type === 'show') readShow(textOf(body.keyword)?.toLowerCase() ?? '', notes);
      // SPEC: MySQL, SHOW: `SHOW DATABASES WHERE expression`.
      walk(Object.values(body), notes, true);
      return;
    case 'use':
      // Its tables need no schema from then on.
      notes.defaultSchema(textOf(body.db) ?? '?');
      if (!/^[\w$-]+$/.test(textOf(body.db) ?? '') || /^mysql$/i.test(textOf(body.db) ?? ''))
        notes.effect('identity', 'USE goes to a database that holds credentials');
      return;
    case 'explain':
      // EXPLAIN ANALYZE is another statement for this parser, and an error.
      notes.effect('read', 'EXPLAIN plans a statement without running it');
      readQuery(fieldsOf(body.expr) ?? {}, notes);
      return;
    case 'create':
    case 'alter':
    case 'rename':
    case 'set':
    case 'lock':
    case 'unlock':
    case 'transaction':
      readDefinition(type, body, notes);
      return;
    case 'drop':
    case 'truncate':
      notes.changes('delete', `${type.toUpperCase()} removes from the database`);
      noteNamed(body, notes);
      if (/^(?:database|schema)$/i.test(textOf(body.keyword) ?? '')) notes.everything(textOf(body.name));
      if (type === 'truncate') notes.where('missing');
      if (type === 'truncate' || /^(?:table|database|schema)$/i.test(textOf(body.keyword) ?? ''))
        notes.implies('delete');
      if (/user|role/i.test(textOf(body.keyword) ?? '')) notes.changes('privilege', 'DROP removes an account');
      return;
    case 'grant':
    case 'revoke':
      notes.changes('privilege', `${type.toUpperCase()} changes who may do what`);
      for (const level of listOf(fieldsOf(body.on)?.priv_level)) {
        const { prefix, name } = fieldsOf(level) ?? {};
        if (name === '*') notes.everything(prefix === '*' ? undefined : textOf(prefix));
        else notes.table(textOf(prefix), textOf(name) ?? '?');
      }
      return;
    case 'call':
      notes.code(undefined, 'CALL runs a procedure');
      return;
    case 'load_data':
      readLoad(body, notes);
      return;
    default:
      throw new NotSql(`has a statement we do not know (${type.slice(0, 30) || 'none'})`);
  }
}

const shown = /^(?:create|tables|databases|columns|index|triggers|collation|character|master|binary|replica|warnings)$/;

function readShow(what: string, notes: SqlNotes): void {
  // The statements of the log, those that made accounts among them, with the hashes of their passwords.
  if (what === 'binlog') notes.effect('identity', 'SHOW BINLOG EVENTS shows every change');
  else if (what === 'grants') noteGrants(notes);
  else if (!shown.test(what)) throw new NotSql(`shows something we do not know (${what.slice(0, 30)})`);
}

function readDefinition(type: string, body: Fields, notes: SqlNotes): void {
  const keyword = textOf(body.keyword)?.toLowerCase() ?? '';
  if (type === 'transaction') return;
  noteNamed(body, notes);
  for (const change of listOf(body.expr)) noteChange(fieldsOf(change) ?? {}, notes);
  if (/^(?:user|role)$/.test(keyword)) notes.changes('privilege', `${type.toUpperCase()} changes an account`);
  else if (/^(?:function|procedure|trigger|event|extension)$/.test(keyword))
    notes.code(undefined, `${type.toUpperCase()} installs code`);
  else notes.changes(type === 'set' ? 'unknown' : 'write', `${type.toUpperCase()} changes the database or session`);
  walk(body, notes, false);
}

/** Tables as this parser has them; of those in queries it keeps a list of its own. */
function noteNamed(node: Tree, notes: SqlNotes): void {
  for (const item of listOf(node)) noteNamed(item, notes);
  const fields = fieldsOf(node);
  if (fields === undefined || isQuery(fields)) return;
  const { db, table } = fields;
  if (db !== undefined && textOf(table) !== undefined) notes.table(textOf(db), textOf(table) ?? '?');
  for (const value of Object.values(fields)) noteNamed(value, notes);
}

/** Of ALTER TABLE. */
function noteChange({ action, resource, table }: Fields, notes: SqlNotes): void {
  if (action === 'drop' && /^(?:column|partition)$/.test(textOf(resource) ?? '')) {
    notes.implies('drop');
    notes.changes('delete', 'ALTER TABLE removes rows or a column');
  }
  if (action === 'rename') notes.implies('rename');
  if (action === 'rename' && resource === 'table' && textOf(table) !== undefined)
    notes.table(undefined, textOf(table) ?? '?');
}

function readLoad(body: Fields, notes: SqlNotes): void {
  const file = textOf(fieldsOf(body.file)?.value);
  const table = fieldsOf(body.table);
  if (file === undefined) throw new NotSql('loads a file we do not see');
  notes.path('read', file, 'LOAD DATA reads a file');
  notes.implies('insert');
  notes.changes('write', 'LOAD DATA writes rows');
  notes.table(textOf(table?.db), textOf(table?.table) ?? '?');
}

function readQuery(body: Fields, notes: SqlNotes): void {
  if (!isQuery(body)) throw new NotSql('explains a statement we do not know');
  walk(body, notes, true);
}

/** Everything below a node; `isStrict` refuses node types that are not on the list. */
function walk(node: Tree, notes: SqlNotes, isStrict: boolean): void {
  if (Array.isArray(node)) {
    for (const item of node) walk(item, notes, isStrict);
    return;
  }
  const fields = fieldsOf(node);
  if (fields === undefined) return;
  const type = textOf(fields.type)?.toLowerCase();
  if (isStrict && type !== undefined && !plainTypes.has(type))
    throw new NotSql(`has an expression we do not know (${type.slice(0, 30)})`);
  if (textOf(fields.join) !== undefined) notes.join();
  readNode(type, fields, notes);
  for (const value of Object.values(fields)) walk(value, notes, isStrict);
}

function readNode(type: string | undefined, fields: Fields, notes: SqlNotes): void {
  switch (type) {
    case 'select':
      notes.verb('select');
      notes.effect('read', 'SELECT reads rows');
      notes.lists(listOf(fields.from).filter((source) => textOf(fieldsOf(source)?.join) === undefined));
      readInto(fieldsOf(fields.into) ?? {}, notes);
      if ((fields.locking_read ?? fields.for_update ?? null) !== null)
        notes.changes('write', 'SELECT FOR UPDATE locks rows');
      return;
    case 'insert':
    case 'replace':
      notes.verb(type);
      if ((fields.on_duplicate_update ?? null) !== null) notes.verb('update');
      if (type === 'replace') notes.implies('insert', 'delete');
      // SPEC: SQLite, INSERT OR REPLACE.
      if (listOf(fields.or).some((word) => /^replace$/i.test(textOf(fieldsOf(word)?.value) ?? '')))
        notes.implies('replace', 'delete');
      notes.changes('write', `${type.toUpperCase()} writes rows`);
      return;
    case 'update':
    case 'delete':
      // `ON UPDATE`, options and names reuse these words; a statement says which tables it means.
      if (fields.table === undefined && fields.from === undefined) return;
      notes.verb(type);
      notes.lists(
        listOf(type === 'update' ? fields.table : fields.from).filter(
          (source) => textOf(fieldsOf(source)?.join) === undefined,
        ),
      );
      notes.changes(type === 'update' ? 'write' : 'delete', `${type.toUpperCase()} changes rows`);
      notes.where(strengthOf(fields.where));
      return;
    case 'var':
      noteVariable(fields, notes);
      return;
    case 'function':
      notes.function(functionName(fields));
      return;
    case 'aggr_func':
    case 'window_func':
      notes.function(textOf(fields.name) ?? '?');
      return;
    default:
  }
}

function readInto(into: Fields, notes: SqlNotes): void {
  if ((into.position ?? null) === null) return;
  const file = textOf(fieldsOf(into.expr)?.value);
  if (/^(?:outfile|dumpfile)$/i.test(textOf(into.keyword) ?? '') && file !== undefined) {
    notes.path('write', file, 'SELECT INTO OUTFILE writes a file on the database server');
  } else {
    notes.changes('write', 'SELECT INTO stores the result');
  }
}

function functionName(fields: Fields): string {
  const name = fieldsOf(fields.name);
  const parts = listOf(name?.name).map((part) => textOf(fieldsOf(part)?.value) ?? '?');
  const schema = textOf(fieldsOf(name?.schema)?.value);
  return [...(schema === undefined ? [] : [schema]), ...parts].join('.') || '?';
}

function strengthOf(predicate: Tree): SqlFacts['where'] {
  if (predicate === undefined || predicate === null) return 'missing';
  return isConstant(predicate) ? 'constant' : 'present';
}

function isConstant(node: Tree): boolean {
  const fields = fieldsOf(node) ?? {};
  const operator = textOf(fields.operator)?.toUpperCase();
  if (operator === 'OR' || operator === '||') return isConstant(fields.left) || isConstant(fields.right);
  if (operator === 'AND' || operator === '&&') return isConstant(fields.left) && isConstant(fields.right);
  if (fields.type === 'binary_expr' && JSON.stringify(fields.left) === JSON.stringify(fields.right)) return true;
  return !hasColumn(node);
}

function hasColumn(node: Tree): boolean {
  if (Array.isArray(node)) return node.some(hasColumn);
  const fields = fieldsOf(node);
  if (fields === undefined) return false;
  return fields.type === 'column_ref' || Object.values(fields).some(hasColumn);
}
