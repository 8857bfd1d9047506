import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSed } from '../../../src/command/readers/sed.ts';
import { hangMs } from '../../support/hang.ts';
import { plainPath, summarise } from '../../support/reading.ts';

const read = (script: string) => summarise(readSed(script, { path: plainPath }));

describe('sed scripts that only transform their input', () => {
  it.each([
    ['p'],
    ['s/a/b/'],
    ['s/[^/]*$//'],
    ['s|a\\|b|c|g;p'],
    ['s,/usr/local,/opt,2gI'],
    ['s/x/a\\nb/;s#y#z#'],
    ['1,10p;11q'],
    ['10q5'],
    ['$!N;$!D'],
    [':a;N;$!ba;s/\\n/ /g'],
    ['$!{N;ba};:a'],
    ['/start/,/end/{/end/!p}'],
    ['\\,/etc,d'],
    ['0~3d;1~2p;2,~4p;/x/,+3d'],
    ['0,/x/s//y/'],
    ['1!G;h;$!d'],
    ['y/abc/xyz/'],
    ['/^$/d;/^#/d'],
    ['a appended; e id'],
    ['i\\\ninserted\\\ntwice\np'],
    ['$a\\'],
    ['c changed }'],
    ['=;l 5;F;z;x'],
    ['# a comment; e id\np'],
    ['s/[]/]x/y/;s/[[:space:]/]*//'],
    ['s/a/b/w /dev/stdout'],
    ['/a/I,/b/Mp'],
    ['s/.*\\(ab\\).*/\\1/p'],
    [''],
  ])('%j', (script) => {
    expect(read(script)).toEqual({});
  });
});

describe('sed scripts that do more say so', () => {
  it.each([
    ['e id', { shell: ['id'] }],
    ['1e cat /etc/passwd', { shell: ['cat /etc/passwd'] }],
    ['/x/{p;e id\n}', { shell: ['id'] }],
    ['s/a/b/;1 ! e id', { shell: ['id'] }],
    ['w out.txt', { paths: ['write out.txt'] }],
    ['s/a/b/gw out.txt', { paths: ['write out.txt'] }],
    ['/x/W out.txt', { paths: ['write out.txt'] }],
    ['r /etc/shadow', { paths: ['read /etc/shadow'] }],
    ['$R notes', { paths: ['read notes'] }],
    ['a text\ne id', { shell: ['id'] }],
    ['i\\\ntext\ne id', { shell: ['id'] }],
    ['s/[/]/x/;e id', { shell: ['id'] }],
  ])('%j', (script, want) => {
    expect(read(script)).toMatchObject(want);
  });

  it.each([
    ['e'],
    ['1e'],
    ['s/.*/id/e'],
    ['s/.*/id/ge;p'],
    ['s/a/b/Me'],
    ['s/x/y/w a;e id'],
    ['e id \\\nmore'],
    ['v'],
    ['s/a/b/q'],
    ['s\\a\\b\\'],
    ['saxbxe'],
    ['s/\\c[/x/;e id;s/]/y/'],
    ['a\\\\\ne id'],
    ['a x\\\\\ne id'],
    ['{p'],
    ['p}'],
    ['s/a'],
    ['s/a/b\nc/'],
    ['s/[[.a.]/]/b/'],
    ['1,p'],
    ['p\u0000e id'],
    ['p\re id'],
    ['a'],
    ['k'],
    ['p p'],
    [`${'p;'.repeat(600)}`],
  ])('%j is not understood', (script) => {
    expect(read(script)).toHaveProperty('unknowns');
  });
});

describe('the real seds as judges', () => {
  const tokens = [
    's/',
    '/',
    's,',
    ',',
    '[',
    ']',
    '[^',
    '\\',
    '\\\\',
    '\n',
    ';',
    '{',
    '}',
    'a ',
    'a\\',
    'i\\\n',
    'c x',
    'x',
    'p',
    'd',
    ':a',
    'ba',
    't',
    'y/',
    '1',
    '$',
    '!',
    '~',
    '+',
    '0,',
    '#',
    ' ',
    'e EVIL',
    ';e EVIL',
    '\ne EVIL',
    'e',
    'g',
    'w ',
    'EVIL',
    'I',
    '|',
    's|',
    '\\/',
    '[[:alpha:]',
    '\\n',
    '\\c',
    '&',
    'q',
    'l',
    '\t',
    '.',
    '*',
    'N',
    '[.',
    '[=',
  ];
  const bench = mkdtempSync(join(tmpdir(), 'sed-'));
  const evil = join(bench, 'EVIL');
  const marker = join(bench, 'ran');

  it.each([['sed'], ['busybox sed']])(
    '%s runs nothing that the reading does not say',
    { timeout: 60_000 },
    (program) => {
      writeFileSync(evil, `#!/bin/sh\n: > ${marker}\n`);
      chmodSync(evil, 0o755);
      const [command = '', ...first] = program.split(' ');
      const script = fc
        .array(fc.constantFrom(...tokens), { minLength: 1, maxLength: 12 })
        .map((parts) => parts.join(''))
        .filter((text) => Object.keys(read(text)).length === 0);
      fc.assert(
        fc.property(script, (text) => {
          rmSync(marker, { force: true });
          const run = spawnSync(command, [...first, '-n', text], {
            cwd: bench,
            input: 'EVIL\nEVIL\nx\n',
            env: { PATH: `${bench}:/usr/bin:/bin` },
            timeout: 2_000,
            killSignal: 'SIGKILL',
          });
          expect(run.error === undefined || 'code' in run.error).toBe(true);
          expect(existsSync(marker), text).toBe(false);
        }),
        { numRuns: Number(process.env.FUZZ_RUNS ?? 300) },
      );
    },
  );
});

it('is never thrown off, and stays linear', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void read(text)));
  const started = performance.now();
  for (const piece of ['s/a/', '[', '\\', 'a\\\n', '{', '1,', 's/[[:', ':a;', '[[:alpha:'])
    read(piece.repeat(16_384 / piece.length));
  expect(performance.now() - started).toBeLessThan(hangMs);
});
