/**
 * `[[ … ]]`, where it is reached: its words are expanded, and what is compared as numbers must be numbers.
 *
 * Refuses: a numeric comparison with anything but integers, because both sides are evaluated as arithmetic
 * (`[[ $x -eq 1 ]]` runs what `a[$(cmd)]` in x says).
 */
import type { Word } from '../model.ts';
import { isCounter } from './inherited.ts';
import { isNumeric } from './number-output.ts';
import { report } from './record.ts';
import type { Host, Scene } from './scene.ts';
import { copyState, isInteger, joinInto, type ShellState } from './shell-state.ts';
import type { Template, TestNode } from './syntax.ts';
import { expandIn, isInheritedHere } from './words.ts';

const numericTests = /^-(?:eq|ne|lt|le|gt|ge)$/;

export function readCondition(host: Host, node: TestNode, scene: Scene, state: ShellState): void {
  const one = (word: Template): readonly Word[] => expandIn(host, word, scene, state, 'single');
  switch (node.kind) {
    case 'unary':
      one(node.operand);
      return;
    case 'binary': {
      const { left, operator, right } = node;
      const sides = [left, right].map((side) => ({ side, words: one(side) }));
      if (!numericTests.test(operator)) return;
      for (const { side, words } of sides) {
        if (words.every(isNumericWord) || isCounted(host, side, scene, state)) continue;
        const reason = `${operator} in [[ ]] evaluates ${side.raw}, which is not known to be a number; use [ ... ].`;
        report(host, 'SHELL_EVALUATES', `Not understood: ${reason}`, scene.span ?? side.span);
      }
      return;
    }
    case 'logical':
      // The first is looked at in any case.
      for (const [i, operand] of node.operands.entries()) {
        const tried = i === 0 ? state : copyState(state);
        readCondition(host, operand, scene, tried);
        if (i > 0) joinInto(state, tried);
      }
      return;
    case 'not':
    case 'group':
      readCondition(host, node.operand, scene, state);
      return;
    default:
  }
}

const isNumericWord = (word: Word): boolean => (word.kind === 'known' ? isInteger(word.value) : isNumeric(word.tame));

/** `$x` alone, of which the text makes nothing but integers. */
function isCounted(host: Host, { parts }: Template, scene: Scene, state: ShellState): boolean {
  const [part, ...more] = parts;
  if (part?.kind !== 'parameter' || more.length > 0 || part.operation !== undefined || part.index !== undefined)
    return false;
  return state.variables.get(part.name) === undefined && isInheritedHere(host, scene, part.name, isCounter);
}
