import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changesBetween, LiveConfig } from '../../src/live-config.ts';

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sallyport-live-'));
  file = join(directory, 'sallyport.yaml');
  writeFileSync(file, 'version: 1\nreviewers: [{ name: maya, email: maya@example.com }]\n');
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('the live configuration', () => {
  it('follows an atomic replacement of the file', async () => {
    const live = new LiveConfig(file, {});
    const changed = new Promise<string>((resolve) =>
      live.watch({
        onChanged: (change) => resolve(change.after.reviewers[0]?.email ?? ''),
        onRefused: () => resolve('refused'),
      }),
    );
    writeFileSync(`${file}.new`, 'version: 1\nreviewers: [{ name: maya, email: new@example.com }]\n');
    renameSync(`${file}.new`, file);
    expect(await changed).toBe('new@example.com');
    live.close();
  });

  it('keeps the one before when the new one has a problem', () => {
    const live = new LiveConfig(file, {});
    writeFileSync(file, 'version: 1\nreviewer: []\n');
    const refused: string[] = [];
    live.reload({
      onChanged: () => refused.push('changed'),
      onRefused: (problems) => refused.push(...problems.map((p) => p.field)),
    });
    expect(refused).toEqual(['reviewer']);
    expect(live.current.reviewers[0]?.name).toBe('maya');
  });
});

describe('changesBetween', () => {
  it('names what was added, removed and changed, without values', () => {
    const before = [
      { name: 'a', keys: ['CANARY'] },
      { name: 'b', keys: [] },
    ];
    const after = [
      { name: 'a', keys: ['CANARY', 'x'] },
      { name: 'c', keys: [] },
    ];
    expect(changesBetween(before, after)).toEqual([
      { name: 'a', change: 'changed: keys' },
      { name: 'c', change: 'added' },
      { name: 'b', change: 'removed' },
    ]);
  });
});
