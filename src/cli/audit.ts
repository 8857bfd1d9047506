/** `sallyport audit`: check the evidence, read the log. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import { visibleText } from '../approval/visible.ts';
import { parseVerifierKey } from '../audit/checkpoint.ts';
import type { AuditRecord } from '../audit/event.ts';
import { isLogLocked } from '../audit/lock.ts';
import { toOcsf } from '../audit/ocsf.ts';
import { LogCursor, readRecords } from '../audit/reader.ts';
import { visibleJson } from '../audit/record.ts';
import { type LogVerdict, verifyLog } from '../audit/verify.ts';
import { packageVersion } from '../package-root.ts';
import { writeBundle } from './bundle.ts';
import {
  auditView,
  directoryOption,
  type EvidencePlace,
  findEvidence,
  localViewer,
  parseCount,
  parseSince,
  writeText,
} from './evidence.ts';
import type { CliIo } from './io.ts';
import { checkRecordings, type RecordingCheck } from './recording-check.ts';

/** How long a follower waits before it looks again. */
const followEveryMs = 500;

interface VerifyOptions {
  readonly dir: string;
  readonly json?: boolean;
  readonly key?: string;
  readonly recordings: boolean;
}

interface ListOptions {
  readonly dir: string;
  readonly json?: boolean;
  readonly since?: string;
  readonly agent?: string;
  readonly session?: string;
  readonly event: readonly string[];
  readonly lines?: string;
  readonly follow?: boolean;
}

export function addAuditCommands(program: Command, io: CliIo): void {
  const audit = program.command('audit').description('the audit log: check that nobody changed it, and read it');

  audit
    .command('verify')
    .argument('[directory]', 'the same as --dir')
    .description('Check the chain, the signed checkpoint and every recording. Status 1 and the first bad line if not.')
    .addOption(directoryOption(io))
    .option('--key <file>', 'verifier key kept elsewhere, instead of the checkpoint.pub beside the log')
    .option('--no-recordings', 'check the log alone')
    .option('--json', 'as JSON')
    .action(async (directory: string | undefined, options: VerifyOptions) => {
      await verify(findEvidence(directory ?? options.dir), options, io);
    });

  const filters = (command: Command) =>
    command
      .addOption(directoryOption(io))
      .option('--since <when>', '30m, 12h, 7d or a date')
      .option('--agent <name>', 'only this agent')
      .option('--session <id>', 'only this session')
      .option(
        '--event <name>',
        'only this event, or a group such as hold; repeat for more',
        (value: string, before: readonly string[]) => [...before, value],
        [],
      )
      .option('--json', 'the records themselves, one per line');

  filters(audit.command('list').description('Print the records, oldest first.'))
    .option('-n, --lines <count>', 'only the last so many')
    .action((options: ListOptions) => list(options, io));

  filters(audit.command('tail').description('Print the last records.'))
    .option('-n, --lines <count>', 'how many', '20')
    .option('-f, --follow', 'go on with what comes')
    .action((options: ListOptions) => list(options, io));

  audit
    .command('export')
    .description('Print the records in the form of another system, one JSON object per line.')
    .addOption(directoryOption(io))
    .addOption(
      new Option('--format <name>', 'ocsf: Open Cybersecurity Schema Framework 1.3').choices(['ocsf']).default('ocsf'),
    )
    .option('--since <when>', '30m, 12h, 7d or a date')
    .action((options: { readonly dir: string; readonly since?: string }) => exportOcsf(options, io));

  audit
    .command('bundle')
    .description('Copy log and recordings into a new directory that sha256sum and ssh-keygen can check.')
    .addOption(directoryOption(io))
    .requiredOption('-o, --output <directory>', 'must not exist')
    .option('--session <id>', 'only recordings of this session; the log is always whole')
    .action((options: BundleOptions) => bundle(options, io));
}

async function exportOcsf(options: { readonly dir: string; readonly since?: string }, io: CliIo): Promise<void> {
  const { auditDirectory } = findEvidence(options.dir);
  const sinceMs = options.since === undefined ? 0 : parseSince(options.since, Date.now());
  const version = packageVersion();
  for await (const record of readRecords(auditDirectory)) {
    if (Date.parse(record.at) >= sinceMs) await writeText(io.stdout, `${visibleJson(toOcsf(record, version))}\n`);
  }
}

interface BundleOptions {
  readonly dir: string;
  readonly output: string;
  readonly session?: string;
}

async function bundle(options: BundleOptions, io: CliIo): Promise<void> {
  const place = findEvidence(options.dir);
  const recordings: string[] = [];
  for await (const record of readRecords(place.auditDirectory)) {
    if (record.event !== 'command.started') continue;
    if (options.session === undefined || record.session === options.session) recordings.push(record.recording);
  }
  for (const recording of recordings) {
    await auditView(place, { event: 'recording.exported', recording, by: localViewer(io) }, io);
  }
  const publicKey = await writeBundle(place, recordings, options.output);
  io.stdout.write(
    `${options.output}: the log and ${recordings.length} recordings; its README.txt says how to check it\n`,
  );
  io.stdout.write(`signed with ${publicKey}\n`);
}

async function verify(place: EvidencePlace, options: VerifyOptions, io: CliIo): Promise<void> {
  const verifier = options.key === undefined ? undefined : parseVerifierKey(readFileSync(options.key, 'utf8'));
  const verdict = await verifyLog({ directory: place.auditDirectory, ...(verifier === undefined ? {} : { verifier }) });
  const isWritten = await isLogLocked(place.auditDirectory);
  const recordings =
    verdict.kind === 'intact' && options.recordings ? await checkRecordings(place) : { checked: 0, problems: [] };
  // An unfinished line is a write under way, unless nobody writes.
  const isTorn = verdict.kind === 'intact' && verdict.unfinishedBytes > 0 && !isWritten;
  const isIntact = verdict.kind === 'intact' && recordings.problems.length === 0 && !isTorn;
  if (options.json === true) {
    io.stdout.write(`${visibleJson({ result: isIntact ? 'intact' : 'broken', log: verdict, recordings, isTorn })}\n`);
  } else io.stdout.write(reportText(verdict, recordings, isTorn));
  io.setExitCode(isIntact ? 0 : 1);
}

function reportText(verdict: LogVerdict, recordings: RecordingCheck, isTorn: boolean): string {
  if (verdict.kind === 'broken') {
    const { file, line, reason } = verdict.problem;
    const where = file === undefined ? 'the log' : line === undefined ? file : `${file}:${line}`;
    return `BROKEN ${visibleText(where)}: ${reason}\nintact records before it: ${verdict.records}\n`;
  }
  const lines = [`the log is intact: ${verdict.records} records, ${verdict.signed} of them signed`];
  if (isTorn)
    lines.push(`BROKEN the last line is unfinished (${verdict.unfinishedBytes} bytes); the next start repairs it`);
  if (recordings.checked > 0) lines.push(`${recordings.checked} recordings were compared with it`);
  for (const { recording, seq, reason } of recordings.problems) {
    lines.push(`BROKEN ${visibleText(recording)}: ${reason} (record ${seq})`);
  }
  return `${lines.join('\n')}\n`;
}

async function list(options: ListOptions, io: CliIo): Promise<void> {
  const { auditDirectory } = findEvidence(options.dir);
  const wants = filterOf(options);
  const most = options.lines === undefined ? Number.POSITIVE_INFINITY : parseCount('--lines', options.lines, 0);
  const print = (record: AuditRecord) =>
    void io.stdout.write(`${options.json === true ? visibleJson(record) : recordText(record)}\n`);
  const cursor = new LogCursor(auditDirectory);
  const last: AuditRecord[] = [];
  for await (const record of cursor.read()) {
    if (!wants(record)) continue;
    if (most === Number.POSITIVE_INFINITY) print(record);
    else if (last.push(record) > most) last.shift();
  }
  last.forEach(print);
  while (options.follow === true) {
    await sleep(followEveryMs);
    for await (const record of cursor.read()) if (wants(record)) print(record);
  }
}

function filterOf(options: ListOptions): (record: AuditRecord) => boolean {
  const sinceMs = options.since === undefined ? undefined : parseSince(options.since, Date.now());
  return (record) => {
    if (sinceMs !== undefined && Date.parse(record.at) < sinceMs) return false;
    if (options.agent !== undefined && !('agent' in record && record.agent === options.agent)) return false;
    if (options.session !== undefined && !('session' in record && record.session === options.session)) return false;
    const isWanted = (name: string) => record.event === name || record.event.startsWith(`${name}.`);
    return options.event.length === 0 || options.event.some(isWanted);
  };
}

/** One line for a person: time, event, then every field with its value made visible. */
function recordText({ seq, at, prev: _prev, event, ...fields }: AuditRecord): string {
  const shown = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? quoted(value) : visibleJson(value)}`);
  return [String(seq).padStart(6), at, event.padEnd(16), ...shown].join(' ');
}

const quoted = (value: string): string => (/^[\w.:/@+-]+$/.test(value) ? value : visibleJson(value));
