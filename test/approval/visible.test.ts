import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visible, visibleText } from '../../src/approval/visible.ts';
import { hangMs } from '../support/hang.ts';

describe('visible', () => {
  it.each([
    { name: 'right-to-left override', text: 'rm \u202e/srv', mark: 'U+202E', why: 'bidi' },
    { name: 'isolate', text: 'a\u2066b', mark: 'U+2066', why: 'bidi' },
    { name: 'Hebrew letter', text: 'echo א', mark: 'U+05D0', why: 'bidi' },
    { name: 'zero width space', text: 'r\u200bm', mark: 'U+200B', why: 'invisible' },
    { name: 'tag character', text: 'ls\u{e0072}', mark: 'U+E0072', why: 'invisible' },
    { name: 'variation selector', text: 'ls\ufe0f', mark: 'U+FE0F', why: 'invisible' },
    { name: 'Hangul filler', text: 'a\u3164b', mark: 'U+3164', why: 'invisible' },
    { name: 'soft hyphen', text: 'a\u00adb', mark: 'U+00AD', why: 'invisible' },
    { name: 'carriage return', text: 'rm -rf x\rls', mark: 'U+000D', why: 'control' },
    { name: 'escape', text: 'echo \x1b[2K', mark: 'U+001B', why: 'control' },
    { name: 'C1 control', text: 'a\u009bb', mark: 'U+009B', why: 'control' },
    { name: 'no-break space', text: 'rm\u00a0x', mark: 'U+00A0', why: 'space' },
    { name: 'Cyrillic a', text: 'c\u0430t', mark: 'U+0430', why: 'look-alike' },
    { name: 'Greek question mark', text: 'a\u037e b', mark: 'U+037E', why: 'look-alike' },
    { name: 'full-width letter', text: '\uff52m', mark: 'U+FF52', why: 'look-alike' },
    { name: 'mathematical letter', text: '\u{1d42b}m', mark: 'U+1D42B', why: 'look-alike' },
    { name: 'typographic dash', text: 'rm \u2013rf', mark: 'U+2013', why: 'look-alike' },
    { name: 'division slash', text: 'cat \u2215etc', mark: 'U+2215', why: 'look-alike' },
    { name: 'combining overlay', text: 'a\u0338b', mark: 'U+0338', why: 'combining' },
    { name: 'private use', text: 'a\ue000', mark: 'U+E000', why: 'unassigned' },
    { name: 'lone surrogate', text: 'a\ud800b', mark: 'U+D800', why: 'unassigned' },
    { name: 'tab', text: 'a\tb', mark: '→', why: 'space' },
    { name: 'trailing space', text: 'ls ', mark: '·', why: 'space' },
    { name: 'three spaces', text: 'a   b', mark: '·', why: 'space' },
  ])('marks $name', ({ text, mark, why }) => {
    expect(visible(text)).toContainEqual(expect.objectContaining({ kind: 'marked', shown: mark, why }));
  });

  it.each(['ls -la /srv', 'grep -r "größe" /srv/日本', "printf '%s  %s' a b", 'echo naïve ✓'.replace('ï', 'ï')])(
    'leaves %j alone',
    (text) => {
      expect(visible(text)).toEqual([{ kind: 'plain', original: text }]);
    },
  );

  it('shows line ends and keeps them in text', () => {
    expect(visible('a\nb').map((piece) => piece.kind)).toEqual(['plain', 'newline', 'plain']);
    expect(visibleText('rm \u202ex\nls')).toBe('rm ⟨U+202E right-to-left override⟩x\nls');
  });

  it('loses no character, and what it shows of a marked one is printable', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const pieces = visible(text);
        expect(pieces.map((piece) => piece.original).join('')).toBe(text);
        for (const piece of pieces) {
          if (piece.kind === 'marked') expect(piece.shown).toMatch(/^(U\+[0-9A-F]{4,6}|·|→)$/);
        }
      }),
    );
  });

  it('takes a megabyte of spaces in its stride', () => {
    const start = performance.now();
    visible(' '.repeat(1_000_000));
    expect(performance.now() - start).toBeLessThan(hangMs);
  });
});
