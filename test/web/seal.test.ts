import { describe, expect, it } from 'vitest';
import { Seal } from '../../src/web/seal.ts';

describe('a seal', () => {
  let nowMs = 1_000;
  const seal = new Seal(Buffer.alloc(32, 1), () => nowMs);
  const genuine = seal.issue('review-form', ['a', 'bc'], 60_000);

  it('is genuine for what it was made for, until it expires', () => {
    expect(seal.isGenuine(genuine, 'review-form', ['a', 'bc'])).toBe(true);
    nowMs += 60_000;
    expect(seal.isGenuine(genuine, 'review-form', ['a', 'bc'])).toBe(false);
    nowMs -= 60_000;
  });

  it.each([
    { name: 'another purpose', purpose: 'console-form' as const, fields: ['a', 'bc'] },
    { name: 'other borders of the fields', purpose: 'review-form' as const, fields: ['ab', 'c'] },
    { name: 'another number of fields', purpose: 'review-form' as const, fields: ['a', 'bc', ''] },
  ])('is nothing for $name', ({ purpose, fields }) => {
    expect(seal.isGenuine(genuine, purpose, fields)).toBe(false);
  });

  it('is nothing with any one character changed, the last bits of base64 included', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (let at = 0; at < genuine.length; at++) {
      for (const character of alphabet) {
        if (character === genuine[at]) continue;
        const altered = genuine.slice(0, at) + character + genuine.slice(at + 1);
        expect(seal.isGenuine(altered, 'review-form', ['a', 'bc'])).toBe(false);
      }
    }
  });
});
