/**
 * Tables that PostgreSQL's tree does not have as tables: names in lists of strings, all that is in a schema, and what a
 * statement takes along without a name (DROP OWNED, TRUNCATE … CASCADE).
 *
 * INVARIANT: what goes or changes with a statement is noted, if need be as everything.
 */
import { type Fields, fieldsOf, listOf, type SqlNotes, stringValue, type Tree, textOf } from './sql-facts.ts';

const namesOf = (list: Tree): readonly string[] => listOf(fieldsOf(fieldsOf(list)?.List)?.items).map(stringValue);

/** What hangs on a table stands behind the table's name. */
const hangsOnTable = /^OBJECT_(?:COLUMN|TRIGGER|RULE|POLICY|TABCONSTRAINT)$/;
const isLikeTable = /^OBJECT_(?:TABLE|VIEW|MATVIEW|FOREIGN_TABLE|SEQUENCE|INDEX|STATISTIC_EXT)$/;

/** Tables that stand in lists of strings, and all the tables of what goes as a whole. */
export function noteObjects(kind: string, body: Fields, notes: SqlNotes): void {
  const isCascade = body.behavior === 'DROP_CASCADE';
  const noteList = (list: Tree, type: string) => {
    const parts = [...namesOf(list)];
    if (hangsOnTable.test(type)) parts.pop();
    const name = isLikeTable.test(type) || hangsOnTable.test(type) ? parts.pop() : undefined;
    if (name !== undefined) notes.table(parts.at(-1), name);
  };
  switch (kind) {
    case 'DropStmt': {
      const type = textOf(body.removeType) ?? '';
      for (const object of listOf(body.objects)) {
        if (type === 'OBJECT_SCHEMA') notes.everything(stringValue(object));
        else noteList(object, type);
      }
      if (/^OBJECT_(?:TABLE|MATVIEW|SCHEMA)$/.test(type)) notes.implies('delete');
      // With a type go the columns of that type, with an extension its tables.
      if (isCascade && !isLikeTable.test(type) && !hangsOnTable.test(type) && type !== 'OBJECT_SCHEMA')
        notes.everything();
      return;
    }
    case 'DropdbStmt':
    case 'DropOwnedStmt':
      notes.implies('delete');
      notes.everything();
      return;
    case 'ReassignOwnedStmt':
      notes.everything();
      return;
    case 'TruncateStmt':
      notes.implies('delete');
      if (isCascade) notes.everything();
      return;
    case 'CommentStmt':
      noteList(body.object, textOf(body.objtype) ?? '');
      return;
    case 'GrantStmt':
      if (body.targtype === 'ACL_TARGET_ALL_IN_SCHEMA')
        for (const object of listOf(body.objects)) notes.everything(stringValue(object));
      return;
    case 'VacuumStmt':
    case 'ClusterStmt':
      if (body.rels === undefined && body.relation === undefined) notes.everything();
      return;
    case 'ReindexStmt':
      if (body.relation === undefined)
        notes.everything(body.kind === 'REINDEX_OBJECT_SCHEMA' ? textOf(body.name) : undefined);
      return;
    case 'RenameStmt':
      notes.implies('rename');
      noteNewName(body, notes);
      return;
    case 'AlterObjectSchemaStmt':
      noteNewName(body, notes);
      return;
    case 'AlterTableStmt':
      for (const command of listOf(body.cmds)) {
        if (fieldsOf(fieldsOf(command)?.AlterTableCmd)?.subtype !== 'AT_DropColumn') continue;
        notes.implies('drop');
        notes.changes('delete', 'DROP COLUMN removes what is in it');
      }
      return;
    default:
  }
}

/** A table that gets another name or schema lies there from now on. */
function noteNewName({ relation, renameType, newname, newschema }: Fields, notes: SqlNotes): void {
  const table = fieldsOf(relation);
  const [schema, name] = [textOf(table?.schemaname), textOf(table?.relname)];
  if (name === undefined) return;
  if (newschema !== undefined) notes.table(textOf(newschema), name);
  else if (isLikeTable.test(textOf(renameType) ?? '')) notes.table(schema, textOf(newname) ?? '?');
}
