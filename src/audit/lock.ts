/**
 * One writer per log. The lock belongs to the kernel, so a killed process never leaves it behind: on Linux a listening
 * abstract socket named after the directory's inode; elsewhere a socket file, taken over when nobody answers on it.
 *
 * Two containers have two network namespaces and do not see each other's lock: the log therefore also checks, before
 * each write, that the file has exactly the size it left.
 */
import { rm, stat } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { AuditError } from './error.ts';

async function lockName(directory: string): Promise<string> {
  if (process.platform !== 'linux') return join(directory, 'writer.lock');
  const { dev, ino } = await stat(directory);
  return `\0sallyport-audit-${dev}-${ino}`;
}

function isAnswering(name: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(name);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function listen(name: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    // HOSTILE: any local process may connect to an abstract socket; it gets nothing.
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(name, () => {
      server.unref();
      resolve(server);
    });
  });
}

/** Throws AUDIT_LOCKED while another process has it. */
export async function lockLog(directory: string): Promise<{ release(): Promise<void> }> {
  const name = await lockName(directory);
  if (process.platform !== 'linux' && !(await isAnswering(name))) await rm(name, { force: true });
  try {
    const server = await listen(name);
    return { release: () => new Promise((resolve) => server.close(() => resolve())) };
  } catch (cause) {
    throw new AuditError('AUDIT_LOCKED', `another process writes the audit log in ${directory}`, { cause });
  }
}

export async function isLogLocked(directory: string): Promise<boolean> {
  return isAnswering(await lockName(directory));
}
