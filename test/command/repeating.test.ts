/** What may run more often than it is listed, so that no budget counts it. */
import { describe, expect, it } from 'vitest';
import { createLocalUnderstander } from '../../src/local-understander.ts';

const { understand } = createLocalUnderstander();
const read = async (text: string) =>
  await understand(text, { dialect: 'bash', workingDirectory: '/srv', homeDirectory: '/home/ada' });

describe('a command', () => {
  it.each([
    'while true; do ls; done',
    'until false; do ls; done',
    'for i in $(seq 100); do ls; done',
    'for i in *; do ls; done',
    'for ((i = 0; i < 9; i++)); do ls; done',
    'seq 9 | while read -r x; do ls; done',
    'seq 9 | xargs -I{} ls',
    'seq 9 | timeout 5 xargs -n 1 ls',
    "find . -name '*.c' -exec ls \\;",
    'watch ls',
    'systemd-run --on-calendar=minutely ls',
    'awk \'{ system("ls") }\' x',
    "sed '1,9e ls' x",
    'parallel ls ::: a b',
    'fd -x ls',
    'split --filter=ls x',
    'run-parts /etc/cron.daily',
    'busybox xargs ls',
    'sudo watch ls',
    'f() { for i in "$@"; do ls; done; }; f $(seq 9)',
    "bash -c 'while true; do ls; done'",
  ])('may run more often than it is listed: %s', async (text) => {
    expect((await read(text)).mayRepeat).toBe(true);
  });

  it.each([
    'ls',
    'ls; ls; ls',
    'for i in a b c; do ls; done',
    'f() { ls; }; f; f',
    'if ls; then ls; fi',
    "sh -c 'ls; ls'",
    '(ls) | wc -l',
    'split -l 9 x',
    "find . -name '*.c'",
    "awk '{ print }' x",
    'fd x',
  ])('is listed as often as it runs: %s', async (text) => {
    expect((await read(text)).mayRepeat).toBeUndefined();
  });
});
