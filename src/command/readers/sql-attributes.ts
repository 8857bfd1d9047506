/**
 * Finds functions that PostgreSQL calls without parentheses: `('/etc/passwd'::text).pg_read_file`, and `a.pg_read_file`
 * where `a` is a function in FROM that gives single values.
 *
 * INVARIANT: of a name behind a dot, what may be a function is noted as one. Behind a table, a view or a subselect it is a
 * column, or at most a function of that very row type, which somebody with more rights has installed.
 */
import { type Fields, fieldsOf, listOf, type SqlNotes, type Tree, textOf } from './sql-facts.ts';
import { noteCalled } from './sql-settings.ts';

/** Columns of the functions that take JSON apart; no function has these names. */
const columnsOfFunctions = new Set(['key', 'value', 'ordinality', 'path', 'seq']);

export function noteAttributes(statement: Tree, notes: SqlNotes): void {
  const sources = new Map<string, ReadonlySet<string>>();
  visit(statement, (key, body) => {
    if (key === 'RangeFunction') addSource(body, sources);
  });
  visit(statement, (key, body) => {
    if (key === 'A_Indirection') {
      for (const name of namesIn(body.indirection)) noteAttribute(name, notes);
    }
    if (key !== 'ColumnRef') return;
    const names = namesIn(body.fields);
    const name = names.at(-1);
    const columns = sources.get(names.at(-2) ?? '') ?? sources.get('');
    if (name !== undefined && names.length > 1 && columns?.has(name) === false) noteAttribute(name, notes);
  });
}

function noteAttribute(name: string, notes: SqlNotes): void {
  if (columnsOfFunctions.has(name)) return;
  notes.function(name);
  // What it is asked stands somewhere else.
  noteCalled(name, {}, notes);
}

/** A function in FROM goes by its alias, or else by its own name; the empty name stands for one that has neither. */
function addSource(body: Fields, sources: Map<string, ReadonlySet<string>>): void {
  const alias = fieldsOf(body.alias);
  const columns = new Set(namesIn(alias?.colnames));
  for (const definition of listOf(body.coldeflist)) {
    const name = textOf(fieldsOf(fieldsOf(definition)?.ColumnDef)?.colname);
    if (name !== undefined) columns.add(name);
  }
  const called = listOf(body.functions).flatMap((entry) => listOf(fieldsOf(fieldsOf(entry)?.List)?.items));
  const ownName = namesIn(fieldsOf(fieldsOf(called[0])?.FuncCall)?.funcname).at(-1);
  const name = textOf(alias?.aliasname) ?? ownName ?? '';
  // HOSTILE: another part of the statement may use the name again, and give it a column called like a function.
  const before = sources.get(name);
  sources.set(name, before === undefined ? columns : new Set([...columns].filter((column) => before.has(column))));
}

function namesIn(nodes: Tree): readonly string[] {
  return listOf(nodes).flatMap((node) => textOf(fieldsOf(fieldsOf(node)?.String)?.sval) ?? []);
}

function visit(node: Tree, look: (key: string, body: Fields) => void): void {
  if (Array.isArray(node)) {
    for (const item of node) visit(item, look);
    return;
  }
  for (const [key, value] of Object.entries(fieldsOf(node) ?? {})) {
    const body = fieldsOf(value);
    if (body !== undefined) look(key, body);
    visit(value, look);
  }
}
