import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePlaces, meet } from '../../../src/command/tools/place.ts';

describe('whether one name fits a glob and a pattern', () => {
  it.each([
    ['id_*', 'id_rsa', true],
    ['*.pem', '*.pem', true],
    ['a*', '*.pem', true],
    ['*.js', '*.pem', false],
    ['x*', 'id_rsa', false],
    ['?d_rsa', 'id_rsa', true],
    ['id_rs[ab]', 'id_rsa', true],
    // A bracket that is never closed counts as any character.
    ['id_rs[x', 'id_rsa', true],
    ['[i]d_rsa', 'id_rsa', true],
    ['*', '.env', false],
    ['.e*', '.env', true],
    ['', '', true],
    ['*d*ds*', 'id_rsa_rsa', false],
    ['*r*sa', 'id_rsa_rsa', true],
    ['*_rs?', 'id_rs_rsa', true],
    ['id*?', 'id', false],
    ['id**', 'id', true],
    ['a*c', '*b', false],
    ['a*c*', '*b', true],
  ])('%s and %s', (glob, pattern, wanted) => {
    expect(meet(glob, pattern)).toBe(wanted);
  });
});

describe('whether a path is one of several places', () => {
  const name = fc.constantFrom('etc', 'a', 'b', 'ab', 'x.key');
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => ['', ...names]);
  const pattern = fc
    .record({
      isFloating: fc.boolean(),
      names: fc.array(fc.oneof(name, fc.constantFrom('a*', '*', '*.key')), { minLength: 1, maxLength: 3 }),
      isTree: fc.boolean(),
    })
    .map(({ isFloating, names, isTree }) => `${isFloating ? '**' : ''}/${names.join('/')}${isTree ? '/**' : ''}`);
  const matches = (text: string, segments: readonly string[]): boolean => {
    const body = text.replace(/^\*\*\//, '').replace(/\/\*\*$/, '');
    const source = body.replaceAll('.', '\\.').replaceAll('*', '[^/]*');
    const tail = text.endsWith('/**') ? '(?:/.*)?' : '';
    return new RegExp(`^${text.startsWith('**/') ? '(?:.*/)?' : ''}${source}${tail}$`).test(segments.join('/'));
  };

  it('is what comparing it with each of them says', () => {
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 8 }), path, (patterns, segments) => {
        const look = { segments, isOpen: false, wild: [], hasMarks: false, isTree: false, isHolder: false };
        expect(compilePlaces(patterns)(look)).toBe(patterns.some((text) => matches(text, segments)));
      }),
      { numRuns: 5000 },
    );
  });
});
