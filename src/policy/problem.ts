/** Something wrong in a policy file, said so that its author can mend it without a manual. */
export interface PolicyProblem {
  readonly file: string;
  /** From 1; 0 when the problem is about the file as a whole. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** What to write instead, where that is known. */
  readonly fix: string | undefined;
}

export function printProblem({ file, line, column, message, fix }: PolicyProblem): string {
  const place = line === 0 ? file : `${file}:${line}:${column}`;
  return `${place}: ${message}${fix === undefined ? '' : ` (${fix})`}`;
}

/** "did you mean …", for a name within two typing mistakes of a known one. */
export function didYouMean(wrong: string, known: readonly string[]): string | undefined {
  const near = known
    .map((name) => ({ name, distance: editDistance(wrong, name) }))
    .filter(({ name, distance }) => distance <= Math.min(2, Math.floor(name.length / 2)))
    .sort((a, b) => a.distance - b.distance);
  return near[0] === undefined ? undefined : `did you mean \`${near[0].name}\`?`;
}

/** Insertions, deletions, substitutions and swaps of neighbours; 3 stands for "too many". */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return 3;
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? (before[j - 2] ?? 3) + 1 : 3;
      next.push(Math.min(replaced, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 3;
}
