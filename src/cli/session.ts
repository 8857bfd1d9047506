/** `sallyport session`: what agents did, as a list, in detail, and as they saw it. */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { visibleText } from '../approval/visible.ts';
import { readRecords } from '../audit/reader.ts';
import { visibleJson } from '../audit/record.ts';
import { type SessionAction, SessionIndex, type SessionSummary } from '../audit/sessions.ts';
import { openCast, readWholeCast } from '../recording/cast-file.ts';
import { castText, playCast, searchCast } from '../recording/playback.ts';
import {
  auditView,
  directoryOption,
  EvidenceError,
  type EvidencePlace,
  findEvidence,
  localViewer,
  parseCount,
  parseSince,
  recordingPath,
  writeText,
} from './evidence.ts';
import type { CliIo } from './io.ts';
import { formatTable } from './table.ts';

/** All sessions a log of a year may have, on a busy bastion. */
const maxSessions = 1_000_000;

interface SessionFound {
  readonly session: SessionSummary;
  readonly actions: readonly SessionAction[];
}

export function addSessionCommands(program: Command, io: CliIo): void {
  const session = program.command('session').description('sessions of agents: list, details, replay, export');

  session
    .command('list')
    .description('List sessions, newest first.')
    .addOption(directoryOption(io))
    .option('--agent <name>', 'only this agent')
    .option('--since <when>', '30m, 12h, 7d or a date')
    .option('-n, --limit <count>', 'at most so many', '50')
    .option('--json', 'as JSON')
    .action((options: { dir: string; agent?: string; since?: string; limit: string; json?: boolean }) =>
      listSessions(options, io),
    );

  session
    .command('show')
    .argument('<id>', 'session')
    .description('Show every command of a session: decision, who approved, how it ended, how to play it.')
    .addOption(directoryOption(io))
    .option('--json', 'as JSON')
    .action(async (id: string, options: { dir: string; json?: boolean }) => {
      const found = await findSession(findEvidence(options.dir), id);
      io.stdout.write(options.json === true ? `${visibleJson(found)}\n` : sessionText(found));
    });

  session
    .command('play')
    .argument('<id>', 'session, session/channel, or action')
    .description('Play what an agent saw. Only text, colours and cursor movement reach this terminal.')
    .addOption(directoryOption(io))
    .option('--speed <factor>', '2 plays twice as fast', '1')
    .option('--idle <seconds>', 'longer silences are cut to this', '2')
    .option('--from <seconds>', 'show at once what came before', '0')
    .action((id: string, options: PlayOptions) => play(id, options, io));

  session
    .command('search')
    .argument('<text>', 'letter case does not matter')
    .description('Look for a text in the recordings; says where to play from. Status 1 when it is nowhere.')
    .addOption(directoryOption(io))
    .option('--agent <name>', 'only this agent')
    .option('--since <when>', '30m, 12h, 7d or a date')
    .action((text: string, options: SearchOptions) => search(text, options, io));

  session
    .command('export')
    .argument('<id>', 'session, session/channel, or action')
    .description('Write the recording of an action as text or as asciicast.')
    .addOption(directoryOption(io))
    .option('--text', 'the output as plain text (default)')
    .option('--cast', 'the asciicast file itself, for asciinema and its player')
    .option('-o, --output <file>', 'into this file, which must not exist, instead of to stdout')
    .action((id: string, options: ExportOptions) => exportRecording(id, options, io));
}

interface SearchOptions {
  readonly dir: string;
  readonly agent?: string;
  readonly since?: string;
}

/** Long lines are shown around what was looked for. */
const shownCharacters = 160;

async function search(text: string, options: SearchOptions, io: CliIo): Promise<void> {
  if (text === '') throw new EvidenceError('CLI_OPTION_INVALID', 'give a text to look for');
  const place = findEvidence(options.dir);
  const sinceMs = options.since === undefined ? 0 : parseSince(options.since, Date.now());
  const index = await readIndex(place);
  const { sessions } = index.list({ agent: options.agent, limit: maxSessions, cursor: undefined });
  let found = 0;
  for (const { id } of sessions.filter(({ openedAtMs }) => openedAtMs >= sinceMs)) {
    for (const { channel, recording } of index.get(id)?.actions ?? []) {
      if (recording === undefined) continue;
      let isAudited = false;
      for await (const { seconds, line } of searchCast(await openCast(recordingPath(place, recording)), text)) {
        // Whoever finds something has seen a part of it.
        if (!isAudited) await auditView(place, { event: 'recording.viewed', recording, by: localViewer(io) }, io);
        isAudited = true;
        found += 1;
        const from = Math.max(0, line.toLowerCase().indexOf(text.toLowerCase()) - shownCharacters / 2);
        const shown = visibleText(line.slice(from, from + shownCharacters));
        await writeText(io.stdout, `${id}/${channel} at ${seconds.toFixed(1)} s: ${shown}\n`);
      }
    }
  }
  if (found === 0) io.setExitCode(1);
}

async function readIndex({ auditDirectory }: EvidencePlace): Promise<SessionIndex> {
  const index = new SessionIndex(maxSessions);
  for await (const record of readRecords(auditDirectory)) index.add(record);
  return index;
}

async function listSessions(
  options: { dir: string; agent?: string; since?: string; limit: string; json?: boolean },
  io: CliIo,
): Promise<void> {
  const sinceMs = options.since === undefined ? 0 : parseSince(options.since, Date.now());
  const limit = parseCount('--limit', options.limit, 1);
  const index = await readIndex(findEvidence(options.dir));
  const { sessions } = index.list({ agent: options.agent, limit: maxSessions, cursor: undefined });
  const shown = sessions.filter(({ openedAtMs }) => openedAtMs >= sinceMs).slice(0, limit);
  if (options.json === true) {
    for (const summary of shown) io.stdout.write(`${visibleJson(summary)}\n`);
    return;
  }
  const rows = shown.map((s) => [
    s.id,
    s.agent,
    s.remote,
    timeText(s.openedAtMs),
    s.closedAtMs === undefined ? (s.closed ?? 'open') : durationText(s.closedAtMs - s.openedAtMs),
    s.targets.join(' ') || '-',
    String(s.commands),
    s.outsideRule === undefined ? String(s.held) : `${s.held} (${s.outsideRule} OUTSIDE THE RULE)`,
    String(s.denied),
  ]);
  const header = ['SESSION', 'AGENT', 'FROM', 'OPENED', 'LASTED', 'TARGETS', 'COMMANDS', 'HELD', 'DENIED'];
  io.stdout.write(rows.length === 0 ? 'no sessions\n' : formatTable(header, rows));
}

async function findSession(place: EvidencePlace, id: string): Promise<SessionFound> {
  const found = (await readIndex(place)).get(id);
  if (found === undefined) {
    throw new EvidenceError('CLI_NOT_FOUND', `no session ${JSON.stringify(id)}; see: sallyport session list`);
  }
  return found;
}

function sessionText({ session, actions }: SessionFound): string {
  const end = session.closedAtMs === undefined ? '' : ` to ${timeText(session.closedAtMs)}`;
  const lines = [
    `session ${session.id}: ${session.agent} from ${session.remote}`,
    `${timeText(session.openedAtMs)}${end} (${session.closed ?? 'open'})`,
  ];
  for (const action of actions) {
    const who = action.reviewers.length === 0 ? '' : ` by ${action.reviewers.join(', ')}`;
    const duration = action.durationMs === undefined ? '' : ` in ${durationText(action.durationMs)}`;
    const size = action.outBytes === undefined ? '' : `, ${action.outBytes} bytes`;
    const masked = (action.masked ?? 0) === 0 ? '' : `, ${action.masked} masked`;
    lines.push(
      '',
      `${timeText(action.atMs)}  ${action.account}@${action.target}  ${action.verdict}${who}: ${action.ended ?? 'not ended'}${duration}${size}${masked}`,
      ...action.command.split('\n').map((line) => `  $ ${line}`),
      `  ${action.rule ?? 'no rule'}: ${action.reason}`,
      ...(action.outsideRule === undefined ? [] : [`  OUTSIDE THE RULE: approved by ${action.outsideRule} alone`]),
    );
    if (action.recording !== undefined) lines.push(`  sallyport session play ${session.id}/${action.channel}`);
  }
  return `${lines.map(visibleText).join('\n')}\n`;
}

/** The actions an id names that have a recording, oldest first. */
async function findRecordings(place: EvidencePlace, id: string): Promise<readonly string[]> {
  const [session = '', channel] = id.split('/');
  const index = await readIndex(place);
  const inSession = index.get(session)?.actions.filter((action) => channel === undefined || action.channel === channel);
  const actions = inSession ?? allActions(index).filter((action) => action.id === id);
  const names = actions.flatMap(({ recording }) => (recording === undefined ? [] : [recording]));
  if (names.length === 0) {
    const why = actions.length === 0 ? 'is no session, session/channel or action' : 'has no recording: nothing ran';
    throw new EvidenceError('CLI_NOT_FOUND', `${JSON.stringify(id)} ${why}; see: sallyport session list`);
  }
  return [...new Set(names)];
}

function allActions(index: SessionIndex): readonly SessionAction[] {
  const { sessions } = index.list({ agent: undefined, limit: maxSessions, cursor: undefined });
  return sessions.flatMap(({ id }) => index.get(id)?.actions ?? []);
}

/** As a shell reports a command that Ctrl-C ended. */
const interruptedStatus = 130;

interface PlayOptions {
  readonly dir: string;
  readonly speed: string;
  readonly idle: string;
  readonly from: string;
}

async function play(id: string, options: PlayOptions, io: CliIo): Promise<void> {
  const place = findEvidence(options.dir);
  // Ctrl-C ends the show, not the process: the terminal gets its colours and cursor back.
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort();
  process.once('SIGINT', interrupt);
  const pace = {
    speed: parseCount('--speed', options.speed, 0.01),
    idleLimitMs: parseCount('--idle', options.idle, 0) * 1000,
    fromSeconds: parseCount('--from', options.from, 0),
    signal: interrupted.signal,
  };
  for (const recording of await findRecordings(place, id)) {
    await auditView(place, { event: 'recording.viewed', recording, by: localViewer(io) }, io);
    const cast = await openCast(recordingPath(place, recording));
    const { header } = cast;
    io.stdout.write(`${visibleText(`${timeText(header.timestamp * 1000)}  ${header.title}  $ ${header.command}`)}\n`);
    await playCast(cast, { ...pace, write: (text) => writeText(io.stdout, text) });
    if (interrupted.signal.aborted) break;
  }
  process.removeListener('SIGINT', interrupt);
  if (interrupted.signal.aborted) io.setExitCode(interruptedStatus);
}

interface ExportOptions {
  readonly dir: string;
  readonly text?: boolean;
  readonly cast?: boolean;
  readonly output?: string;
}

async function exportRecording(id: string, options: ExportOptions, io: CliIo): Promise<void> {
  if (options.text === true && options.cast === true) {
    throw new EvidenceError('CLI_OPTION_INVALID', 'give --text or --cast, not both');
  }
  const place = findEvidence(options.dir);
  const recordings = await findRecordings(place, id);
  const [first = '', ...others] = recordings;
  if (options.cast === true && others.length > 0) {
    const choices = recordings.map((name) => name.replace(/^.*\/|\.cast$/g, '')).join(', ');
    throw new EvidenceError(
      'CLI_OPTION_INVALID',
      `${id} has ${recordings.length} recordings (${choices}); name one as session/channel`,
    );
  }
  for (const recording of recordings) {
    await auditView(place, { event: 'recording.exported', recording, by: localViewer(io) }, io);
  }
  const target =
    options.output === undefined ? io.stdout : createWriteStream(options.output, { flags: 'wx', mode: 0o600 });
  const parts =
    options.cast === true ? Readable.from(readWholeCast(recordingPath(place, first))) : textOf(place, recordings);
  await pipeline(parts, target, { end: target !== io.stdout });
}

async function* textOf(place: EvidencePlace, recordings: readonly string[]): AsyncGenerator<string> {
  for (const recording of recordings) {
    const cast = await openCast(recordingPath(place, recording));
    yield `$ ${visibleText(cast.header.command)}\n`;
    yield* castText(cast);
  }
}

const timeText = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

function durationText(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
