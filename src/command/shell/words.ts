/** Expands the words of a command where they stand, walks the programs inside them, and remembers what they came to. */
import type { Word } from '../model.ts';
import { type Expansion, type ExpansionListener, expand } from './expand.ts';
import { isInherited, settingsOf } from './inherited.ts';
import { isSpent, report } from './record.ts';
import type { Host, Scene } from './scene.ts';
import { copyState, type ShellState } from './shell-state.ts';
import type { Part, RedirectNode, Template } from './syntax.ts';

/** Expands one template; nested programs are walked on the way, in a copy of the state. */
export function expandIn(
  host: Host,
  template: Template,
  scene: Scene,
  state: ShellState,
  expansion: Expansion,
): readonly Word[] {
  const { run } = host;
  // INVARIANT: a run that is exhausted has said so, and has no canonical text.
  if (isSpent(host, scene.span ?? template.span)) {
    return [{ kind: 'dynamic', why: 'parameter', prefix: '', raw: template.raw, span: scene.span ?? template.span }];
  }
  const listener: ExpansionListener = {
    onPart(part: Part) {
      if (part.kind !== 'substitution' && part.kind !== 'process') return;
      const via = part.kind === 'substitution' ? '$()' : `${part.operator}()`;
      const stdin =
        part.kind === 'process' && part.operator === '>'
          ? ({ source: 'pipe', text: undefined } as const)
          : { source: scene.stdin.source, text: undefined };
      if (scene.depth >= run.limits.maxDepth) {
        report(host, 'NESTED_TOO_DEEP', 'Programs inside programs, too deep to follow.', scene.span ?? template.span);
        return;
      }
      host.program(
        part.program,
        { ...scene, via: [...scene.via, via], stdin, depth: scene.depth + 1 },
        copyState(state),
      );
    },
    hasWideGlobs: run.hasWideGlobs,
    isInherited: (name) => isInheritedHere(host, scene, name),
    onUnsafe(code, reason) {
      report(host, code, reason, scene.span ?? template.span);
    },
  };
  const words = expand(template, state, expansion, listener, scene.span ?? template.span);
  run.steps += words.length;
  remember(host, template, words);
  return words;
}

/** Only in the text itself: what a wrapper runs gets the environment that the wrapper and the text made. */
function isInheritedHere({ run }: Host, { via }: Scene, name: string): boolean {
  if (run.program === undefined || !via.every((step) => /^(?:[$<>]\(\)|function .*)$/.test(step))) return false;
  run.settings ??= settingsOf(run.program);
  return isInherited(name, run.settings) && !(/^[1-9]$/.test(name) && via.some((step) => step.startsWith('function')));
}

/** The file of a redirection: bash refuses what splits, other shells take it whole. */
export function expandTarget(host: Host, node: RedirectNode, scene: Scene, state: ShellState): Word {
  const { target } = node;
  const span = scene.span ?? target.span;
  const [word] = expandIn(host, target, scene, state, 'single');
  const isFile = node.op !== '<<' && node.op !== '<<<';
  const hasBare = target.parts.some((part) => part.kind === 'parameter' && !part.isQuoted);
  const isOne =
    word?.kind === 'dynamic' || (word !== undefined && word.value !== '' && !/[\s*?[\]\\]/.test(word.value));
  if (word !== undefined && (!isFile || !hasBare || isOne)) return word;
  report(host, 'REDIRECT_AMBIGUOUS', `Shells do not agree on which file ${target.raw} is; quote it.`, span);
  return { kind: 'dynamic', why: 'parameter', prefix: '', raw: target.raw, span };
}

/** For printing: what a template came to, when it came to the same on every visit. */
function remember(host: Host, template: Template, words: readonly Word[]): void {
  const { resolved } = host.run;
  let value: readonly Word[] | null = words;
  const before = resolved.get(template);
  for (let field = 0; field < words.length; field++) {
    const word = words[field];
    if (word === undefined) continue;
    if (word.kind !== 'known') value = null;
    host.run.origins.set(word, { template, field });
  }
  if (before === undefined) resolved.set(template, value);
  else if (before !== null && (value === null || !sameValues(before, value))) resolved.set(template, null);
}

const sameValues = (a: readonly Word[], b: readonly Word[]): boolean =>
  a.length === b.length &&
  a.every((word, i) => {
    const other = b[i];
    return word.kind === 'known' && other?.kind === 'known' && word.value === other.value;
  });
