import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { prepareSql, readSql } from '../../../src/command/readers/sql.ts';
import type { SqlOptions } from '../../../src/command/reading.ts';
import { hangMs } from '../../support/hang.ts';
import { plainPath, summarise } from '../../support/reading.ts';

type Dialect = SqlOptions['dialect'];

const read = (dialect: Dialect, text: string, source: SqlOptions['source'] = 'argument') =>
  readSql(text, { dialect, source, path: plainPath });
const facts = (dialect: Dialect, text: string) => read(dialect, text).sql[0];

it('waits for the parsers', () => {
  expect(read('postgresql', 'SELECT 1').unknowns.map((unknown) => unknown.code)).toEqual(['SQL_PARSER_NOT_LOADED']);
});

describe('once loaded', () => {
  beforeAll(() => prepareSql());

  it.each<[Dialect, string, string[]]>([
    ['postgresql', 'SELECT 1', []],
    ['postgresql', 'select a, count(*) from t join s.u using (id) where b = 1 group by a', ['t', 's.u']],
    ['postgresql', 'WITH x AS (SELECT * FROM t) SELECT * FROM x', ['t']],
    ['postgresql', 'WITH t AS (SELECT * FROM t) SELECT * FROM t', ['t']],
    ['postgresql', 'EXPLAIN SELECT * FROM t', ['t']],
    ['postgresql', 'SHOW server_version', []],
    ['postgresql', "SET statement_timeout = '5s'; SELECT now()", []],
    ['postgresql', 'COPY t TO STDOUT', ['t']],
    ['postgresql', "SELECT jsonb_path_query(d, '$.a'), pg_size_pretty(pg_total_relation_size('t')) FROM t", ['t']],
    ['postgresql', 'BEGIN; SELECT 1; COMMIT', []],
    ['postgresql', 'SELECT * FROM a UNION SELECT * FROM b -- all', ['a', 'b']],
    ['mysql', 'SELECT a FROM db.t JOIN u USING (id) WHERE a = 1 LIMIT 5', ['db.t', 'u']],
    ['mysql', 'SHOW TABLES', []],
    ['mysql', "SHOW GLOBAL VARIABLES LIKE 'innodb%';", []],
    ['mysql', 'SHOW FULL PROCESSLIST\\G', []],
    ['mysql', "SHOW GLOBAL STATUS LIKE 'Threads%'; SHOW VARIABLES LIKE 'max_connections'", []],
    ['mysql', 'SHOW TABLES; SELECT 1 FROM t; SHOW STATUS;', ['t']],
    ['mysql', 'SELECT COUNT(*) FROM "t" WHERE a = "paid" AND b LIKE "%x%"', ['t']],
    ['mysql', 'SHOW VARIABLES LIKE "max%"', []],
    ['mysql', `SELECT 'say "hi"' FROM t WHERE a = "b"`, ['t']],
    ['sqlite', 'SELECT "a" FROM "t" ORDER BY "b"', ['t']],
    ['mysql', "SHOW TABLES LIKE ';'", []],
    ['mysql', 'EXPLAIN ANALYZE SELECT a FROM t', ['t']],
    ['mysql', 'EXPLAIN FORMAT=JSON SELECT a FROM t', ['t']],
    ['mysql', 'ANALYZE FORMAT=JSON SELECT a FROM t', ['t']],
    ['mysql', 'SELECT a, RANK() OVER (PARTITION BY b ORDER BY c DESC) r FROM t', ['t']],
    ['mysql', 'SELECT SUM(a) OVER (ORDER BY b ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) s FROM t', ['t']],
    ['mysql', 'DESCRIBE users', ['users']],
    ['mysql', 'SELECT COUNT(*), NOW() FROM t; SELECT 1', ['t']],
    ['sqlite', "SELECT name FROM sqlite_master WHERE type='table'", ['sqlite_master']],
    ['sqlite', 'PRAGMA table_info(users);', ['users']],
    ['sqlite', 'EXPLAIN QUERY PLAN SELECT a FROM t', ['t']],
    ['sqlite', 'PRAGMA table_info(users); PRAGMA integrity_check;', ['users']],
    ['sqlite', "SELECT a FROM t WHERE b = 'x@y.example [1]'", ['t']],
    ['postgresql', '\\d', []],
    ['postgresql', '\\dt+', []],
    ['postgresql', '\\d+ orders', ['orders']],
    ['postgresql', '\\dtiS+ public.ord*', ['public.ord*']],
    ['postgresql', '\\l+', []],
    ['postgresql', '\\copy (select a, count(*) from t group by 1) to stdout csv header', ['t']],
    ['postgresql', '\\sf+ recalc', ['recalc']],
  ])('%s: %s only reads', (dialect, text, tables) => {
    expect(read(dialect, text).unknowns).toEqual([]);
    expect(facts(dialect, text)).toMatchObject({ readOnly: true, where: 'none-needed', tables });
  });

  it.each<[Dialect, string, object]>([
    ['postgresql', 'DELETE FROM t', { where: 'missing', verbs: ['delete'], tables: ['t'] }],
    ['postgresql', 'DELETE FROM t WHERE 1=1', { where: 'constant' }],
    ['postgresql', 'DELETE FROM t WHERE id = id', { where: 'constant' }],
    ['postgresql', 'DELETE FROM t WHERE id = 3 OR true', { where: 'constant' }],
    ['postgresql', 'DELETE FROM t WHERE id = 3 AND true', { where: 'present' }],
    ['postgresql', 'UPDATE t SET a = 1 WHERE id = 3; UPDATE u SET b = 2', { where: 'missing', tables: ['t', 'u'] }],
    [
      'postgresql',
      'WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d',
      { where: 'missing', verbs: ['select', 'delete'] },
    ],
    ['postgresql', 'WITH t AS (SELECT 1) DELETE FROM t', { tables: ['t'] }],
    ['postgresql', 'EXPLAIN ANALYZE DELETE FROM t', { where: 'missing' }],
    ['postgresql', 'EXPLAIN (ANALYZE, BUFFERS) UPDATE t SET a=1 WHERE b=2', { where: 'present' }],
    ['postgresql', 'TRUNCATE a, b', { where: 'missing', tables: ['a', 'b'] }],
    ['postgresql', 'DROP TABLE s.a, b', { verbs: ['drop'], tables: ['s.a', 'b'] }],
    ['postgresql', 'SELECT * INTO x FROM y', { verbs: ['select', 'create'] }],
    ['postgresql', 'SELECT 1 AS a INTO x UNION SELECT 2', { verbs: ['select', 'create'] }],
    ['postgresql', 'SELECT * FROM y FOR UPDATE', {}],
    ['postgresql', "SELECT pg_read_file('/etc/passwd')", { functions: ['pg_read_file'] }],
    ['postgresql', "SELECT * FROM dblink('host=x', 'drop table y') AS t(a int)", { functions: ['dblink'] }],
    ['postgresql', 'SELECT public.now()', { functions: ['public.now'] }],
    ['postgresql', 'SELECT 1 OPERATOR(public.+) 2', { functions: ['operator public.+'] }],
    ['postgresql', 'EXPLAIN SELECT evil()', { functions: ['evil'] }],
    ['postgresql', 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity', {}],
    ['postgresql', 'INSERT INTO t SELECT * FROM u', { verbs: ['insert', 'select'], tables: ['t', 'u'] }],
    ['postgresql', 'SET ROLE postgres', {}],
    ['postgresql', "ALTER SYSTEM SET archive_command = 'id'", {}],
    ['postgresql', 'GRANT ALL ON t TO PUBLIC', { verbs: ['grant'] }],
    ['postgresql', 'PREPARE p AS DELETE FROM t', { where: 'missing' }],
    ['postgresql', 'CREATE TABLE x AS SELECT * FROM y', { tables: ['y', 'x'] }],
    ['mysql', 'DELETE FROM t', { where: 'missing' }],
    ['mysql', 'UPDATE t SET a=1 WHERE 1=1', { where: 'constant' }],
    ['mysql', 'UPDATE t SET a=1 WHERE id=2', { where: 'present', tables: ['t'] }],
    ['mysql', 'DROP TABLE a', { verbs: ['drop'] }],
    ['mysql', 'TRUNCATE t', { where: 'missing' }],
    ['mysql', 'SHOW TABLES; DELETE FROM t', { where: 'missing', verbs: ['show', 'delete'] }],
    ['mysql', 'EXPLAIN ANALYZE SELECT SLEEP(9)', { functions: ['sleep'] }],
    ['mysql', 'SELECT SUM(a) OVER (ORDER BY SLEEP(9)) FROM t', {}],
    ['mysql', 'SELECT a FROM t WINDOW w AS (ORDER BY f(a))', { functions: ['f'] }],
    ['sqlite', 'PRAGMA page_size; DELETE FROM t', { where: 'missing' }],
    ['mysql', "SELECT LOAD_FILE('/etc/passwd')", { functions: ['load_file'] }],
    ['mysql', 'SELECT SLEEP(9)', { functions: ['sleep'] }],
    ['mysql', 'SELECT * FROM y FOR UPDATE', {}],
    ['mysql', 'GRANT ALL ON *.* TO x', {}],
    ['mysql', 'SET x = 1', {}],
    ['sqlite', "SELECT load_extension('x')", { functions: ['load_extension'] }],
    ['sqlite', `SELECT "writefile"('x', 'y')`, { functions: ['writefile'] }],
    ['mysql', 'DELETE FROM t WHERE "a" = "a"', { where: 'constant' }],
    ['sqlite', "SELECT writefile('x', 'y')", { functions: ['writefile'] }],
    ['sqlite', 'DELETE FROM t', { where: 'missing' }],
    ['sqlite', 'INSERT INTO t VALUES (1)', { verbs: ['insert'] }],
  ])('%s: %s does more than read', (dialect, text, want) => {
    expect(facts(dialect, text)).toMatchObject({ readOnly: false, ...want });
  });

  it.each<[Dialect, string, object]>([
    ['postgresql', "COPY t TO PROGRAM 'curl x'", { shell: ['curl x'] }],
    ['postgresql', "COPY t FROM '/etc/passwd'", { paths: ['read /etc/passwd'] }],
    ['postgresql', "COPY t TO '/tmp/x'", { paths: ['write /tmp/x'] }],
    ['postgresql', 'DO $$ BEGIN PERFORM 1; END $$', { effects: ['execute-code'] }],
    ['postgresql', 'CALL p()', { code: ['sql: ?'] }],
    ['postgresql', 'CREATE EXTENSION plpython3u', { effects: ['execute-code'] }],
    ['postgresql', 'SELECT * FROM pg_shadow', { effects: ['read', 'identity'] }],
    ['mysql', "SELECT 1 INTO OUTFILE '/tmp/x'", { paths: ['write /tmp/x'] }],
    ['mysql', "LOAD DATA INFILE '/etc/passwd' INTO TABLE t", { paths: ['read /etc/passwd'] }],
    ['mysql', 'CALL p()', { code: ['sql: ?'] }],
    ['mysql', 'SELECT 1 INTO OUTFILE "/tmp/x"', { paths: ['write /tmp/x'] }],
    ['mysql', 'SELECT * FROM "mysql"."user"', { effects: ['read', 'identity'] }],
    ['mysql', 'SELECT * FROM mysql.user', { effects: ['read', 'identity'] }],
  ])('%s: %s', (dialect, text, want) => {
    expect(summarise(read(dialect, text))).toMatchObject(want);
  });

  it.each<[Dialect, string, SqlOptions['source']]>([
    ['postgresql', 'SELECT 1\u0000; DROP TABLE t', 'argument'],
    ['postgresql', '', 'argument'],
    ['postgresql', '\\! id', 'argument'],
    ['postgresql', "\\copy t to '/x'", 'script'],
    ['postgresql', '\\dt', 'script'],
    ['postgresql', ' \\dt', 'argument'],
    ['postgresql', '\\dt \\! id', 'argument'],
    ['postgresql', '\\dt\\! id', 'argument'],
    ['postgresql', '\\d `id`', 'argument'],
    ['postgresql', '\\d :x', 'argument'],
    ['postgresql', '\\d |id', 'argument'],
    ['postgresql', '\\dt\nx', 'argument'],
    ['postgresql', '\\d; drop table t', 'argument'],
    ['postgresql', '\\deu+', 'argument'],
    ['postgresql', '\\dRs+', 'argument'],
    ['postgresql', '\\dconfig', 'argument'],
    ['postgresql', '\\drds', 'argument'],
    ['postgresql', '\\lo_import x', 'argument'],
    ['postgresql', '\\copy t to x', 'argument'],
    ['postgresql', "\\copy t to '/x'", 'argument'],
    ['postgresql', '\\copy (select 1 /* ) to x */) to stdout', 'argument'],
    ['postgresql', '\\copy (select $$ ) to program id $$) to stdout', 'argument'],
    ['postgresql', '\\copy t to program id', 'argument'],
    ['postgresql', 'SELECT 1 \\gexec', 'script'],
    ['postgresql', 'SELECT :name', 'script'],
    ['postgresql', "SELECT :'name'", 'script'],
    ['postgresql', "SELECT 'a\\'; DROP TABLE t; --'", 'argument'],
    ['postgresql', 'SELEC 1', 'argument'],
    ['postgresql', `SELECT ${'('.repeat(200)}1${')'.repeat(200)}`, 'argument'],
    ['mysql', '/*!50000 DROP TABLE users */', 'argument'],
    ['mysql', 'SELECT 1 /*!UNION SELECT 2*/', 'argument'],
    ['mysql', 'SELECT 1 -- x', 'argument'],
    ['mysql', "SELECT 'a\\' ; DROP TABLE t'", 'argument'],
    ['mysql', 'SELECT "a""b"', 'argument'],
    ['mysql', 'SELECT "a', 'argument'],
    ['mysql', 'SELECT "a;b"', 'argument'],
    ['mysql', `SELECT "a'b", ' ; DROP TABLE t; SELECT "c'd"`, 'argument'],
    ['mysql', 'SELECT "a`b" ; DROP TABLE t; SELECT "c`d"', 'argument'],
    ['mysql', 'SELECT "load_file"("x")', 'argument'],
    ['sqlite', 'ATTACH "x" AS y', 'argument'],
    ['sqlite', 'VACUUM INTO "x"', 'argument'],
    ['sqlite', 'SELECT * FROM "fsdir"(\'/\')', 'argument'],
    ['mysql', '\\! id', 'argument'],
    ['mysql', 'system id', 'argument'],
    ['mysql', 'SELECT 1;\nsource /tmp/x', 'script'],
    ['mysql', 'DELIMITER //\nSELECT 1//', 'script'],
    ['mysql', '', 'argument'],
    ['mysql', 'FLUSH PRIVILEGES', 'argument'],
    ['sqlite', '.shell id', 'argument'],
    ['sqlite', 'SELECT 1;\n.shell id', 'script'],
    ['sqlite', "ATTACH 'x' AS y", 'argument'],
    ['sqlite', 'PRAGMA journal_mode=wal', 'argument'],
    ['sqlite', 'VACUUM INTO x', 'argument'],
    ['sqlite', 'SELECT [a;b] FROM t', 'argument'],
    ['sqlite', "SELECT `a'b`, [c'd] FROM t", 'argument'],
    ['sqlite', 'PRAGMA page_size; PRAGMA journal_mode=wal', 'argument'],
    ['sqlite', "PRAGMA page_size; SELECT 'a; DROP TABLE t", 'argument'],
    ['mysql', 'SHOW TABLES; system id', 'argument'],
    ['mysql', 'SHOW TABLES; SHOW x INTO y', 'argument'],
    ['mysql', 'ANALYZE TABLE t', 'argument'],
    ['mysql', 'EXPLAIN ANALYZE DELETE FROM t', 'argument'],
  ])('%s: %j is not understood', (dialect, text, source) => {
    const reading = read(dialect, text, source);
    expect(reading.unknowns.length).toBeGreaterThan(0);
    expect(reading.sql).toEqual([]);
  });

  it('is never thrown off, and stays quick', () => {
    const words =
      'SELECT DELETE FROM t WHERE ( ) , ; 1 = a OR \' " -- /* */ \\ INTO WITH x AS UNION JOIN FOR UPDATE $$ f(x)'.split(
        ' ',
      );
    const text = fc.array(fc.constantFrom(...words), { maxLength: 20 }).map((parts) => parts.join(' '));
    fc.assert(
      fc.property(fc.constantFrom<Dialect>('postgresql', 'mysql', 'sqlite'), text, (dialect, sql) => {
        const reading = read(dialect, sql);
        const fact = reading.sql[0];
        if (fact?.readOnly === true) expect(fact.verbs.filter((verb) => /delete|update|insert/.test(verb))).toEqual([]);
      }),
      { numRuns: 500 },
    );
    const started = performance.now();
    for (const dialect of ['postgresql', 'mysql', 'sqlite'] as const) {
      for (const piece of ['1 AND ', '(', 'SELECT 1;', 'a,', "'x' "]) read(dialect, `SELECT ${piece.repeat(1_500)} 1`);
    }
    expect(performance.now() - started).toBeLessThan(hangMs);
  });
});
