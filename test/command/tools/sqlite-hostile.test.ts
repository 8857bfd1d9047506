/**
 * Real sqlite3 with a database whose views run programs: what is asked of it is a select, and who made the file decides
 * what that does.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { prepareSql, programReaders } from '../../../src/command/readers/readers.ts';
import { splitExample } from '../../../src/command/tools/example.ts';
import { createToolReader } from '../../../src/command/tools/index.ts';
import { loadLibrary } from '../../../src/library.ts';

const read = createToolReader(loadLibrary(), programReaders);
const home = mkdtempSync(join(tmpdir(), 'sallyport-sqlite-'));
const mark = join(home, 'mark');

/** The words of the line as they would be sent: with what the reading inserts. */
function wordsSent(line: string): readonly string[] {
  const argv = splitExample(line);
  const reading = read(argv, { workingDirectory: home, homeDirectory: home, runsAs: undefined });
  expect(reading.unknowns).toEqual([]);
  expect(reading.effects.map((effect) => effect.kind).filter((kind) => kind !== 'read' && kind !== 'write')).toEqual(
    [],
  );
  return argv.flatMap((word, i) => [
    word.kind === 'known' ? word.value : '',
    ...(reading.insertWords ?? []).filter(({ after }) => after === i).flatMap(({ words }) => words),
  ]);
}

const run = ([name = '', ...args]: readonly string[]) =>
  spawnSync(name, args, { cwd: home, encoding: 'utf8', timeout: 15_000 });

beforeAll(async () => {
  await prepareSql();
  const statements = `create table plain(a); insert into plain values ('here');
    create view orders as select edit('x', 'touch ${mark};') as a;`;
  execFileSync('sqlite3', ['shop.db', statements], { cwd: home });
});
beforeEach(() => rmSync(mark, { force: true }));
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('a database whose view runs a program', () => {
  it('does run it when sqlite3 is left alone', () => {
    run(['sqlite3', '-readonly', 'shop.db', 'select * from orders']);
    expect(existsSync(mark)).toBe(true);
  });

  it.each(['sqlite3', 'sqlite3 -readonly', 'sqlite3 -csv'])('does not run it for %s', (line) => {
    const { stderr } = run(wordsSent(`${line} shop.db 'select * from orders'`));
    expect(existsSync(mark)).toBe(false);
    expect(stderr).toContain('safe mode');
  });

  // Which file that is, sqlite3 asks of the account and not of HOME, so that no test can put one there.
  it('is asked without the settings of the home', () => {
    expect(wordsSent("sqlite3 shop.db 'select 1'").join(' ')).toContain('sqlite3 -init /dev/null');
  });

  it('still answers what runs none', () => {
    expect(run(wordsSent("sqlite3 shop.db 'select * from plain'")).stdout).toBe('here\n');
  });
});
