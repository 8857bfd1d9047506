/**
 * `--` before a word that may be an option: what it becomes is then an operand, whatever it is.
 *
 * INVARIANT: only before the first such word, and only where no option follows, because `--` would make operands of
 * those: what is read is what runs.
 */
import type { Word } from '../model.ts';
import type { Slot, ToolCommand } from './compile.ts';
import { isUnseen, maySplit, textOf } from './word.ts';

/** Made once, as all lists that are put in: how they are printed is kept with them. */
export const endOfOptions: readonly string[] = ['--'];

/**
 * find has no word that ends its options, but what `*` fits can be had without what begins with a dash: `[!-]*`. Files of
 * such a name are no places to start from for find anyway.
 */
export function withoutDashes({ style }: ToolCommand, word: Word): string | undefined {
  const isBare = word.kind === 'dynamic' && word.why === 'glob' && /^\*(?:\/\*?)?$/.test(word.raw);
  return style === 'expression' && isBare ? `[!-]${word.raw}` : undefined;
}

export function mayShield(command: ToolCommand, argv: readonly Word[], at: number): boolean {
  if (!command.canShield || at === 0) return false;
  const rest = argv.slice(at);
  const isNowhere = rest.some((word) => word.kind === 'dynamic' && isUnseen(word) && word.below === undefined);
  // Of what comes from anywhere, as xargs hands it on, only tools that tell next to nothing get any; those that tell
  // names only behind an option that says what about them (`xargs du -sh`).
  const isQuiet = ({ role }: Slot): boolean => role.kind === 'measured' || (role.kind === 'entry' && at > 1);
  if (isNowhere && !command.slots.every(isQuiet)) return false;
  return rest.every((each) => !/^[-+]./.test(textOf(each)) && !/^[-+]/.test(each.raw));
}

/** In front of an option no -- can be put: there one word that begins with no dash is trusted, as where no tool knows --. */
export const isOneOperand = ({ bare, bareFirst, canShield, slots }: ToolCommand, word: Word): boolean =>
  canShield &&
  bare === undefined &&
  !bareFirst &&
  word.kind === 'dynamic' &&
  word.tame === 'text' &&
  !maySplit(word) &&
  !slots.some(({ role }) => role.kind === 'command' || role.kind === 'shell');
