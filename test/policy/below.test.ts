/** A directory that is removed, moved or written takes along what a policy protects below it. */
import { describe, expect, it } from 'vitest';
import { useOwnPolicy } from '../support/own-policy.ts';

const policy = useOwnPolicy(`
version: 1
description: Everything below /srv and /tmp is open, but for what is kept.
rules:
  - id: open
    allow: { effects: [read, write, delete], paths: ["/srv/**", "/tmp/**"] }
    reason: It may.
  - id: kept
    deny: { access: [write, delete], paths: ["/srv/x/keep/**", "/srv/x/passwd", "/srv/z/keep", "~/kept/**"] }
    reason: It is kept.
`);

describe('a directory', () => {
  it.each([
    'rm -rf /srv/x',
    'rm -fR /srv',
    'rm --recursive /srv/x/',
    'rm -r /srv/*',
    'rm -r -- /srv/[a-z]',
    'rm -r "/srv/$x"',
    'cd /srv && rm -r x',
    'cd "/srv/$d" && rm -r x',
    'rm -rf ~',
    'find /srv -delete',
    "find /srv/x -type f -name '*.o' -delete",
    'mv /srv/x /srv/y',
    'mv /srv /tmp/s',
    'chmod -R 600 /srv/x',
    'chown -R maya /srv',
    'rsync -a --delete /tmp/y/ /srv/x/',
    'cp -r /tmp/y/. /srv/x',
    'cp -rT /tmp/y /srv/x',
    'cp -r /tmp/x /srv/',
    'cp -r /tmp/* /srv/x/',
    'tar -xf /tmp/a.tar -C /srv/x',
    'cd /srv/x && tar -xf /tmp/a.tar',
    'unzip /tmp/a.zip -d /srv/x',
    'git -C /srv/x clean -fd',
    'git -C /srv/x checkout .',
    'git clone /tmp/r /srv/x',
    'python3 -m venv /srv/x',
    'cd "$d" && rm -r any',
  ])('takes along what lies below it: %s', async (command) => {
    expect(await policy.verdictOf(command)).toBe('deny');
  });

  it.each([
    'cp /tmp/passwd /srv/x',
    'cp /tmp/passwd /srv/x/',
    'cp -t /srv/x /tmp/a /tmp/passwd',
    'cp -t /tmp/y -t /srv/x /tmp/passwd',
    'mv /tmp/passwd// /srv/x',
    'cp /tmp/a /tmp/passwd /srv/x',
    'cp /tmp/pass* /srv/x',
    'cp "$f" /srv/x',
    'mv /tmp/passwd /srv/x/.',
    'mv /tmp/keep /srv/x/',
    'install -m 600 /tmp/passwd /srv/x',
    'ln -s /tmp/passwd /srv/x',
    'cd /srv/x && ln -s /tmp/passwd .',
    'cd /srv/x && cp /tmp/passwd .',
    `cp ${'/tmp/a '.repeat(70)} /tmp/passwd /srv/x`,
  ])('gets copies by their own names: %s', async (command) => {
    expect(await policy.verdictOf(command)).toBe('deny');
  });

  it.each([
    'rm -rf /srv/y',
    'rm /srv/x',
    'rmdir /srv/x',
    'rm -rf /srv/x/cache',
    'chmod 755 /srv/x',
    'mkdir -p /srv/x/new',
    'cp /tmp/a.txt /srv/x',
    'cp /tmp/d/*.txt /srv/x/',
    'cp -r /tmp/src /srv/x/',
    'mv /tmp/a.txt /srv/x/',
    'mv /tmp/a /tmp/b /srv/x',
    'ln -s /tmp/a /srv/x',
    "find /srv/y -name '*.o' -delete",
    'tar -xf /tmp/a.tar -C /srv/y',
  ])('leaves alone what lies elsewhere: %s', async (command) => {
    expect(await policy.verdictOf(command)).toBe('allow');
  });
});

describe('wildcards that the shell leaves alone', () => {
  it.each(["git -C /srv rm '[x]/passwd'", "cd /srv/x && git rm -r 'k*'", "git mv '/srv/x/kee?/a' /srv/y"])(
    'may be those of the tool: %s',
    async (command) => {
      expect(await policy.verdictOf(command)).toBe('deny');
    },
  );

  it.each(["touch '/srv/x/[id].ts'", "rm '/srv/y/k*'", "cp '/srv/x/kee?/a' /srv/y"])(
    'name what they name elsewhere, and to who only reads: %s',
    async (command) => {
      expect(await policy.verdictOf(command)).toBe('allow');
    },
  );
});
