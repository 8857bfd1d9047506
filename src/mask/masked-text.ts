declare const masked: unique symbol;

/** Text that went through the masker. Recorder, audit log and client accept nothing else. */
export type MaskedText = string & { readonly [masked]: true };

/** Bytes that went through the masker, as they are sent to the agent. */
export type MaskedBytes = Buffer & { readonly [masked]: true };

/**
 * INVARIANT: the masker is the only caller; a test reads the sources for others. `as MaskedText` anywhere else is the
 * bug these types are there to prevent.
 */
export function markText(text: string): MaskedText {
  return text as MaskedText;
}

/** The same for bytes. */
export function markBytes(bytes: Buffer): MaskedBytes {
  return bytes as MaskedBytes;
}
