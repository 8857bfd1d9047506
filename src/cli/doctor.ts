import type { Command } from 'commander';
import { loadConfig } from '../config-file.ts';
import type { Finding } from '../doctor.ts';
import { configOption } from './agent.ts';
import type { CliIo } from './io.ts';

const marks: Readonly<Record<Finding['state'], string>> = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' };
const colors: Readonly<Record<Finding['state'], number>> = { ok: 32, warn: 33, fail: 31 };

export function addDoctorCommand(program: Command, io: CliIo): void {
  program
    .command('doctor')
    .description('check configuration, keys, disk, policy, targets, mail and clock; says what to mend')
    .addOption(configOption(io))
    .option('--json', 'as JSON')
    .action(async (options: { readonly config: string; readonly json?: boolean }) => {
      const { config } = loadConfig(options.config, io.env);
      const { examine } = await import('../doctor.ts');
      const findings = await examine(config, Date.now());
      if (options.json === true) io.stdout.write(`${JSON.stringify(findings, null, 2)}\n`);
      else
        for (const finding of findings) io.stdout.write(`${mark(finding, io)}  ${finding.check}: ${finding.detail}\n`);
      if (findings.some(({ state }) => state === 'fail')) io.setExitCode(1);
    });
}

function mark({ state }: Finding, io: CliIo): string {
  return io.useColor ? `\x1b[${colors[state]}m${marks[state]}\x1b[0m` : marks[state];
}
