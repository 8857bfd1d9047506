/** Rules about redirections, against other spellings of the same file and operators that do the same. */
import { describe, expect, it } from 'vitest';
import { openOwnPolicy, useOwnPolicy } from '../support/own-policy.ts';

describe('a rule that refuses redirections', () => {
  const policy = useOwnPolicy(`
version: 1
description: Nothing is written over in one directory.
rules:
  - { id: open, allow: { effects: [read, write, delete], commands: ["**"] } }
  - { id: secret, deny: { redirects: { ops: [">"], paths: ["/srv/secret/**"] } } }
  - { id: keys, deny: { redirects: { paths: ["~/keys/**"] } } }
`);

  it.each([
    'echo x > /srv/secret/a',
    'echo x >| /srv/secret/a',
    'echo x &> /srv/secret/a',
    'echo x >& /srv/secret/a',
    'echo x 2> /srv/secret/a',
    'echo x 1<> /srv/secret/a',
    'echo x > /srv//secret/./a',
    'echo x > /srv/other/../secret/a',
    'cd /srv/secret && echo x > a',
    'cd /srv/other; echo x > ../secret/a',
    'echo x > "/srv/secret/$name"',
    'echo x > /srv/sec*/a',
    'exec > /srv/secret/a; echo x',
    '{ echo x; } > /srv/secret/a',
    'for i in 1 2; do echo $i; done > /srv/secret/a',
    'echo x > keys/a',
    'cat < ~/keys/a',
    'cat < ./keys/../keys/a',
  ])('sees %s', async (command) => {
    expect(await policy.verdictOf(command)).toBe('deny');
  });

  it.each([
    'echo x >> /srv/secret/a',
    'echo x > /srv/other/a',
    'echo x > a',
    'echo x > /dev/null 2>&1',
    'cat < /srv/secret/a',
    'cat /srv/secret/a',
  ])('does not see %s', async (command) => {
    expect(await policy.verdictOf(command)).toBe('allow');
  });
});

it('has a rule that allows them cover the file itself, however it is written', async () => {
  const policy = await openOwnPolicy(`
version: 1
rules:
  - { id: out, allow: { commands: ["echo *"], redirects: { ops: [">"], paths: ["/home/agent/out/**"] } } }
`);
  try {
    for (const one of ['echo x > /home/agent/out/a', 'echo x > out/a', 'echo x > ~/out/a'])
      expect(await policy.verdictOf(one)).toBe('allow');
    for (const one of [
      'echo x > out/../a',
      'echo x >> out/a',
      'echo x >| out/a',
      'echo x > out/a > b',
      'echo x > "out/$a"',
      'cd /srv && echo x > out/a',
    ])
      expect(await policy.verdictOf(one)).toBe('approve');
  } finally {
    await policy.close();
  }
});
