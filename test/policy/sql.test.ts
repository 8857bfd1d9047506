/** Rules about SQL, against other names of tables, other verbs for the same, and statements nobody has read. */
import { describe, expect, it } from 'vitest';
import { openOwnPolicy, useOwnPolicy } from '../support/own-policy.ts';

const clients = `
  - id: open
    allow:
      effects: [read, write, delete, network, execute-code, privilege]
      tools: [psql, mysql, sqlite3]
      scopes: [public, private, loopback, unknown]
    reason: It may.
`;
const beside = (rule: string) => `version: 1\ndescription: SQL.\nrules:${clients}  - ${rule}\n`;

describe('a rule that refuses tables', () => {
  const policy = useOwnPolicy(beside('{ id: users, deny: { sql: { tables: [users, "billing.*"] } } }'));

  it.each([
    "psql -c 'select * from users'",
    "psql -c 'select * from public.users'",
    `psql -c 'select * from "Public"."Users"'`,
    "psql -c 'select * from shop.public.users'",
    "psql -c 'table users'",
    "psql -c 'copy users to stdout'",
    "psql -c '\\copy public.users to stdout'",
    "psql -c 'select * from billing.invoices'",
    "psql -c 'drop schema billing cascade'",
    "psql -c 'drop schema public cascade'",
    "psql -c 'drop database shop'",
    "psql -c 'drop owned by bob'",
    "psql -c 'truncate orders cascade'",
    "psql -c 'drop trigger t on users'",
    "psql -c 'drop policy p on public.users'",
    "psql -c 'comment on column users.name is $$x$$'",
    "psql -c 'grant select on all tables in schema public to bob'",
    "psql -c 'alter table x rename to users'",
    "psql -c 'alter table invoices set schema billing'",
    "psql -c '\\d us*'",
    "psql -c '\\d public.users'",
    "mysql -e 'select * from shop.users'",
    "mysql -e 'use billing; select * from invoices'",
    "mysql billing -e 'select * from invoices'",
    "mysql -Dbilling -e 'select * from invoices'",
    "mysql --database=billing -e 'select * from invoices'",
    "mysql -e 'show columns from shop.users'",
    "mysql -e 'show create table users'",
    "mysql -e 'create table x like users'",
    "mysql -e 'create index i on users (a)'",
    "mysql -e 'drop index i on users'",
    "mysql -e 'drop database billing'",
    "mysql -e 'drop view users'",
    "sqlite3 a.db 'select * from main.users'",
    "sqlite3 a.db '.schema us%'",
    "sqlite3 a.db 'alter table x rename to users'",
  ])('refuses %s', async (command) => {
    expect(await policy.verdictOf(command)).toBe('deny');
  });

  it.each([
    'psql -f migration.sql',
    'psql',
    'sqlite3 a.db',
    "psql -c 'do $$ begin delete from users; end $$'",
    "psql -c 'execute p'",
    "psql -c 'set search_path to billing; select * from invoices'",
    'psql < migration.sql',
  ])('has a person asked about what it cannot see: %s', async (command) => {
    expect(await policy.verdictOf(command)).toBe('approve');
  });

  it.each([
    "psql -c 'select * from orders'",
    "psql -c 'select * from invoices'",
    "psql -c 'select * from shop.users_old'",
    "psql -c 'drop schema scratch'",
    "psql -c 'drop index orders_idx'",
    "psql -c '\\dt'",
    "mysql shop -e 'select * from orders'",
    "mysql -e 'use shop; select * from orders'",
    "mysql -e 'show tables'",
    "sqlite3 a.db 'select * from main.orders'",
  ])('does not see it in %s', async (command) => {
    const isAboutIt = command.includes('drop schema');
    expect(await policy.verdictOf(command)).toBe(isAboutIt ? 'deny' : 'allow');
  });
});

describe('a rule that refuses a table of one schema', () => {
  it('sees it without the schema, and no other schema', async () => {
    const policy = await openOwnPolicy(
      beside('{ id: users, deny: { sql: { tables: [public.users, billing.invoices] } } }'),
    );
    try {
      expect(await policy.verdictOf("psql -c 'select * from users'")).toBe('deny');
      expect(await policy.verdictOf("psql -c 'select * from invoices'")).toBe('deny');
      expect(await policy.verdictOf("psql -c 'drop schema billing'")).toBe('deny');
      expect(await policy.verdictOf("psql -c 'drop schema scratch'")).toBe('allow');
      expect(await policy.verdictOf("psql -c 'select * from archive.users'")).toBe('allow');
    } finally {
      await policy.close();
    }
  });
});

describe('a rule that refuses verbs', () => {
  const policy = useOwnPolicy(
    beside('{ id: no, deny: { sql: { verbs: [delete, update, insert, drop, revoke, analyze, rename] } } }'),
  );

  it.each([
    "psql -c 'merge into t using s on t.id = s.id when matched then delete'",
    "psql -c 'merge into t using s on t.id = s.id when not matched then insert values (1)'",
    "psql -c 'insert into t values (1) on conflict (id) do update set a = 1'",
    "psql -c 'with x as (delete from t returning *) select * from x'",
    "psql -c 'select 1' -c 'delete from t'",
    "psql -c 'explain analyze delete from t'",
    "psql -c 'truncate t'",
    "psql -c 'alter table t drop column a'",
    "psql -c 'copy t from stdin'",
    "psql -c 'revoke select on t from bob'",
    "psql -c 'revoke bob from al'",
    "psql -c 'analyze t'",
    "psql -c 'alter table t rename to u'",
    "psql -c 'alter table t rename column a to b'",
    "mysql -e 'alter table t rename to u'",
    "psql <<< 'delete from t'",
    "echo 'delete from t' | psql",
    "mysql -e 'replace into t values (1)'",
    "mysql -Be 'delete from t'",
    "mysql -e 'alter table t drop column a'",
    "mysql -e 'alter table t drop partition p'",
    `mysql -e 'load data infile "/srv/x" into table t'`,
    "sqlite3 a.db 'select 1' 'insert or replace into t values (1)'",
  ])('refuses %s', async (command) => {
    expect(await policy.verdictOf(command)).toBe('deny');
  });

  it.each([
    "psql -c 'merge into t using s on t.id = s.id when matched then do nothing'",
    "psql -c 'select * from t for update'",
    "psql -c 'alter table t add column a int'",
    "psql -c 'vacuum t'",
    "psql -c 'copy t to stdout'",
    "psql -c 'grant select on t to bob'",
    "psql -c 'create table t as select 1'",
    "mysql -e 'alter table t add column a int'",
  ])('does not see it in %s', async (command) => {
    expect(await policy.verdictOf(command)).toBe('allow');
  });
});

describe('a rule that refuses what reads', () => {
  it('sees COPY TO, and a reading statement beside a writing one', async () => {
    const policy = await openOwnPolicy(beside('{ id: no, deny: { sql: { verbs: [select], tables: [users] } } }'));
    const reading = await openOwnPolicy(beside('{ id: no, deny: { sql: { read_only: true, tables: [users] } } }'));
    try {
      expect(await policy.verdictOf("psql -c 'copy users to stdout'")).toBe('deny');
      expect(await policy.verdictOf("psql -c 'update users set a = a where id = 1 returning *'")).toBe('deny');
      expect(await policy.verdictOf("psql -c 'delete from users where id = 1 returning a'")).toBe('deny');
      expect(await policy.verdictOf("psql -c 'insert into users values (1) returning id'")).toBe('allow');
      expect(await reading.verdictOf("psql -c 'select * from users; insert into log values (1)'")).toBe('approve');
    } finally {
      await policy.close();
      await reading.close();
    }
  });
});

describe('a rule that refuses joins and predicates', () => {
  const policy = useOwnPolicy(`version: 1\ndescription: SQL.\nrules:${clients}
  - { id: joins, deny: { sql: { min_joins: 2 } } }
  - { id: where, deny: { sql: { where: constant } } }
`);

  it.each([
    "psql -c 'select * from a join b on true join c on true'",
    "psql -c 'select * from a, b, c'",
    "psql -c 'delete from a using b, c where a.x = b.x'",
    "psql -c 'update a set x = 1 from b, c where a.x = b.x'",
    "mysql -e 'select * from a, b, c'",
    "mysql -e 'delete a from a, b, c where a.x = b.x'",
    "psql -c 'delete from t where 1 = 1'",
    "psql -c 'delete from t where 1 = 1; delete from u'",
    "psql -c 'merge into t using s on true when matched then delete'",
    "psql -c 'merge into t using s on t.a = s.a when not matched by source then delete'",
  ])('refuses %s', async (command) => {
    expect(await policy.verdictOf(command)).toBe('deny');
  });

  it.each([
    "psql -c 'select * from a, b'",
    "psql -c 'delete from t where id = 1'",
    "psql -c 'merge into t using s on t.a = s.a when matched and s.b > 1 then delete'",
  ])('does not see it in %s', async (command) => {
    expect(await policy.verdictOf(command)).toBe('allow');
  });
});

describe('a rule that allows tables', () => {
  const policy = useOwnPolicy(`
version: 1
description: A schema to play in.
rules:
  - id: scratch
    allow: { effects: [read, write, network], tools: [psql, mysql], scopes: [unknown], sql: { tables: ["scratch.*"] } }
    reason: It is for playing.
`);

  it.each([
    "psql -c 'create schema evil'",
    "psql -c 'insert into scratch.a values (1); create database evil'",
    "psql -c 'vacuum'",
    "psql -c 'notify x'",
    "psql -c 'comment on table users is $$x$$'",
    `psql -c 'insert into "scratch.a" values (1)'`,
    "psql -c 'insert into scratch.a select * from users'",
    "psql -c 'alter table scratch.a set schema public'",
    "psql -c 'alter table scratch.a drop column b'",
    "psql -c 'select * into evil from scratch.a'",
    "mysql -e 'use scratch; select * from users'",
    "mysql -e 'create table scratch.a like users'",
    "mysql -e 'create database evil'",
  ])('covers no more than them: %s', async (command) => {
    expect(await policy.verdictOf(command)).toBe('approve');
  });

  it.each([
    "psql -c 'select * from scratch.a'",
    "psql -c 'select 1'",
    "psql -c 'insert into scratch.a values (1)'",
    "psql -c 'begin; update scratch.a set b = 1 where c = 2; commit'",
    "psql -c 'create table scratch.b (a int)'",
    "psql -c 'alter table scratch.a rename to b'",
    "mysql -e 'create table scratch.a like scratch.b'",
  ])('covers %s', async (command) => {
    expect(await policy.verdictOf(command)).toBe('allow');
  });
});

it('takes VALUES for no SELECT', async () => {
  const policy = await openOwnPolicy(`
version: 1
rules:
  - { id: add, allow: { effects: [read, write, network], tools: [psql], scopes: [unknown], sql: { verbs: [insert] } } }
`);
  try {
    expect(await policy.verdictOf("psql -c 'insert into t values (1)'")).toBe('allow');
    expect(await policy.verdictOf("psql -c 'insert into t values (1) on conflict (a) do update set b = 1'")).toBe(
      'approve',
    );
    expect(await policy.verdictOf("psql -c 'insert into t select * from users'")).toBe('approve');
  } finally {
    await policy.close();
  }
});

describe('names that never match', () => {
  it.each([
    ['verbs: [selekt]', 'no statement is called `selekt` (did you mean `select`?)'],
    ['verbs: [drop table]', 'no statement is called `drop table`'],
    [`tables: ['"Users"']`, 'never matches (a name without quotes'],
    ['functions: [now()]', 'never matches'],
    ['{ min_joins: 3, max_joins: 2 }', 'so nothing can match'],
  ])('are a problem: %s', async (sql, wanted) => {
    const body = sql.startsWith('{') ? sql : `{ ${sql} }`;
    await expect(openOwnPolicy(`version: 1\nrules:\n  - { id: a, deny: { sql: ${body} } }`)).rejects.toThrow(wanted);
  });
});
