/**
 * Joins what judging needs: the tool library, the readers of small languages, the grammar of the shell. The live path,
 * the command line and the tests all understand a text through this one function.
 */
import { createHash } from 'node:crypto';
import type { CommandModel, UnderstandContext } from './command/model.ts';
import { prepareSql, programReaders } from './command/readers/readers.ts';
import { createToolReader, type Tool } from './command/tools/index.ts';
import { createUnderstander } from './command/understand.ts';
import type { Understander } from './gate/ports.ts';
import { loadLibrary } from './library.ts';
import type { PolicyParts } from './policy-file.ts';

export interface Judgement extends Understander {
  /** What policies are loaded with. */
  readonly policyParts: PolicyParts;
  close(): Promise<void>;
}

export interface JudgementOptions {
  /** Directories with tool descriptions of the security team. */
  readonly libraryDirectories?: readonly string[];
}

/** @throws LibraryError when a tool description is wrong */
export async function createJudgement(options: JudgementOptions = {}): Promise<Judgement> {
  const library = loadLibrary(options.libraryDirectories);
  const readTool = createToolReader(library, programReaders);
  const understander = createUnderstander({ readTool, prepare: loadSqlWhenMet });
  const understand = (text: string, context: UnderstandContext) => understander.understand(text, context);
  return {
    understand,
    policyParts: { understand, toolNames: namesOf(library.tools), libraryHash: hashOf(library.tools) },
    close: async () => undefined,
  };
}

/** Opens the judgement for one use, as commands of the command line do. */
export async function withJudgement<T>(use: (judgement: Judgement) => Promise<T>): Promise<T> {
  const judgement = await createJudgement();
  try {
    return await use(judgement);
  } finally {
    await judgement.close();
  }
}

/** The SQL parsers are large: they are loaded when the first SQL is met, and the text is then read again. */
async function loadSqlWhenMet(model: CommandModel): Promise<boolean> {
  const unknowns = [...model.unknowns, ...model.commands.flatMap((command) => command.unknowns)];
  if (!unknowns.some(({ code }) => code === 'SQL_PARSER_NOT_LOADED')) return false;
  await prepareSql();
  return true;
}

/** Names a policy may use: tools, their other names, and what the shell itself provides. */
function namesOf(tools: readonly Tool[]): ReadonlySet<string> {
  const builtins = ['cd', 'export', 'read', 'eval', 'source', 'set', 'unset', 'exec', 'trap'];
  return new Set([...tools.flatMap(({ name, aliases }) => [name, ...aliases]), ...builtins]);
}

function hashOf(tools: readonly Tool[]): string {
  return createHash('sha256')
    .update(JSON.stringify(tools.map(({ description }) => description)))
    .digest('hex');
}
