/**
 * The digest that ties what a reviewer saw to what runs.
 *
 * Every field of the action is hashed with its length in front, so that no two different actions share an input:
 * `["ab", "c"]` and `["a", "bc"]` differ, and so do a missing field and an empty one.
 *
 * INVARIANT: two actions with the same digest are the same in every field.
 */
import { createHash } from 'node:crypto';
import { ApprovalError } from './errors.ts';
import type { HeldAction } from './hold.ts';

/** Changes whenever the meaning or the order of the fields does, so that old digests match nothing new. */
const scheme = 'sallyport-held-action-2';

/** Hex SHA-256. Throws HOLD_TEXT_INVALID on text with lone surrogates, which UTF-8 would silently replace. */
export function digestOf(action: HeldAction): string {
  return createHash('sha256')
    .update(lengthPrefixed(fieldsOf(action)))
    .digest('hex');
}

/** Each field as a 32-bit big-endian byte count and its UTF-8 bytes. */
export function lengthPrefixed(fields: readonly string[]): Buffer {
  return Buffer.concat(
    fields.flatMap((field) => {
      // A lone surrogate becomes U+FFFD in UTF-8: two texts would share a digest.
      if (/\p{Surrogate}/u.test(field)) throw new ApprovalError('HOLD_TEXT_INVALID', 'a field is not valid Unicode');
      const bytes = Buffer.from(field, 'utf8');
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

function fieldsOf(action: HeldAction): string[] {
  // Named one by one and checked to be all: a field added to HeldAction breaks the build here, not the binding.
  const { kind, command, canonical, stdin, stdinUse, environment, pty, ...rest } = action;
  const { agent, agentOwner, keysChangedBy, keyFingerprint, target, targetHostKey, account, policyHash, ...others } =
    rest;
  const forgotten: Record<string, never> = others;
  void forgotten;
  const names = Object.keys(environment).sort();
  return [
    scheme,
    kind,
    command,
    ...optional(canonical),
    ...optional(stdin),
    stdinUse,
    String(names.length),
    ...names.flatMap((name) => [name, environment[name] ?? '']),
    ...(pty === undefined ? ['none'] : ['some', pty.term, String(pty.cols), String(pty.rows)]),
    agent,
    agentOwner,
    ...(keysChangedBy === undefined ? ['none'] : ['some', String(keysChangedBy.length), ...keysChangedBy]),
    keyFingerprint,
    target,
    targetHostKey,
    account,
    policyHash,
  ];
}

function optional(field: string | undefined): string[] {
  return field === undefined ? ['none'] : ['some', field];
}
