import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { SallyportError } from '../errors.ts';
import { shippedPolicies } from '../package-root.ts';
import { configTemplate } from './config-template.ts';
import type { CliIo } from './io.ts';

export function addInitCommand(program: Command, io: CliIo): void {
  program
    .command('init [directory]')
    .description('write a commented sallyport.yaml and the shipped policies, to be changed to your needs')
    .action((directory = '.') => {
      const file = join(directory, 'sallyport.yaml');
      mkdirSync(directory, { recursive: true });
      if (existsSync(file)) {
        throw new SallyportError('CLI_EXISTS', `${file} is there already; give another directory, or change that file`);
      }
      const written = copyPolicies(join(directory, 'policies'));
      writeFileSync(file, configTemplate, { mode: 0o600, flag: 'wx' });
      io.stdout.write(
        `wrote ${[file, ...written].join('\n      ')}\n\nNext:\n` +
          `  sallyport reviewer add NAME --email ADDRESS -c ${file}\n` +
          `  sallyport target add NAME --host ADDRESS --account ACCOUNT --key-file FILE -c ${file}\n` +
          `  sallyport agent add NAME --owner REVIEWER --by YOU --key-file FILE.pub --target TARGET=ACCOUNT -c ${file}\n` +
          `  sallyport doctor -c ${file}\n  sallyport serve -c ${file}\n`,
      );
    });
}

/** Copies the shipped policies that are not there yet; a changed one is never overwritten. */
export function copyPolicies(directory: string): readonly string[] {
  mkdirSync(directory, { recursive: true });
  const written: string[] = [];
  for (const name of readdirSync(shippedPolicies).filter((entry) => entry.endsWith('.yaml'))) {
    const copy = join(directory, name);
    if (existsSync(copy)) continue;
    copyFileSync(join(shippedPolicies, name), copy);
    written.push(copy);
  }
  return written;
}
