import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLocalUnderstander } from '../../src/local-understander.ts';
import { markedHtml, markParts } from '../../src/web/views/marked-text.ts';
import { syntaxMarks } from '../../src/web/views/syntax-marks.ts';

const { understand } = createLocalUnderstander();
const read = (text: string) =>
  understand(text, { dialect: 'bash', homeDirectory: '/home/a', workingDirectory: '/home/a' });
const marksOf = async (text: string) =>
  syntaxMarks(await read(text)).map(({ start, end, kind }) => `${kind} ${text.slice(start, end)}`);

describe('the colours of a command', () => {
  it.each([
    { text: 'ls -la /srv', want: ['tool ls', 'option -la'] },
    {
      text: 'sudo -u pg rm -rf "/x y" > /tmp/out',
      want: ['tool sudo', 'option -u', 'tool rm', 'option -rf', 'quoted "/x y"', 'redirect /tmp/out'],
    },
    { text: './mystery $(date +%s)', want: ['strange ./mystery', 'changing $(', 'tool date', 'changing  +%s)'] },
    { text: 'A=1 env', want: ['setting A=', 'tool env'] },
    { text: 'echo "rm -rf /"', want: ['tool echo', 'quoted "rm -rf /"'] },
    { text: 'bash -c "rm -rf /x"', want: ['tool bash', 'option -c', 'quoted "rm -rf /x"'] },
    { text: 'rm "$f" *', want: ['tool rm', 'changing "$f"', 'changing *'] },
    { text: '', want: [] },
  ])('of $text', async ({ text, want }) => {
    expect(await marksOf(text)).toEqual(want);
  });

  it('are in order, do not overlap, and change no character that is shown', async () => {
    const words = fc.constantFrom(
      'ls',
      '-l',
      '"a b"',
      '$(id -u)',
      '$X',
      '>',
      '/tmp/x',
      ';',
      '|',
      "'q'",
      'A=1',
      '`',
      '\n',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(words, { maxLength: 12 }), async (all) => {
        const text = all.join(' ');
        const tokens = syntaxMarks(await read(text));
        let at = 0;
        for (const { start, end } of tokens) {
          expect(start).toBeGreaterThanOrEqual(at);
          expect(end).toBeGreaterThan(start);
          at = end;
        }
        const parts = markParts(text, [{ text: all[0] ?? '', verdict: 'deny' }]);
        const bare = (html: string) => html.replaceAll(/<\/?span[^>]*>/g, '');
        const html = markedHtml(text, { parts, tokens });
        expect(bare(html)).toBe(bare(markedHtml(text)));
        expect(html.split('<span').length).toBe(html.split('</span').length);
      }),
      { numRuns: 200 },
    );
  });

  it('lie inside the parts, and a word that crosses the edge of one is closed and opened again', () => {
    const text = 'ab cd';
    const html = markedHtml(text, {
      parts: [{ start: 0, end: 1, verdict: 'deny' }],
      tokens: [{ start: 0, end: 2, kind: 'tool' }],
    });
    expect(html).toBe('<span class="part deny"><span class="t-tool">a</span></span><span class="t-tool">b</span> cd');
  });
});
