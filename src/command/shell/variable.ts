/** What a variable or an argument holds at one point of the text. */
import { unknownHome } from '../model.ts';
import type { ShellState, Value } from './shell-state.ts';

/** Undefined where nothing is known of it. */
export function valueIn(state: ShellState, name: string): Value | undefined {
  if (/^[1-9]$/.test(name)) {
    const word = state.positional?.[Number(name) - 1];
    if (state.positional === undefined) return undefined;
    const last = state.positional.at(-1);
    if (word === undefined && (last ?? state.zero)?.kind === 'dynamic') return undefined;
    if (word === undefined) return { kind: 'known', value: '' };
    if (word.kind === 'known') return { kind: 'known', value: word.value };
    return word.isSingle === true ? { kind: 'prefix', prefix: word.prefix, glob: word.raw } : undefined;
  }
  if (name === 'HOME' && state.home !== undefined) {
    return { kind: 'known', value: state.home };
  }
  if (name === 'PWD') {
    const [directory, ...others] = state.directories;
    const isKnown = others.length === 0 && directory !== undefined && !`${directory}/`.startsWith(`${unknownHome}/`);
    return isKnown ? { kind: 'known', value: directory } : state.variables.get(name);
  }
  return state.variables.get(name);
}
