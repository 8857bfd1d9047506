/** Words a tool's reading asks for, noted where they are to be printed. */
import type { Unknown } from '../model.ts';
import type { ToolReading } from '../reading.ts';
import type { Call, Host } from './scene.ts';
import { nothing } from './short-list.ts';
import { originOf } from './words.ts';

/** Notes what must be printed into the command; what cannot be printed there is not understood. */
export function insertWords(host: Host, reading: ToolReading, call: Call): readonly Unknown[] {
  const { run } = host;
  const [name] = call.words;
  const place = name === undefined ? undefined : originOf(run, name)?.template;
  if (place !== undefined) {
    // INVARIANT: the text is printed once for every time it runs, so each time must have asked for the same words.
    const plan = reading.insertWords?.map((each) => JSON.stringify(each)).join('\n') ?? '';
    const before = run.insertionPlans.get(place);
    if (before !== undefined && before !== plan) {
      const reason = 'The same words run twice, and are not equally harmless each time.';
      return [{ code: 'INSERT_IMPOSSIBLE', reason, span: call.span }];
    }
    run.insertionPlans.set(place, plan);
  }
  if (reading.insertWords === undefined) return nothing;
  run.insertions ??= new Map();
  const { insertions } = run;
  for (const { after, words, instead } of reading.insertWords) {
    const word = call.words[after];
    const origin = word === undefined || place === undefined ? undefined : originOf(run, word);
    // What stands for the glob (`"$f"` of a loop over `*`) is something else than the glob.
    if (origin === undefined || (instead !== undefined && origin.template.raw !== instead.of)) {
      const reason = `${reading.tool ?? 'The command'} is only harmless with ${instead?.glob ?? words.join(' ')}, which cannot be added here.`;
      return [{ code: 'INSERT_IMPOSSIBLE', reason, span: call.span }];
    }
    const before = insertions.get(origin.template) ?? [];
    const insertion = { field: origin.field, words, instead: instead?.glob };
    const isThere = before.some((item) => JSON.stringify(item) === JSON.stringify(insertion));
    if (!isThere) insertions.set(origin.template, [...before, insertion]);
  }
  return [];
}
