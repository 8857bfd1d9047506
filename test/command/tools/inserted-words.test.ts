/** Programs that may do more than they are asked, in one version or another, are sent with the word against it. */
import { expect, it } from 'vitest';
import { programReaders } from '../../../src/command/readers/readers.ts';
import { splitExample } from '../../../src/command/tools/example.ts';
import { createToolReader } from '../../../src/command/tools/index.ts';
import { loadLibrary } from '../../../src/library.ts';

const read = createToolReader(loadLibrary(), programReaders);

it.each([
  ['objdump -t a.out', '-WN'],
  ['objdump -x a.out', '-WN'],
  ['readelf -s a.out', '-wN'],
  ['readelf -a a.out', '-wN'],
  // To BSD make --version alone is a variable, for which it reads its makefile.
  ['make --version', '-h'],
  ['make -v', '-h'],
])('%s is sent with %s', (line, word) => {
  const reading = read(splitExample(line), { workingDirectory: '/srv', homeDirectory: '/root', runsAs: undefined });
  expect(reading.effects.map(({ kind }) => kind)).toEqual(['read']);
  expect(reading.insertWords).toEqual([{ after: 0, words: [word] }]);
});
