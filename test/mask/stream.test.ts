import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMasking } from '../../src/mask/masking.ts';
import { hangMs } from '../support/hang.ts';
import { maskAll } from '../support/masking.ts';
import { harmless, secrets } from './secrets.ts';

const masking = createMasking();
const around = (text: string) => `before: x\n${text}\r\nafter\n`;

describe('the masker', () => {
  it.each(secrets)('masks $name', ({ text, shown }) => {
    expect(maskAll([around(text)])).toBe(around(shown));
    expect(maskAll([text])).toBe(shown);
  });

  it.each(secrets)('masks $name wherever the stream is cut', ({ text, shown }) => {
    const whole = around(text);
    const wrong: number[] = [];
    for (let at = 1; at < whole.length; at++) {
      if (maskAll([whole.slice(0, at), whole.slice(at)]) !== around(shown)) wrong.push(at);
    }
    expect(wrong).toEqual([]);
    expect(maskAll([...whole])).toBe(around(shown));
  });

  it.each(secrets)('masks $name with colours inside', ({ text, shown }) => {
    const coloured = [...text]
      .map((character, at) => (at % 5 === 3 ? `\x1b[3${at % 8}m${character}` : character))
      .join('');
    const plain = (output: string) => output.replaceAll(/\x1b\[\d+m/g, '');
    expect(plain(maskAll([around(coloured)]))).toBe(around(shown));
    expect(maskAll([...around(coloured)])).toBe(maskAll([around(coloured)]));
  });

  it.each(harmless.map((text) => ({ text })))('leaves $text', ({ text }) => {
    expect(maskAll([text])).toBe(text);
    expect(maskAll([...text])).toBe(text);
  });

  it('is the same however the stream is cut, whatever is in it', () => {
    const pieces = fc.oneof(
      fc.constantFrom(
        ...secrets.map(({ text }) => text),
        ...secrets.map(({ text }) => text.slice(0, text.length >> 1)),
      ),
      fc.constantFrom(...harmless, '\x1b[31m', '\x1b', '\x1b]0;', '\x07', '-', '\n', ' ', '"', "'", '=', 'A', '\\'),
      fc.string({ unit: 'binary', maxLength: 12 }).map((text) => Buffer.from(text).toString('latin1')),
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), fc.array(fc.nat(400), { maxLength: 8 }), (parts, cuts) => {
        const text = parts.join('');
        const at = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
        const chunks = at.slice(1).map((end, index) => text.slice(at[index], end));
        expect(maskAll(chunks)).toBe(maskAll([text]));
      }),
      { numRuns: 3000 },
    );
  });

  it('masks between long stretches without anything to mask, however large the chunks', () => {
    const quiet = (n: number) =>
      `2031-05-01T20:12:${n} INFO passed /api/items/${n * 7919} to the pool\n`.repeat(1 + (n % 90));
    const text = secrets.map((secret, n) => quiet(n) + around(secret.text)).join('');
    const shown = secrets.map((secret, n) => quiet(n) + around(secret.shown)).join('');
    for (const size of [333, 2047, 2048, 2049, 8191, 32_768, text.length]) {
      const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, n) =>
        text.slice(n * size, (n + 1) * size),
      );
      expect(maskAll(chunks)).toBe(shown);
    }
  });

  it('masks what it has masked to the same', () => {
    for (const { text } of secrets) expect(maskAll([maskAll([around(text)])])).toBe(maskAll([around(text)]));
  });

  it('passes binary byte for byte, and the chunk itself when it can', () => {
    const bytes = readFileSync(process.execPath).subarray(0, 3_000_000);
    expect(maskAll([bytes])).toBe(bytes.toString('latin1'));
    const chunk = Buffer.from('nothing to hide here\n');
    const out = masking.stream().push(chunk);
    expect(out.buffer).toBe(chunk.buffer);
  });

  it('counts by rule, without values', () => {
    const masker = masking.stream();
    for (const { text } of secrets.slice(7, 11)) masker.push(Buffer.from(`${text}\n`));
    masker.end();
    expect({ ...masker.counts }).toEqual({ 'aws-access-key': 2, 'github-token': 2 });
  });

  it('masks text of commands and mails, with letters beyond ASCII intact', () => {
    expect(masking.text('grüße --password=größe1234 😀')).toBe('grüße --password=[MASKED:secret-value] 😀');
  });
});

describe('flush', () => {
  const shownAfter = (text: string) => {
    const masker = masking.stream();
    const first = masker.push(Buffer.from(text, 'latin1')).toString('latin1');
    return { masker, shown: first + masker.flush().toString('latin1') };
  };

  it.each(['Password: ', 'token: ', 'user@host:~$ ', 'AKIA', 'gh', '100%', '-----BEGIN ', 'continue? [y/N] '])(
    'lets the prompt %j through',
    (prompt) => {
      const { masker, shown } = shownAfter(prompt);
      expect(shown).toBe(prompt);
      expect(masker.hasPending).toBe(false);
    },
  );

  it.each([
    { text: 'password: hunt', shown: 'password: ', rest: 'er2\n', end: '[MASKED:secret-value]\n' },
    { text: 'AKIAIOSFODNN', shown: 'AKIA', rest: '7EXAMPLE\n', end: '[MASKED:aws-access-key]\n' },
    { text: 'Password: ', shown: 'Password: ', rest: 'hunter2\n', end: '[MASKED:secret-value]\n' },
    { text: 'x ghp', shown: 'x ghp', rest: `_${'a1'.repeat(18)}\n`, end: '[MASKED:github-token]\n' },
  ])('shows of $text only what is no secret, and still masks the rest', ({ text, shown, rest, end }) => {
    const { masker, shown: first } = shownAfter(text);
    expect(first).toBe(shown);
    const second = Buffer.concat([masker.push(Buffer.from(rest)), masker.end()]).toString();
    expect(second).toBe(end);
  });
});

describe('bounds', () => {
  it('masks what it cannot wait for: a token buried in escape sequences', () => {
    const masker = masking.stream();
    const start = masker.push(Buffer.from(`x AKIA${'\x1b[0m'.repeat(2000)}`)).toString();
    expect(start).toMatch(/^x \[MASKED:unfinished\]/);
    expect(masker.hasPending).toBe(false);
    expect(masker.push(Buffer.from('IOSFODNN7EXAMPLE next\n')).toString()).toBe(' next\n');
  });

  it('holds back at most 4 KiB, whatever the target sends', () => {
    const openings = ['eyJ', 'password="', 'authorization: ', '://u:', '-----BEGIN RSA PRIVATE KEY-----', '4', '\x1b['];
    for (const opening of openings) {
      const masker = masking.stream();
      masker.push(Buffer.from(opening));
      for (let round = 0; round < 300; round++) masker.push(Buffer.from('aA1'.repeat(100)));
      expect(masker.end().length).toBeLessThanOrEqual(4096);
    }
  });

  it('swallows a key without an end, but not the rest of the world', () => {
    const text = `-----BEGIN PRIVATE KEY-----\n${'A'.repeat(70_000)}`;
    const out = maskAll([text]);
    expect(out).toBe(`[MASKED:private-key]${'A'.repeat(70_000 + 1 - 65_536)}`);
    expect(maskAll(text.match(/[\s\S]{1,777}/g) ?? [])).toBe(out);
  });

  it('shows what follows the first line of a key when it is none', () => {
    const source = Array.from({ length: 30 }, (_, n) => `  const line${n} = read(${n});\n`).join('');
    const text = `const start = '-----BEGIN RSA PRIVATE KEY-----';\n${source}`;
    const out = maskAll([text]);
    expect(out).toBe(`const start = '[MASKED:private-key]${source.split('\n').slice(7).join('\n')}`);
    for (let at = 1; at < text.length; at++) expect(maskAll([text.slice(0, at), text.slice(at)])).toBe(out);
  });

  it('takes linear time on text made to be slow', () => {
    const hostile = ['password'.repeat(4000), '='.repeat(100_000), 'secret_'.repeat(9000), '://a:'.repeat(20_000)];
    for (const text of [
      ...hostile,
      '-'.repeat(300_000),
      '4'.repeat(300_000),
      'eyJ'.repeat(60_000),
      '\x1b[1'.repeat(60_000),
    ]) {
      const start = performance.now();
      maskAll([text]);
      expect(performance.now() - start, text.slice(0, 12)).toBeLessThan(hangMs);
    }
  }, 30_000);
});
