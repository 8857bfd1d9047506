/**
 * Statements and commands of clients that only report, and that no parser knows: MySQL's `SHOW`, SQLite's `PRAGMA`
 * without a value, and what psql and sqlite3 tell of tables (`\d`, `.schema`).
 *
 * INVARIANT: each is matched whole. A command of a client ends where its own reader would see another one begin, run a
 * program (`\d `id``, `\dt \! id`) or fill in a variable (`:x`): none of those characters is taken.
 */
import type { ProgramReading, SqlOptions } from '../reading.ts';
import { SqlNotes } from './sql-facts.ts';
import { noteGrants, noteVariables } from './sql-settings.ts';

const pragma =
  /^\s*pragma\s+(?:(?:table_x?info|table_list|index_list|index_x?info|foreign_key_list)\s*(?:\(\s*'?(\w+)'?\s*\))?|(?:database_list|compile_options|page_count|page_size|user_version|schema_version|encoding|integrity_check|quick_check|freelist_count|function_list|collation_list|journal_mode))\s*$/i;
const show =
  /^\s*show\s+(?:(?:full|global|session|extended)\s+)?(?:tables|databases|schemas|processlist|columns|fields|index|indexes|keys|status|variables|warnings|errors|engines|plugins|privileges|grants|triggers|events|profiles|collation|table\s+status|open\s+tables|master\s+status|slave\s+status|replica\s+status|binary\s+logs|engine\s+innodb\s+status|character\s+set|function\s+status|procedure\s+status|create\s+(?:table|view|database|procedure|function|trigger|event)\s+`?[\w.]+`?)(?:\s+(?:from|in|like|for)\s+(?:'[^']*'(?:@'[^']*')?|"[^"]*"|`?[\w.]+`?))*\s*$/i;

/** `SHOW INDEX FROM orders`; behind `SHOW TABLES FROM` stands a schema. */
const shownTable = /\b(?:(?:columns|fields|index|indexes|keys)\s+(?:from|in)|create\s+(?:table|view))\s+`?([\w.]+)`?/i;

/** Client commands of sqlite3 that print names and definitions; `-safe` stands in front of them as of SQL. */
const sqliteDefinition = /^\.(?:databases|(?:tables|schema|indexes|indices)(?: +([\w%]+))?) *$/;

/**
 * Those of psql: tables, indexes, functions, roles and the like, with their sizes and definitions. Left out are servers,
 * mappings, subscriptions and settings (`\des`, `\deu`, `\dRs`, `\drds`, `\dconfig`), which may hold passwords.
 */
const psqlDefinition =
  /^\\(?:conninfo|(?:d(?:[tivmsE]{1,6}|[abcCdDgLnoOpTuxyX]|dp|f[anptw]?|P[tin]*)?|l|z|sf|sv)[S+]{0,2}(?: +([\w.*?]+))?) *$/;

export function readDefinitions(text: string, options: SqlOptions): ProgramReading | undefined {
  if (options.source !== 'argument' || options.dialect === 'mysql') return undefined;
  const match = (options.dialect === 'sqlite' ? sqliteDefinition : psqlDefinition).exec(text);
  if (match === null) return undefined;
  const notes = new SqlNotes(options);
  notes.verb(options.dialect === 'sqlite' ? 'pragma' : 'show');
  notes.effect('read', 'prints definitions of the database');
  // `*` stands for the same in psql; sqlite3 takes the pattern of LIKE.
  if (match[1] !== undefined) notes.tablesLike(match[1].replace(/%/g, '*'));
  return notes.finish();
}

/** Notes the statements that only report; answers the others for the parser, or undefined when there are none. */
export function noteReports(text: string, notes: SqlNotes, dialect: SqlOptions['dialect']): string | undefined {
  if (dialect === 'postgresql') return text;
  const statements = split(text);
  const others = statements.filter((statement) => !noteReport(statement, notes, dialect));
  if (others.length === statements.length) return text;
  return others.every((statement) => statement.trim() === '') ? undefined : others.join(';');
}

/** At semicolons outside of quotes: `lintClassic` has refused every other way to hide one. */
function split(text: string): readonly string[] {
  const statements = [''];
  for (const piece of text.match(/'[^']*'|`[^`]*`|[^;'`]+|./gs) ?? []) {
    if (piece === ';') statements.push('');
    else statements.push((statements.pop() ?? '') + piece);
  }
  return statements;
}

/** PRAGMA with a value may change the file. */
function noteReport(text: string, notes: SqlNotes, dialect: SqlOptions['dialect']): boolean {
  const match = (dialect === 'sqlite' ? pragma : show).exec(text);
  if (match === null) return false;
  const verb = dialect === 'sqlite' ? 'pragma' : 'show';
  notes.verb(verb);
  notes.effect('read', `${verb.toUpperCase()} reports on the database`);
  const asked = match[1] ?? shownTable.exec(text)?.[1];
  if (asked !== undefined)
    notes.table(asked.includes('.') ? asked.split('.', 1)[0] : undefined, asked.replace(/^.*\./, ''));
  if (/\bvariables\b/i.test(text)) noteVariables(/\blike\s+['"]([^'"]*)/i.exec(text)?.[1], notes);
  if (/\bgrants\b/i.test(text)) noteGrants(notes);
  return true;
}
