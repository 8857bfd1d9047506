/**
 * What a command has, in one number, so that a rule which cannot be about it is never looked at.
 *
 * INVARIANT: a bit says that something is there, or that it may be: what was not read sets `unread`, and every
 * criterion that could then hold names that bit among its needs.
 */
import type { EffectKind, PathAccess, SimpleCommand } from '../command/model.ts';

export type Traits = number;

const effectBits = {
  read: 1 << 0,
  write: 1 << 1,
  delete: 1 << 2,
  'execute-code': 1 << 3,
  network: 1 << 4,
  privilege: 1 << 5,
  service: 1 << 6,
  package: 1 << 7,
  process: 1 << 8,
  identity: 1 << 9,
  unknown: 1 << 10,
} as const satisfies Readonly<Record<EffectKind, Traits>>;

const accessBits = {
  read: 1 << 11,
  write: 1 << 12,
  delete: 1 << 13,
  execute: 1 << 14,
} as const satisfies Readonly<Record<PathAccess, Traits>>;

export const trait = {
  unread: 1 << 15,
  unseenArguments: 1 << 16,
  hosts: 1 << 17,
  sql: 1 << 18,
  code: 1 << 19,
  redirects: 1 << 20,
  network: effectBits.network,
  unknownEffect: effectBits.unknown,
  anyEffect: (1 << 11) - 1,
} as const;

export function effectTraits(kinds: Iterable<EffectKind>): Traits {
  let bits = 0;
  for (const kind of kinds) bits |= effectBits[kind];
  return bits;
}

/** Undefined: any access. */
export function accessTraits(accesses: Iterable<PathAccess> = ['read', 'write', 'delete', 'execute']): Traits {
  let bits = 0;
  for (const access of accesses) bits |= accessBits[access];
  return bits;
}

export function traitsOf(command: SimpleCommand): Traits {
  let bits = 0;
  for (const { kind } of command.effects) bits |= effectBits[kind];
  for (const { access } of command.paths) bits |= accessBits[access];
  if (command.unknowns.length > 0) bits |= trait.unread;
  if (command.hasUnseenArguments) bits |= trait.unseenArguments;
  if (command.hosts.length > 0) bits |= trait.hosts;
  if (command.sql.length > 0) bits |= trait.sql;
  if (command.code.length > 0) bits |= trait.code;
  if (command.redirects.length > 0) bits |= trait.redirects;
  return bits;
}
