import { PassThrough, Readable } from 'node:stream';
import { Command } from 'commander';
import type { CliIo } from '../../src/cli/io.ts';
import { SallyportError } from '../../src/errors.ts';

export interface CliRun {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
  /** Code of the SallyportError it ended with. */
  readonly code: string | undefined;
}

/** Runs commands of the command line in this process, with buffers for its streams. */
export async function runCli(
  add: (program: Command, io: CliIo) => void,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CliRun> {
  const [stdout, stderr] = [new PassThrough({ highWaterMark: 1 << 30 }), new PassThrough({ highWaterMark: 1 << 30 })];
  let status = 0;
  let code: string | undefined;
  const program = new Command().exitOverride();
  add(program, {
    stdin: Readable.from([]),
    stdout,
    stderr,
    env,
    useColor: false,
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
  const text = (stream: PassThrough) => ((stream.read() as Buffer | null) ?? Buffer.alloc(0)).toString('utf8');
  return { stdout: text(stdout), stderr: text(stderr), status, code };
}
