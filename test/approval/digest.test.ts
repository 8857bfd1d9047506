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

  it('is the same for two actions only when every field is', () => {
    // A small alphabet, so that fields often share their beginnings and ends.
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '\0', '1', 'none', 'some'), maxLength: 3 });
    const maybe = fc.option(text, { nil: undefined });
    const any: fc.Arbitrary<HeldAction> = fc.record({
      kind: fc.constantFrom('exec' as const, 'stdin' as const),
      command: text,
      canonical: maybe,
      stdin: maybe,
      stdinUse: fc.constantFrom('closed' as const, 'reviewed' as const, 'streamed' as const),
      environment: fc.dictionary(text, text, { maxKeys: 2 }).map((record) => ({ ...record })),
      pty: fc.option(fc.record({ term: text, cols: fc.nat(2), rows: fc.nat(2) }), { nil: undefined }),
      agent: text,
      agentOwner: text,
      keysChangedBy: fc.array(text, { maxLength: 2 }),
      keyFingerprint: text,
      target: text,
      targetHostKey: text,
      account: text,
      policyHash: text,
    });
    const fields = Object.keys(changes) as (keyof HeldAction)[];
    const plain = (value: HeldAction) => JSON.stringify(fields.map((field) => value[field] ?? null));
    const sorted = ({ environment, ...rest }: HeldAction): HeldAction => ({
      ...rest,
      environment: Object.fromEntries(Object.entries(environment).sort(([a], [b]) => (a < b ? -1 : 1))),
    });
    fc.assert(
      fc.property(any, any, fc.subarray(fields), (one, other, taken) => {
        // Mostly the same action, so that the fields that differ stand side by side.
        const mixed = { ...one, ...Object.fromEntries(taken.map((field) => [field, other[field]])) };
        const isSame = plain(sorted(one)) === plain(sorted(mixed));
        expect(digestOf(one) === digestOf(mixed)).toBe(isSame);
      }),
      { numRuns: 3_000 },
    );
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
