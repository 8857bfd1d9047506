/**
 * Whether the effects of a `when` are those of a command: `-r --recursive !-n`, `-e & -f`, and of what a slot holds
 * `!action=status`, or a slash in it.
 */
import type { Condition } from './compile.ts';
import type { Assigned, Parsed } from './parsed.ts';

export function applies({ oneOfEach, noneOf }: Condition, { given, assigned }: Parsed): boolean {
  const isGiven = (name: string): boolean => (name.includes('=') ? holds(name, assigned, true) : given.has(name));
  const isSurelyGiven = (name: string): boolean =>
    name.includes('=') ? holds(name, assigned, false) : given.hasSurely(name);
  return oneOfEach.every((group) => group.some(isGiven)) && !noneOf.some(isSurelyGiven);
}

/** `action=status`, or with stars around it a part. `ofUnknown`: what a word counts for that is not known. */
function holds(name: string, assigned: readonly Assigned[], ofUnknown: boolean): boolean {
  const at = name.indexOf('=');
  const slot = name.slice(0, at);
  const wanted = name.slice(at + 1);
  const part = /^\*(.+)\*$/.exec(wanted)?.[1];
  return assigned.some(({ of, word }) => {
    if (of !== slot) return false;
    if (word.kind === 'dynamic') return ofUnknown;
    return part === undefined ? word.value === wanted : word.value.includes(part);
  });
}
