/**
 * Rules for what people approved again and again.
 *
 * Never suggested: anything that executes code, gains privilege, changes who may log in, runs elsewhere, or was not
 * understood whole. A suggestion covers only argvs that were approved, word for word; several that differ in one word are
 * joined to `{a,b}`.
 */
import type { CommandModel, EffectKind, SimpleCommand } from '../command/model.ts';

export interface Approved {
  readonly model: CommandModel;
  /** How often it was approved. */
  readonly count: number;
}

const never: ReadonlySet<EffectKind> = new Set(['execute-code', 'privilege', 'identity', 'unknown']);
/** Words that need no quoting in a pattern and mean only themselves. */
const plainWord = /^[\w./:=@%+-]+$/;

/** YAML for the `rules:` of a policy; empty when there is nothing to suggest. */
export function suggestRules(approved: readonly Approved[], times: number): string {
  const argvs = new Map<string, { readonly words: readonly string[]; count: number }>();
  for (const { model, count } of approved) {
    const [only] = model.commands;
    const words =
      only === undefined || model.commands.length > 1 || !isSuggestable(model, only) ? undefined : wordsOf(only);
    if (words === undefined) continue;
    const key = JSON.stringify(words);
    const found = argvs.get(key);
    if (found === undefined) argvs.set(key, { words, count });
    else found.count += count;
  }
  const groups = groupByOneWord([...argvs.values()]).filter(({ count }) => count >= times);
  return groups.map(({ pattern, covers, count }, at) => yamlOf(at + 1, pattern, covers, count)).join('');
}

function isSuggestable(model: CommandModel, command: SimpleCommand): boolean {
  return (
    model.unknowns.length === 0 &&
    model.stdin !== 'code' &&
    model.stdin !== 'unknown' &&
    command.unknowns.length === 0 &&
    command.code.length === 0 &&
    command.runsAs === undefined &&
    command.runsOn === undefined &&
    command.via.length === 0 &&
    !command.hasUnseenArguments &&
    command.redirects.length === 0 &&
    command.assignments.length === 0 &&
    command.effects.every(({ kind }) => !never.has(kind))
  );
}

function wordsOf({ argv }: SimpleCommand): readonly string[] | undefined {
  const words = argv.flatMap((word) => (word.kind === 'known' && plainWord.test(word.value) ? [word.value] : []));
  return words.length === argv.length && words.length > 0 ? words : undefined;
}

interface Group {
  readonly pattern: string;
  readonly covers: readonly string[];
  readonly count: number;
}

/** Argvs equal but for their last word become one pattern. */
function groupByOneWord(
  argvs: readonly { readonly words: readonly string[]; readonly count: number }[],
): readonly Group[] {
  const byHead = new Map<string, { readonly words: readonly string[]; readonly count: number }[]>();
  for (const argv of argvs) {
    const head = JSON.stringify([argv.words.length, ...argv.words.slice(0, -1)]);
    byHead.set(head, [...(byHead.get(head) ?? []), argv]);
  }
  return [...byHead.values()].map((group) => {
    const covers = group.map(({ words }) => words.join(' '));
    const head = group[0]?.words.slice(0, -1) ?? [];
    const lasts = group.map(({ words }) => words.at(-1) ?? '');
    const last = lasts.length === 1 ? lasts[0] : `{${lasts.join(',')}}`;
    return { pattern: [...head, last].join(' '), covers, count: group.reduce((sum, { count }) => sum + count, 0) };
  });
}

function yamlOf(number: number, pattern: string, covers: readonly string[], count: number): string {
  const name = (pattern.split(' ')[0] ?? '')
    .replace(/[^a-z0-9]+/gi, '-')
    .replace(/^-+|-+$/g, '')
    .toLowerCase();
  return [
    `  # approved ${count} times`,
    `  - id: suggested-${name || 'command'}-${number}`,
    `    allow: { commands: [${JSON.stringify(pattern)}] }`,
    `    match: [${covers.map((text) => JSON.stringify(text)).join(', ')}]`,
    '',
  ].join('\n');
}
