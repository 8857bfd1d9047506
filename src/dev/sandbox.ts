import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { SallyportError } from '../errors.ts';
import type { SandboxOrder, SandboxReady } from './sandbox-process.ts';

export interface Sandbox {
  readonly port: number;
  close(): Promise<void>;
}

const startTimeoutMs = 10_000;

/** Starts the sandbox target in a process of its own. @throws SallyportError SANDBOX_NOT_STARTED */
export async function startSandbox(order: SandboxOrder): Promise<Sandbox> {
  // Source and build differ in the ending only; tests run the source through a loader that is inherited.
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const child = fork(fileURLToPath(new URL(`./sandbox-process.${ending}`, import.meta.url)), [], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  try {
    child.send(order);
    const ready = await Promise.race([
      once(child, 'message', { signal: AbortSignal.timeout(startTimeoutMs) }) as Promise<[SandboxReady]>,
      once(child, 'exit').then(() => {
        throw new Error('it exited');
      }),
    ]);
    return { port: ready[0].port, close: () => stop(child) };
  } catch (error) {
    child.kill('SIGKILL');
    throw new SallyportError('SANDBOX_NOT_STARTED', 'the sandbox target did not start', { cause: error });
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
