import { execFileSync } from 'node:child_process';
import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { describe, expect, it } from 'vitest';
import { ensureKey, newKeyPair, prepareStateDirectory } from '../src/state-directory.ts';
import { temporaryDirectory } from './support/directory.ts';

describe('new keys', () => {
  it('can all be read: ssh2 alone makes about one in 250 that it cannot', () => {
    const unreadable = Array.from({ length: 2_000 }, () => newKeyPair('test')).filter(
      (pair) => ssh2.utils.parseKey(pair.private) instanceof Error,
    );
    expect(unreadable).toEqual([]);
  });

  it('are what OpenSSH reads, private to their owner, and kept', () => {
    const file = join(temporaryDirectory(), 'key');
    const line = ensureKey(file, 'comment');
    expect(execFileSync('ssh-keygen', ['-y', '-f', file], { encoding: 'utf8' }).split(' ')[1]).toBe(line.split(' ')[1]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(ensureKey(file, 'comment')).toBe(line);
  });
});

describe('the state directory', () => {
  it('is made private, and refused when others may read it', () => {
    const directory = join(temporaryDirectory(), 'state');
    prepareStateDirectory(directory);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    chmodSync(directory, 0o755);
    expect(() => prepareStateDirectory(directory)).toThrow(/can be read by others .* chmod 700/);
  });

  it('that cannot be made is said so', () => {
    expect(() => prepareStateDirectory('/etc/hostname/state')).toThrow(/cannot create/);
  });
});
