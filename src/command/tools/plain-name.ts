/** Names that are nothing else: no settings, no connections, no objects of another kind. */
import type { Word } from '../model.ts';
import type { Parsed } from './parsed.ts';

const known = {
  name: /^[^=]*$/s,
  plain: /^[\w.-]+$/,
  object: /^[\w.-]+$/,
  unquoted: /^[\w./:@+,][\w./:@+,=%-]*$/,
} as const;

export function isPlainName(kind: keyof typeof known, word: Word, parsed: Parsed): boolean {
  if (word.kind === 'known') return known[kind].test(word.value);
  if (kind === 'object' && isBehindKind(word.tame, parsed)) return true;
  // `$(id -un)`: a name of the system.
  if (word.why !== 'substitution' || (word.tame !== 'word' && word.tame !== 'number')) return false;
  return kind === 'name' || /^(?:\$\(.*\)|`.*`)$/s.test(word.raw);
}

/**
 * `kubectl describe pod "$p"`, of a word that is no option. SPEC: of `pod secret/x` kubectl says that a kind and KIND/NAME
 * do not go together, and does nothing (hasCombinedTypeArgs in k8s.io/cli-runtime).
 */
const isBehindKind = (tame: unknown, { assigned }: Parsed): boolean =>
  tame !== undefined &&
  tame !== 'integer' &&
  assigned.some(({ of, word }) => of === 'kind' && word.kind === 'known' && !word.value.includes('/'));
