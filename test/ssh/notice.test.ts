import { describe, expect, it } from 'vitest';
import type { Notice } from '../../src/gate/ports.ts';
import { formatNotice, printable } from '../../src/ssh/notice.ts';

const plain = { asJson: false, isRawTerminal: false };
const json = { asJson: true, isRawTerminal: false };
const held: Notice = {
  event: 'held',
  message: 'waits for sre',
  id: 'h-1',
  rule: 'change-production',
  expiresAt: '2030-01-01T00:00:00.000Z',
};

describe('formatNotice', () => {
  it.each([
    {
      name: 'a hold says id, rule and time',
      notice: held,
      want: 'sallyport: held: waits for sre. [id h-1, rule change-production, until 2030-01-01T00:00:00.000Z]\n',
    },
    {
      name: 'a denial says what to do instead, and not to try again',
      notice: { event: 'denied', message: 'no', verdict: 'deny', instead: 'Read it.', retry: false } satisfies Notice,
      want: 'sallyport: denied: no. Instead: Read it. Do not retry, and do not try to reach the same end by another command.\n',
    },
    {
      name: 'a reason that the message has already is not said twice',
      notice: { event: 'rejected', message: 'rejected: too broad', reason: 'too broad' } satisfies Notice,
      want: 'sallyport: rejected: rejected: too broad.\n',
    },
    {
      name: 'what is only not offered may be asked for in another way',
      notice: { event: 'denied', message: 'no terminal; run it without -t', retry: false } satisfies Notice,
      want: 'sallyport: denied: no terminal; run it without -t.\n',
    },
    {
      name: 'an information has no label',
      notice: { event: 'info', message: 'hello', retry: true } satisfies Notice,
      want: 'sallyport: hello Send the same command again later.\n',
    },
  ])('$name', ({ notice, want }) => {
    expect(formatNotice(notice, plain)).toBe(want);
  });

  it('JSON has every field and is ASCII', () => {
    const text = formatNotice({ ...held, message: 'a\u202eb\u0085c\u{1f600}' }, json);
    expect(text).toMatch(/^[\x20-\x7e]+\n$/);
    expect(JSON.parse(text)).toEqual({ sallyport: 1, ...held, message: 'a\u202eb\u0085c\u{1f600}' });
  });

  it('a raw terminal gets its carriage return', () => {
    expect(formatNotice({ event: 'info', message: 'x' }, { asJson: false, isRawTerminal: true })).toBe(
      'sallyport: x\r\n',
    );
  });
});

describe('printable', () => {
  it.each([
    ['a newline', 'a\nb', 'a\\x0ab'],
    ['an escape sequence', '\x1b[2J', '\\x1b[2J'],
    ['an 8-bit control', '\x9b2J', '\\x9b2J'],
    ['a right-to-left override', 'a\u202eb', 'a\\u{202e}b'],
    ['a zero-width space', 'r\u200bm', 'r\\u{200b}m'],
    ['a tag character', 'x\u{e0041}', 'x\\u{e0041}'],
    ['a line separator', 'a\u2028b', 'a\\u{2028}b'],
    ['letters of other scripts stay', 'Grüße 日本', 'Grüße 日本'],
  ])('%s', (_name, text, want) => {
    expect(printable(text)).toBe(want);
  });

  it('cuts what is too long', () => {
    expect(printable('x'.repeat(10_000)).length).toBeLessThan(4_100);
  });
});
