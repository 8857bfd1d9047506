import { describe, expect, it } from 'vitest';
import { globsOf } from '../../../src/command/tools/regex-globs.ts';

describe('globs of a regular expression', () => {
  it.each([
    ['.*mrc', ['*mrc']],
    ['.*/.npm.c', ['*/?npm?c']],
    ['./src/.*', ['./src/*']],
    ['.*/test_[a-z]+\\.py', ['*/test_*.py']],
    ['.*\\.\\(c\\|h\\)$', ['*.c', '*.h']],
    ['a(b(c|d)|e)', ['abc', 'ae', 'abd', 'ae']],
    ['x(yz)?', ['xyz', 'x']],
  ])('of whole paths: %s', (regex, globs) => {
    expect(globsOf(regex, true)).toEqual(globs);
  });

  it.each([
    ['npmrc', ['*npmrc*']],
    ['^a\\.b$', ['a.b']],
    ['\\.py$', ['*.py']],
    ['a|^b', ['*a*', 'b*']],
  ])('of a part of a name: %s', (regex, globs) => {
    expect(globsOf(regex, false)).toEqual(globs);
  });

  it('are not worked out where they would be too many', () => {
    expect(globsOf('(a|b)'.repeat(7), true)).toBeUndefined();
    expect(globsOf('a'.repeat(513), true)).toBeUndefined();
  });
});
