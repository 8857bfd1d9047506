import { setTimeout as sleep } from 'node:timers/promises';
import type { Cast } from './cast-file.ts';
import { leaveAlternateScreen, plainText, TerminalFilter, terminalReset } from './terminal.ts';

export interface PlaybackOptions {
  /** 2 plays twice as fast. */
  readonly speed: number;
  /** Longer silences are cut to this. */
  readonly idleLimitMs: number;
  /** Seconds of the recording that are shown without waiting. */
  readonly fromSeconds: number;
  readonly signal: AbortSignal;
  write(text: string): Promise<void>;
}

/** Shows a recording on a terminal, at its own pace. Markers come as a line of their own, dimmed. */
export async function playCast(cast: Cast, options: PlaybackOptions): Promise<void> {
  const filter = new TerminalFilter();
  let last = 0;
  try {
    for await (const { seconds, code, data } of cast.events) {
      const waitMs = Math.min(options.idleLimitMs, Math.max(0, seconds - Math.max(last, options.fromSeconds)) * 1000);
      last = seconds;
      if (waitMs >= 1) await sleep(waitMs / options.speed, undefined, { signal: options.signal });
      if (options.signal.aborted) return;
      if (code === 'o') await options.write(filter.push(data));
      if (code === 'm') await options.write(`\x1b[2m── ${plainText(data).replaceAll('\n', ' ')} ──\x1b[0m\r\n`);
    }
  } catch (error) {
    if (!options.signal.aborted) throw error;
  } finally {
    await cast.close();
    await options.write((filter.usedAlternateScreen ? leaveAlternateScreen : '') + terminalReset);
  }
}

/** The output as a text file would have it. */
export async function* castText(cast: Cast): AsyncGenerator<string> {
  const filter = new TerminalFilter();
  // A CR at the end of an event may belong to a LF at the beginning of the next.
  let carriageReturn = '';
  for await (const { code, data } of cast.events) {
    if (code !== 'o') continue;
    const output = cast.header.sallyport.newlines === 'added-cr' ? data.replaceAll('\r\n', '\n') : data;
    const text = carriageReturn + filter.push(output);
    carriageReturn = text.endsWith('\r') ? '\r' : '';
    yield plainText(carriageReturn === '' ? text : text.slice(0, -1));
  }
  if (carriageReturn !== '') yield '\n';
}

/** A line of a recording that has the text, and when its last part was printed. */
export interface CastHit {
  readonly seconds: number;
  readonly line: string;
}

/** Longer lines are searched in pieces: output without line feeds must not grow in memory. */
const maxLineCharacters = 64 * 1024;

/** Lines of the output that contain `wanted`, letter case aside. */
export async function* searchCast(cast: Cast, wanted: string): AsyncGenerator<CastHit> {
  const filter = new TerminalFilter();
  const needle = wanted.toLowerCase();
  let rest = '';
  let last = 0;
  for await (const { seconds, code, data } of cast.events) {
    if (code !== 'o') continue;
    last = seconds;
    const lines = (rest + plainText(filter.push(data))).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.toLowerCase().includes(needle)) yield { seconds, line };
    if (rest.length > maxLineCharacters) {
      if (rest.toLowerCase().includes(needle)) yield { seconds, line: rest };
      rest = '';
    }
  }
  if (rest.toLowerCase().includes(needle)) yield { seconds: last, line: rest };
}
