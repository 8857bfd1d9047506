import type { Readable, Writable } from 'node:stream';

/** What a command of the command line may touch; tests hand in buffers. */
export interface CliIo {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly useColor: boolean;
  /** The status the process will end with; only main.ts exits. */
  setExitCode(status: number): void;
}
