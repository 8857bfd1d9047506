import { expect } from 'vitest';

/** `expect` again and again until it holds; ten seconds, because the machine may be busy. */
export function eventually<T>(look: () => T) {
  return expect.poll(look, { timeout: 10_000, interval: 10 });
}
