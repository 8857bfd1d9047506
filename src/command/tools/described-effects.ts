/** The effects that a description names, with what is said of them. */
import type { Effect } from '../model.ts';
import { type EffectsDescription, effectKinds } from './description.ts';

/** `Sends mail.` says of an effect without words of its own what happens: `sends mail`. */
export function phraseOf(about: string): string {
  return about.replace(/\.$/, '').replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
}

export function effectsOf(raw: EffectsDescription | undefined, about: string): Effect[] {
  if (raw === undefined) return [];
  if (Array.isArray(raw)) return raw.map((kind) => ({ kind, why: about }));
  return effectKinds.flatMap((kind) => {
    const why = raw[kind];
    return why === undefined ? [] : [{ kind, why }];
  });
}
