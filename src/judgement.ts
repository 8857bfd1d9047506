/**
 * How every text is understood: the live path, the command line and the tests all come through here. Large texts are read
 * in a thread of their own, the others at once.
 */
import { type CommandModel, type UnderstandContext, unknownHome } from './command/model.ts';
import { defaultTextLimits } from './command/shell/text-guard.ts';
import type { Understander } from './gate/ports.ts';
import { createLocalUnderstander } from './local-understander.ts';
import type { PolicyParts } from './policy-file.ts';
import { WorkerUnderstander } from './worker-understander.ts';

/** The slowest text of this size takes 25 ms; beyond it one agent could hold up all others. */
const maxLocalChars = 4_096;

/** A text with more units of UTF-16 than bytes are read is refused by its length, and that takes no time. */
const maxReadChars = defaultTextLimits.maxParsedBytes;

export interface Judgement extends Understander {
  /** What policies are loaded with. */
  readonly policyParts: PolicyParts;
  /** The commands that tool descriptions give as examples. */
  readonly exampleLines: readonly string[];
  close(): Promise<void>;
}

export interface JudgementOptions {
  /** Directories with tool descriptions of the security team. */
  readonly libraryDirectories?: readonly string[];
}

/** @throws LibraryError when a tool description is wrong */
export async function createJudgement(options: JudgementOptions = {}): Promise<Judgement> {
  const local = createLocalUnderstander(options.libraryDirectories);
  const large = new WorkerUnderstander(options.libraryDirectories);
  const understand = (text: string, context: UnderstandContext): Promise<CommandModel> =>
    (text.length > maxLocalChars && text.length <= maxReadChars ? large : local).understand(text, {
      ...context,
      workingDirectory: context.workingDirectory ?? unknownHome,
    });
  return {
    understand,
    exampleLines: local.exampleLines,
    policyParts: { understand, toolNames: local.toolNames, libraryHash: local.libraryHash },
    close: () => large.close(),
  };
}

/** Opens the judgement for one use, as commands of the command line do. */
export async function withJudgement<T>(
  use: (judgement: Judgement) => Promise<T>,
  options: JudgementOptions = {},
): Promise<T> {
  const judgement = await createJudgement(options);
  try {
    return await use(judgement);
  } finally {
    await judgement.close();
  }
}
