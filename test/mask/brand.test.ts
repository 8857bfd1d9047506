import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = new URL('../../src', import.meta.url).pathname;

it('only the masker marks text and bytes as masked', () => {
  const wrong = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !name.startsWith('mask/'))
    .filter((name) =>
      /\bas (unknown as )?Masked(Text|Bytes)\b|\bmark(Text|Bytes)\b/.test(readFileSync(join(root, name), 'utf8')),
    );
  expect(wrong).toEqual([]);
});
