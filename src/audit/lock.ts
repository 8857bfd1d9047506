/**
 * One writer per log. Both locks belong to the kernel and end with their process, however it ends:
 *   - on Linux an abstract socket named after the directory's inode; taking it is atomic;
 *   - a socket file in the directory, which a process in another container sees too; one that nobody answers is taken over.
 *
 * INVARIANT: the log trusts neither alone: before each write it checks that the file has exactly the size it left.
 */
import { rm, stat } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { AuditError } from './error.ts';

/** `sun_path` of a socket address has 108 bytes on Linux, 104 elsewhere. */
const maxSocketPathBytes = 103;

interface LockNames {
  readonly abstract: string | undefined;
  /** Undefined when the directory's path is too long for a socket. */
  readonly path: string | undefined;
}

async function lockNames(directory: string): Promise<LockNames> {
  const { dev, ino } = await stat(directory);
  const path = join(directory, 'writer.sock');
  return {
    abstract: process.platform === 'linux' ? `\0sallyport-audit-${dev}-${ino}` : undefined,
    path: Buffer.byteLength(path) <= maxSocketPathBytes ? path : undefined,
  };
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

const close = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

/** Throws AUDIT_LOCKED while another process has it. */
export async function lockLog(directory: string): Promise<{ release(): Promise<void> }> {
  const names = await lockNames(directory);
  const held: Server[] = [];
  const release = async () => {
    await Promise.all(held.splice(0).map(close));
  };
  try {
    if (names.abstract !== undefined) held.push(await listen(names.abstract));
    if (names.path !== undefined) {
      if (await isAnswering(names.path)) throw new Error('somebody answers on writer.sock');
      await rm(names.path, { force: true });
      held.push(await listen(names.path));
    }
    return { release };
  } catch (cause) {
    await release();
    throw new AuditError('AUDIT_LOCKED', `another process writes the audit log in ${directory}`, { cause });
  }
}

export async function isLogLocked(directory: string): Promise<boolean> {
  const { abstract, path } = await lockNames(directory);
  const names = [abstract, path].filter((name) => name !== undefined);
  return (await Promise.all(names.map(isAnswering))).includes(true);
}
