import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOf, lengthPrefixed } from '../../src/approval/digest.ts';
import type { HeldAction } from '../../src/approval/hold.ts';
import { action } from '../support/holds.ts';

/** One changed value per field; a new field of HeldAction does not compile until it is here. */
const changes: { readonly [Field in keyof HeldAction]: readonly HeldAction[Field][] } = {
  kind: ['line', 'stdin'],
  command: ['systemctl restart nginx ', 'systemctl restart nginx\n', 'systemctl  restart nginx', ''],
  canonical: [undefined, ''],
  stdin: ['', 'id', 'none'],
  stdinUse: ['reviewed', 'streamed'],
  environment: [{}, { LANG: '' }, { LANG: 'C.UTF-8', TERM: 'dumb' }, { LANGC: '.UTF-8' }],
  pty: [
    { term: 'xterm', cols: 80, rows: 24 },
    { term: 'xterm', cols: 8, rows: 24 },
    { term: '', cols: 80, rows: 24 },
  ],
  agent: ['builder2', ''],
  agentOwner: ['maya'],
  keysChangedBy: [[], ['maya'], ['maya', 'noor'], ['mayanoor']],
  keyFingerprint: ['SHA256:other'],
  target: ['web-2', 'web-1deploy'],
  targetHostKey: ['SHA256:other'],
  account: ['root', ''],
  policyHash: ['b'.repeat(64)],
};

describe('the digest', () => {
  const rows = Object.entries(changes).flatMap(([field, values]) =>
    values.map((value, at) => ({ field, at, changed: { ...action, [field]: value } })),
  );

  it.each(rows)('differs when $field differs ($at)', ({ changed }) => {
    expect(digestOf(changed)).not.toBe(digestOf(action));
  });

  it('tells all these actions apart from each other', () => {
    expect(new Set(rows.map(({ changed }) => digestOf(changed))).size).toBe(rows.length);
  });

  it('does not depend on the order in which the environment was sent', () => {
    const one = digestOf({ ...action, environment: { LANG: 'C', TERM: 'dumb' } });
    expect(digestOf({ ...action, environment: { TERM: 'dumb', LANG: 'C' } })).toBe(one);
  });

  it('does not bind text that UTF-8 cannot carry', () => {
    expect(() => digestOf({ ...action, command: 'rm \ud800' })).toThrow(
      expect.objectContaining({ code: 'HOLD_TEXT_INVALID' }),
    );
  });

  it('has one input per list of fields, wherever the text is divided', () => {
    const fields = fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 6 });
    fc.assert(
      fc.property(fields, fields, (one, other) => {
        const isSame = JSON.stringify(one) === JSON.stringify(other);
        expect(lengthPrefixed(one).equals(lengthPrefixed(other))).toBe(isSame);
      }),
    );
  });
});
