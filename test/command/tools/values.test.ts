/**
 * An option that is said to take the next word must take it: otherwise that word, read here as a value, is an option
 * to the tool (`git diff -U --ext-diff`). The installed tools are asked.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ToolCommand } from '../../../src/command/tools/compile.ts';
import { loadLibrary } from '../../../src/library.ts';

const library = loadLibrary();
const directory = mkdtempSync(join(tmpdir(), 'sallyport-values-'));
const env = { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: directory, LC_ALL: 'C' };
spawnSync('git', ['init', '-q', directory], { env });
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const probe = '--not-an-option';
const complaint = new RegExp(
  `(?:unrecognized|unknown|invalid|bad)[\\w ]*(?:option|argument)\\W+${probe}|unknown option .${probe.slice(2)}`,
  'i',
);
/** The tool found fault with the value, so it took it. */
const complaintAboutValue = new RegExp(`${probe}\\W+(?:for|to|of)\\b|(?:for|to|of) \\W*-`);

/** Options that leave the probe for an option. */
function leaving(argv: readonly string[], command: ToolCommand): readonly string[] {
  return [...command.options].flatMap(([name, { values, isAttached }]) => {
    if (values.length === 0 || isAttached || values[0]?.kind === 'command-until') return [];
    const [file = '', ...rest] = argv;
    const { stderr } = spawnSync(file, [...rest, name, probe], {
      cwd: directory,
      env,
      encoding: 'utf8',
      timeout: 5_000,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    return complaint.test(stderr) && !complaintAboutValue.test(stderr) ? [name] : [];
  });
}

describe('options with a value', () => {
  it('are told apart from options without one by the probe', () => {
    const { stderr } = spawnSync('git', ['diff', '-U', probe], { cwd: directory, env, encoding: 'utf8' });
    expect(complaint.test(stderr)).toBe(true);
  });

  it.each(['sort', 'grep', 'sed', 'tar', 'xargs', 'split', 'shuf', 'cp', 'install', 'env', 'timeout', 'nice'])(
    'of %s take the next word',
    (name) => {
      const tool = library.find(name);
      expect(tool === undefined ? ['not described'] : leaving([name], tool.command)).toEqual([]);
    },
  );

  it.each(['log', 'show', 'diff', 'blame', 'grep', 'ls-files', 'ls-tree', 'rev-list', 'shortlog', 'branch', 'tag'])(
    'of git %s take the next word',
    (name) => {
      const command = library.find('git')?.command.subcommands.get(name);
      expect(command === undefined ? ['not described'] : leaving(['git', name], command)).toEqual([]);
    },
  );
});
