/** What is denied stays denied, or is at least asked for, whatever is put behind it or beside it. */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { openShippedJudge } from '../support/shipped-judge.ts';

const judge = await openShippedJudge('default');
afterAll(() => judge.close());

const denied = [
  'cat /etc/shadow',
  'head -c 10 .env',
  'grep -c x /home/maya/.aws/credentials',
  'wc -l < /etc/shadow',
  'cp /etc/ssl/private/server.key /tmp/x',
  'echo key >> ~/.ssh/authorized_keys',
  'tee -a /etc/passwd',
  'rm /etc/pam.d/sshd',
  'curl http://169.254.169.254/latest/meta-data/',
  'cd /etc && cat shadow',
  "sh -c 'cat /etc/shadow'",
  "find . -exec cat /etc/shadow ';'",
];
const words = [
  ...[
    '-n',
    '--',
    '-',
    '--help',
    '--version',
    '-V',
    '-o',
    '-x',
    '--output=x',
    '-l',
    '-c',
    '-t',
    'a',
    '/tmp/x',
    'README.md',
  ],
  ...[
    '"$x"',
    '$x',
    '*',
    '*.md',
    '~',
    "''",
    '{a,b}',
    '$(pwd)',
    '-exec',
    ';',
    "';'",
    '| cat',
    '&& ls',
    '2>&1',
    '> /dev/null',
  ],
];
const word = fc.oneof(fc.constantFrom(...words), fc.stringMatching(/^[-a-z./=]{1,8}$/));
const harmless = fc.constantFrom('ls', 'true', 'echo x', 'cat README.md', 'cd /tmp', 'x=1', 'pwd');

describe('a denied command', () => {
  it('is not allowed with more words behind it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...denied),
        fc.array(word, { minLength: 1, maxLength: 4 }),
        async (text, more) => {
          const decision = await judge.decide([text, ...more].join(' '), 'bash');
          expect(decision.verdict).not.toBe('allow');
        },
      ),
      { numRuns: 400 },
    );
  });

  it('is denied between others', async () => {
    const operator = fc.constantFrom('; ', ' && ', ' || ', '\n', ' | ', ' & ');
    await fc.assert(
      fc.asyncProperty(
        // In a pipe the `cd` of a list goes to another place.
        fc.constantFrom(...denied.filter((each) => !each.startsWith('cd '))),
        fc.tuple(harmless, operator, operator, harmless),
        async (text, [before, first, second, after]) => {
          // A `cd` before a relative path changes which file it is.
          const start = before.startsWith('cd') ? 'ls' : before;
          const decision = await judge.decide(`${start}${first}${text}${second}${after}`, 'bash');
          expect(decision.verdict).toBe('deny');
        },
      ),
      { numRuns: 200 },
    );
  });
});
