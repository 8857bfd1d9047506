import { createMasking } from '../../src/mask/masking.ts';

const masking = createMasking();

/** Bytes in, bytes out, as Latin-1 text: one stream fed with the chunks. */
export function maskAll(chunks: readonly (string | Buffer)[]): string {
  const masker = masking.stream();
  const out = chunks.map((chunk) => masker.push(Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk, 'latin1')));
  return Buffer.concat([...out, masker.end()]).toString('latin1');
}

/** Text for tests that takes the only way there is to become masked. */
export const maskText = (text: string) => masking.text(text);

export function maskBytes(bytes: string | Buffer) {
  const masker = masking.stream();
  return Buffer.concat([masker.push(Buffer.from(bytes)), masker.end()]) as ReturnType<typeof masker.end>;
}
