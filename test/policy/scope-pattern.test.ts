import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createJudgement, type Judgement } from '../../src/judgement.ts';
import { ordinarySituation } from '../../src/policy/case.ts';
import {
  type GeneralCommand,
  generalCommand,
  patternCovers,
  patternExamples,
  patternProblem,
  proposedPattern,
} from '../../src/policy/scope-pattern.ts';

// The real grammar and tools: a model made by hand would prove nothing about what agents send.
let judgement: Judgement;
beforeAll(async () => {
  judgement = await createJudgement();
});
afterAll(() => judgement.close());

const read = (text: string) => judgement.understand(text, { ...ordinarySituation.understand, dialect: 'bash' });

async function general(text: string): Promise<GeneralCommand> {
  const found = generalCommand(await read(text));
  if (found === undefined) throw new Error(`${text} cannot be generalised`);
  return found;
}

describe('what may be generalised', () => {
  it.each([
    ['systemctl restart nginx', 'systemctl restart *'],
    ['touch /srv/app/a', 'touch /srv/app/*'],
    ['rm -f /srv/app/releases/7', 'rm -f /srv/app/releases/*'],
  ])('%s → %s', async (text, proposed) => {
    expect(proposedPattern(await general(text))).toBe(proposed);
  });

  it.each([
    'bash deploy.sh',
    'ping web-1',
    'wget example.org',
    'sed -i s/a/b/w/srv/other /srv/app/f',
    'tar -xf /srv/app/a.tar',
    'python3 -c 1',
    'sudo systemctl restart nginx',
    'env A=1 touch /srv/a',
    'A=1 touch /srv/a',
    'touch /srv/a; touch /srv/b',
    'touch /srv/a | cat',
    'touch $X',
    'touch /srv/*',
    'echo a > /srv/a',
    'xargs touch',
    'find /srv -exec touch {} ;',
    'ssh web-2 touch /srv/a',
    'useradd mallory',
    'touch "/srv/a b"',
    'frobnicate /srv/a',
    'make install',
    'cat',
  ])('not %s', async (text) => {
    expect(generalCommand(await read(text))).toBeUndefined();
  });
});

describe('the editor', () => {
  it.each([
    ['systemctl restart nginx', '* restart nginx'],
    ['systemctl restart nginx', 'systemctl * nginx'],
    ['systemctl restart nginx', 'systemctl restart **'],
    ['systemctl restart nginx', 'systemctl restart * *'],
    ['systemctl restart nginx', 'systemctl restart'],
    ['systemctl restart nginx', 'systemctl restart nginx'],
    ['systemctl restart nginx', 'systemctl restart {nginx,*}'],
    ['systemctl restart nginx', 'systemctl restart n*'],
    ['systemctl restart nginx', 'systemctl restart apache*'],
    ['systemctl restart nginx', "systemctl restart '*'"],
    ['systemctl restart nginx', 'systemctl  restart *'],
    ['rm -f /srv/app/7', 'rm * /srv/app/7'],
    ['rm -f /srv/app/7', 'rm -f *'],
    ['rm -f /srv/app/7', 'rm -f /*'],
    ['rm -f /srv/app/7', 'rm -f /etc/*'],
    ['rm -f /srv/app/7', 'rm -f /srv/app/../*'],
    ['rm -f /srv/app/7', 'rm -f /srv/*/7'],
  ])('for %s refuses %s', async (text, pattern) => {
    expect(patternProblem(pattern, await general(text))).toEqual(expect.any(String));
  });
});

describe('covering', () => {
  it.each([
    ['systemctl restart nginx', 'systemctl restart *', 'systemctl restart caddy'],
    ['rm -f /srv/app/7', 'rm -f /srv/app/*', 'rm -f /srv/app/8'],
    ['rm -f /srv/app/7', 'rm -f /srv/*', 'rm -f /srv/app/8'],
  ])('%s as %s covers %s', async (text, pattern, other) => {
    expect(patternCovers(pattern, await general(text), await read(other))).toBe(true);
  });

  it.each([
    ['systemctl restart nginx', 'systemctl restart *', 'systemctl restart nginx postgresql'],
    ['systemctl restart nginx', 'systemctl restart *', 'systemctl restart --now'],
    ['systemctl restart nginx', 'systemctl restart *', 'systemctl restart nginx; reboot'],
    ['systemctl restart nginx', 'systemctl restart *', 'systemctl restart $X'],
    ['systemctl restart nginx', 'systemctl restart *', 'systemctl restart "a b"'],
    ['systemctl restart nginx', 'systemctl restart *', 'systemctl restart ""'],
    ['systemctl restart nginx', 'systemctl restart *', 'systemctl restart /etc/x.service'],
    ['systemctl restart nginx', 'systemctl restart *', 'systemctl stop nginx'],
    ['systemctl restart nginx', 'systemctl restart *', 'sudo systemctl restart caddy'],
    ['systemctl restart nginx', 'systemctl restart *', '/tmp/systemctl restart caddy'],
    ['systemctl restart nginx', 'systemctl restart *', 'systemctl restart caddy > /etc/passwd'],
    ['rm -f /srv/app/7', 'rm -f /srv/app/*', 'rm -f /srv/app/../../etc/passwd'],
    ['rm -f /srv/app/7', 'rm -f /srv/app/*', 'rm -f /srv/app/'],
    ['rm -f /srv/app/7', 'rm -f /srv/app/*', 'rm -f /srv/app'],
    ['rm -f /srv/app/7', 'rm -f /srv/app/*', 'rm -f /srv/application/7'],
    ['rm -f /srv/app/7', 'rm -f /srv/app/*', 'rm -rf /srv/app/8'],
    ['rm -f /srv/app/7', 'rm -f /srv/app/*', "rm -f '/srv/app/*'"],
    ['touch /srv/app/7', 'touch /srv/*', 'touch /srv/app/.ssh/authorized_keys'],
  ])('%s as %s never covers %s', async (text, pattern, other) => {
    expect(patternCovers(pattern, await general(text), await read(other))).toBe(false);
  });

  it('never another number of words, an option or a parent directory, whatever is put in the place of the star', async () => {
    const from = await general('rm -f /srv/app/7');
    const alphabet = fc.constantFrom('a', '/', '.', '..', ' ', '-', ';', '*', '$', '"', '~', '\n', '\\');
    await fc.assert(
      fc.asyncProperty(fc.array(alphabet, { maxLength: 8 }), async (pieces) => {
        const model = await read(`rm -f /srv/app/${pieces.join('')}`);
        if (!patternCovers('rm -f /srv/app/*', from, model)) return;
        const words = model.commands[0]?.argv.map((word) => (word.kind === 'known' ? word.value : ''));
        expect(words).toHaveLength(3);
        expect(words?.[2]).toMatch(/^\/srv\/app\/(?!\.\.?(\/|$))/);
        expect(words?.[2]?.split('/')).not.toContain('..');
      }),
      { numRuns: 200 },
    );
  });
});

it('shows examples that it really covers, and really does not', () => {
  expect(patternExamples('rm -f /srv/app/*')).toEqual({
    covered: ['rm -f /srv/app/example', 'rm -f /srv/app/another', 'rm -f /srv/app/a-third'],
    not: ['rm -f /srv/app/example more', 'rm -f --force', 'rm -f /srv/app/../elsewhere'],
  });
});
