/** Runs a command of the command line in this process, with buffers for its streams. */
import { PassThrough, Readable } from 'node:stream';
import { Command } from 'commander';
import type { CliIo } from '../../src/cli/io.ts';

export interface CliRun {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** Rejects with what the command throws; main.ts turns that into words and a status. */
export async function runCli(
  add: (program: Command, io: CliIo) => void,
  args: readonly string[],
  env: CliIo['env'] = {},
  more: { readonly stdin?: string; readonly useColor?: boolean } = {},
): Promise<CliRun> {
  const out = { stdout: '', stderr: '' };
  let exitCode = 0;
  const stream = (name: 'stdout' | 'stderr') =>
    new PassThrough().setEncoding('utf8').on('data', (text: string) => {
      out[name] += text;
    });
  const [stdout, stderr] = [stream('stdout'), stream('stderr')];
  const io: CliIo = {
    stdin: Readable.from([more.stdin ?? '']),
    stdout,
    stderr,
    env,
    useColor: more.useColor ?? false,
    setExitCode: (status) => {
      exitCode = status;
    },
  };
  const program = new Command('sallyport').exitOverride().configureOutput({ writeErr: (text) => stderr.write(text) });
  add(program, io);
  await program.parseAsync(['node', 'sallyport', ...args]);
  await new Promise((resolve) => setImmediate(resolve));
  return { ...out, exitCode };
}
