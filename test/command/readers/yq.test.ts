import { describe, expect, it } from 'vitest';
import { readYq } from '../../../src/command/readers/yq.ts';
import type { PathReader } from '../../../src/command/reading.ts';

const path: PathReader = (access, text) => ({
  access,
  path: text,
  isPrefix: false,
  isRelative: true,
  hasParent: false,
});
const read = (filter: string) => readYq(filter, { path });

describe('a filter of yq', () => {
  it.each([
    '.a',
    '.a.b[0].c',
    '.items[] | select(.kind == "Pod") | .metadata.name',
    '.["a b"]',
    '."a-b"',
    '"\\(.a) \\(.b)"',
    '.a // "x"',
    '.a + "b"',
    'to_entries | map(.key)',
    '{name: .metadata.name}',
    '..|select(has("image")?)|.image',
  ])('is harmless: %s', (filter) => {
    expect(read(filter)).toMatchObject({ effects: [], unknowns: [], shell: [], code: [] });
  });

  it.each(['.netrc', 'keys', '.a.b', '..'])('may be the name of a file: %s', (filter) => {
    const paths = filter === '..' ? [] : [{ access: 'read', path: filter }];
    expect(read(filter).paths).toMatchObject(paths);
  });

  // What these do was read in the source of Go's yq: it cuts them otherwise than jq does.
  it.each([
    '"\\("|load_str($p),")"',
    '.a+"|load_str($p),.x"',
    '."a |load_str($p)|.x"',
    '."a\\"|load_str($p),.x\\"b"',
    '.a"|load_str($p),.x"',
    '.a#,load("x")',
    '..load("x"),',
    '{"x" "/etc/shadow", load: 1}',
    '.a.yq',
    'eval(.a)',
    'strenv(A)',
  ])('is not understood: %s', (filter) => {
    expect(read(filter).unknowns).not.toEqual([]);
  });
});
