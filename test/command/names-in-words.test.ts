/** `cat $(find …)` and loops over it as they are sent, run by real shells among files whose names are traps. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../support/directory.ts';
import { modelOf, readsWholeNames, runIn } from '../support/sent-text.ts';

/** `secret` lies beside `src`; names in `src` mean it, or a file of theirs, once they are split or expanded. */
function trap(): string {
  const directory = temporaryDirectory();
  const secret = join(directory, 'secret');
  writeFileSync(secret, 'SECRET\n');
  writeFileSync(join(directory, '.hidden'), 'SECRET\n');
  for (const split of [' ', '\n', '\t']) {
    mkdirSync(join(directory, `src/x${split}${directory}`), { recursive: true });
    writeFileSync(join(directory, `src/x${split}${secret}`), 'plain\n');
    writeFileSync(join(directory, `src/x${split}.hidden`), 'plain\n');
  }
  // `src/.*/secret` is `src/../secret` to shells that let `.*` fit the parent.
  mkdirSync(join(directory, 'src/.*'));
  writeFileSync(join(directory, 'src/.*/secret'), 'plain\n');
  writeFileSync(join(directory, 'src/[ab]'), 'plain\n');
  writeFileSync(Buffer.from(`${directory}/src/\xff secret`, 'latin1'), 'plain\n');
  for (const name of ['one.txt', 'two.txt', '-n']) writeFileSync(join(directory, 'src', name), 'whole\n');
  return directory;
}

describe.each(['bash', 'dash', 'busybox'])('%s', (shell) => {
  it.each([
    'cat $(find src -type f)',
    'cat `find src -type f -print`',
    'cat $(find src -type d -name none -o -type f)',
    'cat $(find src -maxdepth 3 \\( -name "*" -a -type f \\) -print | sort)',
    'cat $(find src -type f | grep -v nothing | sort -r | head -n 99)',
    'for f in $(find src -type f); do cat $f; done',
    'for f in $(find src -type f); do cat "$f"; done',
    'for f in $(find src -type f); do if true; then cat "$f" | cat; fi; done',
    'cd src && cat $(find -type f)',
    'cat $(find src -type f 2>/dev/null)',
  ])('%s reads what find finds, and nothing that a name says', async (text) => {
    await readsWholeNames(shell, text, trap());
  });

  it('would read the secret without', () => {
    expect(runIn(shell, 'cat $(find src -type f)', trap()).stdout).toContain('SECRET');
  });
});

it('gives a script that greps in archives no name that it would split', async () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'logs'));
  for (const name of ['a', 'b c', 'x\ny']) writeFileSync(join(directory, 'logs', name), 'error\n');
  const { canonical = '', unknowns } = await modelOf("find logs -type f -exec zgrep -H error '{}' +", directory);
  expect(unknowns).toEqual([]);
  expect(runIn('bash', canonical, directory).stdout).toBe('logs/a:error\n');
});

describe.each(['bash', 'dash', 'busybox'])('find * in %s', (shell) => {
  it.each(['find *', 'find * -type f', 'for d in x; do (find * -type f); done', 'echo "$(find * -type f)"'])(
    '%s takes no name for an option',
    async (text) => {
      const directory = temporaryDirectory();
      for (const name of ['-delete', 'a', 'b c', '.hidden']) writeFileSync(join(directory, name), '');
      const { canonical = '', unknowns } = await modelOf(text, directory);
      expect(unknowns).toEqual([]);
      expect(runIn(shell, canonical, directory).stdout).toBe('a\nb c\n');
      expect(readdirSync(directory)).toHaveLength(4);
    },
  );
});

describe('nothing is inserted', () => {
  it.each([
    'ls -l $(find src -type f)',
    'wc -l $(find src -type f)',
    'echo $(find src -type f)',
    'for f in $(find src -type f); do echo $f; done',
    'cat $(find src -type f -printf %f)',
    'cat $(find src -type f -exec echo {} +)',
    'cat $(find src -type f -print0)',
    'cat $(find src -type f; echo x)',
    'cat $(find src -type f | sed s/a/b/)',
    'cat $(find src -name "(" ")" -o "(" -not -name ")")',
    'cat $(find src -name a ")" -o "(" -name b)',
    'cat $(find src -help)',
    'cat $(find "$x" -type f)',
    'cat $(find src > list)',
    'find $(find src -type d) -name x',
  ])('into %s', async (text) => {
    const model = await modelOf(text, '/srv/app');
    expect(model.canonical ?? '').not.toContain("'-regex'");
  });
});

describe.each(['bash', 'dash', 'busybox'])('the variable of a loop over a glob in %s', (shell) => {
  it.each(['for f in src/*.txt; do cat $f; done', 'for d in s*/; do cat $d/*.txt; done'])(
    '%s is one name',
    async (text) => {
      const directory = temporaryDirectory();
      mkdirSync(join(directory, 'src'));
      writeFileSync(join(directory, 'secret.txt'), 'SECRET\n');
      for (const name of ['a.txt', `b ${directory}/secret.txt`.replaceAll('/', '_'), '[s]*.txt', 'b secret.txt'])
        writeFileSync(join(directory, 'src', name), 'whole\n');
      const { canonical = '', unknowns } = await modelOf(text, directory);
      expect(unknowns).toEqual([]);
      const { stdout, stderr } = runIn(shell, canonical, directory);
      expect(stderr).toBe('');
      expect(stdout).toBe('whole\n'.repeat(4));
    },
  );

  it('is two words without', () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'src'));
    writeFileSync(join(directory, 'secret.txt'), 'SECRET\n');
    writeFileSync(join(directory, 'src/b secret.txt'), 'whole\n');
    expect(runIn(shell, 'for f in src/*.txt; do cat $f; done', directory).stdout).toBe('SECRET\n');
  });
});

it.each([
  'cat $(ls -t logs/*.log | head -1)',
  'f=$(ls logs/*.log | sort -r | tail -1); cat $f',
  'cat "$(ls logs/*.log | head -n 1)"',
])('%s reads one of the names that fit, or none', async (text) => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'logs'));
  writeFileSync(join(directory, '.env'), 'SECRET\n');
  const { canonical = '', unknowns } = await modelOf(text, directory);
  expect(unknowns).toEqual([]);
  expect(runIn('bash', canonical, directory).stdout).toBe('');
  mkdirSync(join(directory, 'logs/a.log'));
  writeFileSync(join(directory, 'logs/a.log/.env'), '');
  expect(runIn('bash', canonical, directory).stdout).toBe('');
  for (const name of ['b .env .log', 'c\n.env\n.log']) writeFileSync(join(directory, 'logs', name), 'plain\n');
  expect(runIn('bash', canonical, directory).stdout).not.toContain('SECRET');
});
