import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadOrCreateKey } from '../../src/store/keys.ts';
import { temporaryDirectory } from '../support/directory.ts';

describe('a key file', () => {
  it('is made once, for its owner only', () => {
    const file = join(temporaryDirectory(), 'keys', 'links.key');
    const key = loadOrCreateKey(file);
    expect(key).toHaveLength(32);
    expect(loadOrCreateKey(file)).toEqual(key);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(file, '..'))).toEqual(['links.key']);
  });

  it.each(['', 'abc', 'z'.repeat(64)])('is refused when it contains %j', (content) => {
    const file = join(temporaryDirectory(), 'links.key');
    writeFileSync(file, content);
    expect(() => loadOrCreateKey(file)).toThrow(expect.objectContaining({ code: 'STORE_UNUSABLE' }));
  });
});
