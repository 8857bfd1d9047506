import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { addToolsCommands } from '../../src/cli/tools.ts';
import { runCli } from '../support/cli.ts';

const tools = (...words: readonly string[]) => runCli(addToolsCommands, ['tools', ...words]);
const directory = mkdtempSync(join(tmpdir(), 'sallyport-tools-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('tools list', () => {
  it('names every tool, as text and as JSON', async () => {
    const text = await tools('list');
    expect(text.stdout).toMatch(/^sort +Sorts lines\.$/m);
    const json: unknown = JSON.parse((await tools('list', '--json')).stdout);
    expect(json).toContainEqual(expect.objectContaining({ name: 'git', about: 'Keeps versions of files.' }));
  });
});

describe('tools show', () => {
  it('shows a description and its examples', async () => {
    const { stdout, status } = await tools('show', 'sort');
    expect(stdout).toMatch(/option {4}-o --output {2}path-write/);
    expect(stdout).toMatch(/refuses {3}sort -o out in {2}→ write/);
    expect(status).toBe(0);
  });

  it('finds an alias, and says what is near a name nobody described', async () => {
    expect((await tools('show', 'podman', '--json')).stdout).toMatch(/"name": "docker"/);
    const missing = await tools('show', 'sorted');
    expect(missing.stderr).toMatch(/no description knows "sorted"; did you mean sort/);
    expect(missing.status).toBe(1);
  });
});

describe('tools check', () => {
  it('accepts what is shipped beside a description of a team', async () => {
    const text = 'tools:\n  - name: deployctl\n    about: Deploys.\n    effects: [service]\n    operands: service\n';
    writeFileSync(
      join(directory, 'own.yaml'),
      `${text}    accepts: { deployctl web: service }\n    refuses: { deployctl -x web: unknown }\n`,
    );
    const good = await tools('check', '--library', directory);
    expect(good.stdout).toMatch(/ 0 wrong examples/);
    expect(good.status).toBe(0);
    writeFileSync(
      join(directory, 'own.yaml'),
      `${text}    accepts: [deployctl web]\n    refuses: { deployctl -x web: unknown }\n`,
    );
    const bad = await tools('check', '--library', directory);
    expect(bad.stdout).toMatch(/deployctl: accepts "deployctl web" comes out as \[service\], not \[\]/);
    expect(bad.status).toBe(1);
  });
});
