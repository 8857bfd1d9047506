#!/usr/bin/env node
/** The command line. The only place that exits the process. */
import { Command, CommanderError } from 'commander';
import { addAgentCommands } from './cli/agent.ts';
import { addAuditCommands } from './cli/audit.ts';
import { addDoctorCommand } from './cli/doctor.ts';
import { addHoldCommands } from './cli/hold.ts';
import { addInitCommand } from './cli/init.ts';
import type { CliIo } from './cli/io.ts';
import { addPolicyCommands } from './cli/policy.ts';
import { addReviewerCommands } from './cli/reviewer.ts';
import { addServeCommand } from './cli/serve.ts';
import { addSessionCommands } from './cli/session.ts';
import { addStartCommand } from './cli/start.ts';
import { addTargetCommands } from './cli/target.ts';
import { addToolsCommands } from './cli/tools.ts';
import { SallyportError } from './errors.ts';
import { describeError } from './log.ts';
import { packageVersion } from './package-root.ts';

/** sysexits EX_USAGE and EX_SOFTWARE, so that a script can tell its own mistake from ours. */
const usageStatus = 64;
const failureStatus = 70;

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

const program = new Command('sallyport')
  .description('An SSH bastion for AI agents: understands each command, asks a human when it must, records everything.')
  .version(packageVersion())
  .showHelpAfterError('(sallyport COMMAND --help says more)')
  .exitOverride();
addStartCommand(program, io);
addServeCommand(program, io);
addInitCommand(program, io);
addDoctorCommand(program, io);
addAgentCommands(program, io);
addPolicyCommands(program, io);
addReviewerCommands(program, io);
addTargetCommands(program, io);
addToolsCommands(program, io);
addHoldCommands(program, io);
addSessionCommands(program, io);
addAuditCommands(program, io);

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
    return error.code.startsWith('CLI_') ? usageStatus : failureStatus;
  }
  const { code, message, stack } = describeError(error);
  const isOperating = code !== undefined && /^E[A-Z]+$/.test(code);
  io.stderr.write(
    isOperating ? `${message}\n` : `${stack ?? message}\nThis is a defect in Sallyport; please report it.\n`,
  );
  return failureStatus;
}
