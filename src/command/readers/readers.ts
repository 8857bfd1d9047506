import type { ProgramReaders } from '../reading.ts';
import { readAwk } from './awk.ts';
import { readJq } from './jq.ts';
import { readSed } from './sed.ts';
import { readSql } from './sql.ts';
import { readYq } from './yq.ts';

export { prepareSql } from './sql.ts';

/** The readers of every small language; `prepareSql()` must have been awaited before SQL is understood. */
export const programReaders: ProgramReaders = { sed: readSed, awk: readAwk, jq: readJq, yq: readYq, sql: readSql };
