/**
 * Loads a policy: reads it strictly, joins what it extends and includes, runs its examples through the real judge.
 *
 * Refused, all problems at once: anything malformed or unknown, rules that can never match, examples that come out
 * differently. A refused policy is never half in force: the caller keeps the one it has.
 */
import { createHash } from 'node:crypto';
import type { Node } from 'yaml';
import type { CommandModel, UnderstandContext } from '../command/model.ts';
import type { ToolNames } from '../command/tools/index.ts';
import type { ReviewTerms } from './decision.ts';
import { type Fields, PolicyDocument } from './document.ts';
import type { Policy } from './evaluate.ts';
import { type ExampleResult, type ExampleScope, runCases, runExamples } from './examples.ts';
import { reportNarrowed } from './narrowed.ts';
import type { PolicyProblem } from './problem.ts';
import { defaultReview, readReview } from './review-terms.ts';
import { type Rule, readRule, ruleId } from './rule.ts';
import { RuleIndex } from './rule-index.ts';
import { reportShadowed } from './shadowed.ts';
import { wallClock } from './time-window.ts';

export interface PolicyText {
  readonly file: string;
  readonly text: string;
}

export interface LoadRequest extends PolicyText {
  /** Reads a file named by `extends`, `include` or `cases`; undefined when there is none. */
  readonly resolve: (name: string, from: string) => PolicyText | undefined;
  readonly understand: (text: string, context: UnderstandContext) => CommandModel | Promise<CommandModel>;
  /** Names of the tool descriptions; without them `tools` is not checked. */
  readonly toolNames?: ToolNames;
  /** Stamps what the tools were described as; part of the policy's hash. */
  readonly libraryHash?: string;
}

export type LoadResult =
  | { readonly kind: 'loaded'; readonly policy: Policy; readonly examples: readonly ExampleResult[] }
  | {
      readonly kind: 'refused';
      readonly problems: readonly PolicyProblem[];
      /** What ran; empty when the policy could not be read. */
      readonly examples: readonly ExampleResult[];
    };

const keys = [
  'version',
  'description',
  'extends',
  'drop',
  'include',
  'timezone',
  'unmatched',
  'shadow',
  'review',
  'sets',
  'rules',
  'cases',
];
const includedKeys = ['version', 'description', 'sets', 'rules', 'cases'];
/** A longer chain is a loop or a maze. */
const maxFiles = 32;
/** Every rule is asked about every command. */
const maxRules = 2_000;

export interface Part {
  readonly document: PolicyDocument;
  readonly fields: Fields;
  readonly role: 'policy' | 'base' | 'included';
}

export async function loadPolicy(request: LoadRequest): Promise<LoadResult> {
  const problems: PolicyProblem[] = [];
  const texts: PolicyText[] = [];
  const parts = collect(request, 'policy', { request, problems, texts });
  const own = parts.at(-1);
  const sets = readSets(parts);
  reportNarrowed(parts);
  for (const { document } of parts) document.useSets(sets);
  const scalar = (key: string) =>
    [...parts].reverse().find(({ role, fields }) => role !== 'included' && fields.has(key));
  // Who sets another zone above a policy moves none of its windows.
  const written = new Map(parts.flatMap((part) => (part.fields.has('timezone') ? [[part, readZone(part)]] : [])));
  const zone = [...written.values()].at(-1) ?? 'UTC';
  const zones = new Map(parts.map((part) => [part, written.get(part) ?? zone]));
  const unmatched =
    read(scalar('unmatched'), 'unmatched', (document, node) =>
      document.choice(node, '`unmatched`', ['approve', 'deny'] as const),
    ) ?? 'approve';
  const isShadow = read(scalar('shadow'), 'shadow', (document, node) => document.flag(node, '`shadow`')) ?? false;
  const review = readReviews(parts);
  const rules = readRules(parts, { zones, review, toolNames: request.toolNames });
  reportShadowed(rules);
  const policy: Policy = {
    hash: hashOf(texts, request.libraryHash ?? ''),
    file: request.file,
    files: texts.map(({ file }) => file),
    rules,
    index: new RuleIndex(rules),
    hasShadowRules: rules.some((rule) => rule.isShadow),
    unmatched,
    review,
    isShadow,
  };
  const examples: ExampleResult[] = [];
  const scope: ExampleScope = { policy, understand: request.understand, results: examples };
  if (problems.length === 0) {
    for (const rule of rules) await runExamples(rule, scope);
    for (const part of parts) {
      if (part.role === 'base' || !part.fields.has('cases')) continue;
      await runCases(part.document, part.fields.get('cases'), scope, (name, from) => {
        const found = request.resolve(name, from);
        if (found !== undefined) texts.push(found);
        return found && new PolicyDocument(found.file, found.text, problems);
      });
    }
  }
  if (problems.length > 0 || own === undefined) return { kind: 'refused', problems, examples };
  return { kind: 'loaded', policy: { ...policy, files: texts.map(({ file }) => file) }, examples };
}

interface Collecting {
  readonly request: LoadRequest;
  readonly problems: PolicyProblem[];
  readonly texts: PolicyText[];
}

/** The policy's parts, weakest first: what it extends, what it includes, itself. */
function collect({ file, text }: PolicyText, role: Part['role'], state: Collecting): readonly Part[] {
  const { request, problems, texts } = state;
  const document = new PolicyDocument(file, text, problems);
  texts.push({ file, text });
  if (document.root === undefined) return [];
  const fields = document.fields(document.root, 'a policy', role === 'included' ? includedKeys : keys);
  const version = fields.get('version');
  if (version === undefined && role !== 'included')
    document.report(document.root, 'there is no `version`', 'write `version: 1`');
  if (version !== undefined && document.count(version, '`version`') !== 1)
    document.report(version, 'only `version: 1` is known');
  const more = (node: Node, name: string, nextRole: Part['role']): readonly Part[] => {
    const found = request.resolve(name, file);
    if (found === undefined) document.report(node, `cannot read \`${name}\``, 'a path relative to this file');
    else if (texts.some((seen) => seen.file === found.file)) document.report(node, `\`${name}\` is read already`);
    else if (texts.length >= maxFiles) document.report(node, `more than ${maxFiles} files`);
    else return collect(found, nextRole, state);
    return [];
  };
  const base = fields.get('extends');
  const baseName = base && document.text(base, '`extends`');
  const included = fields.get('include');
  return [
    ...(base === undefined || baseName === undefined ? [] : more(base, baseName, 'base')),
    ...(included === undefined
      ? []
      : document.texts(included, '`include`').flatMap(({ value, node }) => more(node, value, 'included'))),
    { document, fields, role },
  ];
}

function read<T>(
  part: Part | undefined,
  key: string,
  reader: (document: PolicyDocument, node: Node) => T,
): T | undefined {
  const node = part?.fields.get(key);
  return part === undefined || node === undefined ? undefined : reader(part.document, node);
}

function readZone(part: Part): string {
  const zone = read(part, 'timezone', (document, node) => document.text(node, '`timezone`')) ?? 'UTC';
  if (wallClock(zone) !== undefined) return zone;
  part.document.report(part.fields.get('timezone'), `there is no time zone \`${zone}\``, 'for example Europe/Berlin');
  return 'UTC';
}

function readSets(parts: readonly Part[]): ReadonlyMap<string, readonly string[]> {
  const sets = new Map<string, readonly string[]>();
  for (const { document, fields } of parts) {
    document.useSets(sets);
    const node = fields.get('sets');
    if (node === undefined) continue;
    for (const [name, value, key] of document.entries(node, '`sets`')) {
      if (!/^[\w-]+$/.test(name)) document.report(key, `the name \`${name}\` is not letters, digits and dashes`);
      sets.set(
        name,
        document.texts(value, `the set \`${name}\``).map((item) => item.value),
      );
    }
  }
  return sets;
}

function readReviews(parts: readonly Part[]): ReviewTerms {
  let review = defaultReview;
  for (const { document, fields } of parts) {
    const node = fields.get('review');
    if (node !== undefined) review = readReview(node, document, review);
  }
  return review;
}

/** Rules of all parts; `drop` removes one of what a policy extends, and then its own may have the same id. */
function readRules(
  parts: readonly Part[],
  scope: {
    readonly zones: ReadonlyMap<Part, string>;
    readonly review: ReviewTerms;
    readonly toolNames: ToolNames | undefined;
  },
): readonly Rule[] {
  const all = parts.map((part) => {
    const node = part.fields.get('rules');
    return { part, nodes: node === undefined ? [] : part.document.items(node, '`rules`') };
  });
  const ruleIds = idsInForce(all);
  const rules = new Map<string, { readonly rule: Rule; readonly role: Part['role'] }>();
  for (const { part, nodes } of all) {
    const { document, fields, role } = part;
    const drop = fields.get('drop');
    for (const { value, node } of drop === undefined ? [] : document.texts(drop, '`drop`')) {
      if (!rules.delete(value))
        document.report(node, `there is no rule \`${value}\` to drop in what this policy extends`);
    }
    for (const node of nodes) {
      const { zones, review, toolNames } = scope;
      const rule = readRule(node, { document, ruleIds, review, toolNames, zone: zones.get(part) ?? 'UTC' });
      if (rule === undefined) continue;
      const before = rules.get(rule.id);
      if (before !== undefined && before.rule.source.document !== document && before.role === 'base') {
        const what = `\`${rule.id}\` would take the place of a rule that this policy extends`;
        document.report(rule.source.node, what, `another id, or \`drop: [${rule.id}]\` if that is meant`);
      } else if (before !== undefined)
        document.report(rule.source.node, `there are two rules \`${rule.id}\``, 'give one another id');
      rules.delete(rule.id);
      rules.set(rule.id, { rule, role });
    }
  }
  const own = parts.at(-1);
  if (rules.size > maxRules) own?.document.report(own.document.root, `more than ${maxRules} rules`);
  if (all.every(({ nodes }) => nodes.length === 0))
    own?.document.report(own.document.root, 'there are no rules', 'write `rules:`');
  return [...rules.values()].map(({ rule }) => rule);
}

/** Without those that are dropped: a condition about one would never hold. */
function idsInForce(all: readonly { readonly part: Part; readonly nodes: readonly Node[] }[]): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const { part, nodes } of all) {
    const drop = part.fields.get('drop');
    for (const id of drop === undefined ? [] : part.document.flatTexts(drop)) ids.delete(id);
    for (const node of nodes) {
      const id = ruleId(part.document, node);
      if (id !== undefined) ids.add(id);
    }
  }
  return ids;
}

/** Over lengths and bytes of every file and the library, so that no two policies share a hash. */
function hashOf(texts: readonly PolicyText[], library: string): string {
  const hash = createHash('sha256');
  for (const text of ['sallyport policy 1', library, ...texts.map((one) => one.text)]) {
    hash.update(`${Buffer.byteLength(text)}:`).update(text);
  }
  return hash.digest('hex');
}
