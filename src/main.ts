#!/usr/bin/env node
/** The command line. The only place that exits the process. */
import './engine.ts';
import { spawnSync } from 'node:child_process';
import { Command, CommanderError } from 'commander';
import type { CliIo } from './cli/io.ts';
import { SallyportError } from './errors.ts';
import { describeError } from './log.ts';
import { packageVersion } from './package-root.ts';

/** sysexits EX_USAGE, EX_SOFTWARE and EX_CONFIG, so that a script can tell its own mistakes, and its files', from ours. */
const usageStatus = 64;
const failureStatus = 70;
const configurationStatus = 78;

const io: CliIo = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  useColor: process.stdout.isTTY === true && process.env.NO_COLOR === undefined,
  setExitCode: (status) => {
    process.exitCode = status;
  },
};

// A defect. Node itself would print what is attached to the error, such as the password that a store refused.
process.on('uncaughtException', (error) => process.exit(report(error)));

/** In the order of the help. */
const groups: Readonly<Record<string, () => Promise<(program: Command, io: CliIo) => void>>> = {
  start: async () => (await import('./cli/start.ts')).addStartCommand,
  serve: async () => (await import('./cli/serve.ts')).addServeCommand,
  init: async () => (await import('./cli/init.ts')).addInitCommand,
  doctor: async () => (await import('./cli/doctor.ts')).addDoctorCommand,
  agent: async () => (await import('./cli/agent.ts')).addAgentCommands,
  policy: async () => (await import('./cli/policy.ts')).addPolicyCommands,
  reviewer: async () => (await import('./cli/reviewer.ts')).addReviewerCommands,
  target: async () => (await import('./cli/target.ts')).addTargetCommands,
  tools: async () => (await import('./cli/tools.ts')).addToolsCommands,
  hold: async () => (await import('./cli/hold.ts')).addHoldCommands,
  session: async () => (await import('./cli/session.ts')).addSessionCommands,
  audit: async () => (await import('./cli/audit.ts')).addAuditCommands,
};

const program = new Command('sallyport')
  .description('An SSH bastion for AI agents: understands each command, asks a human when it must, records everything.')
  .version(packageVersion())
  .showHelpAfterError('(sallyport COMMAND --help says more)')
  .exitOverride();
const [, , asked = '', action] = process.argv;
const oneHelper = '--v8-pool-size=1';
// V8 compiles hot code in four threads, however few processors there are, and the commands that are timed wait for their
// turn: measured on two, 1 % of them over 4 ms, and with one thread over 1.4 ms. Of what is allocated it collects 16 MB at
// a time, which takes 3 ms, and 2 MB in 0.6. Node takes both only when it starts.
const shortPauses = '--max-semi-space-size=2';
if (asked === 'policy' && action === 'eval' && !process.execArgv.includes(oneHelper)) {
  const [, ...words] = process.argv;
  const { status, signal, error } = spawnSync(
    process.execPath,
    [oneHelper, shortPauses, ...process.execArgv, ...words],
    {
      stdio: 'inherit',
    },
  );
  if (error !== undefined) throw error;
  if (signal !== null) process.kill(process.pid, signal);
  process.exit(status ?? failureStatus);
}
// The command that is asked for is loaded alone, so that `policy check` waits for no SSH; help needs all of them.
for (const add of await Promise.all(
  Object.hasOwn(groups, asked) ? [groups[asked]?.()] : Object.values(groups).map((load) => load()),
)) {
  add?.(program, io);
}

// `sallyport … | head` is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  process.exit(report(error));
}

function report(error: unknown): number {
  // commander has printed its own message.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usageStatus;
  if (error instanceof SallyportError) {
    io.stderr.write(`${error.message}\n`);
    if (error.code.startsWith('CLI_')) return usageStatus;
    return /^(?:CONFIG|POLICY)_/.test(error.code) ? configurationStatus : failureStatus;
  }
  const { code, message, stack } = describeError(error);
  const isOperating = code !== undefined && /^E[A-Z]+$/.test(code);
  io.stderr.write(
    isOperating ? `${message}\n` : `${stack ?? message}\nThis is a defect in Sallyport; please report it.\n`,
  );
  return failureStatus;
}
