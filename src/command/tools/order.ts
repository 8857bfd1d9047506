import type { Word } from '../model.ts';
import type { ToolCommand, ToolOption } from './compile.ts';
import type { Draft } from './draft.ts';
import type { Assigned } from './parsed.ts';
import { fileRole } from './role.ts';

/**
 * A directory counts for what is read after it, wherever it stands: `make -f x -C d` finds x in d, `tar -f x -C d` not, nor
 * does `unzip -d d x`.
 */
export function inOrder(all: readonly Assigned[]): readonly Assigned[] {
  if (!all.some(({ role }) => role.kind === 'directory')) return all;
  const values: Assigned[] = [];
  const others: Assigned[] = [];
  const early: Assigned[] = [];
  const late: Assigned[] = [];
  for (const each of all) {
    if (each.role.kind === 'directory') (each.role.isLate ? late : early).push(each);
    else (each.of.startsWith('-') || each.of === 'archive' ? values : others).push(each);
  }
  return [...early, ...values, ...late, ...others];
}

/** A name of a file, as far as anybody may keep a secret under it. */
const namesFile = /[/._]|credential|kubeconfig/;
/** Here any name may be that of a secret. */
const secretPlace = /\/\.[^/]|^\/(?:etc|proc|private|run|var)(?:\/|$)/;
const isFigure = /^[-+]?[\d.,]+[a-zA-Z]?$/;

/**
 * The value of an option. Behind an operand that of a short one is a file as well: musl, BSD and POSIXLY_CORRECT end the
 * options there, and read both words as files (`head a -n /etc/shadow`).
 */
export function readingsOf(
  { style }: ToolCommand,
  value: Assigned,
  isBehindOperand: boolean,
  { context: { workingDirectory = '' } }: Draft,
): readonly Assigned[] {
  const { role, word, of } = value;
  const isText = role.kind === 'text' || role.kind === 'text-without';
  const isShort = style === 'gnu' && !of.startsWith('--');
  if (!isBehindOperand || !isShort || !isText || word.kind === 'dynamic') return [value];
  const mayBeFile = namesFile.test(word.value) || (secretPlace.test(workingDirectory) && /\w/.test(word.value));
  if (!mayBeFile || isFigure.test(word.value)) return [value];
  return [value, { role: fileRole, word, of: 'files' }];
}

/** A program behind an operand: to BSD the operand is the program (`sed 'w f' -e p`). */
export function noteLateProgram(
  { slots, permutes }: ToolCommand,
  { names, fills }: ToolOption,
  operands: readonly Word[],
  draft: Draft,
): void {
  if (operands.length === 0 || !permutes) return;
  if (!slots.some(({ name, role }) => name === fills && role.kind === 'program')) return;
  draft.unknown('TOOL_OPTION_LATE', `${draft.called} ${names[0]} comes too late for BSD, put it first`, operands[0]);
}
