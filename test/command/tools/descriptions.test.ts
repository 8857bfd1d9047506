import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { prepareSql, programReaders } from '../../../src/command/readers/readers.ts';
import { checkExample, createToolReader, examplesOf, librarySchemaJson } from '../../../src/command/tools/index.ts';
import { loadLibrary } from '../../../src/library.ts';

await prepareSql();
const library = loadLibrary();
const read = createToolReader(library, programReaders);

describe('every shipped description', () => {
  it.each(library.tools.map((tool) => [tool.name, tool] as const))('%s reads its examples as it says', (_, tool) => {
    const wrong = examplesOf(tool).flatMap((example) => {
      const problem = checkExample(tool, example, read);
      return problem === undefined ? [] : [`${example.side} "${example.line}" ${problem}`];
    });
    expect(wrong).toEqual([]);
  });

  it('covers at least 200 tools', () => {
    expect(library.tools.length).toBeGreaterThanOrEqual(200);
  });

  it('has the JSON Schema of the format beside it', () => {
    const file = new URL('../../../policies/library/schema.json', import.meta.url);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(librarySchemaJson()));
  });
});
