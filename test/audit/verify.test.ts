import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifyLog } from '../../src/audit/verify.ts';
import { temporaryDirectory } from '../support/directory.ts';
import { openLog, stopped } from '../support/evidence.ts';

const records = 6;

async function signedLog(): Promise<{ directory: string; file: string; text: string }> {
  const directory = temporaryDirectory();
  const log = await openLog(directory);
  for (let n = 1; n <= records; n++) await log.append(stopped(`record ${n}`));
  await log.close();
  const file = join(directory, '000001.ndjson');
  return { directory, file, text: readFileSync(file, 'utf8') };
}

async function firstBadLine(directory: string): Promise<{ line: number | undefined; reason: string } | undefined> {
  const verdict = await verifyLog({ directory });
  return verdict.kind === 'intact' ? undefined : { line: verdict.problem.line, reason: verdict.problem.reason };
}

describe('the verifier', () => {
  it('names the changed line after any one changed byte', async () => {
    const { directory, file, text } = await signedLog();
    const wrong: string[] = [];
    let line = 1;
    for (let at = 0; at < text.length; at++) {
      const bytes = Buffer.from(text, 'latin1');
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      writeFileSync(file, bytes);
      const found = await firstBadLine(directory);
      const isLastNewline = at === text.length - 1;
      if (found === undefined || (found.line !== line && !isLastNewline)) {
        wrong.push(`byte ${at} of line ${line}: ${JSON.stringify(found)}`);
      }
      if (text[at] === '\n') line += 1;
    }
    expect(wrong).toEqual([]);
  });

  it.each(Array.from({ length: records - 1 }, (_, at) => at))(
    'names the gap after record %i was dropped',
    async (at) => {
      const { directory, file, text } = await signedLog();
      writeFileSync(file, text.split('\n').toSpliced(at, 1).join('\n'));
      expect(await firstBadLine(directory)).toEqual({
        line: at + 1,
        reason: `has the number ${at + 2} where ${at + 1} belongs: records ${at + 1} to ${at + 1} are missing before it`,
      });
    },
  );

  it('names the first of two lines that changed places', async () => {
    const { directory, file, text } = await signedLog();
    const lines = text.split('\n');
    writeFileSync(file, [lines[0], lines[2], lines[1], ...lines.slice(3)].join('\n'));
    expect((await firstBadLine(directory))?.line).toBe(2);
  });

  it.each([1, 3, records])('sees that the last %i lines are gone', async (gone) => {
    const { directory, file, text } = await signedLog();
    writeFileSync(
      file,
      text
        .split('\n')
        .slice(0, records - gone)
        .concat('')
        .join('\n'),
    );
    expect((await firstBadLine(directory))?.reason).toBe(
      `the log ends after record ${records - gone}, its signed checkpoint covers ${records}`,
    );
  });

  it('sees a whole log rewritten with a correct chain', async () => {
    const [one, two] = [await signedLog(), temporaryDirectory()];
    const log = await openLog(two);
    for (let n = 1; n <= records; n++) await log.append(stopped(`other ${n}`));
    await log.close();
    writeFileSync(one.file, readFileSync(join(two, '000001.ndjson')));
    expect((await firstBadLine(one.directory))?.reason).toContain('the signed checkpoint has another root');
  });

  it('accepts the untouched log', async () => {
    const { directory } = await signedLog();
    expect(await firstBadLine(directory)).toBeUndefined();
  });
});
