import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { loadPrivateKey } from '../../src/audit/checkpoint.ts';
import { spoolView } from '../../src/audit/spool.ts';
import { openCast } from '../../src/recording/cast-file.ts';
import { temporaryDirectory } from '../support/directory.ts';
import { openLog, stopped } from '../support/evidence.ts';
import { maskBytes, maskText } from '../support/masking.ts';
import { header, testRecorder } from '../support/recording.ts';

const canary = 'CANARY-0b7e';

/** Everything of an error that a log could print: message, stack, cause, fields. */
async function failureOf(work: () => Promise<unknown> | unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    return inspect(error, { depth: 10, showHidden: true });
  }
  throw new Error('it did not fail');
}

describe('a failure does not tell what was to be written', () => {
  it.each([
    {
      name: 'a record that is too large',
      work: async () => (await openLog(temporaryDirectory())).append(stopped(canary.repeat(1_000_000))),
    },
    {
      name: 'a record that cannot be written',
      work: async () => {
        const directory = temporaryDirectory();
        const log = await openLog(directory);
        appendFileSync(join(directory, '000001.ndjson'), 'x');
        await log.append(stopped(canary));
      },
    },
    {
      name: 'a log with a line that is none',
      work: async () => {
        const directory = temporaryDirectory();
        await (await openLog(directory)).close();
        writeFileSync(join(directory, '000001.ndjson'), `${canary}\n`);
        await openLog(directory);
      },
    },
    { name: 'a key that cannot be read', work: () => loadPrivateKey(`-----BEGIN PRIVATE KEY-----\n${canary}\n`) },
    {
      name: 'output that is too much',
      work: async () => {
        const recording = await testRecorder(temporaryDirectory(), { maxBytes: 600 }).open(header);
        await recording.output('stdout', maskBytes(canary.repeat(100)));
      },
    },
    {
      name: 'a recording that cannot be opened',
      work: async () => {
        const directory = temporaryDirectory();
        writeFileSync(join(directory, 'recordings'), '');
        await testRecorder(directory).open({ ...header, command: maskText(canary) });
      },
    },
    {
      name: 'a recording that is none',
      work: async () => {
        const path = join(temporaryDirectory(), 'x.cast');
        writeFileSync(path, `${canary}\n`);
        await openCast(path);
      },
    },
    {
      name: 'a view that cannot be spooled',
      work: async () => {
        const directory = temporaryDirectory();
        mkdirSync(join(directory, 'other'));
        await spoolView(directory, { event: 'recording.viewed', recording: canary, by: canary });
      },
    },
  ])('$name', async ({ work }) => {
    expect(await failureOf(work)).not.toContain(canary);
  });
});
