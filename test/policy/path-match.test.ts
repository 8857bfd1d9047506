import { describe, expect, it } from 'vitest';
import { unknownHome } from '../../src/command/model.ts';
import { certain, conceivable, no, plausible } from '../../src/policy/certainty.ts';
import { compileGlob } from '../../src/policy/glob.ts';
import { pathIn, pathTouches } from '../../src/policy/path-match.ts';
import { hangMs } from '../support/hang.ts';
import { path } from '../support/models.ts';

const globs = (text: string) => {
  const result = compileGlob(text);
  return result.kind === 'glob' ? [result.glob] : [];
};
const prefix = { isPrefix: true };

describe('a path in a pattern', () => {
  it.each([
    { name: 'itself', glob: '/srv/**', of: path('read', '/srv/a'), want: certain },
    { name: 'behind `..`', glob: '/srv/**', of: path('read', '/srv/a', { hasParent: true }), want: plausible },
    {
      name: 'elsewhere behind `..`',
      glob: '/srv/**',
      of: path('read', '/etc/a', { hasParent: true }),
      want: conceivable,
    },
    { name: 'a beginning inside', glob: '/srv/**', of: path('read', '/srv/', prefix), want: plausible },
    { name: 'a beginning elsewhere', glob: '/srv/**', of: path('read', '/etc/', prefix), want: conceivable },
    {
      name: 'a glob inside',
      glob: '/srv/**',
      of: path('read', '/srv/', { ...prefix, pattern: '/srv/*.c' }),
      want: certain,
    },
    {
      name: 'a glob that is no wider',
      glob: '/proc/*/status',
      of: path('read', '/proc/', { ...prefix, pattern: '/proc/*/status' }),
      want: certain,
    },
    {
      name: 'a glob that is wider',
      glob: '/proc/*/{stat,status}',
      of: path('read', '/proc/', { ...prefix, pattern: '/proc/*/stat*' }),
      want: plausible,
    },
    {
      name: 'a glob of names of any length',
      glob: '/proc/?/status',
      of: path('read', '/proc/', { ...prefix, pattern: '/proc/*/status' }),
      want: plausible,
    },
    {
      name: 'a glob with brackets that is no wider',
      glob: '/proc/*/status',
      of: path('read', '/proc/', { ...prefix, pattern: '/proc/[0-9]*/status' }),
      want: certain,
    },
    {
      name: 'a bracket beside a wildcard for one',
      glob: '/proc/?/status',
      of: path('read', '/proc/', { ...prefix, pattern: '/proc/[0-9]/status' }),
      // Where nothing fits, the bracket stays.
      want: plausible,
    },
    {
      name: 'one character beside a wildcard for one',
      glob: '/proc/?/status',
      of: path('read', '/proc/', { ...prefix, pattern: '/proc/?/status' }),
      want: certain,
    },
    {
      name: 'a bracket for a letter that is written',
      glob: '/etc/host{s,name}',
      of: path('read', '/etc/host', { ...prefix, pattern: '/etc/host[s]' }),
      want: plausible,
    },
    {
      name: 'a bracket of more than letters and digits',
      glob: '/srv/*/a',
      of: path('read', '/srv/', { ...prefix, pattern: '/srv/[!a]/a' }),
      want: plausible,
    },
    {
      name: 'a glob elsewhere',
      glob: '/srv/**',
      of: path('read', '/etc/', { ...prefix, pattern: '/etc/*.c' }),
      want: no,
    },
    {
      name: 'longer than any path',
      glob: '/srv/**',
      of: path('read', `/srv/${'a/'.repeat(3_000)}`),
      want: conceivable,
    },
    {
      name: 'longer than any pattern',
      glob: '/srv/**',
      of: path('read', '/etc/', { ...prefix, pattern: `/etc/${'*a'.repeat(999)}` }),
      want: conceivable,
    },
    { name: 'a tree inside', glob: '/srv/**', of: path('read', '/srv/a', { isTree: true }), want: certain },
    { name: 'a tree around', glob: '/srv/a/*', of: path('read', '/srv', { isTree: true }), want: plausible },
    { name: 'a tree at a file', glob: '/srv/a', of: path('read', '/srv/a', { isTree: true }), want: plausible },
    { name: 'a tree around everything', glob: '/srv/a', of: path('read', '/', { isTree: true }), want: plausible },
    { name: 'a tree elsewhere', glob: '/srv/**', of: path('read', '/etc', { isTree: true }), want: no },
    { name: 'a tree that may hold such a name', glob: '**/.env', of: path('read', '/srv', { isTree: true }), want: no },
    { name: 'below an unknown home', glob: '**/.env', of: path('read', `${unknownHome}/.env`), want: certain },
    {
      name: 'below an unknown home, which may be /',
      glob: '/etc/shadow',
      of: path('read', `${unknownHome}/etc/shadow`),
      want: plausible,
    },
    {
      name: 'a glob below an unknown home',
      glob: '/etc/shadow',
      of: path('read', `${unknownHome}/etc/`, { ...prefix, pattern: `${unknownHome}/etc/s*` }),
      want: plausible,
    },
    {
      name: 'an ordinary name below an unknown home',
      glob: '/etc/shadow',
      of: path('read', `${unknownHome}/notes`),
      want: no,
    },
    { name: 'the home of a pattern', glob: '~/work/**', of: path('read', `${unknownHome}/work/a`), want: certain },
    { name: 'a tilde nobody can place', glob: '**/.ssh/**', of: path('read', '~/.ssh/id', prefix), want: plausible },
  ])('$name', ({ glob, of, want }) => {
    expect(pathIn(globs(glob), of)).toBe(want);
  });

  it.each([
    {
      name: '`..` at its word',
      glob: '/etc/shadow',
      of: path('read', '/etc/shadow', { hasParent: true }),
      want: certain,
    },
    {
      name: 'a beginning behind which everything matches',
      glob: '**/.ssh/**',
      of: path('read', '~/.ssh/id', prefix),
      want: certain,
    },
    {
      name: 'a beginning behind which something matches',
      glob: '/etc/shadow',
      of: path('read', '/etc/', prefix),
      want: plausible,
    },
    {
      name: 'logs and what was put away of them, where that is asked for',
      glob: '**/*.gz',
      of: path('read', '/srv/', { ...prefix, pattern: '/srv/a.log*' }),
      want: plausible,
    },
    {
      name: 'logs where another kind of file is asked for',
      glob: '**/*.json',
      of: path('read', '/srv/', { ...prefix, pattern: '/srv/a.log*' }),
      want: plausible,
    },
    {
      name: 'logs where keys are asked for',
      glob: '**/*.pem',
      of: path('read', '/srv/', { ...prefix, pattern: '/srv/a.log*' }),
      want: no,
    },
  ])('is taken for refusing: $name', ({ glob, of, want }) => {
    expect(pathTouches(globs(glob), of)).toBe(want);
  });
});

it('is quick with a glob deep in a tree', () => {
  const started = performance.now();
  const deep = '/a'.repeat(400);
  pathIn(globs('**/*.p12'), path('read', `${deep}/x`, { ...prefix, pattern: `${deep}/x*y` }));
  expect(performance.now() - started).toBeLessThan(hangMs);
});
