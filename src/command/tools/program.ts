/** Hands the programs inside an argv (sed, awk, jq) to their readers. */
import type { Word } from '../model.ts';
import type { ProgramReaders } from '../reading.ts';
import type { Draft } from './draft.ts';
import type { ProgramLanguage } from './role.ts';

export interface Program {
  readonly language: ProgramLanguage;
  /** In the order of the command line. */
  readonly words: readonly Word[];
}

export function readProgram(program: Program, draft: Draft, readers: ProgramReaders): void {
  const { language, words } = program;
  const texts: string[] = [];
  for (const word of words) {
    if (word.kind === 'known') texts.push(word.value);
    else {
      draft.unknown('TOOL_PROGRAM_DYNAMIC', `the ${language} program is not known before it runs`, word);
      draft.effect('execute-code', `${draft.tool} runs a program nobody has seen`);
      draft.code.push({ language, text: undefined, why: draft.tool });
      return;
    }
  }
  const text = texts.join('\n');
  const path = draft.pathText.bind(draft);
  const reading =
    language === 'sed'
      ? readers.sed(text, { path })
      : language === 'awk'
        ? readers.awk(text, { path })
        : readers.jq(text, { path });
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
