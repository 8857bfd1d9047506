import { describe, expect, it } from 'vitest';
import { prepareSql, programReaders } from '../../../src/command/readers/readers.ts';
import { splitExample } from '../../../src/command/tools/example.ts';
import { createToolReader } from '../../../src/command/tools/index.ts';
import { loadLibrary } from '../../../src/library.ts';

await prepareSql();
const read = createToolReader(loadLibrary(), programReaders);
const context = { workingDirectory: '/srv/app', homeDirectory: '/home/agent', runsAs: undefined };
const reading = (line: string) => read(splitExample(line), context);
const codes = (line: string) => reading(line).unknowns.map((unknown) => unknown.code);
const kinds = (line: string) => [...new Set(reading(line).effects.map((effect) => effect.kind))].sort();

describe('which tool', () => {
  it.each([
    ['ls', 'ls'],
    ['/bin/ls -l', 'ls'],
    ['/usr/bin/sort a', 'sort'],
    ['./ls', undefined],
    ['/tmp/ls', undefined],
    ['bin/ls', undefined],
    ['/usr/bin/../../tmp/ls', undefined],
    ['nobody-described-this', undefined],
    ['toString', undefined],
    ['__proto__', undefined],
  ])('%s is %s', (line, tool) => {
    expect(reading(line).tool).toBe(tool);
    if (tool === undefined) expect(codes(line)).toContain('TOOL_UNKNOWN');
  });

  it.each([
    ['node_modules/.bin/ls', '/srv/app/node_modules/.bin/ls'],
    ['/tmp/.venv/bin/cat x', '/tmp/.venv/bin/cat'],
    ['./gradlew build', '/srv/app/gradlew'],
  ])('%s is a program of a project, and runs what it likes', (line, path) => {
    const { paths } = reading(line);
    expect(paths.filter(({ isProgram }) => isProgram)).toMatchObject([{ access: 'execute', path }]);
    expect(kinds(line)).toContain('execute-code');
  });

  it('says what happens when the name is not known', () => {
    expect(codes('$cmd -rf')).toEqual(['TOOL_DYNAMIC']);
  });
});

describe('options', () => {
  it.each([
    ['an option nobody described', 'cat --exec x', ['TOOL_OPTION_UNKNOWN']],
    ['a letter nobody described in a cluster', 'cat -nQ x', ['TOOL_OPTION_UNKNOWN']],
    ['a described name that is the start of an undescribed one', 'cat --hel x', []],
    ['an abbreviation of a tool that is not described in full', 'chmod --recur 644 x', ['TOOL_OPTION_UNKNOWN']],
    ['an abbreviation of two options', 'cat --show x', ['TOOL_OPTION_UNKNOWN']],
    ['a value for an option without one', 'cat --number=3 x', ['TOOL_OPTION_VALUE_UNEXPECTED']],
    ['an option that lacks its value', 'head -n', ['TOOL_OPTION_VALUE_MISSING']],
    ['an option behind --', 'cat -- --exec', []],
    ['an option behind operands', 'sort a -o b', []],
    ['a dynamic word among options that matter', 'tree "$x"', ['TOOL_WORD_MAY_BE_OPTION']],
    ['a dynamic word behind --', 'sort -- "$x"', []],
    ['a dynamic word with a known beginning', 'sort "./$x"', []],
    ['an unquoted dynamic word with a known beginning splits', 'tree ./$x', ['TOOL_WORD_MAY_BE_OPTION']],
    ['a glob that may be a file named -o', 'tree *', ['TOOL_WORD_MAY_BE_OPTION']],
    ['a glob below a directory', 'sort ./*', []],
    ['a word that is put behind --', 'sort -n "$x"', []],
    ['an option behind a word that may be one', 'sort "$x" -n', ['TOOL_WORD_MAY_BE_OPTION']],
    ['a dynamic option', 'sort "-n$x"', ['TOOL_OPTION_DYNAMIC']],
    ['a dynamic value of a known option', 'sort -k"$x" a', []],
    ['the value of a long option', 'sort --key="$x" a', []],
    ['an unquoted value splits into options', 'sort --key=$x a', ['TOOL_WORD_MAY_BE_OPTION']],
    ['too many operands', 'uniq a b c', ['TOOL_OPERAND_UNEXPECTED']],
  ])('%s: %s', (_, line, want) => {
    expect(codes(line)).toEqual(want);
  });

  it.each([
    ['sort -uo out in'],
    ['sort -uoout in'],
    ['sort --output out in'],
    ['sort --output=out in'],
    ['sort --outp=out in'],
    ['sort in -o out'],
  ])('finds the file written in: %s', (line) => {
    expect(kinds(line)).toEqual(['write']);
    expect(reading(line).paths).toContainEqual({
      access: 'write',
      path: '/srv/app/out',
      isPrefix: false,
      isRelative: false,
      hasParent: false,
    });
  });
});

describe('hosts', () => {
  it.each([
    ['curl https://example.org', undefined],
    ['curl -sSL https://example.org', true],
    ['curl https://example.org --location', true],
    ['wget -qO- https://example.org', true],
  ])('%s follows: %s', (line, want) => {
    expect(reading(line).hosts).toMatchObject([{ host: 'example.org' }]);
    expect(reading(line).hosts[0]?.isFollowed).toBe(want);
  });
});

describe('paths', () => {
  it.each([
    ['cat a//b/./c/', '/srv/app/a/b/c', false],
    ['cat ../x', '/srv/x', true],
    ['cat /../../etc/hosts', '/etc/hosts', true],
    ['cat ~/notes', '/home/agent/notes', false],
    ["cat './~/notes'", '/srv/app/~/notes', false],
  ])('%s reads %s', (line, path, hasParent) => {
    expect(reading(line).paths).toEqual([{ access: 'read', path, isPrefix: false, isRelative: false, hasParent }]);
  });

  it.each([
    ["cat '~/notes'", ['/srv/app/~/notes', '/home/agent/notes']],
    ["cmake -B '~'", ['/srv/app/~', '/home/agent']],
    ["cat '~root/notes'", ['/srv/app/~root/notes', '/root/notes']],
    ["cat '~$notes'", ['/srv/app/~$notes']],
  ])('%s may be what the tool itself makes of the ~', (line, want) => {
    const isHere = (path: string): boolean => path === '/srv/app';
    const paths = reading(line).paths.map(({ path }) => path);
    expect(paths.filter((path) => !isHere(path))).toEqual(want);
  });

  it('stay relative while the directory is not known', () => {
    const nowhere = { workingDirectory: undefined, homeDirectory: undefined, runsAs: undefined };
    expect(read(splitExample('cat ../a/b'), nowhere).paths).toEqual([
      { access: 'read', path: '../a/b', isPrefix: false, isRelative: true, hasParent: true },
    ]);
    expect(read(splitExample('cat ~/.ssh/config'), nowhere).effects).toContainEqual(
      expect.objectContaining({ kind: 'identity' }),
    );
  });

  it('are a search of the home where they lie above it', () => {
    const kindsIn = (line: string) =>
      read(splitExample(line), { ...context, homeDirectory: '/opt/deploy/home' }).effects.map(({ kind }) => kind);
    expect(kindsIn('grep -r x /opt')).toContain('identity');
    expect(kindsIn('tar cf - /opt/deploy')).toContain('identity');
    expect(kindsIn('grep -r x /opt/dep')).toEqual(['read']);
    expect(kindsIn('grep -r x /opt/deploy/home/src')).toEqual(['read']);
  });

  it.each([
    'cat /etc/shadow',
    'cat /etc//shadow',
    'cat /etc/../etc/shadow',
    'cat /etc/sh*',
    'cat /etc/s?adow',
    'cat /etc/[s]hadow',
    'cat /etc/*',
    'cat /e*/shadow',
    'cat /etc/$x',
    'cat ~/.ssh/id_rsa',
    'cat ~/.ss*/id*',
    'cat ~root/.ssh/id_rsa',
    'cat /home/x/.aws/credentials',
    'cat .env',
    'cat .env.production',
    'cat /proc/self/environ',
    'cat /proc/1/environ',
    'head -c 512 /dev/sda',
    'grep -r secret /',
    'grep -r secret ~',
    'grep -rf ~/.netrc .',
    'cp -r /home/x /tmp/y',
    'tee -a ~/.ssh/authorized_keys',
    'tee /etc/sudoers.d/agent',
    'tee /etc/passwd',
    'wc --files0-from=/etc/shadow',
  ])('%s touches an identity', (line) => {
    expect(kinds(line)).toContain('identity');
  });

  it.each([
    'cat /etc/passwd',
    'cat ~/.ssh/id_rsa.pub',
    'cat .env.example',
    'ls ~/.ssh',
    'cat *.txt',
    'cat *',
    'grep -r x src',
    'cat /etc/ssl/certs/ca.pem',
  ])('%s does not', (line) => {
    expect(kinds(line)).toEqual(['read']);
  });

  it.each([
    'tee ~/.bashrc',
    'tee .git/config',
    'cp x /etc/cron.d/y',
    'cp x /usr/local/bin/ls',
    'tee .git/hooks/pre-commit',
  ])('%s is run later', (line) => {
    expect(kinds(line)).toContain('execute-code');
  });
});

describe('nested commands', () => {
  const nestedOf = (line: string) =>
    reading(line).nested.map((nested) => ({
      kind: nested.kind,
      words: nested.words.map((word) => (word.kind === 'known' ? word.value : [word.prefix])),
      via: nested.via,
      runsAs: nested.runsAs,
      runsOn: nested.runsOn,
    }));
  const here = { runsAs: undefined, runsOn: undefined };

  it.each([
    ['sudo ls -l', { kind: 'argv', words: ['ls', '-l'], via: 'sudo', ...here, runsAs: 'root' }],
    ['sudo -u www -- ls', { kind: 'argv', words: ['ls'], via: 'sudo', ...here, runsAs: 'www' }],
    ['su - www -c id', { kind: 'shell', words: ['id'], via: 'su -c', ...here, runsAs: 'www' }],
    ['env -i A=b ls -l', { kind: 'argv', words: ['ls', '-l'], via: 'env', ...here }],
    ['timeout -k 5 10 ls -l', { kind: 'argv', words: ['ls', '-l'], via: 'timeout', ...here }],
    ['nice -n 5 nohup ls', { kind: 'argv', words: ['nohup', 'ls'], via: 'nice', ...here }],
    ["bash -euc 'ls -l' name", { kind: 'shell', words: ['ls -l'], via: 'bash', ...here }],
    ["bash -c -x 'ls'", { kind: 'shell', words: ['ls'], via: 'bash', ...here }],
    [
      'ssh -p 22 deploy@web-1 ls -l',
      { kind: 'shell', words: ['ls', '-l'], via: 'ssh', runsAs: 'deploy', runsOn: 'web-1' },
    ],
    ['ssh web-1 -p 22 ls', { kind: 'shell', words: ['ls'], via: 'ssh', runsAs: undefined, runsOn: 'web-1' }],
    ['docker exec -it web ls', { kind: 'argv', words: ['ls'], via: 'docker exec', ...here, runsOn: 'container web' }],
    [
      'kubectl -n a exec pod -- ls -l',
      { kind: 'argv', words: ['ls', '-l'], via: 'kubectl exec', ...here, runsOn: 'pod pod' },
    ],
    ['flock -n /tmp/l ls -l', { kind: 'argv', words: ['ls', '-l'], via: 'flock', ...here }],
    ["flock /tmp/l -c 'ls -l'", { kind: 'shell', words: ['ls -l'], via: 'flock -c', ...here }],
    ['xargs -n 1 rm -f', { kind: 'argv', words: ['rm', '-f', ['']], via: 'xargs', ...here }],
    ['xargs -I % cp % /tmp/%.bak', { kind: 'argv', words: ['cp', [''], ['/tmp/']], via: 'xargs', ...here }],
    ['xargs -i cat {}', { kind: 'argv', words: ['cat', ['']], via: 'xargs', ...here }],
    ['busybox sh -c id', { kind: 'argv', words: ['sh', '-c', 'id'], via: 'busybox', ...here }],
    ["find /srv -exec grep foo '{}' +", { kind: 'argv', words: ['grep', 'foo', ['/srv']], via: 'find -exec', ...here }],
    ["find src -execdir cat '{}' ';'", { kind: 'argv', words: ['cat', ['./']], via: 'find -execdir', ...here }],
    ["sed '1e id' f", { kind: 'shell', words: ['id'], via: 'sed', ...here }],
    ['watch -n 1 df -h', { kind: 'shell', words: ['df', '-h'], via: 'watch', ...here }],
  ])('%s', (line, want) => {
    expect(nestedOf(line)).toEqual([want]);
  });

  it('of find read what lies below its starting points', () => {
    const [nested] = reading("find /srv /var/log -name '*.log' -exec cat '{}' +").nested;
    const inner = read(nested?.words ?? [], context);
    expect(inner.unknowns).toEqual([]);
    expect(inner.paths.map(({ path, isPrefix }) => [path, isPrefix])).toEqual([
      ['/srv', false],
      ['/var/log', false],
    ]);
  });

  it('of find over everything touch identities', () => {
    const [nested] = reading("find / -name '*.conf' -exec cat '{}' +").nested;
    expect(read(nested?.words ?? [], context).effects).toContainEqual(expect.objectContaining({ kind: 'identity' }));
  });

  it('of xargs may get options', () => {
    const [nested] = reading('xargs rm').nested;
    expect(read(nested?.words ?? [], context).unknowns).toMatchObject([{ code: 'TOOL_WORD_MAY_BE_OPTION' }]);
  });
});

describe('files that a tool takes without being told', () => {
  it.each([
    ['nm', 'read /srv/app/a.out'],
    ['size', 'read /srv/app/a.out'],
    ['objdump -d', 'read /srv/app/a.out'],
    ['7z a x.7z', 'write /srv/app/x.7z, read /srv/app'],
    ['less a -p b', 'read /srv/app/a, read /srv/app/-p, read /srv/app/b'],
    ['install -d a /etc/b c', 'write /srv/app/a, write /etc/b, write /srv/app/c'],
  ])('%s: %s', (line, want) => {
    expect(
      reading(line)
        .paths.map(({ access, path }) => `${access} ${path}`)
        .join(', '),
    ).toBe(want);
  });
});

describe('directories', () => {
  it.each([
    ['git -C /srv/other show HEAD:a', '/srv/other/a'],
    ['tar -C /tmp -xf a.tar', '/tmp'],
    ['tar -xf a.tar -C /tmp', '/tmp'],
    ['tar -xf a.tar', '/srv/app'],
    ['unzip a.zip -d /opt', '/opt'],
    ['wget https://example.org/x', '/srv/app'],
  ])('%s touches %s', (line, path) => {
    expect(reading(line).paths.map((object) => object.path)).toContain(path);
  });

  it('does not move the archive of unzip', () => {
    expect(reading('unzip -p -d /tmp a.zip').paths).toContainEqual(
      expect.objectContaining({ access: 'read', path: '/srv/app/a.zip' }),
    );
  });

  it('does not move the archive of tar', () => {
    expect(reading('tar -C /tmp -xf a.tar').paths).toContainEqual(
      expect.objectContaining({ access: 'read', path: '/srv/app/a.tar' }),
    );
  });
});

describe('hosts', () => {
  it.each([
    ['curl http://169.254.169.254/latest', '169.254.169.254', 'metadata', 'download'],
    ['curl -d x http://2852039166/', '2852039166', 'metadata', 'upload'],
    ["wget -qO- 'http://[::ffff:10.0.0.1]/x'", '::ffff:10.0.0.1', 'private', 'download'],
    ['ping -c 1 127.0.0.1', '127.0.0.1', 'loopback', 'connect'],
    ['nc -zv example.org 443', 'example.org', 'public', 'connect'],
    ['scp a host.example:b', 'host.example', 'public', 'upload'],
    ['rsync -a host.example:/srv/ .', 'host.example', 'public', 'download'],
  ])('%s', (line, host, scope, direction) => {
    expect(reading(line).hosts[0]).toMatchObject({ host, scope, direction });
  });

  it('keep the host of a URL whose path is not known', () => {
    expect(reading('curl "https://example.org/$x"').hosts).toMatchObject([{ host: 'example.org', scope: 'public' }]);
    expect(reading('curl "https://exa$x"').hosts).toMatchObject([{ host: '', scope: 'unknown' }]);
  });
});

describe('programs on stdin', () => {
  const withText = (line: string, stdinText: string) => read(splitExample(line), { ...context, stdinText });

  it('are read when the text says what they are', () => {
    const select = withText('mysql app', 'select * from users;');
    expect(select.stdin).toBe('data');
    expect(select.sql).toMatchObject([{ verbs: ['select'], tables: ['users'] }]);
    expect(withText('mysql app', 'delete from users;').sql).toMatchObject([{ where: 'missing' }]);
    expect(withText('mysql app', 'system id').unknowns).not.toEqual([]);
  });

  it('are code when nobody has seen them', () => {
    expect(reading('mysql app')).toMatchObject({ stdin: 'code', stdinLanguage: 'mysql' });
    expect(reading('bash')).toMatchObject({ stdin: 'code', stdinLanguage: 'shell' });
    expect(kinds('bash -s arg')).toEqual(['execute-code']);
    expect(reading("bash -c 'ls'").stdin).toBe('data');
  });

  it('are left to the grammar when they are shell text', () => {
    const { stdin, effects } = withText('bash', 'ls');
    expect(stdin).toBe('code');
    expect(effects.map((effect) => effect.kind)).toEqual(['read']);
  });
});
