import { nearestName } from '../nearest-name.ts';

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

/** "did you mean …", where a name is nearly a known one. */
export function didYouMean(wrong: string, known: readonly string[]): string | undefined {
  const near = nearestName(wrong, known);
  return near === undefined ? undefined : `did you mean \`${near}\`?`;
}
