/** Conditions in CEL, where not all that they ask for is known, and what they count by name. */
import { describe, expect, it } from 'vitest';
import { openOwnPolicy, useOwnPolicy } from '../support/own-policy.ts';

describe('an allow rule with a condition', () => {
  const policy = useOwnPolicy(`
version: 1
description: Copies below one directory, and words that are no options.
rules:
  - id: copies
    allow: { commands: ["cp **", "grep **"] }
    when: { cel: 'command.paths.all(p, p.startsWith("/srv/"))' }
  - id: words
    allow: { commands: ["cat **"] }
    when: { cel: '!command.words.exists(w, w.startsWith("/home"))' }
  - id: hosts
    allow: { tools: [curl, docker], effects: [read, write, network, execute-code, privilege] }
    when: { cel: 'command.hosts.all(h, h.endsWith(".example.com"))' }
`);

  it.each([
    'cp /opt/* /srv/x',
    'cp /srv/a "$x"',
    'cp -r /srv/x /srv/y',
    'grep -r x /srv/x',
    'cat /hom?/agent/notes',
    'cat "/$x"',
    'curl "$x"',
    'curl https://example.org',
    'docker pull a.example.com/x',
  ])('does not hold where something is not known: %s', async (command) => {
    expect(await policy.verdictOf(command)).toBe('approve');
  });

  it.each(['cp /srv/a /srv/b', 'grep x /srv/a', 'cat /opt/notes', 'curl https://a.example.com/'])(
    'holds where all is known: %s',
    async (command) => {
      expect(await policy.verdictOf(command)).toBe('allow');
    },
  );
});

describe('a deny rule with a condition', () => {
  const policy = useOwnPolicy(`
version: 1
description: One directory, one host, one word.
rules:
  - { id: open, allow: { effects: [read, write, delete, network], commands: ["**"], hosts: ["*"] } }
  - { id: place, deny: { effects: [read, delete] }, when: { cel: 'command.paths.exists(p, p.startsWith("/srv/secret/"))' } }
  - { id: host, deny: { effects: [network] }, when: { cel: '"evil.example" in command.hosts' } }
  - { id: word, deny: { tools: [touch] }, when: { cel: '"--date" in command.words' } }
`);

  it.each([
    'cat /srv/secret/a',
    'cd /srv/secret && cat a',
    'curl https://EVIL.example./',
    'touch --date x y',
    'touch --date "$x" y',
  ])('refuses what is known: %s', async (command) => {
    expect(await policy.verdictOf(command)).toBe('deny');
  });

  it.each(['cat /srv/secre?/a', 'grep -r x /srv', 'rm -r /srv', 'touch "$x" y'])(
    'has a person asked where something is not known: %s',
    async (command) => {
      expect(await policy.verdictOf(command)).toBe('approve');
    },
  );

  it.each(['cat /srv/a', 'curl https://x.example/', 'touch x', 'echo "$x"', 'rm /srv/a'])(
    'does not see it in %s',
    async (command) => {
      expect(await policy.verdictOf(command)).toBe('allow');
    },
  );
});

describe('what an expression counts by the name of a rule', () => {
  const policyWith = (cel: string) =>
    openOwnPolicy(
      `version: 1\nrules:\n  - { id: open, allow: { tools: [ls] } }\n  - { id: few, deny: { tools: [ls] }, when: { cel: '${cel}' } }`,
    );

  it('is none where the rule has decided nothing yet', async () => {
    const policy = await policyWith('session.fired["open"] > 3');
    const asked = await policyWith('"open" in session.fired && session.fired["open"] > 3');
    try {
      expect(await policy.verdictOf('ls')).toBe('allow');
      expect(await asked.verdictOf('ls')).toBe('allow');
    } finally {
      await policy.close();
      await asked.close();
    }
  });

  it('has to be one', async () => {
    await expect(policyWith('session.fired["opne"] > 3')).rejects.toThrow(
      'there is no rule `opne` (did you mean `open`?)',
    );
  });
});
