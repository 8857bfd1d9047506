/** A text as it is sent, and what a real shell makes of it. */
import { spawnSync } from 'node:child_process';
import { expect } from 'vitest';
import { createLocalUnderstander } from '../../src/local-understander.ts';

const { understand } = createLocalUnderstander();

export const modelOf = async (text: string, workingDirectory: string) =>
  await understand(text, { dialect: 'bash', workingDirectory, homeDirectory: '/home/agent' });

export const runIn = (shell: string, text: string, cwd: string) =>
  spawnSync(shell, shell === 'busybox' ? ['sh', '-c', text] : ['-c', text], { cwd, encoding: 'utf8' });

/** Among traps that say SECRET it prints the three files that say `whole`, by way of tests that find was given. */
export async function readsWholeNames(shell: string, text: string, directory: string): Promise<void> {
  const { canonical = '', unknowns } = await modelOf(text, directory);
  expect(unknowns).toEqual([]);
  expect(canonical).toContain("'-regex'");
  const { stdout, stderr } = runIn(shell, canonical, directory);
  expect(stderr).toBe('');
  expect(stdout.match(/whole/g)).toHaveLength(3);
  expect(stdout).not.toContain('SECRET');
}
