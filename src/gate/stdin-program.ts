/**
 * Reads stdin before anything runs: a program that the command would execute (`bash -s`, `python3 -`, `psql`), so that it
 * can be judged, and the data of a command that is held (`cat > f`), so that a reviewer sees it.
 *
 * INVARIANT: a program that was not read whole is never sent; the target gets exactly these bytes.
 */
import type { Readable } from 'node:stream';
import { unreachable } from '../errors.ts';

/** A reviewer cannot read more in the time they have; longer programs belong in a file that is reviewed as one. */
const maxStdinProgramBytes = 65_536;
/** An agent that leaves its stdin open (a terminal, an inherited pipe) and sends nothing means "no stdin". */
const stdinSilenceMs = 1_500;
/** A program that has begun must end within this. */
const stdinCompleteMs = 30_000;

export interface StdinReading {
  /** `eof`: these bytes are all of it. `silent`: none came. Otherwise there is more, or the agent has gone. */
  readonly end: 'eof' | 'silent' | 'slow' | 'long' | 'gone';
  readonly bytes: Buffer;
}

/** Reads until the end of stdin or a limit; what was read is the caller's, what follows stays in the stream. */
export async function readStdin(stdin: Readable, gone: AbortSignal): Promise<StdinReading> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const end = await new Promise<'eof' | 'silent' | 'slow' | 'long' | 'gone'>((resolve) => {
    let timer = setTimeout(() => settle('silent'), stdinSilenceMs);
    const onData = (chunk: Buffer) => {
      if (bytes === 0) {
        clearTimeout(timer);
        timer = setTimeout(() => settle('slow'), stdinCompleteMs);
      }
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes > maxStdinProgramBytes) settle('long');
    };
    const onEnd = () => settle('eof');
    const onGone = () => settle('gone');
    const settle = (how: 'eof' | 'silent' | 'slow' | 'long' | 'gone') => {
      clearTimeout(timer);
      stdin.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', onGone);
      gone.removeEventListener('abort', onGone);
      stdin.pause();
      resolve(how);
    };
    stdin.on('data', onData).on('end', onEnd).on('close', onEnd).on('error', onGone);
    gone.addEventListener('abort', onGone);
    if (gone.aborted) onGone();
    else if (stdin.readableEnded || stdin.destroyed) onEnd();
  });

  return { end, bytes: Buffer.concat(chunks) };
}

export type StdinProgram =
  | { readonly kind: 'none' }
  | { readonly kind: 'program'; readonly text: string }
  | { readonly kind: 'refused'; readonly reason: string };

/** What was read, as a program: whole and showable, or refused with the reason. */
export function programOf({ end, bytes }: StdinReading): StdinProgram {
  const refused = (reason: string): StdinProgram => ({ kind: 'refused', reason });
  switch (end) {
    case 'silent':
      return { kind: 'none' };
    case 'gone':
      return refused('the agent left before its stdin was complete');
    case 'slow':
      return refused(`its stdin was not complete after ${stdinCompleteMs / 1000} s`);
    case 'long':
      return refused(
        `its stdin is a program of more than ${maxStdinProgramBytes / 1024} KiB, which nobody can review here; send it as a file and run that`,
      );
    case 'eof':
      break;
    default:
      return unreachable(end);
  }
  if (bytes.length === 0) return { kind: 'none' };
  const text = textOf(bytes);
  if (text === undefined) return refused('its stdin is a program that is not text, so it cannot be shown to anybody');
  return { kind: 'program', text };
}

/** Undefined for bytes that are not valid UTF-8 without NUL. */
export function textOf(bytes: Buffer): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}
