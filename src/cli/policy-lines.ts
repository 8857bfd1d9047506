/** JSON lines with commands: what `policy eval` and `policy diff` read. A line that cannot be used is told, not fatal. */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** An SSH command is capped far below this; a longer line is some other file. */
const maxLineChars = 4 * 1_048_576;

export type CommandLine =
  | { readonly kind: 'command'; readonly fields: Readonly<Record<string, unknown>>; readonly command: string }
  | { readonly kind: 'bad'; readonly line: number; readonly problem: string };

export async function* readCommandLines(input: Readable): AsyncGenerator<CommandLine> {
  let line = 0;
  for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    line++;
    if (text.trim() === '') continue;
    yield readCommandLine(text, line);
  }
}

function readCommandLine(text: string, line: number): CommandLine {
  const bad = (problem: string): CommandLine => ({ kind: 'bad', line, problem });
  if (text.length > maxLineChars) return bad('longer than 4 MiB');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return bad('not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return bad('not a JSON object');
  const fields: Record<string, unknown> = { ...value };
  const { command, argv } = fields;
  if (typeof command === 'string') return { kind: 'command', fields, command };
  if (Array.isArray(argv) && argv.length > 0 && argv.every((word) => typeof word === 'string')) {
    return { kind: 'command', fields, command: argv.map(quoted).join(' ') };
  }
  return bad('neither `command` (a text) nor `argv` (a list of texts)');
}

function quoted(word: string): string {
  return /^[\w./:@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
