/**
 * Turns a notice into the one line of standard error an agent or a person reads.
 *
 * INVARIANT: one notice is one line of printable ASCII-safe text. A reason may quote a command, so everything that could
 * move a cursor, recolour a terminal or reorder text is written as an escape.
 */
import type { Notice } from '../gate/ports.ts';

const maxFieldLength = 4_000;

/** Control, format (bidirectional, zero-width), surrogate and separator characters. */
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;

/** Makes text safe to print on one line of a terminal. */
export function printable(text: string): string {
  const cut = text.length > maxFieldLength ? `${text.slice(0, maxFieldLength)}…` : text;
  return cut.replace(invisible, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

export interface NoticeStyle {
  readonly asJson: boolean;
  /** The client has put its terminal into raw mode, where `\n` alone does not return to the first column. */
  readonly isRawTerminal: boolean;
}

/** One line with its end. */
export function formatNotice(notice: Notice, { asJson, isRawTerminal }: NoticeStyle): string {
  return `${asJson ? formatJson(notice) : formatText(notice)}${isRawTerminal ? '\r\n' : '\n'}`;
}

function formatText(notice: Notice): string {
  const details = [
    notice.id === undefined ? undefined : `id ${notice.id}`,
    notice.rule === undefined ? undefined : `rule ${notice.rule}`,
    notice.expiresAt === undefined ? undefined : `until ${notice.expiresAt}`,
  ].filter((detail) => detail !== undefined);
  const sentences = [
    notice.event === 'info' ? notice.message : `${notice.event}: ${ended(notice.message)}`,
    details.length === 0 ? undefined : `[${details.join(', ')}]`,
    notice.reason === undefined || notice.message.includes(notice.reason) ? undefined : `Reason: ${notice.reason}`,
    notice.instead === undefined ? undefined : `Instead: ${ended(notice.instead)}`,
    notice.retry === true && !saysAgain.test(notice.message) ? 'Send the same command again later.' : undefined,
    // What is merely not offered may well be asked for in another way.
    notice.retry === false && notice.verdict === 'deny'
      ? 'Do not retry, and do not try to reach the same end by another command.'
      : undefined,
  ].filter((sentence) => sentence !== undefined);
  return `sallyport: ${printable(sentences.join(' '))}`;
}

const saysAgain = /send the same command again later/i;

function ended(message: string): string {
  return /[.!?:,]$/.test(message) ? message : `${message}.`;
}

/** JSON.stringify leaves C1 and format characters as they are. */
function formatJson(notice: Notice): string {
  const text = JSON.stringify({ sallyport: 1, ...notice });
  return text.replace(/[^\x20-\x7e]/gu, (character) =>
    Array.from({ length: character.length }, (_, at) => {
      return `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`;
    }).join(''),
  );
}
