import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeEvent, encodeEvent } from '../../src/recording/asciicast.ts';
import { encodeOutput } from '../../src/recording/output-event.ts';

/** The event as JSON.stringify makes it. */
function bySlowWay(seconds: number, bytes: Buffer, addsCarriageReturns: boolean): string {
  const text = bytes.toString('utf8');
  const data = addsCarriageReturns ? text.replaceAll('\n', '\r\n') : text;
  const exact = isUtf8(bytes) ? '' : encodeEvent({ seconds, code: 'b', data: bytes.toString('base64') });
  return exact + encodeEvent({ seconds, code: 'o', data });
}

describe('the event of output', () => {
  it.each([true, false])('is the same as through text, for every byte (carriage returns added: %s)', (adds) => {
    for (let byte = 0; byte < 256; byte++) {
      for (const bytes of [Buffer.from([byte]), Buffer.from([0x61, byte, 0x0a, byte, 0x62])]) {
        expect(encodeOutput(1.5, bytes, adds).toString('utf8')).toBe(bySlowWay(1.5, bytes, adds));
      }
    }
  });

  it('is the same as through text, whatever is printed', () => {
    const printed = fc.oneof(
      fc.string({ unit: fc.constantFrom('a', '"', '\\', '\n', '\r', '\t', '\x1b', '\x7f', '\0', '\b', '\f') }),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(printed, fc.boolean(), fc.double({ min: 0, max: 1e6, noNaN: true }), (text, adds, seconds) => {
        const bytes = Buffer.from(text);
        const event = encodeOutput(seconds, bytes, adds).toString('utf8');
        expect(event).toBe(bySlowWay(seconds, bytes, adds));
        expect(decodeEvent(event)?.data).toBe(adds ? text.replaceAll('\n', '\r\n') : text);
      }),
      { numRuns: 500 },
    );
  });
});
