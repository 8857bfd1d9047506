/**
 * Makes recorded output safe for a person's terminal.
 *
 * Kept: text, colours, cursor movement, erasing, the alternate screen. Dropped: everything that sets a title or the
 * clipboard, asks the terminal for an answer (which would arrive as typed input), redefines keys, or is unknown.
 */
const token =
  /\x1b\[[0-?]{0,64}[ -/]{0,4}[@-~]|\x1b[PX^_\]][^\x07\x1b\x9c\n]{0,4096}(?:\x07|\x1b\\|\x9c)?|\x1b[ -/]{0,4}[0-~]?|[\x00-\x07\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const unfinished = /\x1b(?:\[[0-?]{0,64}[ -/]{0,4}|[PX^_\]][^\x07\x1b\x9c\n]{0,4096}|[ -/]{0,4})?$/;

/** SGR, cursor movement, erase, insert and delete, scroll; no margins, reports (n, c, t), keys or modes. */
const harmlessControl = /^\x1b\[[0-9;:]{0,64}[A-HJKLMPSTX@dfmsu]$/;
/** Cursor shown or hidden, line wrap, alternate screen. */
const harmlessMode = /^\x1b\[\?(?:25|7|47|1047|1049)[hl]$/;
/** Save and restore cursor, index, reverse index, ASCII and line-drawing character sets. */
const harmlessShort = /^\x1b(?:[78DEM]|[()][B0])$/;

export class TerminalFilter {
  #held = '';
  /** Whether full-screen mode was entered: only then it may be left. */
  usedAlternateScreen = false;

  push(text: string): string {
    const whole = this.#held + text;
    const from = whole.search(unfinished);
    this.#held = from < 0 ? '' : whole.slice(from);
    return (from < 0 ? whole : whole.slice(0, from)).replace(token, (found) => {
      if (harmlessMode.test(found)) this.usedAlternateScreen ||= /47|1049/.test(found);
      else if (!harmlessControl.test(found) && !harmlessShort.test(found)) return '';
      return found;
    });
  }
}

/** Attributes off, cursor shown, lines wrap. */
export const terminalReset = '\x1b[0m\x1b[?25h\x1b[?7h';
export const leaveAlternateScreen = '\x1b[?1049l';

/** Without any sequences: for text files and searches. Overwritten lines (progress bars) come one under the other. */
export function plainText(filtered: string): string {
  return filtered.replace(token, '').replaceAll('\r\n', '\n').replaceAll('\r', '\n').replaceAll('\x08', '');
}
