/** Runs a command of the command line in this process, with buffers for its streams. */
import { PassThrough, Readable } from 'node:stream';
import { Command } from 'commander';
import type { CliIo } from '../../src/cli/io.ts';
import { SallyportError } from '../../src/errors.ts';

export interface CliRun {
  readonly stdout: string;
  /** Ends with the message of the SallyportError it ended with, as main.ts would print it. */
  readonly stderr: string;
  readonly status: number;
  readonly code: string | undefined;
}

/** Rejects with what is no SallyportError. */
export async function runCli(
  add: (program: Command, io: CliIo) => void,
  words: readonly string[],
  env: CliIo['env'] = {},
  more: { readonly stdin?: string; readonly useColor?: boolean } = {},
): Promise<CliRun> {
  const out = { stdout: '', stderr: '' };
  let status = 0;
  let code: string | undefined;
  const stream = (name: 'stdout' | 'stderr') =>
    new PassThrough().setEncoding('utf8').on('data', (text: string) => {
      out[name] += text;
    });
  const [stdout, stderr] = [stream('stdout'), stream('stderr')];
  const program = new Command('sallyport').exitOverride().configureOutput({ writeErr: (text) => stderr.write(text) });
  add(program, {
    stdin: Readable.from([more.stdin ?? '']),
    stdout,
    stderr,
    env,
    useColor: more.useColor ?? false,
    setExitCode: (wanted) => {
      status = wanted;
    },
  });
  try {
    await program.parseAsync(['node', 'sallyport', ...words]);
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    code = error.code;
    stderr.write(`${error.message}\n`);
  }
  await new Promise((resolve) => setImmediate(resolve));
  return { ...out, status, code };
}
