/**
 * Shell text that arrives on stdin: `bash <<E`, `printf … | sh`.
 *
 * A shell takes such a text line by line, or block by block, while it runs it, and whatever a command reads of the same
 * stdin is missing from the text: behind `read x` the next line is data, and the body of a heredoc that it began is commands.
 * INVARIANT: in a text that was read from stdin no command reads what is left of it, or it is not understood.
 */
import type { ToolReading } from '../reading.ts';
import type { Entry } from './record.ts';

/** What `via` says of such a text, behind the name of the shell. */
export const onStdin = ' <stdin>';

/** Names under which a process finds its own stdin, or that of another. */
const descriptor = /^\/+(?:dev\/+(?:stdin|fd)|proc\/.*\/fd)(?:\/|$)|^(?:.*\/)?(?:stdin|\d+)$/;

export function takesOfProgram(entry: Entry, reading: ToolReading): boolean {
  if (!entry.scene.via.some((step) => step.endsWith(onStdin))) return false;
  if (reopens(entry, reading)) return true;
  return entry.stdin.source === 'program' && reading.stdin !== 'unused' && !handsOn(reading);
}

/** `cat /dev/stdin`, `head /proc/$PPID/fd/0`: by another name. Redirections are noted where they are read. */
function reopens({ words, redirects }: Entry, { paths }: ToolReading): boolean {
  if (words.some((word) => word.kind === 'known' && descriptor.test(word.value) && /\D/.test(word.value))) return true;
  return [...paths, ...redirects.paths].some(({ access, path, isPrefix, isRelative, pattern }) => {
    if (access !== 'read') return false;
    if (!isPrefix) return (isRelative || /^\/(?:dev|proc)\b/.test(path)) && descriptor.test(path);
    // HOSTILE: `/d*/stdin` is one of them as well.
    const from = (pattern ?? path).replace(/[*?[\\].*$/s, '');
    return /^\/(?:dev|proc)\b/.test(from) || '/dev/'.startsWith(from) || '/proc/'.startsWith(from);
  });
}

/** A wrapper leaves stdin to what it runs, which is looked at on its own; one that runs it again and again may take keys. */
const handsOn = ({ nested, runsAs, repeats }: ToolReading): boolean =>
  nested.length > 0 &&
  runsAs === undefined &&
  repeats !== true &&
  nested.every(
    ({ stdin, runsOn, hasUnseenArguments }) => stdin === 'inherit' && runsOn === undefined && !hasUnseenArguments,
  );
