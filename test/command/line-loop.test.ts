/** `find … | while read -r f` as it is sent, run by real shells among files whose names are traps. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../support/directory.ts';
import { modelOf, readsWholeNames, runIn } from '../support/sent-text.ts';

/** `secret` lies beside `src`; lines of names in `src` mean it, or a hidden file. */
function trap(): string {
  const directory = temporaryDirectory();
  const secret = join(directory, 'secret');
  writeFileSync(secret, 'SECRET\n');
  writeFileSync(join(directory, '.hidden'), 'SECRET\n');
  mkdirSync(join(directory, `src/x\n${directory}`), { recursive: true });
  writeFileSync(join(directory, `src/x\n${secret}`), 'plain\n');
  writeFileSync(join(directory, 'src/y\n.hidden'), 'plain\n');
  // Without its backslashes it is `src/../secret`.
  mkdirSync(join(directory, 'src/.\\.'));
  writeFileSync(join(directory, 'src/.\\./secret'), 'plain\n');
  writeFileSync(Buffer.from(`${directory}/src/\xff\nsecret`, 'latin1'), 'plain\n');
  for (const name of ['one.txt', 'the two.txt', '-n.txt']) writeFileSync(join(directory, 'src', name), 'whole\n');
  return directory;
}

const found = 'find src -type f';

describe.each(['bash', 'dash', 'busybox'])('%s', (shell) => {
  it.each([
    `${found} | while read -r f; do cat "$f"; done`,
    `${found} | while read f; do cat "$f"; done`,
    `${found} -print | while IFS= read -r f; do cat "$f"; done`,
    `${found} | sort -r | head -n 99 | while read -r f; do cat "$f"; done | sort`,
    `${found} 2>/dev/null | grep -v nothing | while read -r f; do if true; then cat < "$f"; fi; done`,
  ])('%s reads what find finds, and nothing that a line says', async (text) => {
    await readsWholeNames(shell, text, trap());
  });

  it('would read the secret without', () => {
    expect(runIn(shell, `${found} | while read -r f; do cat "$f"; done`, trap()).stdout).toContain('SECRET');
  });
});

describe('bash', () => {
  it.each([
    `while read -r f; do cat "$f"; done < <(${found})`,
    `while IFS= read -r f; do cat "$f"; done < <(${found} | sort)`,
  ])('%s reads what find finds', async (text) => {
    const directory = trap();
    const { canonical = '' } = await modelOf(text, directory);
    const { stdout } = runIn('bash', canonical, directory);
    expect(stdout.match(/whole/g)).toHaveLength(3);
    expect(stdout).not.toContain('SECRET');
  });

  it('needs to tell find nothing where each name ends with NUL', async () => {
    const directory = trap();
    const { canonical = '' } = await modelOf(
      `${found} -print0 | while IFS= read -r -d '' f; do cat "$f"; done`,
      directory,
    );
    expect(canonical).not.toContain('-regex');
    const { stdout } = runIn('bash', canonical, directory);
    expect(stdout.match(/plain/g)).toHaveLength(4);
    expect(stdout).not.toContain('SECRET');
  });
});

it('gives what the loop runs none of the lines', async () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'src'));
  symlinkSync('/dev/stdin', join(directory, 'src/a.txt'));
  for (let i = 0; i < 9; i++) writeFileSync(join(directory, `src/b${i}.txt`), 'x\n');
  const { canonical = '' } = await modelOf(
    'find src -name "*.txt" | sort | while read -r f; do echo "$f"; head -c 5 "$f"; done',
    directory,
  );
  const lines = runIn('bash', canonical, directory).stdout.split('\n');
  expect(lines.filter((line) => line.startsWith('src/'))).toHaveLength(10);
  expect(lines.filter((line) => line !== '' && line !== 'x' && !line.startsWith('src/'))).toEqual([]);
});

it.each([
  'bash -c \'pgrep x | while read -r p; do echo "$p"; done\'',
  'for i in 1 2; do bash -c \'pgrep x | while read -r p; do echo "$p"; done\'; done',
  'bash <<\'E\'\npgrep x | while read -r p; do echo "$p"; done\nE',
])('%s is understood, whether it can be told or not', async (text) => {
  const { canonical, unknowns } = await modelOf(text, '/tmp');
  expect(unknowns).toEqual([]);
  expect(canonical).toBeDefined();
});
