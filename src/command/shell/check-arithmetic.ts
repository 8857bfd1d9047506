/**
 * Whether an expression evaluates nothing but numbers, in a given state of the shell.
 *
 * Refuses: a variable whose text nobody knows, and the output of a command that may be more than an integer: a shell
 * evaluates both (`a[$(cmd)]`). What an expression sets are numbers.
 */
import { guardedReason, isGuardedVariable } from './environment.ts';
import { mayBeError } from './line-error.ts';
import { isNumeric } from './number-output.ts';
import { isNumber, type ShellState, type Value } from './shell-state.ts';
import type { Arithmetic, Part } from './syntax.ts';
import { tameNumbers } from './tame-output.ts';

/** Whatever they are set to, a shell answers a number; where a shell has none of them, nothing may set them either. */
const ofTheShell = /^(?:RANDOM|SRANDOM|SECONDS|LINENO|EPOCHSECONDS|UID|EUID|PPID)$/;

export interface ArithmeticListener {
  /** A command in the expression, which runs. */
  onPart(part: Part): unknown;
  onUnsafe(code: string, reason: string): void;
  /** All that the text makes of the variable are integers. */
  isCounter(name: string): boolean;
  /** Nothing in the text sets it. */
  isInherited(name: string): boolean;
}

export function checkArithmetic(expression: Arithmetic, state: ShellState, listener: ArithmeticListener): void {
  const kept = new Set<string>();
  for (const name of expression.names) {
    const value = state.variables.get(name);
    const isSafe =
      value === undefined ? ofTheShell.test(name) || listener.isCounter(name) : isNumber(value) || isNumbers(value);
    if (isSafe) continue;
    // HOSTILE: `((x = 1 / 0))` is an error, which leaves x as it was.
    if (mayBeError({ ...expression, names: expression.names.filter((each) => each !== name) })) kept.add(name);
    if (!isPlainlyAssigned(expression, name)) {
      listener.onUnsafe(
        'ARITHMETIC_EVALUATES',
        `Arithmetic evaluates the text of ${name}, which is not known to be a number.`,
      );
    }
  }
  for (const program of expression.programs) {
    listener.onPart({ kind: 'substitution', program, isQuoted: true });
    if (!isNumeric(tameNumbers(program, state, listener.isInherited))) {
      listener.onUnsafe(
        'ARITHMETIC_EVALUATES',
        'Arithmetic evaluates what a command prints, which is not known to be a number.',
      );
    }
  }
  for (const name of expression.assigned) {
    if (kept.has(name)) state.variables.delete(name);
    else state.variables.set(name, { kind: 'number' });
    if (isGuardedVariable(name)) listener.onUnsafe('ENVIRONMENT_UNKNOWN', guardedReason(name));
  }
}

/** Two of them in a row are an error, and nothing is evaluated. */
const isNumbers = (value: Value): boolean => value.kind === 'tame' && value.tame === 'numbers';

/** `x = 1`: the name is only set, its old text is not looked at. */
function isPlainlyAssigned(expression: Arithmetic, name: string): boolean {
  return expression.text === name || expression.text.startsWith(`${name} = `)
    ? expression.assigned.includes(name) && expression.text.split(' ').filter((token) => token === name).length === 1
    : false;
}
