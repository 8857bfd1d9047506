/**
 * A policy file as YAML nodes with positions, read strictly.
 *
 * Refused: unknown keys, duplicate keys, aliases and anchors, tags, several documents, values of another kind than
 * asked for. Every problem is collected, none is thrown, so that an author sees all of them at once.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, visit } from 'yaml';
import { didYouMean, type PolicyProblem } from './problem.ts';

/** A policy is read by people; a megabyte of it is not. */
const maxPolicyBytes = 1_048_576;

export interface Item {
  readonly value: string;
  readonly node: Node;
}

/** The fields of one mapping that were known; what was not is already reported. */
export type Fields = ReadonlyMap<string, Node>;

export class PolicyDocument {
  readonly file: string;
  readonly root: Node | undefined;
  readonly #lines = new LineCounter();
  readonly #problems: PolicyProblem[];
  #sets: ReadonlyMap<string, readonly string[]> = new Map();

  constructor(file: string, text: string, problems: PolicyProblem[]) {
    this.file = file;
    this.#problems = problems;
    if (Buffer.byteLength(text) > maxPolicyBytes) {
      problems.push({ file, line: 0, column: 0, message: 'the file is over 1 MiB', fix: undefined });
      return;
    }
    const document = parseDocument(text, { lineCounter: this.#lines, strict: true, uniqueKeys: true, version: '1.2' });
    for (const error of [...document.errors, ...document.warnings]) {
      const at = this.#lines.linePos(error.pos[0]);
      const message = error.message.split('\n')[0] ?? 'not YAML';
      problems.push({
        file,
        line: at.line,
        column: at.col,
        message: message.replace(/ at line .*$/, ''),
        fix: undefined,
      });
    }
    visit(document, {
      Node: (_, node) => {
        if (isAlias(node)) this.report(node, 'aliases (`*name`) are not read', 'use a set: `$name`');
        else if (node.anchor !== undefined) this.report(node, 'anchors (`&name`) are not read', 'use a set: `sets:`');
        if (node.tag?.startsWith('!')) this.report(node, `the tag ${node.tag} is not read`);
      },
    });
    this.root = document.errors.length === 0 ? (document.contents ?? undefined) : undefined;
    if (this.root === undefined && document.errors.length === 0) {
      problems.push({
        file,
        line: 0,
        column: 0,
        message: 'the file is empty',
        fix: 'a policy starts with `version: 1`',
      });
    }
  }

  /** Named lists that `$name` stands for in lists of texts. */
  useSets(sets: ReadonlyMap<string, readonly string[]>): void {
    this.#sets = sets;
  }

  report(node: Node | undefined, message: string, fix?: string): void {
    const at = this.position(node);
    this.#problems.push({ file: this.file, ...at, message, fix });
  }

  position(node: Node | undefined): { readonly line: number; readonly column: number } {
    const start = node?.range?.[0];
    if (start === undefined) return { line: 0, column: 0 };
    const { line, col } = this.#lines.linePos(start);
    return { line, column: col };
  }

  /** A mapping with only these keys. */
  fields(node: Node | undefined, what: string, known: readonly string[]): Fields {
    const fields = new Map<string, Node>();
    for (const [name, value, key] of this.entries(node, what)) {
      if (known.includes(name)) fields.set(name, value);
      else
        this.report(key, `unknown key \`${name}\` in ${what}`, didYouMean(name, known) ?? `known: ${known.join(', ')}`);
    }
    return fields;
  }

  /** A mapping without keys would hold always, which nobody writes down. */
  refuseEmpty(fields: Iterable<unknown>, node: Node, what: string): void {
    for (const _ of fields) return;
    this.report(node, `${what} names nothing`, 'leave it out, or say what it is about');
  }

  /** A mapping with any keys, in order. */
  entries(node: Node | undefined, what: string): readonly (readonly [string, Node, Node])[] {
    if (!isMap(node)) {
      this.report(node, `${what} must be a mapping (\`key: value\`)`);
      return [];
    }
    return node.items.flatMap((pair: Pair): (readonly [string, Node, Node])[] => {
      const { key, value } = pair;
      if (!isScalar(key) || typeof key.value !== 'string') {
        this.report(isScalar(key) ? key : node, `a key in ${what} must be a text`, 'put it in quotes');
        return [];
      }
      if (value === null || value === undefined || !isNode(value) || (isScalar(value) && value.value === null)) {
        this.report(key, `\`${key.value}\` has no value`);
        return [];
      }
      return [[key.value, value, key]];
    });
  }

  /** The fields of a mapping that was checked before. */
  fieldsOf(node: Node): Fields {
    const pairs = isMap(node) ? node.items : [];
    return new Map(
      pairs.flatMap(({ key, value }: Pair): (readonly [string, Node])[] =>
        isScalar(key) && isNode(value) ? [[String(key.value), value]] : [],
      ),
    );
  }

  /** Scalars of a scalar or list, sets replaced, nothing reported. */
  flatTexts(node: Node): readonly string[] {
    const scalars = isSeq(node) ? node.items : [node];
    return scalars.flatMap((one) => {
      if (!isScalar(one)) return [JSON.stringify(one)];
      const text = String(one.value);
      return text.startsWith('$') ? (this.#sets.get(text.slice(1)) ?? []) : [text];
    });
  }

  /** The same as they are written, with the names of sets. */
  ownTexts(node: Node | undefined): readonly string[] {
    const scalars = isSeq(node) ? node.items : [node];
    return scalars.flatMap((one) => (isScalar(one) ? [String(one.value)] : []));
  }

  isList(node: Node | undefined): boolean {
    return isSeq(node);
  }

  isMapping(node: Node | undefined): boolean {
    return isMap(node);
  }

  items(node: Node | undefined, what: string): readonly Node[] {
    if (!isSeq(node)) {
      this.report(node, `${what} must be a list`);
      return [];
    }
    return node.items.flatMap((item) => (isNode(item) ? [item] : []));
  }

  text(node: Node | undefined, what: string): string | undefined {
    if (isScalar(node) && typeof node.value === 'string' && node.value.trim() !== '') return node.value;
    this.report(node, `${what} must be a text`, isScalar(node) && node.value !== '' ? 'put it in quotes' : undefined);
    return undefined;
  }

  /** A text or a list of texts; `$name` is replaced by the members of that set. */
  texts(node: Node | undefined, what: string): readonly Item[] {
    const nodes = isScalar(node) ? [node] : this.items(node, what);
    if (isSeq(node) && nodes.length === 0) this.report(node, `${what} is empty, so nothing can match`);
    return nodes.flatMap((one) => {
      const value = this.text(one, `each of ${what}`);
      if (value === undefined) return [];
      if (!/^\$[\w-]+$/.test(value)) return [{ value, node: one }];
      const members = this.#sets.get(value.slice(1));
      if (members === undefined) {
        const fix = didYouMean(value.slice(1), [...this.#sets.keys()]) ?? 'define it under `sets:`';
        this.report(one, `there is no set \`${value.slice(1)}\``, fix);
      }
      return (members ?? []).map((member) => ({ value: member, node: one }));
    });
  }

  /** Texts out of a closed list; what is not in it is reported and left out. */
  choices<T extends string>(node: Node | undefined, what: string, known: readonly T[]): readonly T[] {
    return this.texts(node, what).flatMap(({ value, node: at }) => {
      const found = known.find((one) => one === value);
      if (found !== undefined) return [found];
      this.report(at, `\`${value}\` is not one of ${what}`, didYouMean(value, known) ?? `known: ${known.join(', ')}`);
      return [];
    });
  }

  choice<T extends string>(node: Node | undefined, what: string, known: readonly T[]): T | undefined {
    const value = this.text(node, what);
    const found = known.find((one) => one === value);
    if (value !== undefined && found === undefined) {
      this.report(node, `${what} is \`${value}\``, didYouMean(value, known) ?? `known: ${known.join(', ')}`);
    }
    return found;
  }

  flag(node: Node | undefined, what: string): boolean | undefined {
    if (isScalar(node) && typeof node.value === 'boolean') return node.value;
    this.report(node, `${what} must be true or false`);
    return undefined;
  }

  count(node: Node | undefined, what: string, least = 0): number | undefined {
    const value = isScalar(node) ? node.value : undefined;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
    this.report(node, `${what} must be a whole number from ${least}`);
    return undefined;
  }

  /** `90s`, `15m`, `2h`, `1d` in milliseconds. */
  duration(node: Node | undefined, what: string): number | undefined {
    const found = isScalar(node) ? /^([1-9]\d{0,6})(s|m|h|d)$/.exec(String(node.value)) : null;
    const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[found?.[2] ?? ''];
    if (found !== null && unitMs !== undefined) return Number(found[1]) * unitMs;
    this.report(node, `${what} must be a duration`, 'for example 90s, 15m or 2h');
    return undefined;
  }
}

function isNode(value: unknown): value is Node {
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value);
}
