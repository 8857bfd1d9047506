/** Gives each operand the slot of the description it fills. */
import type { Word } from '../model.ts';
import type { Slot } from './compile.ts';
import type { Assigned } from './parsed.ts';
import { type Role, textRole } from './role.ts';
import { mayBeMany } from './word.ts';

export interface Place {
  readonly slot: Slot;
  readonly word: Word;
}

/**
 * The first slots take the first operands, those behind the rest slot the last ones, the rest what is between. Too few
 * operands: optional slots stay empty, from the end. `unexpected` gets the operands nobody has a slot for.
 */
export function assignSlots(
  open: readonly Slot[],
  operands: readonly Word[],
  unexpected: (word: Word) => void,
): Place[] {
  // HOSTILE: `uniq *` is one operand here and two there, and the second is written.
  const slots = operands.some(mayBeMany) ? open : withoutLacking(open, operands.length);
  const rest = slots.findIndex((slot) => slot.isRest);
  const after = rest < 0 ? 0 : slots.length - rest - 1;
  const places: Place[] = [];
  let isShifted = false;
  for (const [i, word] of operands.entries()) {
    const fromEnd = operands.length - i;
    const slot = rest < 0 || i < rest ? slots[i] : fromEnd <= after ? slots[slots.length - fromEnd] : slots[rest];
    if (slot === undefined) {
      unexpected(word);
      continue;
    }
    // A word that becomes several moves everything behind it, so each of these may be any of the operands.
    isShifted ||= !slot.isRest && mayBeMany(word);
    if (!isShifted) places.push({ slot, word });
    else for (const each of slots) places.push({ slot: each, word });
  }
  return places;
}

function withoutLacking(open: readonly Slot[], operands: number): readonly Slot[] {
  const fixed = open.filter((slot) => !slot.isRest).length;
  let lacking = fixed - operands;
  if (lacking <= 0) return open;
  const slots = [...open];
  for (let i = slots.length - 1; i >= 0 && lacking > 0; i--) {
    if (slots[i]?.isOptional === true && slots[i]?.isRest !== true) {
      slots.splice(i, 1);
      lacking--;
    }
  }
  return slots;
}

/** What options make of the slots; most commands have none that do, so nothing is made for these. */
export class SlotRoles {
  #changed: Map<string, Role> | undefined = undefined;
  #filled: Set<string> | undefined = undefined;

  of({ name, role }: Slot): Role {
    return this.#changed?.get(name) ?? role;
  }

  /** Values of options; a value that belongs to a slot gets the role the slot has now. */
  resolved(values: readonly Assigned[], known: ReadonlyMap<string, Role>): readonly Assigned[] {
    if (!values.some(({ role }) => role.kind === 'slot')) return values;
    return values.map((value): Assigned => {
      if (value.role.kind !== 'slot') return value;
      const { name } = value.role;
      return { ...value, role: this.#changed?.get(name) ?? known.get(name) ?? textRole };
    });
  }

  change(slots: readonly (readonly [name: string, role: Role])[]): void {
    if (slots.length > 0) this.#changed ??= new Map();
    for (const [name, role] of slots) this.#changed?.set(name, role);
  }

  /** An option has given the slot its word. */
  fill(name: string): void {
    this.#filled ??= new Set();
    this.#filled.add(name);
  }

  unfilled(slots: readonly Slot[]): readonly Slot[] {
    const filled = this.#filled;
    return filled === undefined ? slots : slots.filter(({ name }) => !filled.has(name));
  }
}
