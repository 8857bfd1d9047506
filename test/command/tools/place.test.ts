import { describe, expect, it } from 'vitest';
import { meet } from '../../../src/command/tools/place.ts';

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
