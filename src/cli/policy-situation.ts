/** Who asks, where: from the configuration when there is one, from flags otherwise. */
import { existsSync } from 'node:fs';
import { type Command, Option } from 'commander';
import type { Dialect } from '../command/model.ts';
import { loadConfig } from '../config-file.ts';
import { ordinarySituation, type Situation } from '../policy/case.ts';
import type { CliIo } from './io.ts';

export interface SituationOptions {
  readonly agent?: string;
  readonly target?: string;
  readonly account?: string;
  readonly dialect?: Dialect;
  readonly home?: string;
  readonly cwd?: string;
  readonly config?: string;
}

const dialects = ['bash', 'posix', 'busybox', 'unknown'];

export function addSituationOptions(command: Command, io: CliIo): Command {
  return command
    .option('--agent <name>', 'the agent who asks; its owner and labels come from the configuration')
    .option('--target <name>', 'the machine; its labels and shell come from the configuration')
    .option('--account <name>', 'the account on it')
    .addOption(new Option('--dialect <shell>', 'the shell that reads the command').choices(dialects))
    .option('--home <path>', "the account's home directory")
    .option('--cwd <path>', 'the directory the command starts in (default: the home directory)')
    .addOption(
      new Option('-c, --config <file>', 'configuration file (default: sallyport.yaml, when there is one)')
        .env('SALLYPORT_CONFIG')
        .default(io.env.SALLYPORT_CONFIG),
    );
}

export function readSituation(io: CliIo, options: SituationOptions): Situation {
  const file = options.config ?? (existsSync('sallyport.yaml') ? 'sallyport.yaml' : undefined);
  const isNamed = options.agent !== undefined || options.target !== undefined;
  const config = file !== undefined && isNamed ? loadConfig(file, io.env).config : undefined;
  const agent = config?.agents.find(({ name }) => name === options.agent);
  const target = config?.targets.find(({ name }) => name === options.target);
  if (config !== undefined && options.agent !== undefined && agent === undefined)
    io.stderr.write(`no agent ${options.agent} in ${file}; judged without labels\n`);
  if (config !== undefined && options.target !== undefined && target === undefined)
    io.stderr.write(`no target ${options.target} in ${file}; judged without labels\n`);
  const { understand, policy } = ordinarySituation;
  const account = options.account ?? target?.defaultAccount ?? policy.account;
  const home = options.home ?? target?.accounts[account]?.home ?? understand.homeDirectory;
  return {
    understand: {
      dialect: options.dialect ?? target?.dialect ?? understand.dialect,
      homeDirectory: home,
      workingDirectory: options.cwd ?? home,
    },
    policy: {
      ...policy,
      agent: {
        name: options.agent ?? policy.agent.name,
        owner: agent?.owner ?? policy.agent.owner,
        labels: agent?.labels ?? {},
      },
      target: { name: options.target ?? policy.target.name, labels: target?.labels ?? {} },
      account,
      nowMs: Date.now(),
    },
  };
}
