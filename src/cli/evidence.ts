/** Where evidence lies and who looks at it: what `audit` and `session` have in common. */
import { existsSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { Option } from 'commander';
import { AuditLog } from '../audit/log.ts';
import { spoolView, type ViewEvent } from '../audit/spool.ts';
import { configuredDirectory } from '../configured-directory.ts';
import { SallyportError } from '../errors.ts';
import { describeError } from '../log.ts';
import { recordingFile } from '../recording/name.ts';
import type { CliIo } from './io.ts';

export class EvidenceError extends SallyportError<'CLI_NO_EVIDENCE' | 'CLI_OPTION_INVALID' | 'CLI_NOT_FOUND'> {}

export const directoryOption = (io: CliIo) =>
  new Option('--dir <directory>', 'state directory of Sallyport, or a copy of it').default(
    io.env.SALLYPORT_DIR ?? configuredDirectory(io.env.SALLYPORT_CONFIG ?? 'sallyport.yaml') ?? '.sallyport',
  );

export interface EvidencePlace {
  readonly stateDirectory: string;
  readonly auditDirectory: string;
}

/** Takes the state directory, or `audit` in it. */
export function findEvidence(directory: string): EvidencePlace {
  const path = resolve(directory);
  for (const auditDirectory of [join(path, 'audit'), path]) {
    if (existsSync(join(auditDirectory, 'head.json')) || existsSync(join(auditDirectory, '000001.ndjson'))) {
      return { stateDirectory: resolve(auditDirectory, '..'), auditDirectory };
    }
  }
  throw new EvidenceError('CLI_NO_EVIDENCE', `${path} has no audit log; name the state directory with --dir`);
}

/** Path of a recording as the log names it. HOSTILE: a changed log could name any file. */
export function recordingPath({ stateDirectory }: EvidencePlace, name: string): string {
  const path = recordingFile(stateDirectory, name);
  if (path !== undefined) return path;
  throw new EvidenceError(
    'CLI_NOT_FOUND',
    'the log names a recording outside its directory; run: sallyport audit verify',
  );
}

/** The account that looks, as well as a command line can know it. */
export function localViewer(io: CliIo): string {
  const { username } = userInfo();
  const before = io.env.SUDO_USER;
  return before === undefined ? `local:${username}` : `local:${before} (as ${username})`;
}

/**
 * Writes down that somebody looks, before they see anything: into the log, or, while the server holds the log, into
 * its spool. Evidence that cannot be written (a copy, a read-only disk) may still be looked at; that is said on stderr.
 */
export async function auditView({ auditDirectory }: EvidencePlace, event: ViewEvent, io: CliIo): Promise<void> {
  try {
    // Another account than the log's (root, say) must not leave files there that the server cannot read.
    if (statSync(auditDirectory).uid !== process.geteuid?.()) return await spoolView(auditDirectory, event);
    const log = await AuditLog.open({ directory: auditDirectory, now: () => new Date() });
    try {
      await log.append(event);
    } finally {
      await log.close();
    }
  } catch (error) {
    if (error instanceof SallyportError && error.code === 'AUDIT_LOCKED') return await spoolView(auditDirectory, event);
    io.stderr.write(`note: this view is not in the audit log: ${describeError(error).message}\n`);
  }
}

/** `30m`, `12h`, `7d` before now, or a date. */
export function parseSince(text: string, nowMs: number): number {
  const match = /^(\d{1,6})([smhd])$/.exec(text);
  const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match?.[2] ?? ''];
  if (match !== null && unitMs !== undefined) return nowMs - Number(match[1]) * unitMs;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) {
    throw new EvidenceError(
      'CLI_OPTION_INVALID',
      `--since ${JSON.stringify(text)}: give 30m, 12h, 7d or a date like 2031-05-01`,
    );
  }
  return ms;
}

export function parseCount(name: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < least) {
    throw new EvidenceError('CLI_OPTION_INVALID', `${name} ${JSON.stringify(text)}: give a number, ${least} or more`);
  }
  return value;
}

/** Resolves when the stream took it: a slow reader slows the writer, not the memory. */
export function writeText(target: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    target.write(text, (error) => (error ? reject(error) : resolve()));
  });
}
