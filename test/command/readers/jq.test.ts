import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJq } from '../../../src/command/readers/jq.ts';
import { hangMs } from '../../support/hang.ts';
import { plainPath, summarise } from '../../support/reading.ts';

const read = (filter: string) => summarise(readJq(filter, { path: plainPath }));

describe('jq filters that only compute', () => {
  it.each([
    ['.'],
    ['.a.b[0]?'],
    ['.[] | select(.name == "x") | .id'],
    ['{name, id: .uid, env: .e, "k": 1, (.a): 2, if: 3}'],
    ['{env}'],
    ['{a:.b,c:.d}'],
    ['.env, ."env", .["env"]'],
    ['[.[] | {key: .k, value: (.v | tonumber)}] | from_entries'],
    ['to_entries | map("\\(.key)=\\(.value | @sh)") | join(" ")'],
    ['def f(x; $y): x + $y; f(1; 2)'],
    ['reduce .[] as $x (0; . + $x)'],
    ['. as {a: $x, b: [$y]} | $x + $y'],
    ['if .a then "b" elif .c then 1 else empty end'],
    ['.a // "none" | ascii_downcase | test("^[a-z]+$"; "i")'],
    ['# env\n.a'],
    ['@base64 "x\\(.a)y"'],
    ['$name | input_filename, $__loc__'],
    ['$ENV.HOME, env.PATH'],
    ['.[1:-2] | length * 100 / 3 % 7 - 1'],
    ['try error("x") catch .'],
    ['"a \\"quoted\\" env"'],
    [''],
  ])('%j', (filter) => {
    expect(read(filter)).toEqual({});
  });
});

describe('jq filters that do more say so', () => {
  it.each([
    ['env'],
    ['$ENV'],
    ['env | keys'],
    ['$ENV.AWS_SECRET_ACCESS_KEY'],
    ['"\\(env)"'],
    ['"a\\("b\\($ENV)")"'],
    ['{a: env}'],
    ['{a: (1, env)}'],
    ['{a: if 1, env, 2 then 1 else 2 end}'],
    ['[1, env, 2]'],
    ['def env: 1; env'],
  ])('%j reads the environment', (filter) => {
    expect(read(filter)).toEqual({ effects: ['identity'] });
  });

  it.each([
    ['import "a" as a; .'],
    ['include "a"; .'],
    ['"x" | modulemeta'],
    ['load("/etc/passwd")'],
    ['system("id")'],
    ['a::b'],
    ['(.a'],
    ['.a)'],
    ['"a'],
    ['"\\(.a"'],
    ['. # x \\\n| env'],
    ['{a: def f: 1, env; f}'],
    ['.a `id`'],
    ['.\u0000'],
    ['. \u00a0'],
  ])('%j is not understood', (filter) => {
    expect(read(filter)).toHaveProperty('unknowns');
  });
});

describe('the real jq as judge', () => {
  it('prints no environment for a filter that reads as harmless', { timeout: 60_000 }, () => {
    const pieces =
      '. .a env $ENV { } ( ) [ ] , : | ; "x" "\\( ) " if then else end 1 def f: f as $x reduce # \n try // + {a: {a,'
        .split(' ')
        .concat([' ', '{env}', '.env', '"env"', ',env,', ' env ']);
    const filter = fc
      .array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 12 })
      .map((parts) => parts.join(''))
      .filter((text) => /env|ENV/.test(text) && Object.keys(read(text)).length === 0);
    fc.assert(
      fc.property(filter, (text) => {
        const run = spawnSync('jq', ['-n', text], { env: { MARK: 'seen-it', PATH: '/usr/bin:/bin' }, timeout: 2_000 });
        expect(run.error).toBeUndefined();
        expect(String(run.stdout), text).not.toContain('seen-it');
      }),
      { numRuns: Number(process.env.FUZZ_RUNS ?? 200) },
    );
  });
});

it('is never thrown off, and stays linear', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void read(text)));
  const started = performance.now();
  for (const piece of ['def f(', '"\\(', '{', '.a|', 'a,', 'if ', '"', '#']) read(piece.repeat(16_384 / piece.length));
  expect(performance.now() - started).toBeLessThan(hangMs);
});
