/**
 * Shell text that arrives on stdin: `bash <<E`, `printf … | sh`.
 *
 * A shell takes such a text line by line, or block by block, while it runs it, and whatever a command reads of the same
 * stdin is missing from the text: behind `read x` the next line is data, and the body of a heredoc that it began is commands.
 * INVARIANT: in a text that was read from stdin no command reads what is left of it, or it is not understood.
 */
import type { Word } from '../model.ts';
import type { ToolReading } from '../reading.ts';
import type { Entry } from './record.ts';

/** What `via` says of such a text, behind the name of the shell. */
export const onStdin = ' <stdin>';

/** Tools that read stdin only when they are given no file, or `-` for one. */
const fileReaders =
  /^(?:cat|tac|head|tail|nl|wc|cut|rev|fold|od|xxd|hexdump|strings|md5sum|shasum|cksum|column|zcat|cmp|comm|diff|paste|sort|uniq|grep|rgrep|zgrep|rg|sed|awk|jq|file)$/;
/** They ask another program, or the machine; what `env` runs is looked at on its own. */
const idle = /^(?:docker|podman|kubectl|helm|systemctl|ip|env)$/;
const attached = /^(?:-[A-Za-z]*[if].*|--(?:interactive|stdin|attach|filename).*|exec|run|attach|login)$/;
/** With these a path among the words may be another than what is read in place of stdin; awk reads what it likes. */
const otherPaths =
  /^-[A-Za-z]*[fTLX]|^--(?!color|line|count|bytes|word|char|no|recursive|ignore|reverse|numeric)|getline/;
/** Names under which a process finds its own stdin, or that of another. */
const descriptor = /^\/+(?:dev\/+(?:stdin|fd)|proc\/.*\/fd)(?:\/|$)|^(?:.*\/)?(?:stdin|\d+)$/;

export function takesOfProgram(entry: Entry, reading: ToolReading): boolean {
  if (!entry.scene.via.some((step) => step.endsWith(onStdin))) return false;
  if (reopens(entry, reading)) return true;
  if (entry.stdin.source !== 'program' || reading.stdin === 'unused') return false;
  return !readsFilesOnly(entry.words, reading) && !handsOn(reading);
}

/** `cat /dev/stdin`, `head /proc/$PPID/fd/0`: by another name. Redirections are noted where they are read. */
function reopens({ words, redirects }: Entry, { paths }: ToolReading): boolean {
  if (words.some((word) => word.kind === 'known' && descriptor.test(word.value) && /\D/.test(word.value))) return true;
  return [...paths, ...redirects.paths].some(({ access, path, isPrefix, isRelative, pattern }) => {
    if (access !== 'read') return false;
    if (!isPrefix) return (isRelative || /^\/(?:dev|proc)\b/.test(path)) && descriptor.test(path);
    const from = pattern ?? path;
    return /^\/(?:dev|proc)\b/.test(from) || '/dev/'.startsWith(from) || '/proc/'.startsWith(from);
  });
}

/** The words name files to read instead, or ask for nothing that is read. */
function readsFilesOnly(words: readonly Word[], { tool, paths }: ToolReading): boolean {
  const [, ...values] = words.map((word) => (word.kind === 'known' ? word.value : ''));
  if (tool === undefined || values.includes('-')) return false;
  if (values.length === 1 && /^(?:--version|-[vV])$/.test(values[0] ?? '')) return true;
  if (idle.test(tool)) return !values.some((value) => attached.test(value));
  const isFile = paths.some(
    ({ access, isPrefix, pattern }) => access === 'read' && (!isPrefix || pattern !== undefined),
  );
  return fileReaders.test(tool) && isFile && !values.some((value) => otherPaths.test(value));
}

/** A wrapper leaves stdin to what it runs, which is looked at on its own. */
const handsOn = ({ nested, runsAs }: ToolReading): boolean =>
  nested.length > 0 &&
  runsAs === undefined &&
  nested.every(
    ({ stdin, runsOn, hasUnseenArguments }) => stdin === 'inherit' && runsOn === undefined && !hasUnseenArguments,
  );
