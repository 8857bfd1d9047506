/**
 * How the command line gets an event into a log that the running server holds: a file in `spool/`, synced before the
 * thing it reports happens; the server appends it within a second, or when it starts, and removes the file.
 *
 * Only events about looking at evidence are taken from there; whoever may write into the directory may write anything,
 * so nothing that decides is believed. After a crash between append and remove the event is in the log twice.
 */
import { randomUUID } from 'node:crypto';
import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from '../line-file.ts';
import type { AuditEvent } from './event.ts';

export type ViewEvent = Extract<AuditEvent, { readonly event: 'recording.viewed' | 'recording.exported' }>;

export const spoolName = 'spool';
/** More files than anybody views in a second; the rest waits for the next round. */
const maxFilesPerRound = 200;
const maxFileBytes = 4096;

/** Resolves when the event is on disk. The directory is the log's, which made `spool/` when it was opened. */
export async function spoolView(directory: string, event: ViewEvent): Promise<void> {
  const spool = join(directory, spoolName);
  const name = randomUUID();
  const aside = join(spool, `.${name}`);
  const file = await open(aside, 'wx', 0o600);
  try {
    // Readable for the server's account when root looks, whatever the umask; the directory above is private.
    await file.chmod(0o644);
    await file.writeFile(JSON.stringify(event));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(aside, join(spool, `${name}.json`));
  await syncDirectory(spool);
}

/** Appends what lies in the spool. A file that is no such event is put aside, once, under another name. */
export async function takeSpool(directory: string, append: (event: ViewEvent) => Promise<void>): Promise<void> {
  const spool = join(directory, spoolName);
  const names = (await readdir(spool)).filter((name) => name.endsWith('.json')).sort();
  for (const name of names.slice(0, maxFilesPerRound)) {
    const path = join(spool, name);
    const event = await readEvent(path);
    if (event === undefined) {
      await rename(path, `${path}.refused`);
      continue;
    }
    await append(event);
    await rm(path, { force: true });
  }
}

async function readEvent(path: string): Promise<ViewEvent | undefined> {
  try {
    const found = await stat(path);
    if (!found.isFile() || found.size > maxFileBytes) return undefined;
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof value !== 'object' || value === null) return undefined;
    const { event, recording, by } = value as Partial<Record<string, unknown>>;
    if (event !== 'recording.viewed' && event !== 'recording.exported') return undefined;
    if (typeof recording !== 'string' || typeof by !== 'string') return undefined;
    return { event, recording, by };
  } catch {
    return undefined;
  }
}
