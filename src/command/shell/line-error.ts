/**
 * Errors that end a line, and not the shell: `y=$((1/0)); x=5` leaves x as it was, and bash goes on with the next line of
 * what it reads on stdin, or behind a heredoc.
 *
 * INVARIANT: what is known at the start of a line holds wherever in the lines before it an expansion failed.
 */
import type { Outcome, Run } from './scene.ts';
import { copyState, joinStates, type ShellState } from './shell-state.ts';
import type { Arithmetic, Program, Statement } from './syntax.ts';

/** Not numbers that are written, added and compared. Others may be 08, 2#9, or what is divided by 0. */
export const mayBeError = ({ text, names, programs }: Arithmetic): boolean =>
  /[/%#]|\*\*/.test(text) || names.length > 0 || programs.length > 0;

/** The rest of the line may not be run: the shell is then as it is here. */
export function noteError(run: Run, state: ShellState): void {
  run.failed = run.failed === undefined ? copyState(state) : joinStates(run.failed, state);
}

/** A function that an error leaves has left nothing of its own behind; other shells than bash go on behind the call. */
export function inFunction(
  run: Run,
  isBash: boolean,
  call: () => Outcome,
  leave: (state: ShellState) => void,
): Outcome {
  const before = run.failed;
  run.failed = undefined;
  let outcome = call();
  const inside = run.failed as ShellState | undefined;
  for (const end of new Set([outcome.success, outcome.failure])) leave(end);
  if (inside !== undefined) {
    leave(inside);
    if (!isBash) outcome = orFailed(run, outcome);
  }
  run.failed = before;
  if (inside !== undefined) noteError(run, inside);
  return outcome;
}

/** What another shell does: an error ends nothing but that one. */
export function apart<T>(run: Run, read: () => T): T {
  const before = run.failed;
  run.failed = undefined;
  const answer = read();
  run.failed = before;
  return answer;
}

/** A new line starts, whether or not the one before came to its end. */
export function orFailed(run: Run, outcome: Outcome): Outcome {
  const { failed } = run;
  if (failed === undefined) return outcome;
  run.failed = undefined;
  const state = joinStates(failed, joinStates(outcome.success, outcome.failure));
  return { ...outcome, success: state, failure: state };
}

/** Between two statements there is the end of a line, or will be where a heredoc is printed. */
export function endsLine(source: string, { statements }: Program, at: number): boolean {
  const next = statements[at + 1];
  return next !== undefined && /\n|<</.test(source.slice(startOf(statements[at]), startOf(next)));
}

const startOf = (statement: Statement | undefined): number => statement?.list.first.commands[0]?.span[0] ?? 0;
