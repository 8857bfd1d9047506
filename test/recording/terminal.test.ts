import { describe, expect, it } from 'vitest';
import { playCast } from '../../src/recording/playback.ts';
import { plainText, TerminalFilter } from '../../src/recording/terminal.ts';
import { hangMs } from '../support/hang.ts';

const rows = [
  {
    name: 'keeps text, colours and cursor movement',
    text: 'a\x1b[1;31mb\x1b[0m\x1b[2K\x1b[3A\r\n\tü',
    shown: undefined,
  },
  { name: 'keeps the alternate screen and the cursor', text: '\x1b[?1049h\x1b[?25l\x1b7\x1b8\x1b(B', shown: undefined },
  { name: 'drops a title', text: 'a\x1b]0;evil\x07b', shown: 'ab' },
  { name: 'drops the clipboard (OSC 52)', text: 'a\x1b]52;c;ZXZpbA==\x1b\\b', shown: 'ab' },
  { name: 'drops questions the terminal would answer', text: 'a\x1b[c\x1b[6n\x1b[21t\x1b[?1$pb', shown: 'ab' },
  {
    name: 'drops device control and application strings',
    text: 'a\x1bP$qm\x1b\\\x1b_x\x1b\\\x1b^y\x1b\\b',
    shown: 'ab',
  },
  { name: 'drops modes such as mouse and paste', text: 'a\x1b[?1000h\x1b[?2004h\x1b[4hb', shown: 'ab' },
  { name: 'drops 8-bit controls', text: 'a\x9b6n\x9d0;x\x07b', shown: 'a6n0;xb' },
  { name: 'drops bidirectional controls', text: 'a\u202eb\u2066c', shown: 'abc' },
  { name: 'drops a reset of the terminal', text: 'a\x1bcb', shown: 'ab' },
];

describe('the terminal filter', () => {
  it.each(rows)('$name, however it is cut', ({ text, shown }) => {
    for (let at = 0; at <= text.length; at++) {
      const filter = new TerminalFilter();
      const out = filter.push(text.slice(0, at)) + filter.push(text.slice(at)) + filter.push('.');
      expect(out).toBe(`${shown ?? text}.`);
    }
  });

  it('leaves plain text without any sequence', () => {
    expect(plainText('a\x1b[31mb\x1b[0m\r\nc\rd\x08')).toBe('ab\nc\nd');
  });
});

describe('playback', () => {
  it('waits no longer than the idle limit, divided by the speed', async () => {
    const events = (async function* () {
      yield { seconds: 0, code: 'o', data: 'a' };
      yield { seconds: 3600, code: 'o', data: 'b' };
      yield { seconds: 3600, code: 'm', data: 'mark\x1b[2J' };
    })();
    const sallyport = { session: '', channel: '', agent: '', target: '', account: '', newlines: 'as-is' } as const;
    const header = { version: 2, width: 80, height: 24, timestamp: 0, title: '', command: '', sallyport } as const;
    let shown = '';
    const start = performance.now();
    await playCast(
      { header, events, close: async () => undefined },
      {
        speed: 4,
        idleLimitMs: 200,
        fromSeconds: 0,
        signal: new AbortController().signal,
        write: async (text) => {
          shown += text;
        },
      },
    );
    const tookMs = performance.now() - start;
    expect(tookMs).toBeGreaterThan(45);
    expect(tookMs).toBeLessThan(hangMs);
    expect(shown).toContain('ab\x1b[2m── mark ──');
  });
});
