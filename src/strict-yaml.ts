/**
 * Reads YAML against a schema and reports every problem at once, with line, column and a fix.
 *
 * It refuses what a lenient reader would guess about: unknown and repeated keys, aliases, more than one document.
 */
import { isAlias, isMap, LineCounter, type Node, parseAllDocuments, visit } from 'yaml';
import type { z } from 'zod';
import { nearestName } from './nearest-name.ts';

export interface Problem {
  readonly file: string;
  /** From 1; 0 when the problem has no place in the file. */
  readonly line: number;
  readonly column: number;
  /** `agents[2].owner`; empty for the whole file. */
  readonly field: string;
  readonly message: string;
}

export type StrictResult<T> =
  | { readonly kind: 'ok'; readonly value: T; readonly locate: (path: Path) => Place }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] };

type Path = readonly PropertyKey[];
interface Place {
  readonly line: number;
  readonly column: number;
}

export function readStrictYaml<T>(file: string, text: string, schema: z.ZodType<T>): StrictResult<T> {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const document = Array.isArray(documents) ? documents[0] : undefined;
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  if (document === undefined) return refuse(file, [{ line: 1, column: 1, field: '', message: 'the file is empty' }]);

  const found: Omit<Problem, 'file'>[] = [...document.errors, ...document.warnings].map((error) => ({
    ...placeAt(error.pos[0]),
    field: '',
    message: error.message,
  }));
  if (Array.isArray(documents) && documents.length > 1) {
    found.push({ line: 1, column: 1, field: '', message: 'more than one YAML document; keep one and remove `---`' });
  }
  visit(document, (_key, node) => {
    if (isAlias(node))
      found.push({
        ...placeAt(node.range?.[0] ?? 0),
        field: '',
        message: 'aliases (`*name`) are not read; write it out',
      });
  });
  if (found.length > 0) return refuse(file, found);

  const locate = (path: Path): Place => {
    for (let length = path.length; length >= 0; length--) {
      const node = document.getIn(path.slice(0, length), true) as Node | undefined;
      const range = node?.range;
      if (range) return placeAt(range[0]);
    }
    return { line: 1, column: 1 };
  };
  const locateKey = (path: Path, key: string): Place => {
    const map = document.getIn(path, true);
    if (!isMap(map)) return locate(path);
    const pair = map.items.find((item) => String(item.key) === key);
    const range = (pair?.key as Node | undefined)?.range;
    return range ? placeAt(range[0]) : locate(path);
  };

  const parsed = schema.safeParse(document.toJS({ maxAliasCount: 0 }), { reportInput: false });
  if (parsed.success) return { kind: 'ok', value: parsed.data, locate };
  return refuse(
    file,
    parsed.error.issues.flatMap((issue) => problemsOf(issue, schema, locate, locateKey)),
  );
}

function problemsOf(
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
  locate: (path: Path) => Place,
  locateKey: (path: Path, key: string) => Place,
): Omit<Problem, 'file'>[] {
  if (issue.code !== 'unrecognized_keys') {
    return [{ ...locate(issue.path), field: fieldName(issue.path), message: issue.message }];
  }
  const known = keysAt(schema, issue.path);
  return issue.keys.map((key) => {
    const near = nearestName(key, known);
    const hint = near === undefined ? `known here: ${known.join(', ')}` : `did you mean \`${near}\`?`;
    return {
      ...locateKey(issue.path, key),
      field: fieldName([...issue.path, key]),
      message: `unknown key \`${key}\`; ${hint}`,
    };
  });
}

function refuse(file: string, problems: readonly Omit<Problem, 'file'>[]): { kind: 'problems'; problems: Problem[] } {
  const sorted = problems
    .map((problem) => ({ file, ...problem }))
    .sort((a, b) => a.line - b.line || a.column - b.column);
  return { kind: 'problems', problems: sorted };
}

/** `sallyport.yaml:12:5: agents[0].owner: …` */
export function formatProblem(problem: Problem): string {
  const place = problem.line > 0 ? `:${problem.line}:${problem.column}` : '';
  return `${problem.file}${place}: ${problem.field === '' ? '' : `${problem.field}: `}${problem.message}`;
}

function fieldName(path: Path): string {
  return path
    .map((part, at) => (typeof part === 'number' ? `[${part}]` : `${at === 0 ? '' : '.'}${String(part)}`))
    .join('');
}

/** Walks zod's own definition, so that the hint never disagrees with the schema. */
function keysAt(schema: z.ZodType, path: Path): readonly string[] {
  let here: unknown = schema;
  for (const part of [...path, undefined]) {
    here = unwrap(here);
    if (part === undefined) break;
    const definition = definitionOf(here);
    if (definition?.type === 'object') here = (definition.shape as Record<PropertyKey, unknown>)[part];
    else if (definition?.type === 'array') here = definition.element;
    else if (definition?.type === 'record') here = definition.valueType;
    else return [];
  }
  const definition = definitionOf(here);
  return definition?.type === 'object' ? Object.keys(definition.shape as object) : [];
}

function definitionOf(schema: unknown): Record<string, unknown> | undefined {
  return (schema as { def?: Record<string, unknown> } | undefined)?.def;
}

function unwrap(schema: unknown): unknown {
  let here = schema;
  for (let definition = definitionOf(here); definition; definition = definitionOf(here)) {
    if ('innerType' in definition) here = definition.innerType;
    else if (definition.type === 'pipe') here = definition.in;
    else break;
  }
  return here;
}
