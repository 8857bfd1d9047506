/**
 * The tool descriptions as one value, loaded strictly: an unknown key, a role that does not exist, an option described
 * twice, a description without examples; every problem with file, line and what to do, and then nothing is loaded.
 */
import { isCollection, isNode, LineCounter, parseDocument } from 'yaml';
import * as z from 'zod';
import { compileTool, compileWhenAsked, type Tool } from './compile.ts';
import { librarySchema, type ToolDescription } from './description.ts';

export interface LibrarySource {
  readonly file: string;
  readonly text: string;
  /** What the same text was read as before, without a problem: reading and compiling takes longer than anything else. */
  readonly tools?: readonly ToolDescription[] | undefined;
}

export interface LibraryProblem {
  readonly file: string;
  readonly line: number;
  readonly problem: string;
}

export interface ToolLibrary {
  /** In the order of the files. */
  readonly tools: readonly Tool[];
  /** By name, alias or name with a version; undefined when nobody described it. */
  readonly find: (name: string) => Tool | undefined;
}

export type LibraryReading =
  | { readonly kind: 'library'; readonly library: ToolLibrary }
  | { readonly kind: 'problems'; readonly problems: readonly LibraryProblem[] };

export function readLibrary(sources: readonly LibrarySource[]): LibraryReading {
  const problems: LibraryProblem[] = [];
  const byName = new Map<string, Tool>();
  for (const source of sources) {
    for (const tool of readSource(source, problems)) addTool(tool, byName, problems);
  }
  if (problems.length > 0) return { kind: 'problems', problems };
  const tools = [...new Set(byName.values())];
  const versioned = new Map(
    tools.filter((tool) => tool.isVersioned).flatMap((t) => [t.name, ...t.aliases].map((n) => [n, t])),
  );
  const find = (name: string): Tool | undefined => {
    const exact = byName.get(name);
    if (exact !== undefined || versioned.size === 0) return exact;
    const match = /^(.*?[A-Za-z+])-?\d+(?:\.\d+)*$/.exec(name);
    return match === null ? undefined : versioned.get(match[1] ?? '');
  };
  return { kind: 'library', library: { tools, find } };
}

/** The JSON Schema editors complete descriptions with; `policies/library/schema.json` is this text. */
export function librarySchemaJson(): string {
  const schema = z.toJSONSchema(librarySchema, { io: 'input' });
  return `${JSON.stringify({ title: 'Sallyport tool descriptions', ...schema }, null, 2)}\n`;
}

function addTool(tool: Tool, byName: Map<string, Tool>, problems: LibraryProblem[]): void {
  for (const name of [tool.name, ...tool.aliases]) {
    const before = byName.get(name);
    if (before !== undefined && tool.description.replaces !== true) {
      const problem = `"${name}" is already described in ${before.file}; say replaces: true to take its place`;
      problems.push({ file: tool.file, line: 0, problem });
    }
    byName.set(name, tool);
  }
}

function readSource(source: LibrarySource, problems: LibraryProblem[]): readonly Tool[] {
  if (source.tools !== undefined) return source.tools.map((tool) => compileWhenAsked(tool, source.file));
  const lines = new LineCounter();
  const document = parseDocument(source.text, { lineCounter: lines, uniqueKeys: true });
  const { file } = source;
  const lineAt = (at: readonly (string | number)[]): number => {
    for (let length = at.length; length >= 0; length--) {
      const path = at.slice(0, length);
      const node = path.length === 0 ? document.contents : document.getIn(path, true);
      const range = isNode(node) || isCollection(node) ? node.range : undefined;
      if (range !== undefined && range !== null) return lines.linePos(range[0]).line;
    }
    return 1;
  };
  for (const error of [...document.errors, ...document.warnings]) {
    problems.push({ file, line: lines.linePos(error.pos[0]).line, problem: error.message.split('\n')[0] ?? '' });
  }
  if (document.errors.length > 0) return [];
  const parsed = librarySchema.safeParse(document.toJS({ maxAliasCount: 1000 }));
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const at = issue.path.filter((key) => typeof key !== 'symbol');
      problems.push({ file, line: lineAt(at), problem: `${at.join('.')}: ${issue.message}` });
    }
    return [];
  }
  return parsed.data.tools.map((tool, i) =>
    compileTool(tool, file, (at, problem) => {
      problems.push({ file, line: lineAt(['tools', i, ...at]), problem: `${tool.name}: ${problem}` });
    }),
  );
}
