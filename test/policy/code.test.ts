/** Rules about code in a language, against other ways of running it. */
import { describe, expect, it } from 'vitest';
import { openOwnPolicy, useOwnPolicy } from '../support/own-policy.ts';

describe('a rule that refuses code', () => {
  const policy = useOwnPolicy(`
version: 1
description: Programs, but none in Python.
rules:
  - { id: open, allow: { effects: [read, write, execute-code], commands: ["**"] } }
  - { id: no-python, deny: { code: [python] } }
`);

  it.each([
    "python3 -c 'print(1)'",
    'python3 x.py',
    'python3.11 x.py',
    'pypy3 x.py',
    "python3 <<< 'print(1)'",
    "echo 'print(1)' | python3",
    'python3 -m mymodule',
    'python3 -m pytest',
    "env python3 -c 'print(1)'",
    "find . -name '*.py' -exec python3 {} +",
  ])('sees %s', async (command) => {
    expect(await policy.verdictOf(command)).toBe('deny');
  });

  it.each(['python3 --version', "perl -e 'print 1'", 'make', 'python3 -m json.tool a.json'])(
    'does not see %s',
    async (command) => {
      expect(await policy.verdictOf(command)).toBe('allow');
    },
  );
});

it('has a rule about code name a language that some tool runs', async () => {
  const about = (language: string) =>
    openOwnPolicy(`version: 1\nrules:\n  - { id: a, deny: { code: ["${language}"] } }`);
  await expect(about('pyhton')).rejects.toThrow('runs code in `pyhton` (did you mean `python`?)');
  for (const known of ['python', 'sql', 'shell', 'java*']) await (await about(known)).close();
});

describe('a rule that allows code in a directory', () => {
  const policy = useOwnPolicy(`
version: 1
description: Jobs are run where they lie.
rules:
  - { id: cd, allow: { tools: [cd], unknown_names_pass: true } }
  - { id: jobs, allow: { tools: [python3], code: [python], paths: ["/srv/jobs/**"] } }
  - { id: more, allow: { tools: [python3, make], effects: [read, write, execute-code], paths: ["/srv/jobs/**"] } }
`);

  it.each([
    "python3 -c 'print(1)'",
    'python3 -m mymodule',
    'python3 /srv/jobs/../x.py',
    'python3 x.py',
    'PYTHONPATH=/tmp python3 /srv/jobs/x.py',
    "echo 'print(1)' | python3",
    'make',
  ])('covers none that lies elsewhere or nowhere: %s', async (command) => {
    expect(await policy.verdictOf(command)).toBe('approve');
  });

  it.each(['python3 /srv/jobs/x.py', 'cd /srv/jobs && python3 x.py', 'cd /srv/jobs && make'])(
    'covers what lies there: %s',
    async (command) => {
      expect(await policy.verdictOf(command)).toBe('allow');
    },
  );
});
