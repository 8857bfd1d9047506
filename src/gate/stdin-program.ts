/**
 * Reads the stdin of a command that would execute it (`bash -s`, `python3 -`, `psql`), so that it can be judged and
 * shown before anything runs. What was not read here is never sent: the target gets exactly these bytes.
 */
import type { Readable } from 'node:stream';

/** A reviewer cannot read more in the time they have; longer programs belong in a file that is reviewed as one. */
export const maxStdinProgramBytes = 65_536;
/** An agent that leaves its stdin open (a terminal, an inherited pipe) and sends nothing means "no stdin". */
export const stdinSilenceMs = 1_500;
/** A program that has begun must end within this. */
export const stdinCompleteMs = 30_000;

export type StdinProgram =
  | { readonly kind: 'none' }
  | { readonly kind: 'program'; readonly text: string }
  | { readonly kind: 'refused'; readonly reason: string };

export async function readStdinProgram(stdin: Readable, gone: AbortSignal): Promise<StdinProgram> {
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

  switch (end) {
    case 'silent':
      return { kind: 'none' };
    case 'gone':
      return { kind: 'refused', reason: 'the agent left before its stdin was complete' };
    case 'slow':
      return { kind: 'refused', reason: `its stdin was not complete after ${stdinCompleteMs / 1000} s` };
    case 'long':
      return {
        kind: 'refused',
        reason: `its stdin is a program of more than ${maxStdinProgramBytes / 1024} KiB, which nobody can review here; send it as a file and run that`,
      };
    case 'eof':
      break;
  }
  const raw = Buffer.concat(chunks);
  if (raw.length === 0) return { kind: 'none' };
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(raw);
    if (text.includes('\0')) return { kind: 'refused', reason: 'its stdin is a program with NUL bytes' };
    return { kind: 'program', text };
  } catch {
    return {
      kind: 'refused',
      reason: 'its stdin is a program that is not valid UTF-8, so it cannot be shown to anybody',
    };
  }
}
