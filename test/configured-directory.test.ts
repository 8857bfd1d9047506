import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configuredDirectory } from '../src/configured-directory.ts';
import { temporaryDirectory } from './support/directory.ts';

describe('the state directory a configuration names', () => {
  it.each([
    ['a relative one, from the file', 'state_directory: state\n', 'state'],
    ['also beside mistakes', 'state_directory: state\nagents: [\nunknown: 1\n', 'state'],
    ['none, when it names none', 'version: 1\n', undefined],
    ['none, when it is no text', 'state_directory: [1]\n', undefined],
    ['none, when it is no mapping', '- 1\n', undefined],
  ])('%s', (_name, text, want) => {
    const directory = join(temporaryDirectory(), 'etc');
    mkdirSync(directory);
    writeFileSync(join(directory, 'sallyport.yaml'), text);
    const found = configuredDirectory(join(directory, 'sallyport.yaml'));
    expect(found).toBe(want === undefined ? undefined : join(directory, want));
  });

  it('is none without a file', () => {
    expect(configuredDirectory(join(temporaryDirectory(), 'sallyport.yaml'))).toBeUndefined();
  });
});
