/** Says which variables hold secrets, by their names: what is printed from them is somebody's identity. */
import type { Effect, Word } from './model.ts';

const secretName = /SECRET|TOKEN|PASSW|PASSPHRASE|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIAL|_PAT$|_DSN$/i;

export const saysSecret = (name: string): boolean => secretName.test(name);

/** Wherever it stands in a word; most words have nothing of it. */
const maySaySecret = new RegExp(secretName.source.replaceAll('$', ''), 'i');

/** The effect of a word that expands such a variable. A word whose value is known from the text itself has none. */
export function secretEffect(word: Word): Effect | undefined {
  if (word.kind === 'known' || !maySaySecret.test(word.raw)) return undefined;
  for (const match of word.raw.matchAll(/\$\{?[!#]?([A-Za-z_]\w*)/g)) {
    if (secretName.test(match[1] ?? '')) return effectOf(match[1] ?? '');
  }
  return undefined;
}

/** The effect of a tool that prints the variables it is named (`printenv NAME`). */
export function secretNameEffect(words: readonly Word[]): Effect | undefined {
  const named = words.find((word) => word.kind === 'known' && secretName.test(word.value));
  return named === undefined ? undefined : effectOf(named.raw);
}

function effectOf(name: string): Effect {
  return { kind: 'identity', why: `prints ${name.slice(0, 60)}, a secret by its name` };
}
