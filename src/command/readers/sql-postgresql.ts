/**
 * Reads PostgreSQL statements from the tree of PostgreSQL's own grammar.
 *
 * Statements are an allow-list; whatever is not on it is not understood. Names are resolved as the server does: a
 * common table expression hides a table only where it is in scope.
 *
 * INVARIANT: `readOnly` is said only of statements that take no lock, write nothing and call only functions known to
 * read; `where` is the weakest predicate of all statements, nested ones included.
 */
import type { SqlFacts } from '../model.ts';
import { noteAttributes } from './sql-attributes.ts';
import { type Fields, fieldsOf, listOf, NotSql, type SqlNotes, stringValue, type Tree, textOf } from './sql-facts.ts';
import { noteObjects } from './sql-objects.ts';
import { noteCalled, noteSelected, noteShown } from './sql-settings.ts';

/** Settings of a session that change how long and how results look, not what is read or written. */
const plainSettings =
  /^(?:statement_timeout|lock_timeout|idle_in_transaction_session_timeout|timezone|datestyle|intervalstyle|client_encoding|application_name|work_mem|extra_float_digits|bytea_output|enable_[a-z_]+|transaction_read_only|default_transaction_read_only|jit|client_min_messages|geqo)$/i;

const defining: Readonly<Record<string, string>> = {
  CreateStmt: 'create',
  IndexStmt: 'create',
  ViewStmt: 'create',
  CreateSchemaStmt: 'create',
  CreateSeqStmt: 'create',
  CreateEnumStmt: 'create',
  CreateDomainStmt: 'create',
  CompositeTypeStmt: 'create',
  CreateStatsStmt: 'create',
  CreateTableAsStmt: 'create',
  CreatedbStmt: 'create',
  CommentStmt: 'comment',
  RenameStmt: 'alter',
  AlterTableStmt: 'alter',
  AlterSeqStmt: 'alter',
  AlterEnumStmt: 'alter',
  AlterObjectSchemaStmt: 'alter',
  AlterDatabaseStmt: 'alter',
  RefreshMatViewStmt: 'refresh',
  VacuumStmt: 'vacuum',
  ReindexStmt: 'reindex',
  ClusterStmt: 'cluster',
  LockStmt: 'lock',
  CheckPointStmt: 'checkpoint',
  NotifyStmt: 'notify',
  ListenStmt: 'listen',
  UnlistenStmt: 'unlisten',
};
const removing: Readonly<Record<string, string>> = { DropStmt: 'drop', TruncateStmt: 'truncate', DropdbStmt: 'drop' };
const granting: Readonly<Record<string, string>> = {
  GrantStmt: 'grant',
  GrantRoleStmt: 'grant',
  CreateRoleStmt: 'create',
  AlterRoleStmt: 'alter',
  AlterRoleSetStmt: 'alter',
  DropRoleStmt: 'drop',
  AlterDefaultPrivilegesStmt: 'alter',
  AlterOwnerStmt: 'alter',
  ReassignOwnedStmt: 'reassign',
  DropOwnedStmt: 'drop',
  CreatePolicyStmt: 'create',
  AlterPolicyStmt: 'alter',
  AlterSystemStmt: 'alter',
  AlterDatabaseSetStmt: 'alter',
};
const executing: Readonly<Record<string, string>> = {
  DoStmt: 'do',
  CallStmt: 'call',
  ExecuteStmt: 'execute',
  CreateFunctionStmt: 'create',
  CreateTrigStmt: 'create',
  CreateEventTrigStmt: 'create',
  CreateExtensionStmt: 'create',
  AlterExtensionStmt: 'alter',
  LoadStmt: 'load',
  RuleStmt: 'create',
  CreateFdwStmt: 'create',
  CreateForeignServerStmt: 'create',
  CreateSubscriptionStmt: 'create',
  AlterSystemStmt: 'alter',
};

export function readPostgresqlTree(parsed: Tree, notes: SqlNotes): void {
  const statements = listOf(fieldsOf(parsed)?.stmts);
  if (statements.length === 0) throw new NotSql('has no statement');
  for (const raw of statements) notes.statement(() => readStatement(fieldsOf(raw)?.stmt, notes));
  noteAttributes(statements, notes);
}

/** One statement, wrapped in an object whose only key is its kind. */
function readStatement(node: Tree, notes: SqlNotes): void {
  const [[kind = '', value] = []] = Object.entries(fieldsOf(node) ?? {});
  const body = fieldsOf(value) ?? {};
  switch (kind) {
    case 'SelectStmt':
    case 'InsertStmt':
    case 'UpdateStmt':
    case 'DeleteStmt':
    case 'MergeStmt':
      if (kind === 'SelectStmt') notes.verb('select');
      walk(node, new Set(), notes);
      return;
    case 'ExplainStmt': {
      const names = listOf(body.options).map((option) => textOf(fieldsOf(fieldsOf(option)?.DefElem)?.defname));
      notes.verb('explain');
      // Planning evaluates functions that claim to be immutable, so a query is read like one that runs.
      const isQuery = fieldsOf(body.query)?.SelectStmt !== undefined;
      if (isQuery || names.includes('analyze')) readStatement(body.query, notes);
      else {
        notes.effect('read', 'EXPLAIN plans a statement without running it');
        notes.planned((inner) => readStatement(body.query, inner));
      }
      return;
    }
    case 'PrepareStmt':
    case 'DeclareCursorStmt':
      notes.verb(kind === 'PrepareStmt' ? 'prepare' : 'declare');
      readStatement(body.query, notes);
      return;
    case 'VariableShowStmt':
      notes.verb('show');
      notes.effect('read', 'SHOW reads a setting');
      noteShown(body, notes);
      return;
    case 'VariableSetStmt':
      readSetting(body, notes);
      return;
    case 'TransactionStmt':
      notes.verb('transaction');
      // What was prepared stays, and locks rows, until somebody ends it, whoever prepared it.
      if (/PREPARE/.test(textOf(body.kind) ?? '')) notes.changes('write', 'ends or keeps a prepared transaction');
      return;
    case 'FetchStmt':
    case 'ClosePortalStmt':
    case 'DeallocateStmt':
      notes.verb(kind === 'FetchStmt' ? 'fetch' : 'close');
      return;
    case 'CopyStmt':
      readCopy(body, notes);
      return;
    default:
      readOther(kind, node, body, notes);
  }
}

/** Statements that share a node of the tree with another. */
function otherVerb(kind: string, body: Fields): string | undefined {
  if (/^Grant(?:Role)?Stmt$/.test(kind) && body.is_grant !== true) return 'revoke';
  return kind === 'VacuumStmt' && body.is_vacuumcmd !== true ? 'analyze' : undefined;
}

function readOther(kind: string, node: Tree, body: Fields, notes: SqlNotes): void {
  const verb = otherVerb(kind, body) ?? defining[kind] ?? removing[kind] ?? granting[kind] ?? executing[kind];
  if (verb === undefined) throw new NotSql(`has a statement we do not know (${kind || 'none'})`);
  notes.verb(verb);
  if (defining[kind] !== undefined) notes.changes('write', `${verb.toUpperCase()} changes the database`);
  if (removing[kind] !== undefined) notes.changes('delete', `${verb.toUpperCase()} removes from the database`);
  if (granting[kind] !== undefined) notes.changes('privilege', `${verb.toUpperCase()} changes who may do what`);
  if (executing[kind] !== undefined)
    notes.code(undefined, `${verb.toUpperCase()} runs or installs code in the database`);
  if (kind === 'TruncateStmt') notes.where('missing');
  noteObjects(kind, body, notes);
  walk(node, new Set(), notes);
}

function readSetting(body: Fields, notes: SqlNotes): void {
  const name = textOf(body.name) ?? 'all';
  notes.verb('set');
  if (plainSettings.test(name)) return;
  const isRole = /^(?:role|session_authorization)$/i.test(name);
  notes.changes(isRole ? 'privilege' : 'unknown', `SET changes ${name}`);
}

function readCopy(body: Fields, notes: SqlNotes): void {
  notes.verb('copy');
  const file = textOf(body.filename);
  const isFrom = body.is_from === true;
  if (body.is_program === true) {
    if (file === undefined) throw new NotSql('copies with a program we do not see');
    notes.shell(file);
  } else if (file !== undefined) {
    notes.path(isFrom ? 'read' : 'write', file, `COPY ${isFrom ? 'reads' : 'writes'} a file on the database server`);
  }
  notes.implies(isFrom ? 'insert' : 'select');
  if (isFrom) notes.changes('write', 'COPY FROM writes rows');
  else notes.effect('read', 'COPY TO reads rows');
  walk(body, new Set(), notes);
}

/** Everything below a node: tables, functions, joins, predicates, nested statements. */
function walk(node: Tree, scope: ReadonlySet<string>, notes: SqlNotes): void {
  if (Array.isArray(node)) {
    for (const item of node) walk(item, scope, notes);
    return;
  }
  const fields = fieldsOf(node);
  if (fields === undefined) return;
  const inner = fields.withClause === undefined ? scope : walkWith(fields.withClause, scope, notes);
  for (const [key, value] of Object.entries(fields)) {
    const body = fieldsOf(value);
    if (key === 'withClause') continue;
    if (body !== undefined) readNode(key, body, inner, notes);
    walk(value, inner, notes);
  }
}

/** Names that the rest of the statement sees; without RECURSIVE a query sees only those before it. */
function walkWith(clause: Tree, outer: ReadonlySet<string>, notes: SqlNotes): ReadonlySet<string> {
  const body = fieldsOf(clause);
  const tables = listOf(body?.ctes).map((entry) => fieldsOf(fieldsOf(entry)?.CommonTableExpr) ?? {});
  const names = tables.map((table) => textOf(table.ctename) ?? '');
  const all = new Set([...outer, ...names]);
  for (const [i, table] of tables.entries()) {
    walk(table.ctequery, body?.recursive === true ? all : new Set([...outer, ...names.slice(0, i)]), notes);
  }
  return all;
}

function readNode(kind: string, body: Fields, scope: ReadonlySet<string>, notes: SqlNotes): void {
  const name = textOf(body.relname);
  // Targets (`relation`, `rel`) are always tables; only FROM can mean a common table expression.
  if (name !== undefined && (kind !== 'RangeVar' || body.schemaname !== undefined || !scope.has(name))) {
    notes.table(textOf(body.schemaname), name);
  }
  for (const operator of [body.operName, body.useOp]) {
    if (listOf(operator).length > 1) notes.function(`operator ${listOf(operator).map(stringValue).join('.')}`);
  }
  // The sides of a UNION stand bare under these keys; those of a join are wrapped.
  const isSide = (kind === 'larg' || kind === 'rarg') && body.op !== undefined;
  switch (isSide ? 'SelectStmt' : kind) {
    case 'SelectStmt':
      // What INSERT puts in with VALUES is a query to the grammar only.
      if (body.valuesLists === undefined) notes.verb('select');
      notes.effect('read', 'SELECT reads rows');
      noteSelected(body, notes);
      if (body.intoClause !== undefined) {
        notes.verb('create');
        notes.changes('write', 'SELECT INTO creates a table');
      }
      notes.lists(body.fromClause);
      if (body.lockingClause !== undefined) notes.changes('write', 'SELECT FOR UPDATE locks rows');
      return;
    case 'InsertStmt':
      notes.verb('insert');
      if (fieldsOf(body.onConflictClause)?.action === 'ONCONFLICT_UPDATE') notes.verb('update');
      notes.changes('write', 'INSERT writes rows');
      return;
    case 'UpdateStmt':
      noteReturned(body, notes);
      notes.verb('update');
      notes.changes('write', 'UPDATE changes rows');
      notes.where(strengthOf(body.whereClause));
      notes.lists([body.relation, ...listOf(body.fromClause)]);
      noteSelected(body, notes);
      return;
    case 'DeleteStmt':
      noteReturned(body, notes);
      notes.verb('delete');
      notes.changes('delete', 'DELETE removes rows');
      notes.where(strengthOf(body.whereClause));
      notes.lists([body.relation, ...listOf(body.usingClause)]);
      noteSelected({ ...body, fromClause: body.usingClause }, notes);
      return;
    case 'MergeStmt':
      noteReturned(body, notes);
      notes.verb('merge');
      notes.join();
      notes.changes('write', 'MERGE changes rows');
      notes.changes('delete', 'MERGE may remove rows');
      for (const clause of listOf(body.mergeWhenClauses))
        readMergeClause(fieldsOf(fieldsOf(clause)?.MergeWhenClause) ?? {}, body, notes);
      noteSelected({ fromClause: [body.sourceRelation] }, notes);
      return;
    case 'JoinExpr':
      notes.join();
      return;
    case 'FuncCall': {
      const called = listOf(body.funcname).map(stringValue).join('.');
      notes.function(called);
      noteCalled(called, body, notes);
      return;
    }
    case 'ColumnRef':
      // What is set for an account, which may be a secret of somebody's own (`app.jwt_secret`).
      if (/^(?:rol|use)config$/.test(stringValue(listOf(body.fields).at(-1))))
        notes.effect('identity', 'reads the settings of accounts');
      return;
    case 'RangeTableSample': {
      const method = listOf(body.method).map(stringValue).join('.');
      if (!/^(?:pg_catalog\.)?(?:bernoulli|system)$/.test(method)) notes.function(method);
      return;
    }
    case 'A_Expr':
      // `a OPERATOR(s.+) b` calls a function of somebody's schema.
      if (listOf(body.name).length > 1) notes.function(`operator ${listOf(body.name).map(stringValue).join('.')}`);
      return;
    default:
  }
}

/** Rows that were there before; what INSERT returns was in the command. */
function noteReturned({ returningClause }: Fields, notes: SqlNotes): void {
  if (returningClause === undefined) return;
  notes.implies('select');
  notes.effect('read', 'RETURNING reads rows');
}

/** Which rows it is about say the condition behind ON and its own. */
function readMergeClause(
  { commandType, matchKind, condition }: Fields,
  { joinCondition }: Fields,
  notes: SqlNotes,
): void {
  const verb = { CMD_INSERT: 'insert', CMD_UPDATE: 'update', CMD_DELETE: 'delete' }[textOf(commandType) ?? ''];
  if (verb === undefined) return;
  notes.verb(verb);
  const isChosen = condition !== undefined && strengthOf(condition) === 'present';
  if (verb !== 'insert' && !isChosen)
    notes.where(matchKind === 'MERGE_WHEN_NOT_MATCHED_BY_SOURCE' ? 'missing' : strengthOf(joinCondition));
}

function strengthOf(predicate: Tree): SqlFacts['where'] {
  if (predicate === undefined) return 'missing';
  return isConstant(predicate) ? 'constant' : 'present';
}

/** True when the predicate cannot tell rows apart: no column in it, `a = a`, or such a part of an OR. */
function isConstant(node: Tree): boolean {
  const fields = fieldsOf(node) ?? {};
  if (fields.CurrentOfExpr !== undefined) return false;
  const bool = fieldsOf(fields.BoolExpr);
  if (bool !== undefined) {
    const args = listOf(bool.args);
    return bool.boolop === 'OR_EXPR' ? args.some(isConstant) : args.every(isConstant);
  }
  const compare = fieldsOf(fields.A_Expr);
  if (compare !== undefined && sameText(compare.lexpr, compare.rexpr)) return true;
  return !hasColumn(node);
}

function sameText(a: Tree, b: Tree): boolean {
  const plain = (tree: Tree) => JSON.stringify(tree, (key, value: unknown) => (key === 'location' ? undefined : value));
  return a !== undefined && plain(a) === plain(b);
}

function hasColumn(node: Tree): boolean {
  if (Array.isArray(node)) return node.some(hasColumn);
  const fields = fieldsOf(node);
  if (fields === undefined) return false;
  return Object.entries(fields).some(([key, value]) => key === 'ColumnRef' || hasColumn(value));
}
