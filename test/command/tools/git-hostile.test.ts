/**
 * Real git in a repository where every setting that runs a program runs one that leaves a mark: what the library calls
 * a read must leave none once the words it asks for are inserted.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { programReaders } from '../../../src/command/readers/readers.ts';
import { splitExample } from '../../../src/command/tools/example.ts';
import { createToolReader } from '../../../src/command/tools/index.ts';
import { loadLibrary } from '../../../src/library.ts';

const read = createToolReader(loadLibrary(), programReaders);
const home = mkdtempSync(join(tmpdir(), 'sallyport-git-'));
const repository = join(home, 'repository');
const mark = join(home, 'mark');
const env = { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: home, TERM: 'xterm', GIT_PAGER_IN_USE: '' };
const git = (...args: string[]) => execFileSync('git', args, { cwd: repository, env, stdio: 'pipe' });

/** The words of the line as they would be sent: with what the reading inserts. */
function wordsSent(line: string): readonly string[] {
  const argv = splitExample(line);
  const reading = read(argv, { workingDirectory: repository, homeDirectory: home, runsAs: undefined });
  expect(reading.unknowns).toEqual([]);
  expect(reading.effects.map((effect) => effect.kind).filter((kind) => kind !== 'read')).toEqual([]);
  return argv.flatMap((word, i) => [
    word.kind === 'known' ? word.value : '',
    ...(reading.insertWords ?? []).filter(({ after }) => after === i).flatMap(({ words }) => words),
  ]);
}

beforeAll(() => {
  execFileSync('git', ['init', '-q', repository], { env });
  git('config', 'user.name', 'a');
  git('config', 'user.email', 'a@example.org');
  writeFileSync(join(repository, 'a.txt'), 'one\n');
  writeFileSync(join(repository, '.gitattributes'), '*.txt diff=marked\n*.both merge=marked\n');
  writeFileSync(join(repository, 'm.both'), 'base\n');
  git('add', '.');
  git('commit', '-qm', 'first');
  git('tag', 'v1');
  // Both sides changed the same line: who merges them once more asks the merge driver.
  for (const side of ['checkout -qb side', 'checkout -q -']) {
    git(...side.split(' '));
    writeFileSync(join(repository, 'm.both'), `${side}\n`);
    git('commit', '-qam', side);
  }
  git('merge', '-q', '-X', 'ours', '-m', 'both', 'side');
  writeFileSync(join(repository, 'a.txt'), 'two\n');
  git('commit', '-qam', 'second');
  writeFileSync(join(repository, 'a.txt'), 'three\n');
  git('stash');
  writeFileSync(join(repository, 'a.txt'), 'four\n');
  // A signed commit makes git run gpg when asked to show the signature.
  const commit = git('cat-file', 'commit', 'HEAD').toString();
  const signed = commit.replace(
    /\ncommitter .*\n/,
    (line) => `${line}gpgsig -----BEGIN PGP SIGNATURE-----\n x\n -----END PGP SIGNATURE-----\n`,
  );
  const id = execFileSync('git', ['hash-object', '-t', 'commit', '-w', '--stdin', '--literally'], {
    cwd: repository,
    env,
    input: signed,
  });
  git('update-ref', 'HEAD', id.toString().trim());
  const program = join(home, 'program');
  writeFileSync(program, `#!/bin/sh\necho "$0 $*" >> ${mark}\n`, { mode: 0o755 });
  const run = `${program} `;
  for (const name of [
    'core.pager',
    'core.fsmonitor',
    'core.editor',
    'core.sshCommand',
    'core.askPass',
    'core.gitProxy',
    'core.alternateRefsCommand',
    'diff.external',
    'diff.marked.command',
    'diff.marked.textconv',
    'gpg.program',
    'gpg.ssh.program',
    'interactive.diffFilter',
    'sequence.editor',
    'credential.helper',
    'pager.log',
    'pager.show',
    'pager.diff',
    'pager.status',
    'pager.branch',
    'pager.tag',
    'pager.blame',
    'pager.grep',
    'pager.config',
    'pager.stash',
    'pager.reflog',
    'trailer.x.command',
    'remote.origin.uploadpack',
  ]) {
    git('config', name, run);
  }
  git('config', 'log.showSignature', 'true');
  git('config', 'merge.marked.driver', run);
  git('config', 'log.diffMerges', 'remerge');
  git('config', 'core.hooksPath', home);
  git('config', 'remote.origin.url', 'ssh://127.0.0.1/x');
  git('config', 'status.submoduleSummary', 'true');
  for (const hook of ['post-index-change', 'reference-transaction', 'fsmonitor-watchman', 'post-checkout']) {
    writeFileSync(join(home, hook), `#!/bin/sh\necho hook ${hook} >> ${mark}\n`, { mode: 0o755 });
  }
});
beforeEach(() => rmSync(mark, { force: true }));
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** `script` gives git a terminal, so that it would start a pager. */
function run(words: readonly string[]): void {
  const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  spawnSync('script', ['-qec', quoted, '/dev/null'], { cwd: repository, env, stdio: 'ignore', timeout: 15_000 });
}

const lines = [
  'git status',
  'git status --short',
  'git log -p',
  'git log -m -p',
  'git show -m HEAD~1',
  'git stash list -p',
  'git log --oneline --graph --all --stat -5',
  "git log --format='%H %G? %GS'",
  'git show HEAD',
  'git show HEAD:a.txt',
  'git diff',
  'git diff --stat HEAD~1',
  'git diff --cached',
  'git blame a.txt',
  'git grep -n four',
  'git ls-files',
  'git branch -a -v',
  "git tag -l 'v*'",
  'git stash list',
  'git stash show -p',
  'git reflog',
  'git reflog show HEAD',
  'git shortlog -s HEAD',
  'git whatchanged -p -2',
  'git cherry -v HEAD~1',
  'git describe --tags',
  'git rev-parse HEAD',
  'git rev-list --count HEAD',
  'git cat-file -p HEAD',
  "git for-each-ref --format='%(refname)'",
  'git remote -v',
  'git config --list',
  'git worktree list',
  'git ls-tree -r HEAD',
  'git diff-tree -p HEAD',
  'git diff-tree -r -m -p HEAD',
  'git notes list',
];

describe('a repository whose configuration runs programs', () => {
  it('does run them when git is left alone', () => {
    run(['git', 'status']);
    expect(existsSync(mark)).toBe(true);
    rmSync(mark);
    run(['git', 'log', '-p']);
    expect(existsSync(mark)).toBe(true);
  });

  it.each(lines)('runs none of them for %s', (line) => {
    const words = wordsSent(line);
    run(words);
    expect(existsSync(mark)).toBe(false);
  });

  it.each(lines)('still answers %s', (line) => {
    const [name = '', ...args] = wordsSent(line);
    const result = spawnSync(name, args, { cwd: repository, env, encoding: 'utf8', timeout: 15_000 });
    expect({ status: result.status, stderr: result.stderr }).toMatchObject({
      status: 0,
      stderr: expect.not.stringMatching(/usage|unknown/),
    });
  });
});

describe('a directory that looks like a bare repository', () => {
  const directory = join(home, 'looks-bare');
  const tree = join(home, 'tree');
  beforeAll(() => {
    execFileSync('git', ['init', '-q', '--bare', directory], { env });
    mkdirSync(tree);
    mkdirSync(join(directory, 'info'), { recursive: true });
    writeFileSync(join(directory, 'info', 'attributes'), '*.txt filter=marked\n');
    writeFileSync(join(tree, 'a.txt'), 'one\n');
    execFileSync('git', ['--git-dir', directory, '--work-tree', tree, 'add', 'a.txt'], { cwd: tree, env });
    writeFileSync(
      join(directory, 'config'),
      `[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = ${tree}\n[filter "marked"]\n\tclean = ${join(home, 'program')}\n`,
    );
    writeFileSync(join(tree, 'a.txt'), 'two\n');
  });

  it('runs its filters when git is left alone', () => {
    run(['git', '-C', directory, 'status']);
    expect(existsSync(mark)).toBe(true);
  });

  it.each(['status', 'diff', 'blame a.txt'])('runs none of them for git -C … %s', (line) => {
    run(wordsSent(`git -C ${directory} ${line}`));
    expect(existsSync(mark)).toBe(false);
  });

  it.each(['grep CANARY', 'ls-files'])('shows nothing of the working tree it names for git %s', (line) => {
    writeFileSync(join(tree, 'a.txt'), 'CANARY\n');
    const shown = ([name = '', ...args]: readonly string[]) =>
      spawnSync(name, args, { cwd: directory, env, encoding: 'utf8' }).stdout;
    expect(shown(['git', ...line.split(' ')])).toContain('a.txt');
    expect(shown(wordsSent(`git ${line}`))).toBe('');
  });

  it.each(['log -p', 'check-attr -a a.txt', 'ls-files --eol'])(
    'prints no lines of its attributes for git %s',
    (line) => {
      const secret = join(home, 'netrc');
      writeFileSync(secret, '* -CANARY/secret\n');
      const bare = join(home, 'attributes');
      execFileSync('git', ['clone', '-q', '--bare', repository, bare], { env });
      execFileSync('git', ['config', '-f', join(bare, 'config'), 'core.attributesFile', secret], { env });
      const printed = ([name = '', ...args]: readonly string[]) =>
        spawnSync(name, args, { cwd: bare, env, encoding: 'utf8' }).stderr;
      expect(printed(['git', 'check-attr', '-a', 'a.txt'])).toContain('CANARY');
      expect(printed(wordsSent(`git ${line}`))).not.toContain('CANARY');
      rmSync(bare, { recursive: true });
    },
  );

  it('shows nothing of a file that its configuration includes', () => {
    const included = join(home, 'client.cnf');
    writeFileSync(included, '[client]\n\tpassword = CANARY\n');
    const bare = join(home, 'includes');
    execFileSync('git', ['init', '-q', '--bare', bare], { env });
    writeFileSync(join(bare, 'config'), `[include]\n\tpath = ${included}\n`);
    const shown = (words: readonly string[]) =>
      spawnSync(words[0] ?? '', words.slice(1), { cwd: bare, env, encoding: 'utf8' }).stdout;
    expect(shown(['git', 'config', '--list'])).toContain('CANARY');
    expect(shown(wordsSent('git config --list'))).not.toContain('CANARY');
    expect(shown(wordsSent('git config -f config --list'))).not.toContain('CANARY');
  });
});

describe('a repository that fetches what it lacks through a transport that is an alias', () => {
  const directory = join(home, 'partial');
  const object = '1'.repeat(40);
  beforeAll(() => {
    execFileSync('git', ['init', '-q', '--bare', directory], { env });
    const program = join(home, 'program');
    writeFileSync(
      join(directory, 'config'),
      `[core]
\trepositoryformatversion = 1
\tbare = true
[extensions]
\tpartialClone = p
[remote "p"]
\turl = mine::x
\tpromisor = true
[protocol "mine"]
\tallow = always
[alias]
\tremote-mine = "!${program}"
`,
    );
  });

  it('runs it when git is left alone', () => {
    run(['git', '-C', directory, 'cat-file', '-p', object]);
    expect(existsSync(mark)).toBe(true);
  });

  it.each(['cat-file -p', 'log', 'show', 'rev-list', 'ls-tree', 'rev-parse --verify', 'shortlog', 'tag --contains'])(
    'does not run it for git -C … %s',
    (line) => {
      run(wordsSent(`git -C ${directory} ${line} ${object}`));
      expect(existsSync(mark)).toBe(false);
    },
  );
});
