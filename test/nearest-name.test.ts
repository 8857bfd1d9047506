import { expect, it } from 'vitest';
import { nearestName } from '../src/nearest-name.ts';

it.each([
  { name: 'one letter too many', wrong: 'webb', known: ['ssh', 'web'], near: 'web' },
  { name: 'one letter less', wrong: 'agnts', known: ['agents', 'targets'], near: 'agents' },
  { name: 'neighbours swapped, in a short name', wrong: 'gti', known: ['git', 'rg'], near: 'git' },
  {
    name: 'two mistakes in a long name',
    wrong: 'stete_directorry',
    known: ['state_directory'],
    near: 'state_directory',
  },
  { name: 'the nearest of several', wrong: 'hosts', known: ['ports', 'host'], near: 'host' },
  { name: 'the first of equally near ones', wrong: 'cat', known: ['rat', 'bat'], near: 'rat' },
  { name: 'not two mistakes in a short name', wrong: 'post', known: ['host', 'pots'], near: 'host' },
  { name: 'nothing when a short name differs twice', wrong: 'poet', known: ['host'], near: undefined },
  { name: 'nothing when it is another word', wrong: 'reviewers', known: ['agents', 'web'], near: undefined },
  { name: 'nothing when nothing is known', wrong: 'x', known: [], near: undefined },
])('$name', ({ wrong, known, near }) => {
  expect(nearestName(wrong, known)).toBe(near);
});
