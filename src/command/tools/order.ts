import type { Assigned } from './parsed.ts';

/** A directory counts for what is read after it, wherever it stands: `make -f x -C d` finds x in d, `tar -f x -C d` not. */
export function inOrder(all: readonly Assigned[]): readonly Assigned[] {
  if (!all.some(({ role }) => role.kind === 'directory')) return all;
  const values: Assigned[] = [];
  const others: Assigned[] = [];
  const early: Assigned[] = [];
  const late: Assigned[] = [];
  for (const each of all) {
    if (each.role.kind === 'directory') (each.role.isLate ? late : early).push(each);
    else (each.of.startsWith('-') ? values : others).push(each);
  }
  return [...early, ...values, ...late, ...others];
}
