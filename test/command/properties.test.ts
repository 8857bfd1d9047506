import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CommandModel, Dialect } from '../../src/command/model.ts';
import { quote } from '../../src/command/shell/canonical.ts';
import { createUnderstander } from '../../src/command/understand.ts';
import { hangMs } from '../support/hang.ts';
import { readAnyTool, readTestTool } from '../support/tool-readings.ts';

const understander = createUnderstander({ readTool: readAnyTool });
const context = { workingDirectory: '/srv', homeDirectory: '/home/ada' } as const;
const read = (text: string, dialect: Dialect = 'bash'): CommandModel =>
  understander.understandSync(text, { dialect, ...context });
const values = (model: CommandModel): readonly unknown[] =>
  model.commands.map(({ argv }) => argv.map((word) => (word.kind === 'known' ? word.value : word.kind)));

/** Pieces that mean something to shells, glued in any order. */
const pieces = (
  'ls|id|a|-l|EVIL| |  |\n|;|&|&&|\\||\\|\\||(|)|{|}|<|>|>>|2>&1|>&-|<<E|\nE\n|<<<|<(|>(|$|$(|${|$((|))|((|[[|]]|`|"|\'|\\\\|' +
  '\\\n|#|!|*|?|[|]|~|=|x=|x+=|$x|"$x"|${x:-|if |then |else |fi|for |in |do |done|while |case |esac|;;|f()|time |é|\u202e|\0'
)
  .split(/(?<!\\)\|/)
  .map((piece) => piece.replaceAll('\\|', '|').replaceAll('\\\\', '\\'));
const shellish = fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((parts) => parts.join(''));
const anyText = fc.oneof(shellish, fc.string({ unit: 'binary', maxLength: 200 }), fc.string({ maxLength: 200 }));
const dialects = fc.constantFrom<Dialect>('bash', 'posix', 'busybox', 'unknown');
/** What a program can be given: anything but NUL and what `guardText` refuses. */
const argument = fc.string({ unit: fc.constantFrom(...'ab é$`"\'\\!*?[]{}~#;&|<>()=-\n\t%@'), maxLength: 12 });

describe('understanding', () => {
  it('never throws, and without unknowns there is a canonical text and only then', () => {
    fc.assert(
      fc.property(anyText, dialects, (text, dialect) => {
        const model = read(text, dialect);
        const isUnderstood = model.unknowns.length === 0 && model.commands.every((c) => c.unknowns.length === 0);
        expect(model.canonical !== undefined).toBe(isUnderstood);
        expect(model.text).toBe(text);
      }),
      { numRuns: 3000 },
    );
  });

  it('gives the same answer twice', () => {
    fc.assert(
      fc.property(anyText, dialects, (text, dialect) => {
        expect(read(text, dialect)).toEqual(read(text, dialect));
      }),
      {
        numRuns: 500,
      },
    );
  });

  it('reads its own canonical text as the same commands, and prints it the same', () => {
    fc.assert(
      fc.property(shellish, dialects, (text, dialect) => {
        const first = read(text, dialect);
        if (first.canonical === undefined) return;
        // On a shell that is not known, quotes and backslashes of values are refused the second time.
        const second = read(first.canonical, dialect);
        if (second.canonical === undefined) {
          expect(dialect).toBe('unknown');
          return;
        }
        expect(values(second)).toEqual(values(first));
        expect(second.canonical).toBe(first.canonical);
      }),
      { numRuns: 3000 },
    );
  });

  it('reads back any argv that was quoted', () => {
    fc.assert(
      fc.property(fc.array(argument, { maxLength: 5 }), (words) => {
        const text = ['ls', ...words].map(quote).join(' ');
        expect(values(read(text))).toEqual([['ls', ...words]]);
        expect(read(text, 'posix').canonical).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  it('understands less on other shells, never more', () => {
    fc.assert(
      fc.property(shellish, (text) => {
        const isUnderstood = (dialect: Dialect): boolean => read(text, dialect).canonical !== undefined;
        if (isUnderstood('unknown')) expect(isUnderstood('posix')).toBe(true);
        if (isUnderstood('posix')) expect(isUnderstood('bash')).toBe(true);
        expect(isUnderstood('busybox')).toBe(isUnderstood('posix'));
      }),
      { numRuns: 2000 },
    );
  });

  it('lists at least the commands of each part of a list', () => {
    fc.assert(
      fc.property(shellish, shellish, fc.constantFrom('; ', '\n', ' && ', ' || ', ' | '), (a, b, operator) => {
        const [left, right] = [read(a), read(b)];
        // Assignments, functions and `exec` of the first part change the second: only plain parts are compared.
        if (left.canonical === undefined || right.canonical === undefined || /[=$(]|cd|f/.test(a)) return;
        if (a.trim() === '' || b.trim() === '' || /#|[&\n;]\s*$|<</.test(a) || /^\s*[\n;#]/.test(b)) return;
        const whole = read(a + operator + b);
        if (whole.canonical === undefined) return;
        expect(values(whole)).toEqual([...values(left), ...values(right)]);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('caps', () => {
  const strict = createUnderstander({
    readTool: readTestTool,
    limits: { maxCommands: 20, maxDepth: 3, maxSteps: 200 },
  });
  it('hold for any text', () => {
    fc.assert(
      fc.property(shellish, fc.integer({ min: 1, max: 200 }), (text, times) => {
        const model = strict.understandSync(text.repeat(times), { dialect: 'bash', ...context });
        expect(model.commands.length).toBeLessThanOrEqual(21);
        expect(model.unknowns.length).toBeLessThanOrEqual(120);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    'ls;',
    'a|',
    '$(',
    '`',
    '"$(a ',
    'f() ',
    'f(){ f;};',
    '1+',
    '<<E\n',
    '<',
    '{a,',
    '[',
    'if ',
    'x=$x$x;',
    'for i in a b c;do ',
    'case a in ',
    'eval ',
    '\\\n',
    '${x:-',
    '$((1+',
    "$'\\x41'",
    '>a ',
    'cd a&&',
    '{1..64}{1..64} ',
    '{a,b}',
  ])('16 KiB of %j take less than a second, and 1 MB nothing', (piece) => {
    const startMs = performance.now();
    read(piece.repeat(Math.floor((16 * 1024) / piece.length)));
    read(piece.repeat(Math.floor(1_000_000 / piece.length)));
    expect(performance.now() - startMs).toBeLessThan(hangMs);
  });
});
