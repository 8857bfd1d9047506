import type { ProgramReaders, ProgramReading } from '../../../src/command/reading.ts';

/**
 * Stand-ins for the readers of sed, awk, jq and SQL, whose own tests are elsewhere: a program is harmless when it has
 * no letter that could write, run or call, and everything else is not understood.
 */
function reading(isHarmless: boolean): ProgramReading {
  const unknowns = isHarmless ? [] : [{ code: 'TEST_NOT_HARMLESS', reason: 'not harmless', span: undefined }];
  return { effects: [], paths: [], code: [], sql: [], shell: [], unknowns };
}

export const cautiousReaders: ProgramReaders = {
  sed: (script) => reading(script.split('\n').every((line) => /^(?:[\d,$]*[pdq]|s\/\w*\/\w*\/g?)$/.test(line))),
  awk: (program) => reading(/^\{ ?print \$\w+ ?\}$/.test(program)),
  jq: (filter) => reading(/^[.\w[\]]+$/.test(filter)),
  sql: (text) => reading(/^select [\w*, ]+ from \w+;?$/i.test(text)),
};
