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
  let isEnding = false;
  const signalled = new Promise<string>((resolve) => {
    // One listener from first to last: between two a signal kills, and npm passes on each that the terminal has sent as well.
    const onSignal = (signal: string) => {
      if (isEnding) app.hurry();
      isEnding = true;
      resolve(signal);
    };
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  });
  const ended = Promise.race([signalled, app.failed]).catch((error: unknown) => error);
  onReady();
  const why = await ended;
  isEnding = true;

  if (typeof why === 'string') {
    io.stderr.write(
      `\n${why === 'SIGINT' ? 'Ctrl-C' : why}: stopping; running commands get a moment to end (again to stop at once)\n`,
    );
  } else {
    const { code, message } = describeError(why);
    log.fatal({ code, message }, 'stopping, because what must be written cannot be');
    io.setExitCode(fatalStatus);
  }
  await closers.close();
  // The other stays: what npm passes on may come last of all.
  process.off('SIGHUP', reload);
  if (typeof why === 'string') io.stderr.write('stopped\n');
}
