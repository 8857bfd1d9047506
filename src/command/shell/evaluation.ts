/**
 * Tools that are builtins of the shell too, and evaluate what they are given: `test -v 'a[$(cmd)]'`, `printf -v`.
 */
import type { Unknown, Word } from '../model.ts';
import { isGuardedVariable, variableName } from './environment.ts';
import type { Call } from './scene.ts';
import type { ShellState } from './shell-state.ts';

const unknown = (code: string, reason: string, call: Call): Unknown => ({ code, reason, span: call.span });

export function guardEvaluation(words: readonly Word[], state: ShellState, call: Call): readonly Unknown[] {
  const [first, ...rest] = words;
  const name = first?.kind === 'known' ? first.value : '';
  if (name === 'printf') {
    const [option, variable] = rest;
    if (option?.kind !== 'known' || !option.value.startsWith('-v')) return guardCounting(rest, state, call);
    const counting = guardCounting(rest.slice(option.value === '-v' ? 2 : 1), state, call);
    if (counting.length > 0) return counting;
    const target = option.value === '-v' ? (variable?.kind === 'known' ? variable.value : '') : option.value.slice(2);
    if (variableName.test(target) && !isGuardedVariable(target)) {
      state.variables.delete(target);
      return [];
    }
    state.variables.clear();
    return [unknown('SHELL_EVALUATES', 'printf -v evaluates the name it is given.', call)];
  }
  if (name !== 'test' && name !== '[') return [];
  const evaluates = rest.some((word) => (word.kind === 'known' ? /^-[vR]$/.test(word.value) : word.prefix === ''));
  const isCertain = rest.every((word) => word.kind === 'known' || word.raw.startsWith('"'));
  const hasOperator = rest.some((word) => word.kind === 'known' && /^-[vR]$/.test(word.value));
  return hasOperator || (evaluates && !isCertain && rest.length < 3)
    ? [unknown('SHELL_EVALUATES', `${name} -v evaluates the name it is given.`, call)]
    : [];
}

/** `%n`, and what stands between the two; `%%` is a percent sign. */
const counts = /(?:^|[^%])(?:%%)*%[^%A-Za-z]*[hlLjzt]*n/;

/** `printf %n NAME` of bash puts a number into the variable, PATH as well. */
function guardCounting(words: readonly Word[], state: ShellState, call: Call): readonly Unknown[] {
  const [format, ...names] = words[0]?.kind === 'known' && words[0].value === '--' ? words.slice(1) : words;
  if (format === undefined || names.length === 0 || (format.kind === 'known' && !counts.test(format.value))) return [];
  for (const name of names) {
    const isPlain = name.kind === 'known' && variableName.test(name.value) && !isGuardedVariable(name.value);
    if (isPlain) state.variables.delete(name.value);
    else if (name.kind === 'dynamic' || format.kind === 'known' || variableName.test(name.value)) {
      state.variables.clear();
      return [unknown('SHELL_EVALUATES', 'printf %n sets the variable it is given.', call)];
    }
  }
  return [];
}
