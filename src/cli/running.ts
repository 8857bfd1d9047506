import { once } from 'node:events';
import type { RunningApp } from '../app.ts';
import type { Closers } from '../closers.ts';
import { describeError, type Log } from '../log.ts';
import type { CliIo } from './io.ts';

/** sysexits EX_SOFTWARE: what must not go on did not, for example because the audit log could not be written. */
const fatalStatus = 70;

/**
 * Runs until Ctrl-C, SIGTERM or a failure after which nothing may run, then closes everything. SIGHUP reads
 * configuration and policy again. A second Ctrl-C does not wait for running commands. `onReady` is called when all
 * of this is so: who learns of it may send a signal at once.
 */
export async function runUntilStopped(
  app: RunningApp,
  closers: Closers,
  log: Log,
  io: CliIo,
  onReady: () => void,
): Promise<void> {
  const reload = () => app.reload();
  process.on('SIGHUP', reload);
  const stopped = new AbortController();
  const onSignal = (signal: string) => once(process, signal, { signal: stopped.signal }).then(() => signal);
  const ended = Promise.race([onSignal('SIGINT'), onSignal('SIGTERM'), app.failed]).catch((error: unknown) => error);
  onReady();
  const why = await ended;
  stopped.abort();

  if (typeof why === 'string') {
    io.stderr.write(
      `\n${why === 'SIGINT' ? 'Ctrl-C' : why}: stopping; running commands get a moment to end (again to stop at once)\n`,
    );
  } else {
    const { code, message } = describeError(why);
    log.fatal({ code, message }, 'stopping, because what must be written cannot be');
    io.setExitCode(fatalStatus);
  }
  const hurry = () => app.hurry();
  process.on('SIGINT', hurry).on('SIGTERM', hurry);
  await closers.close();
  // The others stay: npm passes on a Ctrl-C that the terminal has sent as well, and that may come last of all.
  process.off('SIGHUP', reload);
  if (typeof why === 'string') io.stderr.write('stopped\n');
}
