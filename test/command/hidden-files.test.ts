/** Searches through a home as they are sent, run by the real grep and find in a home that has something to hide. */
import { spawnSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandModel, Dialect } from '../../src/command/model.ts';
import { createLocalUnderstander } from '../../src/local-understander.ts';

const { understand } = createLocalUnderstander();

const secrets = [
  '.ssh/id_ed25519',
  '.ssh/config',
  '.netrc',
  '.env',
  '.config/gh/hosts.yml',
  '..odd/token',
  'src/.git/config',
  'src/.env.local',
  'src/.hidden.py',
  'src/deep/.aws/credentials',
  'src/deep/er/.env',
  'src/\xff/.netrc',
  '-e/.netrc',
  'id_rsa',
  'backup/id_ed25519',
  'server.pem',
  'src/tls.key',
  'passwords.kdbx',
  'aws_credentials.csv',
  'snap/browser/Default/Cookies',
];
const open = ['notes.txt', 'src/app.py', 'src/deep/er/app.py', 'src/id_card.py', 'src/a b.txt', 'src/x\ny.txt'];

/** Nothing here writes to it, so there is one for all. */
const home = mkdtempSync(join(tmpdir(), 'sallyport-test-'));
beforeAll(() => fill(home));
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Every file has the word; links without a dot lead to what is hidden. */
function fill(directory: string): void {
  const put = (name: string, text: string) => {
    const path = Buffer.from(join(directory, name), name.includes('\xff') ? 'latin1' : 'utf8');
    mkdirSync(Buffer.from(dirname(path.toString('latin1')), 'latin1'), { recursive: true });
    writeFileSync(path, text);
  };
  for (const name of secrets) put(name, 'word SECRET\n');
  for (const name of open) put(name, 'word whole\n');
  symlinkSync('.ssh', join(directory, 'keys'));
  symlinkSync('.netrc', join(directory, 'machines'));
  symlinkSync('../.netrc', join(directory, 'src/machines.py'));
  linkSync(join(directory, 'notes.txt'), join(directory, 'src/notes.py'));
}

const modelOf = async (text: string, dialect: Dialect = 'bash'): Promise<CommandModel> =>
  await understand(text, { dialect, workingDirectory: home, homeDirectory: home });

const run = (text: string) =>
  spawnSync('bash', ['-c', text], { cwd: home, encoding: 'latin1', input: '', env: { ...process.env, HOME: home } });

const all = open.length + 1;
const python = 4;

describe('a search of a home', () => {
  it.each([
    ['grep -r word .', all],
    ['grep -r word', all],
    ['grep -r word ./', all],
    ['grep -r word ~', all],
    ['grep -r word "$HOME/"', all],
    ['grep -rh word . | sort | uniq', 1],
    ['grep -ri WORD . notes.txt', all + 1],
    ['egrep -rn "wo(rd)" .', all],
    ['grep -r -e word -- .', all],
    ['rgrep word', all],
    ["grep -r --include='*.py' word .", python],
    ["grep -r --include '*.py' word .", python],
    ["grep -r word . --include='*'", all],
    ["grep -r word . --include='*' --exclude='*.txt'", python],
    ["grep -r --include='*' -e word -e --include -e --exclude=x .", all],
    ['grep -r -e word . --exclude --include -A 0 -e -x', all],
    ["grep -r --include='*.py' -e word -- .", python],
    ['grep -r word . --include=*.py', python],
    ['grep --inc=*.py -r word .', python],
    ['grep -rl word . | xargs grep -h word', all],
    ['find . -exec grep word {} +', all],
    ['find . -exec grep word {} \\;', all],
    ['find -type f -exec grep word {} +', all],
    ['find ./ -type f -exec grep word {} +', all],
    ['find ~ -type f -exec grep word {} +', all],
    ['find . -depth -type f -exec grep word {} +', all],
    ['find . -maxdepth 2 -type f -exec grep word {} +', all - 1],
    ['find . -name deep -prune -o -type f -exec grep word {} +', all - 1],
    ["find . -name '*.py' -o -exec grep word {} +", all - python],
    ["find . ! -name '*.py' -exec grep word {} +", all - python],
    ["find . \\( -name '*.py' -a -exec grep word {} \\; \\) , -true", python],
    ["find . -path '*/er/*' -type f -exec grep word {} +", 1],
    ["find . -regextype posix-extended -regex '.*\\.(py|txt)' -exec grep word {} +", all],
    ['find . | xargs grep -h word', all],
    ['find . -type f -print | xargs grep word', all],
    ['find . -type f -print0 | xargs -0 grep word', all],
    ["find . -type f | grep -v nothing | sort | xargs -d '\\n' grep word", all],
    ['find . | xargs -I{} grep -h word {}', all],
    ['find . -exec sh -c \'grep word "$1"\' _ {} \\;', all],
    ['grep word $(find . -type f)', all - 2],
    ['for f in $(find . -type f); do grep word "$f"; done', all - 2],
    ['for d in . src; do grep -r word $d; done', all + all - 1],
    ['cd /nowhere; grep -r word .', all],
    ['true && (grep -r word .) | cat', all],
  ])('%s finds what is not hidden, and nothing else', async (text, want) => {
    const { canonical, narrower } = await modelOf(text);
    expect(narrower?.commands.flatMap(({ effects }) => effects).every(({ kind }) => kind === 'read')).toBe(true);
    expect(canonical).not.toBe(narrower?.canonical);
    const { stdout, stderr } = run(narrower?.canonical ?? '');
    expect(stderr.replace(/^.*Is a directory$|^.*No such file.*$|^find: warning.*$|^.*option.*$/gm, '').trim()).toBe(
      '',
    );
    expect(stdout).not.toContain('SECRET');
    expect(stdout.match(/whole/g)).toHaveLength(want);
    expect(run(canonical ?? '').stdout).toContain('SECRET');
  });

  it.each([
    'grep -R word .',
    'grep -r word . .ssh',
    'grep -r word ./.ssh/..',
    'grep -r word ..',
    'grep -r word /',
    'grep -r word /root',
    'grep -r word "$d"',
    'grep -d recurse word .',
    'grep -r --include=.netrc word .',
    'grep -r password .',
    "grep -r --include='*' -e word -e -- .",
    'grep -r --include=\'*\' "$p" .',
    'grep -r word . snap',
    'grep -r word . snap/browser/Default',
    'find . snap -exec grep word {} +',
    'find -L . -exec grep word {} +',
    'find . -follow -exec grep word {} +',
    'find . -type f,l -exec grep word {} +',
    'find . -exec cat {} +',
    'find . | xargs cat',
    'find . -exec awk 1 {} +',
    'find . -exec grep -r word {} +',
    'find . | xargs grep -r word',
    'find . -exec sh -c \'grep word "$1"/.netrc\' _ {} \\;',
    'find . -name .netrc -exec grep word {} +',
    "find . -path './.config/*' -exec grep word {} +",
    "find . -name '(' -o -exec grep word {} + -o -name ')'",
    'find . .ssh -exec grep word {} +',
    'find . "$d" -exec grep word {} +',
    'find . -exec grep word {} + -delete',
    'busybox grep -r word .',
    'sh -c "grep -r word ."',
    'f() { grep -r word "$1"; }; f .; f ..',
  ])('%s is judged as it was written', async (text) => {
    expect((await modelOf(text)).narrower).toBeUndefined();
  });

  it.each(['posix', 'busybox', 'unknown'] as const)('is judged as it was written in %s', async (dialect) => {
    expect((await modelOf('grep -r word .', dialect)).narrower).toBeUndefined();
    expect((await modelOf('find . -exec grep word {} +', dialect)).narrower).toBeUndefined();
  });

  it.each(['/', '/root', '/Users/maya', undefined])(
    'is judged as it was written where the home is %s',
    async (home) => {
      const context = { dialect: 'bash', workingDirectory: home ?? '/~', homeDirectory: home } as const;
      expect((await understand('grep -r word .', context)).narrower).toBeUndefined();
    },
  );

  it('is not looked for in a text that takes long to read', async () => {
    const search = 'grep -r word .';
    expect((await modelOf(`${'echo a b c d; '.repeat(20)}${search}`)).narrower).toBeDefined();
    expect((await modelOf(`${'echo a b c d; '.repeat(200)}${search}`)).narrower).toBeUndefined();
  });

  it('leaves names alone where only they are looked at', async () => {
    const { canonical, narrower } = await modelOf("find . -name '*.py' | sort");
    expect(narrower).toBeUndefined();
    expect(canonical).not.toContain('-regex');
  });

  it('leaves other trees alone', async () => {
    const { narrower } = await modelOf('grep -r word src; find src -exec grep word {} +');
    expect(narrower).toBeUndefined();
  });
});

describe('a change of many files', () => {
  const changeable = ['src/app.py', 'src/deep/er/app.py', 'src/id_card.py', 'src/notes.py'];
  const hidden = 'src/.hidden.py';

  it.each([
    "find . -name '*.py' -exec sed -i s/word/new/ {} +",
    "find . -name '*.py' -exec sed -i s/word/new/ {} \\;",
    "find . -type f -name '*.py' | xargs sed -i s/word/new/",
    "find . -name '*.py' -print0 | xargs -0 sed -i s/word/new/",
    "find . -name '*.py' ! -name '*.js' -not -path './lib/*' -exec sed -i s/word/new/ {} +",
    "grep -rl word --include='*.py' . | xargs sed -i s/word/new/",
    'grep -rl word --include=*.py . | xargs sed -i s/word/new/',
    "grep -rlZ word --include='*.py' . | xargs -0 sed -i s/word/new/",
    'for f in $(find . -name \'*.py\'); do sed -i s/word/new/ "$f"; done',
    'find . -name \'*.py\' | while read -r f; do sed -i s/word/new/ "$f"; done',
  ])('%s passes over what is hidden', async (text) => {
    const copy = mkdtempSync(join(tmpdir(), 'sallyport-test-'));
    try {
      fill(copy);
      const { narrower } = await understand(text, { dialect: 'bash', workingDirectory: copy, homeDirectory: home });
      const kinds = new Set(narrower?.commands.flatMap(({ effects }) => effects.map(({ kind }) => kind)));
      expect([...kinds].sort()).toEqual(['read', 'write']);
      const { stderr } = spawnSync('bash', ['-c', narrower?.canonical ?? ''], { cwd: copy, encoding: 'utf8' });
      expect(stderr).toBe('');
      for (const name of changeable) expect(readFileSync(join(copy, name), 'utf8')).toBe('new whole\n');
      expect(readFileSync(join(copy, hidden), 'utf8')).toBe('word SECRET\n');
      expect(readFileSync(join(copy, '.netrc'), 'utf8')).toBe('word SECRET\n');
    } finally {
      rmSync(copy, { recursive: true });
    }
  });

  it.each([
    "find . -name '*.yml' -exec sed -i s/word/new/ {} +",
    'find . -name conftest.py -exec sed -i s/word/new/ {} +',
    "find . -name 'site*.py' -exec sed -i s/word/new/ {} +",
    "find . -path '*/hooks/*' -name '*.py' -exec sed -i s/word/new/ {} +",
    "find . -name '.*.py' -exec sed -i s/word/new/ {} +",
    "find .git -name '*.py' -exec sed -i s/word/new/ {} +",
    "find -L . -name '*.py' -exec sed -i s/word/new/ {} +",
    "find . -name '*.py' -o -name x -exec sed -i s/word/new/ {} +",
    "find . -exec sed -i s/word/new/ {} + -name '*.py'",
    'find . -type f -exec sed -i s/word/new/ {} +',
    'grep -rl word . | xargs sed -i s/word/new/',
    "grep -rl word --include='*.py' --include='*.yml' . | xargs sed -i s/word/new/",
    "grep -rl word --include='*.py' --exclude=x . | xargs sed -i s/word/new/",
    "grep -Rl word --include='*.py' . | xargs sed -i s/word/new/",
    "grep -rl word --include='*.py' .git | xargs sed -i s/word/new/",
    "grep -rl word --include='.*.py' . | xargs sed -i s/word/new/",
    "find . -name '*.py' -exec sh {} +",
    "find . -name '*.py' -delete",
  ])('%s is judged as it was written', async (text) => {
    expect((await modelOf(text)).narrower).toBeUndefined();
  });

  it.each([
    "find . -name '*.py' -exec sed -i s/word/new/ {} +",
    "grep -rl word --include='*.py' . | xargs sed -i s/word/new/",
  ])('%s leaves out what python runs before all else', async (text) => {
    const copy = mkdtempSync(join(tmpdir(), 'sallyport-test-'));
    try {
      for (const name of ['app.py', 'sitecustomize.py', 'usercustomize.py']) writeFileSync(join(copy, name), 'word\n');
      const { narrower } = await understand(text, { dialect: 'bash', workingDirectory: copy, homeDirectory: home });
      spawnSync('bash', ['-c', narrower?.canonical ?? ''], { cwd: copy });
      expect(readFileSync(join(copy, 'app.py'), 'utf8')).toBe('new\n');
      expect(readFileSync(join(copy, 'sitecustomize.py'), 'utf8')).toBe('word\n');
      expect(readFileSync(join(copy, 'usercustomize.py'), 'utf8')).toBe('word\n');
    } finally {
      rmSync(copy, { recursive: true });
    }
  });

  it('may stand beside one of a file that is named', async () => {
    const { narrower } = await modelOf('grep -r word . > found');
    expect(narrower?.canonical).toContain('--exclude');
  });
});
