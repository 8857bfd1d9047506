import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dialect } from '../../src/command/model.ts';
import { readPlainText } from '../../src/command/shell/plain-text.ts';
import { verifyProgram } from '../../src/command/shell/verify-program.ts';
import { benignRow, bypassRow, readRows } from '../support/rows.ts';

const dialects: readonly Dialect[] = ['bash', 'posix', 'busybox'];
const expectSame = (text: string): void => {
  const program = readPlainText(text);
  if (program === undefined) return;
  for (const dialect of dialects) expect(verifyProgram(text, dialect)).toEqual({ program, unknowns: [] });
};

/** What the reader takes, what it must leave, and what is one when it is glued to the other. */
const pieces = [
  ...[
    'ls',
    'find',
    'a',
    '1',
    '2',
    '10',
    '-l',
    '--x=y',
    'x=',
    '/etc/a.b',
    '{}',
    '-I{}',
    '{}.x',
    '{},',
    '..',
    '{',
    '}',
    '!',
    'a{b,c}',
    '.',
    '-',
    '+',
  ],
  ...[' ', ' ', ' ', ' ', '\t', '|', '||', '&&', '&', ';', ';;', '\n', '|&', '<', '>', '>>', '2>', '2>&1', '>&', '>|'],
  ...["'", '"', "'a b'", '"a b"', '""', "''", '\\', '\\;', '\\(', '\\*', '\\\\', '\\"', "\\'", '\\\n', '\\$', '\\é'],
  ...[
    '*',
    '**',
    '?',
    '[',
    ']',
    '[ab]',
    '(',
    ')',
    '$',
    '$x',
    '"$x"',
    '"$x y\\$"',
    '$1',
    '${x}',
    '~/',
    '~ada',
    '"a$(id)"',
    '$(',
    '"$(',
    ')',
    ')"',
    '$(id)',
    '$((1))',
    '$(ls $(id))',
    '`',
    '#',
    '~',
    '^',
    '=',
    '%',
    '@',
    ',',
    'é',
  ],
  ...['if', 'then', 'do', 'time', 'in', 'function', 'export', 'alias', 'eval', 'let', 'local', 'coproc', '[[', 'not'],
];
const text = fc.array(fc.constantFrom(...pieces), { maxLength: 14 }).map((parts) => parts.join(''));

describe('texts of plain words', () => {
  it.each([
    'ls',
    ' ls -la /var/log ; uptime; ',
    "find . -type f ! -name '*.c' -exec grep -l \"a b\" {} \\; 2>/dev/null | sort -u|head -3 && echo 'x' || true",
    'grep -c "50%\\"" *.log?? >> out 2>&1 <in',
    'cat ~/a.txt ~ "$HOME/$x y.log" $y*.z --of=$dir/a; echo "\\$5"',
    'LC_ALL=C x= y="$z" sort -u a; a=b && n=$(wc -l <a)',
    '\n cd /srv;\n\nls \n x=$(\nid\n)\n',
    'echo "in $(basename "$(pwd)"): $( ls | wc -l ; )" $(id -u)x',
  ])('are read without the grammar: %s', (plain) => {
    expect(readPlainText(plain)).toBeDefined();
    expectSame(plain);
  });

  it.each([
    '',
    '-c ls',
    '+x',
    'a=*',
    'a=~/b',
    'a+=b',
    'a[0]=b',
    'a=b if',
    'export a=b',
    'if',
    'ls &',
    'ls |& cat',
    'ls ;; ls',
    'a |\nb',
    'a\n;b',
    'a # b\nc',
    'a <<E\nE',
    'ls {a,b}',
    'ls a=~',
    'ls ${x}',
    'echo $(ls',
    'echo $()',
    'echo $((1))',
    'ls )',
  ])('leave to the grammar: %j', (other) => {
    const program = readPlainText(other);
    expect(program === undefined || program.statements.length === 0).toBe(true);
  });

  it('are read as the grammar reads them, whatever is glued to what', () => {
    fc.assert(fc.property(text, expectSame), { numRuns: 20_000 });
  });

  it('are read as the grammar reads them in every row of the tests', () => {
    const here = join(import.meta.dirname, '..');
    const rows = [
      ...readRows(join(here, 'bypass'), bypassRow).flatMap(({ rows }) => rows.map(({ command }) => command)),
      ...readRows(join(here, 'benign'), benignRow).flatMap(({ rows }) => rows.map(({ command }) => command)),
    ];
    expect(rows.filter((row) => readPlainText(row) !== undefined).length).toBeGreaterThan(1000);
    for (const row of rows) expectSame(row);
  });
});
