/**
 * Understands texts in this thread: tool library, readers of small languages, grammar of the shell, joined.
 *
 * INVARIANT: words that a description wants inserted (`git -c core.fsmonitor=false …`) stand in the canonical text, or in one
 * that is a quoted word of it, or the text counts as not understood: without them the command is not what its description
 * says.
 */
import { createHash } from 'node:crypto';
import type { CommandModel, UnderstandContext, Unknown, Word } from './command/model.ts';
import { prepareSql, programReaders } from './command/readers/readers.ts';
import type { ReadingContext, ToolReading } from './command/reading.ts';
import { quoteAll } from './command/shell/canonical.ts';
import { createToolReader, examplesOf, type Tool, type ToolNames, toolNamesOf } from './command/tools/index.ts';
import { createUnderstander } from './command/understand.ts';
import type { Understander } from './gate/ports.ts';
import { loadLibrary } from './library.ts';

export interface LocalUnderstander extends Understander {
  /** Names a policy may use under `tools`. */
  readonly toolNames: ToolNames;
  /** The commands that descriptions give as examples. */
  readonly exampleLines: readonly string[];
  /** SHA-256 (hex) over every description. */
  readonly libraryHash: string;
}

/** @throws LibraryError when a tool description is wrong */
export function createLocalUnderstander(libraryDirectories: readonly string[] = []): LocalUnderstander {
  const library = loadLibrary(libraryDirectories);
  const readTool = createToolReader(library, programReaders);
  return {
    toolNames: toolNamesOf(library.tools, library.find),
    exampleLines: library.tools.flatMap((tool) => examplesOf(tool).map(({ line }) => line)),
    libraryHash: hashOf(library.tools),
    understand(text: string, context: UnderstandContext): Promise<CommandModel> {
      const insertions = new Insertions();
      const understander = createUnderstander({
        readTool: (argv, place) => insertions.remember(argv, place, readTool(argv, place)),
      });
      const first = understander.understandSync(text, context);
      const loading = loadSqlWhenMet(first);
      if (loading === undefined) return Promise.resolve(insertions.check(first));
      const again = () => insertions.check(understander.understandSync(text, context));
      return loading.then(again, () => insertions.check(first));
    },
  };
}

/** What the descriptions wanted inserted while one text was read. */
class Insertions {
  /** Place in the text and words, so that a command that is read twice counts once. */
  #wanted: Map<string, string> | undefined;
  /** The same of a second reading, which may want others. */
  #narrower: Map<string, string> | undefined;

  remember(argv: readonly Word[], { narrows }: ReadingContext, reading: ToolReading): ToolReading {
    if (reading.insertWords === undefined) return reading;
    const all = this.#of(narrows !== undefined);
    const [from, to] = argv[0]?.span ?? [];
    for (const { words } of reading.insertWords) {
      const sequence = quoteAll(words);
      all.set(`${from} ${to} ${sequence}`, sequence);
    }
    return reading;
  }

  #of(isSecond: boolean): Map<string, string> {
    if (isSecond) {
      this.#narrower ??= new Map();
      return this.#narrower;
    }
    this.#wanted ??= new Map();
    return this.#wanted;
  }

  check(model: CommandModel): CommandModel {
    const asWritten = isThere(this.#wanted, model) ? model : withoutText(model);
    if (model.narrower === undefined || isThere(this.#narrower, model.narrower)) return asWritten;
    return { ...asWritten, narrower: undefined };
  }
}

/**
 * Every sequence that was wanted stands in the canonical text, or in one that is quoted there, as often as it was wanted.
 */
function isThere(
  all: ReadonlyMap<string, string> | undefined,
  { canonical, canonicalInside = [] }: CommandModel,
): boolean {
  if (all === undefined || canonical === undefined) return true;
  const wanted = new Map<string, number>();
  for (const sequence of all.values()) wanted.set(sequence, (wanted.get(sequence) ?? 0) + 1);
  const texts = [canonical, ...canonicalInside];
  return [...wanted].every(
    ([sequence, times]) => texts.reduce((left, text) => left - timesIn(text, sequence, left), times) <= 0,
  );
}

function withoutText(model: CommandModel): CommandModel {
  const reason = 'a command needs options that make it safe, and they cannot be inserted here';
  return {
    ...model,
    canonical: undefined,
    unknowns: [...model.unknowns, { code: 'SAFE_OPTIONS_MISSING', reason, span: undefined }],
  };
}

/** How often `part` is in the text, none of them overlapping; no more than `most` are looked for. */
function timesIn(text: string, part: string, most: number): number {
  let at = 0;
  for (let found = 0; found < most; found += 1) {
    const next = text.indexOf(part, at);
    if (next < 0) return found;
    at = next + part.length;
  }
  return Math.max(most, 0);
}

/** The SQL parsers are large: they are loaded when the first SQL is met, and the text is then read again. */
function loadSqlWhenMet({ unknowns, commands }: CommandModel): Promise<boolean> | undefined {
  const isMet = unknowns.some(isSqlNotLoaded) || commands.some((command) => command.unknowns.some(isSqlNotLoaded));
  return isMet ? prepareSql().then(() => true) : undefined;
}

function isSqlNotLoaded({ code }: Unknown): boolean {
  return code === 'SQL_PARSER_NOT_LOADED';
}

function hashOf(tools: readonly Tool[]): string {
  return createHash('sha256')
    .update(JSON.stringify(tools.map(({ description }) => description)))
    .digest('hex');
}
