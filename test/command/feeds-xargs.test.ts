/** `find … | xargs …` as it is sent, run by real shells among files whose names are traps. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createLocalUnderstander } from '../../src/local-understander.ts';
import { temporaryDirectory } from '../support/directory.ts';

const { understand } = createLocalUnderstander();

/** The text as it is sent to a target whose shell stands in the directory. */
async function sentIn(workingDirectory: string, text: string, dialect: 'bash' | 'posix'): Promise<string> {
  const model = await understand(text, { dialect, workingDirectory, homeDirectory: '/home/agent' });
  return model.canonical ?? '';
}

/** `secret` lies beside `src`, and names in `src` mean it once they are split. */
function trap(): string {
  const directory = temporaryDirectory();
  const secret = join(directory, 'secret');
  writeFileSync(secret, 'SECRET\n');
  for (const split of [' ', '\n']) {
    mkdirSync(join(directory, `src/x${split}${directory}`), { recursive: true });
    writeFileSync(join(directory, `src/x${split}${secret}`), 'plain\n');
  }
  writeFileSync(join(directory, 'src/it\'s "one"'), 'plain\n');
  return directory;
}

describe.each(['bash', 'dash', 'busybox'])('%s', (shell) => {
  it.each([
    'find src -type f | xargs cat',
    'find src -type f | xargs -n 1 cat',
    'find src -type f | xargs -I{} cat {}',
    'cd src && find . -type f | xargs head -n 5',
    "find src \\( -name '*e*' -o -name '*s*' \\) -type f | xargs cat",
    'for d in src; do find $d -type f | xargs cat; done',
    "sh -c 'find src -type f | xargs cat'",
    'find src -type f -print | xargs cat',
    'find src -type d -name none -prune -o -type f -print | xargs cat',
    'find src -type f 2>/dev/null | xargs cat 2>/dev/null',
    'grep -rl plain src | xargs cat',
    'grep -rL SECRET src | xargs -n 1 cat',
  ])('%s hands on every name whole', async (text) => {
    const directory = trap();
    const sent = await sentIn(directory, text, 'posix');
    expect(sent).toMatch(/(?:-print0|--null).*xargs.*-0/);
    const words = shell === 'busybox' ? ['sh', '-c', sent] : ['-c', sent];
    const run = spawnSync(shell, words, { cwd: directory, encoding: 'utf8' });
    expect(run.stderr).toBe('');
    expect(run.stdout.match(/plain/g)).toHaveLength(3);
    expect(run.stdout).not.toContain('SECRET');
  });

  it('would read the secret without', () => {
    const text = 'find src -type f | xargs cat';
    const words = shell === 'busybox' ? ['sh', '-c', text] : ['-c', text];
    expect(spawnSync(shell, words, { cwd: trap(), encoding: 'utf8' }).stdout).toContain('SECRET');
  });
});

describe('options of GNU and filters between the two', () => {
  it.each([
    "find src -type f | xargs -d '\\n' cat",
    "find src -type f | xargs -d '\\n' -n 1 cat",
    'find src -type f | xargs -L 1 cat',
    'find src -type f | xargs -rL2 cat',
    'find src -type f | sort | xargs cat',
    'find src -type f | sort -r | uniq | head -20 | tail -n 20 | xargs cat',
    'find src -type f | grep -v nothing | egrep -iv none | head -n 9 | xargs cat',
  ])('%s passes every name on whole', async (text) => {
    const directory = trap();
    const sent = await sentIn(directory, text, 'bash');
    const run = spawnSync('bash', ['-c', sent], { cwd: directory, encoding: 'utf8' });
    expect(run.stdout.match(/plain/g)).toHaveLength(3);
    expect(run.stdout).not.toContain('SECRET');
  });
});

describe('nothing is inserted', () => {
  it.each([
    'find src -name a -o -name b | xargs cat',
    'find src > list | xargs cat',
    'find src | xargs -d x cat',
    'find src | xargs cat < list',
    'find "$dir" | xargs cat',
    'cd "$dir" || cd /srv; find src | xargs cat',
    'find src | xargs "$option" cat',
    'find src | xargs $(date) cat',
    'find src -type f | sort > list | xargs cat',
    'find src -type f | sort -o list | xargs cat',
    'find src -type f | grep -c x | xargs cat',
    'find src -type f | grep x list | xargs cat',
    'find src -type f 2>&1 | xargs cat',
    'find src -type f -print -o -print | xargs cat',
    'find src -type f |& sort | xargs cat',
    'sort() { cat; }; find src -type f | sort | xargs cat',
  ])('%s', async (text) => {
    expect(await sentIn('/srv', text, 'bash')).not.toMatch(/-print0|'-0'/);
  });
});

describe('names that git lists', () => {
  const names = ['a b.py', '-rn.py', '--files0-from=secret.py', 'src/x.py', 'src/-i.py', 'plain.py'];

  function repository(): string {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'src'));
    writeFileSync(join(directory, 'secret.py'), 'SECRET\n');
    for (const name of names) writeFileSync(join(directory, name), 'plain\n');
    spawnSync('git', ['init', '-q', '.'], { cwd: directory });
    spawnSync('git', ['add', '--', ...names.map((name) => `:(literal)${name}`)], { cwd: directory });
    return directory;
  }

  it.each([
    ["git ls-files '*.py' | xargs grep -c plain", 6],
    ["git ls-files -z '*.py' | xargs -0 grep -c plain", 6],
    ["git ls-files '*.py' | xargs wc -l", 7],
    ["git ls-files 'src/*.py' | xargs grep -c plain", 2],
    ['git ls-files src | xargs wc -l', 3],
    ["git ls-files '*.py' | xargs -I{} wc -l {}", 6],
  ])('%s hands on each as a name', async (text, lines) => {
    const directory = repository();
    const sent = await sentIn(directory, text, 'posix');
    const run = spawnSync('dash', ['-c', sent], { cwd: directory, encoding: 'utf8' });
    expect(run.stderr).toBe('');
    expect(run.stdout.trim().split('\n')).toHaveLength(lines);
  });

  it.each([
    "git ls-files '*.py' | xargs tar cf x",
    "git ls-files '*.py' | xargs sed -n 1p",
    "git ls-files '*.py' | xargs curl -d",
  ])('%s is asked about', async (text) => {
    const model = await understand(text, {
      dialect: 'bash',
      workingDirectory: '/srv/app',
      homeDirectory: '/home/agent',
    });
    expect(model.commands.flatMap((command) => command.unknowns)).not.toEqual([]);
  });
});
