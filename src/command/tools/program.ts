/** Hands the programs inside an argv (sed, awk, jq) to their readers. */
import type { DynamicWord } from '../dynamic-word.ts';
import { unknownInteger, type Word } from '../model.ts';
import type { ProgramReaders } from '../reading.ts';
import type { Draft } from './draft.ts';
import { machineNames } from './path.ts';
import type { ProgramLanguage } from './role.ts';

export interface Program {
  readonly language: ProgramLanguage;
  /** In the order of the command line. */
  readonly words: readonly Word[];
}

/** Its output has letters, digits and `-._:` alone, whatever the machine is called. */
const plainOutput = new RegExp(
  `\\$\\((?:${machineNames}|date(?: -d (?:[a-z]+|'[a-z0-9 -]+'|"[a-z0-9 -]+"))? (['"]?)\\+(?:[\\d_.:-]|%[YmdHMSFTjuVGys])+\\1)\\)`,
  'g',
);

/** A number of a line, the last one, or a search for plain text. */
const address = `(?:[0-9${unknownInteger}]+|\\$|/[\\w .:=@,"'-]*/)`;
const selection = `${address}(?:, ?(?:${address}|\\+[0-9${unknownInteger}]+))? ?!?[pdq=]`;
/** Nothing but lines that are printed or left out: an integer, a dash before it or none at all changes no more than which. */
const selections = new RegExp(`^${selection}(?:; ?${selection})*;?$`);
const search = /^"(?:\/[\w .:=@-]*\/(?:, ?\/[\w .:=@-]*\/)?!?[pd])"$/;

/** `"${n}p"`, `"$((n - 5)),\$p"`, `"/$(date +%F)/p"`. */
function selectedLines(word: DynamicWord): string | undefined {
  if (word.shape !== undefined) {
    return selections.test(word.shape) ? word.shape.replaceAll(unknownInteger, '1') : undefined;
  }
  // HOSTILE: a function may be called date.
  if (word.why !== 'substitution' || word.tame === undefined) return undefined;
  const text = word.raw.replace(plainOutput, '0');
  return search.test(text) ? text.slice(1, -1) : undefined;
}

/**
 * `"s/^/$(hostname) /"`: what stands between the slashes of the one command ends there, whatever it is. HOSTILE: behind
 * another piece of the program it may stand elsewhere.
 */
function substitutedText(word: DynamicWord): string | undefined {
  if (word.why !== 'substitution' || word.tame === undefined) return undefined;
  const text = word.raw.replace(plainOutput, '0');
  return /^"s\/[^"`$\\/\n]*\/[^"`$\\/\n]*\/[gip]*"$/.test(text) ? text.slice(1, -1) : undefined;
}

/**
 * HOSTILE: where the target's own locale is GBK or the like, what stands behind a letter is half of it: a backslash, so that
 * a string ends a quote earlier, or a slash of sed that is another character.
 */
const halfLetters: Readonly<Partial<Record<ProgramLanguage, RegExp>>> = {
  awk: /[\u0080-\uffff]\\/,
  sed: /[\u0080-\uffff][\\|@~^_`{}[\]]/,
};

/** How what is not known gets into a program that is. */
const asValue: Readonly<Record<ProgramLanguage, string>> = {
  awk: `hand over a value with -v x="$x"`,
  jq: `hand over a value with --arg x "$x"`,
  yq: 'jq takes a value with --arg x "$x"',
  sed: `awk -v x="$x" '{ print x $0 }' takes a value that is no part of the program`,
};

export function readProgram(program: Program, draft: Draft, readers: ProgramReaders): void {
  const { language, words } = program;
  const texts: string[] = [];
  for (const word of words) {
    const text =
      word.kind === 'known'
        ? word.value
        : language === 'sed' && words.length === 1
          ? (substitutedText(word) ?? selectedLines(word))
          : undefined;
    if (text !== undefined) texts.push(text);
    else {
      const reason = `the ${language} program is not known before it runs; ${asValue[language]}`;
      draft.unknown('TOOL_PROGRAM_DYNAMIC', reason, word);
      draft.effect('execute-code', `${draft.called} runs a program nobody has seen`);
      draft.code.push({ language, text: undefined, why: draft.tool });
      return;
    }
  }
  const text = texts.join('\n');
  if (halfLetters[language]?.test(text) === true)
    draft.unknown('TOOL_PROGRAM_LOCALE', `other locales read the ${language} program otherwise`, words[0]);
  const path = draft.pathText.bind(draft);
  const reading = readers[language](text, { path });
  draft.program(reading);
  for (const shell of reading.shell) {
    const span = words[0]?.span ?? [0, 0];
    draft.nested.push({
      kind: 'shell',
      words: [{ kind: 'known', value: shell, raw: shell, span }],
      via: language,
      runsAs: draft.runsAs,
      runsOn: draft.runsOn,
      hasUnseenArguments: false,
      stdin: 'inherit',
    });
  }
}
