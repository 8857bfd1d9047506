import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { markedHtml, markParts } from '../../src/web/views/marked-text.ts';

/** What a browser would show of it. */
const shown = (html: string) =>
  html
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');

describe('marked text', () => {
  it.each([
    {
      text: 'ls; rm x',
      parts: ['ls', 'rm x'],
      want: '<span class="part allow">ls</span>; <span class="part deny">rm x</span>',
    },
    { text: 'a  b', parts: ['a', 'b'], want: '<span class="part allow">a</span>  <span class="part deny">b</span>' },
    { text: 'rm x', parts: ['rm x'], want: 'rm x' },
    { text: 'ls', parts: ['nowhere', 'ls'], want: 'ls' },
    { text: '<b>\'&"', parts: [], want: '&lt;b&gt;&#39;&amp;&quot;' },
    { text: 'a\n', parts: [], want: 'a<span class="eol" aria-hidden="true">↵</span>\n' },
    {
      text: 'a\u200bb',
      parts: [],
      want: 'a<mark class="odd">U+200B<span class="odd-name"> zero width space</span></mark>b',
    },
    { text: 'a     b', parts: [], want: 'a<span class="gap">·····</span>b' },
  ])('of $text', ({ text, parts, want }) => {
    const verdicts = parts.map((part, at) => ({ text: part, verdict: at === 0 ? 'allow' : 'deny' }));
    expect(markedHtml(text, { parts: markParts(text, verdicts) })).toBe(want);
  });

  it.each([
    {
      name: 'what find runs',
      text: 'find a -exec rm {} \\; -exec ls {} +; id',
      parts: [
        { text: 'find a -exec rm {} \\; -exec ls {} +', verdict: 'allow' },
        { text: 'rm {}', verdict: 'deny' },
        { text: 'ls {}', verdict: 'approve' },
        { text: 'id', verdict: 'allow' },
      ],
      want: ['allow find a -exec ', 'deny rm {}', 'allow  \\; -exec ', 'approve ls {}', 'allow  +', 'allow id'],
    },
    {
      name: 'what is held, and nothing milder',
      text: 'find ls -delete -exec ls {} +; id',
      parts: [
        { text: 'find ls -delete -exec ls {} +', verdict: 'approve' },
        { text: 'ls {}', verdict: 'allow' },
        { text: 'id', verdict: 'allow' },
      ],
      want: ['approve find ls -delete -exec ls {} +', 'allow id'],
    },
    {
      name: 'all of a text in a text',
      text: "sh -c 'id' x",
      parts: [
        { text: "sh -c 'id' x", verdict: 'allow' },
        { text: 'id', verdict: 'approve' },
        { text: 'missing', verdict: 'deny' },
      ],
      want: ["allow sh -c '", 'approve id', "allow ' x"],
    },
  ])('marks $name inside of it', ({ text, parts, want }) => {
    const marks = markParts(text, parts);
    expect(marks.map(({ start, end, verdict }) => `${verdict} ${text.slice(start, end)}`)).toEqual(want);
  });

  it('shows every plain character, whatever the parts, and no mark-up of the text', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', ';', ' ', '<', '>', '&', '"', "'", '\n') });
    const parts = fc.array(
      fc.record({
        text: fc.string({ unit: fc.constantFrom('a', 'b', ';', '<'), maxLength: 3 }),
        verdict: fc.constantFrom('allow', 'deny', '"><script>'),
      }),
    );
    fc.assert(
      fc.property(text, parts, (command, held) => {
        const html = markedHtml(command, { parts: markParts(command, held) });
        expect(shown(html).replaceAll('↵', '').replaceAll('·', ' ')).toBe(command);
        expect(html.replaceAll(/<\/?(span|mark)( class="[a-z -]+"( aria-hidden="true")?)?>/g, '')).not.toMatch(/[<>]/);
      }),
    );
  });

  it.each([
    { name: 'parts', text: 'a;'.repeat(65_000), parts: 65_000 },
    { name: 'drawn spaces', text: ' '.repeat(130_000), parts: 1 },
    { name: 'look-alikes', text: '\u0430'.repeat(65_000), parts: 1 },
    { name: 'line ends', text: '\n'.repeat(130_000), parts: 1 },
  ])('of a hostile 130 kB of $name is made quickly', ({ text, parts }) => {
    const held = Array.from({ length: parts }, () => ({ text: 'a', verdict: 'deny' }));
    const start = performance.now();
    markedHtml(text, { parts: markParts(text, held) });
    // 20 to 300 ms alone; the square of it took 20 s.
    expect(performance.now() - start).toBeLessThan(3_000);
  });
});
