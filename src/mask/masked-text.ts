declare const masked: unique symbol;

/** Text that went through the masker. Recorder, audit log and client accept nothing else. */
export type MaskedText = string & { readonly [masked]: true };

/** Bytes that went through the masker, as they are sent to the agent. */
export type MaskedBytes = Buffer & { readonly [masked]: true };
