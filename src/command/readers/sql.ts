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
import { noteReports, readDefinitions } from './sql-reports.ts';

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
  const notes = new SqlNotes(options);
  const rest = noteReports(text, notes, options.dialect);
  if (rest === undefined) return notes.finish();
  const parse = parsers.get(options.dialect);
  if (parse === undefined) return unread('SQL_PARSER_NOT_LOADED', 'the SQL parser is not loaded yet');
  try {
    const tree = parse(rest);
    if (options.dialect === 'postgresql') readPostgresqlTree(tree, notes);
    else readClassicTree(tree, rest, notes);
  } catch (error) {
    // Parsers raise what they like, a full stack included; the text itself stays out of the reason.
    const what = error instanceof NotSql ? error.message : 'is not accepted by the parser';
    return unread('SQL_NOT_UNDERSTOOD', `the SQL ${what}`);
  }
  return notes.finish();
}

/** What changes only how a result looks: mysql's closing `\\G`, and what asks for the plan of a query that may then run. */
function withoutDecoration(text: string, dialect: SqlOptions['dialect']): string {
  if (dialect === 'mysql') return text.replace(/\\[Gg]\s*;?\s*$/, '').replace(planned, '');
  if (dialect === 'postgresql') return text.replace(copied, 'copy ');
  return text.replace(/^\s*explain\s+query\s+plan\s+(?=select\s)/i, '');
}

/**
 * Of `\copy` what COPY says as well: without quotes and comments psql reads the same words, and what would be a file or a
 * program of the client is no SQL.
 */
const copied = /^\\copy (?=[\w (),.*=<>+]*$)/;

/** SPEC: MySQL, EXPLAIN ANALYZE and FORMAT; MariaDB, ANALYZE. */
const planned =
  /^\s*(?:explain\s+analyze\s+(?:format\s*=\s*tree\s+)?|(?:explain|analyze)\s+format\s*=\s*(?:json|tree|traditional)\s+|analyze\s+)(?=select\s)/i;

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
