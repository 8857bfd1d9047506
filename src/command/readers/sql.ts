/**
 * Reads SQL given to a client: PostgreSQL by its own grammar, MySQL, MariaDB and SQLite by a stricter detour.
 *
 * The parsers are large and load only when the first SQL is met: until `prepareSql()` has been awaited, every text is the
 * unknown `SQL_PARSER_NOT_LOADED`. Commands of the clients themselves (`\!`, `\copy`, `system`, `.shell`) are no SQL.
 *
 * INVARIANT: a text that no parser accepted whole has no facts, only an unknown.
 */
import type { ProgramReading, SqlOptions } from '../reading.ts';
import { oddText, unread } from './reading.ts';
import { lintClassic, readClassicTree } from './sql-classic.ts';
import { NotSql, SqlNotes } from './sql-facts.ts';
import { readPostgresqlTree } from './sql-postgresql.ts';

type Parse = (text: string) => unknown;

/** Brackets deeper than this make parsers recurse until their stack ends. */
const maxDepth = 100;

const parsers = new Map<SqlOptions['dialect'], Parse>();
let loading: Promise<void> | undefined;

/** Loads the three parsers once (about 60 ms); later calls return the same promise. */
export function prepareSql(): Promise<void> {
  loading ??= loadParsers();
  return loading;
}

async function loadParsers(): Promise<void> {
  const [postgresql, mysql, sqlite] = await Promise.all([
    import('libpg-query'),
    import('node-sql-parser/build/mysql.js'),
    import('node-sql-parser/build/sqlite.js'),
  ]);
  await postgresql.loadModule();
  parsers.set('postgresql', (text) => postgresql.parseSync(text));
  const mysqlParser = new mysql.default.Parser();
  parsers.set('mysql', (text) => mysqlParser.parse(text, { database: 'mysql' }));
  const sqliteParser = new sqlite.default.Parser();
  parsers.set('sqlite', (text) => sqliteParser.parse(text, { database: 'sqlite' }));
}

export function readSql(written: string, options: SqlOptions): ProgramReading {
  const text = withoutDecoration(written, options.dialect);
  const definitions = readDefinitions(text, options);
  if (definitions !== undefined) return definitions;
  const odd = oddText(text) ?? lint(text, options);
  if (odd !== undefined) return unread('SQL_TEXT_ODD', `the SQL ${odd}`);
  const plain = readReport(text, options);
  if (plain !== undefined) return plain;
  const parse = parsers.get(options.dialect);
  if (parse === undefined) return unread('SQL_PARSER_NOT_LOADED', 'the SQL parser is not loaded yet');
  const notes = new SqlNotes(options);
  try {
    const tree = parse(text);
    if (options.dialect === 'postgresql') readPostgresqlTree(tree, notes);
    else readClassicTree(tree, text, notes);
  } catch (error) {
    // Parsers raise what they like, a full stack included; the text itself stays out of the reason.
    const what = error instanceof NotSql ? error.message : 'is not accepted by the parser';
    return unread('SQL_NOT_UNDERSTOOD', `the SQL ${what}`);
  }
  return notes.finish();
}

/** What changes only how a result looks: mysql's closing `\\G`, SQLite's `EXPLAIN QUERY PLAN`. */
function withoutDecoration(text: string, dialect: SqlOptions['dialect']): string {
  if (dialect === 'mysql') return text.replace(/\\[Gg]\s*;?\s*$/, '');
  return dialect === 'sqlite' ? text.replace(/^\s*explain\s+query\s+plan\s+(?=select\s)/i, '') : text;
}

function lint(text: string, options: SqlOptions): string | undefined {
  let depth = 0;
  let deepest = 0;
  for (const char of text) {
    if (char === '(' || char === '[') depth += 1;
    if (char === ')' || char === ']') depth -= 1;
    deepest = Math.max(deepest, depth);
  }
  if (deepest > maxDepth) return 'is nested too deeply';
  if (options.dialect !== 'postgresql') return lintClassic(text, options.dialect);
  // With standard_conforming_strings off a backslash hides the quote behind it.
  if (/\\['"]/.test(text)) return 'has a backslash before a quote, which depends on the server';
  if (options.source === 'argument') return undefined;
  if (text.includes('\\')) return 'has a backslash, which psql may take for its own command';
  return /(?:^|[^:]):['"{A-Za-z_]/.test(text) ? 'has a variable that psql fills in' : undefined;
}

const pragma =
  /^\s*pragma\s+(?:(?:table_x?info|table_list|index_list|index_x?info|foreign_key_list)\s*(?:\(\s*'?(\w+)'?\s*\))?|(?:database_list|compile_options|page_count|page_size|user_version|schema_version|encoding|integrity_check|quick_check|freelist_count|function_list|collation_list|journal_mode))\s*;?\s*$/i;
const show =
  /^\s*show\s+(?:(?:full|global|session|extended)\s+)?(?:tables|databases|schemas|processlist|columns|fields|index|indexes|keys|status|variables|warnings|errors|engines|plugins|privileges|grants|triggers|events|profiles|collation|table\s+status|open\s+tables|master\s+status|slave\s+status|replica\s+status|binary\s+logs|engine\s+innodb\s+status|character\s+set|function\s+status|procedure\s+status|create\s+(?:table|view|database|procedure|function|trigger|event)\s+`?[\w.]+`?)(?:\s+(?:from|in|like|for)\s+(?:'[^']*'(?:@'[^']*')?|`?[\w.]+`?))*\s*;?\s*$/i;

/** Client commands of sqlite3 that print names and definitions; `-safe` stands in front of them as of SQL. */
const definitionCommand = /^\.(?:databases|(?:tables|schema|indexes|indices)(?: +([\w%]+))?) *$/;

/** Statements that only report and that the parser does not know. PRAGMA with a value may change the file. */
function readReport(text: string, options: SqlOptions): ProgramReading | undefined {
  const match = (options.dialect === 'sqlite' ? pragma : show).exec(text);
  if (match === null || options.dialect === 'postgresql') return undefined;
  const verb = options.dialect === 'sqlite' ? 'pragma' : 'show';
  const notes = new SqlNotes(options);
  notes.verb(verb);
  notes.effect('read', `${verb.toUpperCase()} reports on the database`);
  if (match[1] !== undefined) notes.table(undefined, match[1]);
  // MariaDB shows the hash of the password with them.
  if (/\bgrants\b/i.test(text)) notes.effect('identity', 'SHOW GRANTS may show a hash of the password');
  return notes.finish();
}

function readDefinitions(text: string, options: SqlOptions): ProgramReading | undefined {
  const match = options.dialect === 'sqlite' && options.source === 'argument' ? definitionCommand.exec(text) : null;
  if (match === null) return undefined;
  const notes = new SqlNotes(options);
  notes.verb('pragma');
  notes.effect('read', 'prints definitions of the database');
  if (match[1] !== undefined) notes.table(undefined, match[1]);
  return notes.finish();
}
