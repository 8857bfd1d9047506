import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { passesIban, passesLuhn } from '../../src/mask/check.ts';

const card = ['4111', '1111', '1111', '1111'].join('');
const iban = ['DE89', '3704', '0044', '0532', '0130', '00'].join('');

/** The text with the digit at `at` moved on by `shift`; no change where there is no digit. */
function withTypo(text: string, at: number, shift: number): string {
  const digits = [...text];
  digits[at] = String((Number(digits[at]) + shift) % 10);
  return digits.join('');
}
const shifts = fc.integer({ min: 1, max: 9 });

describe('check digits', () => {
  it('accept real numbers, with and without separators', () => {
    expect([card, '3782 822463 10005', '5555-5555-5555-4444'].map(passesLuhn)).toEqual([true, true, true]);
    expect([iban, 'GB82 WEST 1234 5698 7654 32', 'FR1420041010050500013M02606'].map(passesIban)).toEqual([
      true,
      true,
      true,
    ]);
  });

  it('reject every single wrong digit of a card', () => {
    fc.assert(fc.property(fc.nat(15), shifts, (at, shift) => !passesLuhn(withTypo(card, at, shift))));
  });

  it('reject every single wrong digit of an IBAN, a wrong length and an unknown country', () => {
    const at = fc.integer({ min: 2, max: iban.length - 1 });
    fc.assert(fc.property(at, shifts, (digit, shift) => !passesIban(withTypo(iban, digit, shift))));
    expect([`${iban}0`, iban.slice(0, -1), iban.replace('DE', 'XX')].map(passesIban)).toEqual([false, false, false]);
  });
});
