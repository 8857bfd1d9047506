/** Rows of the proof files: one YAML list per technique, beside the test that judges it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';

export interface RowFile<Row> {
  readonly name: string;
  readonly rows: readonly Row[];
}

const shippedPolicy = z.enum(['default', 'workspace', 'production', 'database']);
/**
 * Judged under the default policy, and under the one it names, whose allow rules it gets past. `sent_without: hidden`: it
 * may run as another command, which leaves out the hidden files that the row is about.
 */
export const bypassRow = z.strictObject({
  command: z.string(),
  why: z.string().min(3),
  policy: shippedPolicy.optional(),
  sent_without: z.literal('hidden').optional(),
});
export const benignRow = z.strictObject({ command: z.string(), policy: shippedPolicy });

/** Throws on a row that is not as the schema says: a misspelt key must not silence a row. */
export function readRows<Row>(directory: string, row: z.ZodType<Row>): readonly RowFile<Row>[] {
  const names = readdirSync(directory).filter((name) => name.endsWith('.yaml'));
  return names.sort().map((name) => {
    const rows = z
      .array(row)
      .min(1)
      .parse(parse(readFileSync(join(directory, name), 'utf8')));
    return { name: name.replace(/\.yaml$/, ''), rows };
  });
}
