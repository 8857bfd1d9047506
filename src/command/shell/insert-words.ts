/** Words a tool's reading asks for, noted where they are to be printed. */
import type { Unknown } from '../model.ts';
import type { InsertedWords, ToolReading } from '../reading.ts';
import type { Call, Host, Insertion } from './scene.ts';
import { nothing } from './short-list.ts';
import type { Template } from './syntax.ts';
import { originOf } from './words.ts';

/** Notes what must be printed into the command; what cannot be printed there is not understood. */
export function insertWords(host: Host, reading: ToolReading, call: Call): readonly Unknown[] {
  const { run } = host;
  const [name] = call.words;
  const place = name === undefined ? undefined : originOf(run, name)?.template;
  if (place !== undefined) {
    // INVARIANT: the text is printed once for every time it runs, so each time must have asked for the same words.
    const plan = reading.insertWords ?? nothing;
    run.insertionPlans ??= new Map();
    const before = run.insertionPlans.get(place);
    if (before !== undefined && !isSamePlan(before, plan)) {
      const reason = 'The same words run twice, and are not equally harmless each time.';
      return [{ code: 'INSERT_IMPOSSIBLE', reason, span: call.span }];
    }
    run.insertionPlans.set(place, plan);
  }
  if (reading.insertWords === undefined) return nothing;
  run.insertions ??= new Map();
  const { insertions } = run;
  const own = new Map<Template, Insertion[]>();
  for (const { after, words, instead } of reading.insertWords) {
    const word = call.words[after];
    const origin = word === undefined || place === undefined ? undefined : originOf(run, word);
    // What stands for the glob (`"$f"` of a loop over `*`) is something else than the glob.
    if (origin === undefined || (instead !== undefined && origin.template.raw !== instead.of)) {
      const reason = `${reading.tool ?? 'The command'} is only harmless with ${instead?.glob ?? words.join(' ')}, which cannot be added here.`;
      return [{ code: 'INSERT_IMPOSSIBLE', reason, span: call.span }];
    }
    const insertion = { field: origin.field, words, instead: instead?.glob };
    own.set(origin.template, [...(own.get(origin.template) ?? []), insertion]);
  }
  for (const [template, wanted] of own) {
    const before = insertions.get(template) ?? [];
    insertions.set(template, [...before, ...missingIn(before, wanted)]);
  }
  return [];
}

const isSamePlan = (a: readonly InsertedWords[], b: readonly InsertedWords[]): boolean =>
  a.length === b.length &&
  a.every((one, at) => {
    const other = b[at];
    return (
      other !== undefined &&
      one.after === other.after &&
      one.instead?.of === other.instead?.of &&
      one.instead?.glob === other.instead?.glob &&
      isSameList(one.words, other.words)
    );
  });

const isSameInsertion = (a: Insertion, b: Insertion): boolean =>
  a.field === b.field && a.instead === b.instead && isSameList(a.words, b.words);

const isSameList = (a: readonly string[], b: readonly string[]): boolean =>
  a === b || (a.length === b.length && a.every((word, at) => word === b[at]));

/** A command that runs again wants the same again; one that wants two parentheses at one place wants both. */
function missingIn(before: readonly Insertion[], wanted: readonly Insertion[]): readonly Insertion[] {
  const left = [...before];
  return wanted.filter((insertion) => {
    const at = left.findIndex((item) => isSameInsertion(item, insertion));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
