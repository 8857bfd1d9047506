/**
 * The event of a stretch of output, as bytes of the file. Most output is ASCII, and of that no text is made: it is copied
 * with what JSON wants escaped. The result is the same as `encodeEvent`'s.
 */
import { isUtf8 } from 'node:buffer';
import { encodeEvent } from './asciicast.ts';

const lineFeed = 0x0a;
/** What JSON makes of each byte of ASCII; 0x7f is escaped because a terminal obeys it. */
const escapes: readonly (Buffer | undefined)[] = Array.from({ length: 128 }, (_, code) => {
  const json = encodeEvent({ seconds: 0, code: 'o', data: String.fromCharCode(code) });
  const escaped = json.slice(json.indexOf(',"o","') + 6, -3);
  return escaped.length === 1 ? undefined : Buffer.from(escaped);
});
const widths = Uint8Array.from(escapes, (escaped) => escaped?.length ?? 1);
const returned = Buffer.from('\\r\\n');

/** `bytes` end where a character ends. */
export function encodeOutput(seconds: number, bytes: Buffer, addsCarriageReturns: boolean): Buffer {
  const ascii = encodeAscii(seconds, bytes, addsCarriageReturns);
  if (ascii !== undefined) return ascii;
  const text = bytes.toString('utf8');
  const event = encodeEvent({ seconds, code: 'o', data: addsCarriageReturns ? text.replaceAll('\n', '\r\n') : text });
  const exact = isUtf8(bytes) ? '' : encodeEvent({ seconds, code: 'b', data: bytes.toString('base64') });
  return Buffer.from(exact + event);
}

/** Undefined when `bytes` are not all ASCII. */
function encodeAscii(seconds: number, bytes: Buffer, addsCarriageReturns: boolean): Buffer | undefined {
  const forLineFeed = addsCarriageReturns ? returned.length : 2;
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte > 0x7f) return undefined;
    length += byte === lineFeed ? forLineFeed : (widths[byte] ?? 1);
  }
  const head = `[${seconds.toFixed(6)},"o","`;
  const event = Buffer.allocUnsafe(head.length + length + 3);
  let to = event.write(head, 'latin1');
  const isPlain = length === bytes.length;
  if (isPlain) to += bytes.copy(event, to);
  for (let at = 0; !isPlain && at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (widths[byte] === 1) event[to++] = byte;
    else {
      const escaped = byte === lineFeed && addsCarriageReturns ? returned : escapes[byte];
      for (let n = 0; escaped !== undefined && n < escaped.length; n++) event[to++] = escaped[n] ?? 0;
    }
  }
  event.write('"]\n', to, 'latin1');
  return event;
}
