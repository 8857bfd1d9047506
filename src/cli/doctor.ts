import type { Command } from 'commander';
import { ConfigError, loadConfig } from '../config-file.ts';
import type { Finding } from '../doctor.ts';
import { formatProblem } from '../strict-yaml.ts';
import { configOption } from './agent.ts';
import type { CliIo } from './io.ts';

const marks: Readonly<Record<Finding['state'], string>> = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' };
const colors: Readonly<Record<Finding['state'], number>> = { ok: 32, warn: 33, fail: 31 };

export function addDoctorCommand(program: Command, io: CliIo): void {
  program
    .command('doctor')
    .description('check configuration, keys, disk, policy, targets, mail, Redis and clock; says what to mend')
    .addOption(configOption(io))
    .option('--json', 'as JSON')
    .action(async (options: { readonly config: string; readonly json?: boolean }) => {
      const findings = await find(options.config, io);
      if (options.json === true) io.stdout.write(`${JSON.stringify(findings, null, 2)}\n`);
      else
        for (const finding of findings) io.stdout.write(`${mark(finding, io)}  ${finding.check}: ${finding.detail}\n`);
      if (findings.some(({ state }) => state === 'fail')) io.setExitCode(1);
    });
}

async function find(file: string, io: CliIo): Promise<readonly Finding[]> {
  try {
    const { config } = loadConfig(file, io.env);
    const { examine } = await import('../doctor.ts');
    return await examine(config, Date.now());
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((problem) => ({ check: 'configuration', state: 'fail', detail: formatProblem(problem) }));
  }
}

function mark({ state }: Finding, io: CliIo): string {
  return io.useColor ? `\x1b[${colors[state]}m${marks[state]}\x1b[0m` : marks[state];
}
