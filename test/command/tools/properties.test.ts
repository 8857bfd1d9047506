import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Word } from '../../../src/command/model.ts';
import { prepareSql, programReaders } from '../../../src/command/readers/readers.ts';
import { createToolReader } from '../../../src/command/tools/index.ts';
import { loadLibrary } from '../../../src/library.ts';

await prepareSql();
const library = loadLibrary();
const read = createToolReader(library, programReaders);
const context = { workingDirectory: '/srv/app', homeDirectory: '/home/agent', runsAs: undefined };
const span = [0, 1] as const;

const text = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.constantFrom(
    '-',
    '--',
    '-x',
    '--help',
    '-o',
    '-e',
    '{}',
    ';',
    '+',
    ']',
    '/etc/shadow',
    'a=b',
    '@x',
    'http://a/b',
    '..',
  ),
);
const known = text.map((value): Word => ({ kind: 'known', value, raw: value, span }));
const dynamic = fc
  .record({
    why: fc.constantFrom(
      'parameter' as const,
      'glob' as const,
      'tilde' as const,
      'argument' as const,
      'substitution' as const,
    ),
    prefix: fc.constantFrom('', '-', '--x=', './', '/etc/', '~'),
    tail: fc.constantFrom('$x', '"$x"', '*', '"$(a "b")"', '[a', '?', '"$@"'),
  })
  .map(({ why, prefix, tail }): Word => ({ kind: 'dynamic', why, prefix, raw: `${prefix}${tail}`, span }));
const tool = fc.constantFrom(...library.tools);
const options = (names: readonly string[]) =>
  names.length === 0
    ? known
    : fc.constantFrom(...names).map((value): Word => ({ kind: 'known', value, raw: value, span }));
const argv = tool.chain((one) =>
  fc
    .array(
      fc.oneof(known, dynamic, options([...one.command.options.keys()]), options([...one.command.subcommands.keys()])),
      { maxLength: 8 },
    )
    .map((rest): readonly Word[] => [{ kind: 'known', value: one.name, raw: one.name, span }, ...rest]),
);

describe('any argv', () => {
  it('is read without an error, and says something', () => {
    fc.assert(
      fc.property(argv, (words) => {
        const reading = read(words, context);
        expect(reading.effects.length).toBeGreaterThan(0);
        expect(reading.unknowns.length === 0 || reading.effects.some(({ kind }) => kind === 'unknown')).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  it('does not become harmless when a dynamic word stands in front', () => {
    fc.assert(
      fc.property(argv, (words) => {
        const [first, ...rest] = words;
        if (first === undefined) return;
        const harmless = (all: readonly Word[]) => {
          const { effects, nested } = read(all, context);
          return effects.every(({ kind }) => kind === 'read') && nested.length === 0;
        };
        const free: Word = { kind: 'dynamic', why: 'parameter', prefix: '', raw: '$x', span };
        if (harmless([first, free, ...rest])) expect(harmless([first, ...rest])).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });
});
