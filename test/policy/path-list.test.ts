/** A list may leave patterns out only where they have nothing to say: on paths and patterns made by chance. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conceivable, no } from '../../src/policy/certainty.ts';
import { compileGlob } from '../../src/policy/glob.ts';
import { PathList } from '../../src/policy/path-list.ts';
import { pathIn, pathTouches } from '../../src/policy/path-match.ts';
import { path } from '../support/models.ts';

// Few names, so that many paths and patterns meet.
const names = ['a', '.s', 'b.p', '~'];
const oneOf = (...texts: readonly string[]) => fc.constantFrom(...texts);
const segments = (segment: fc.Arbitrary<string>) => fc.array(segment, { minLength: 1, maxLength: 3 });

const policyPattern = fc
  .tuple(
    oneOf('/', '/', '**/', '~/'),
    segments(oneOf(...names, ...names, '*', '**', '*.p', 'b.?', '{.s,a}', '{a,*.p}')),
  )
  .map(([start, rest]) => start + rest.join('/'));

const place = fc.tuple(oneOf('/', '/', '/', '/~/', '~/', '~maya/', ''), segments(oneOf(...names)));
const shellSegment = fc.oneof(
  oneOf(...names),
  fc
    .array(oneOf('*', '*', '?', '[a.]', '[', ']', '.', '**', 'a', 's', 'p', '.s', '[b/a]'), {
      minLength: 1,
      maxLength: 3,
    })
    .map((all) => all.join('')),
);
// Some have wildcards that the shell leaves alone.
const spelled = fc.tuple(oneOf('/', '/', '/', '/~/', '~/', ''), segments(oneOf(...names, ...names, '*.p', '?')));
const whole = fc
  .record({
    place: fc.oneof(place, spelled),
    isTree: fc.boolean(),
    isDeep: fc.boolean(),
    inside: fc.option(oneOf(...names), { nil: undefined }),
    hasParent: oneOf('', '', '', '..').map((text) => text !== ''),
  })
  .map(({ place: [start, rest], isTree, isDeep, inside, hasParent }) => {
    const more = { isDeep: isDeep || undefined, hasParent, isRelative: !/^[/~]/.test(start) };
    const name = start + rest.join('/');
    const copies = inside === undefined ? undefined : [path('write', `${name}/${inside}`, more)];
    return path('write', name, { ...more, isTree: isTree || undefined, inside: copies });
  });
const beginning = place.map(([start, rest]) =>
  path('read', start + rest.join('/'), { isPrefix: true, isRelative: !/^[/~]/.test(start) }),
);
const globbed = fc
  .record({ place, rest: segments(shellSegment), isTree: fc.boolean(), isDeep: fc.boolean() })
  .filter(({ place: [start] }) => start.startsWith('/'))
  .map(({ place: [start, first], rest, isTree, isDeep }) => {
    const prefix = rest.length > 1 ? `${start}${first.join('/')}/` : start;
    return path('read', prefix, {
      isPrefix: true,
      pattern: prefix + rest.join('/'),
      isTree: isTree || undefined,
      isDeep: isDeep || undefined,
    });
  });

const globsOf = (text: string) => {
  const result = compileGlob(text);
  return result.kind === 'glob' ? [result.glob] : [];
};

describe('a list of path patterns', () => {
  it('answers like all of its patterns, asked one by one', () => {
    const lists = fc.array(policyPattern, { minLength: 1, maxLength: 6 });
    const paths = fc.oneof(whole, beginning, globbed);
    fc.assert(
      fc.property(lists, paths, (texts, of) => {
        const globs = texts.flatMap(globsOf);
        const list = new PathList(globs);
        expect([list.contains(of), list.touches(of)]).toEqual([pathIn(globs, of), pathTouches(globs, of)]);
      }),
      { numRuns: 5_000 },
    );
  });

  it('takes nothing for certain behind `..`, whatever the names', () => {
    const list = new PathList(['/etc/a', '/etc/b', '/etc/c', '/etc/d'].flatMap(globsOf));
    expect([list.contains(path('read', '/srv/x')), list.touches(path('read', '/srv/x'))]).toEqual([no, no]);
    const behind = path('read', '/srv/x', { hasParent: true });
    expect([list.contains(behind), list.touches(behind)]).toEqual([conceivable, conceivable]);
  });
});
