import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { addReviewerCommands } from '../../src/cli/reviewer.ts';
import { loadConfig } from '../../src/config-file.ts';
import { runCli } from '../support/cli.ts';
import { temporaryDirectory } from '../support/directory.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const old = sha256('an old token');
let file: string;
beforeEach(() => {
  file = join(temporaryDirectory(), 'sallyport.yaml');
  const text = `version: 1
# who decides
reviewers:
  - { name: maya, email: maya@example.com, api_tokens: [] }
  - name: tom
    email: tom@example.com
    api_tokens: ["sha256:${old}"]
`;
  writeFileSync(file, text, { mode: 0o600 });
});
const run = (...words: readonly string[]) =>
  runCli(addReviewerCommands, ['reviewer', ...words], { SALLYPORT_CONFIG: file });
const tokensOf = (name: string) =>
  loadConfig(file, {}).config.reviewers.find((person) => person.name === name)?.apiTokens ?? [];

describe('reviewer token', () => {
  it('makes one for a purpose, with scopes and an end, and keeps only its hash', async () => {
    const made = await run('token', 'maya', '--purpose', 'CI dashboard', '--scope', 'holds:read', '--expires', '30d');
    const token = made.stdout.trim();
    expect(token).toMatch(/^sally_[\w-]{43}$/);
    const [kept] = tokensOf('maya');
    expect(kept).toMatchObject({ hash: sha256(token), purpose: 'CI dashboard', scopes: ['holds:read'] });
    const days = ((kept?.expiresAtMs ?? 0) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(29.9);
    expect(days).toBeLessThanOrEqual(30);
    const text = readFileSync(file, 'utf8');
    expect(text).toContain('# who decides');
    expect(text).not.toContain(token);
  });

  it('ends after a season unless told otherwise, and leaves older ones as they are', async () => {
    await run('token', 'tom');
    await run('token', 'tom', '--expires', 'never', '--purpose', 'break glass');
    const [first, second, third] = tokensOf('tom');
    expect(first).toEqual({ hash: old, purpose: '', scopes: undefined, expiresAtMs: undefined });
    expect(((second?.expiresAtMs ?? 0) - Date.now()) / 86_400_000).toBeCloseTo(90, 1);
    expect(third).toMatchObject({ purpose: 'break glass', expiresAtMs: undefined });
  });

  it.each([
    ['--expires', 'soon'],
    ['--expires', '0d'],
    ['--expires', '2001-01-01'],
    ['--expires', '99999d'],
    ['--scope', 'holds:everything'],
    ['--purpose', 'two\nlines'],
    ['--purpose', ''],
  ])('changes nothing for %s %j', async (option, value) => {
    const before = readFileSync(file, 'utf8');
    const answer = await run('token', 'maya', option, value);
    expect(answer.code ?? answer.status).not.toBe(0);
    expect(answer.stdout).toBe('');
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  it('is listed, and revoked by the id that the list shows', async () => {
    await run('token', 'maya', '--purpose', 'SIEM', '--scope', 'evidence:read', '--scope', 'setup:read');
    const listed = (await run('tokens')).stdout;
    expect(listed).toMatch(/maya +SIEM +evidence:read setup:read +\d{4}-\d\d-\d\d/);
    expect(listed).toMatch(new RegExp(`${old.slice(0, 12)} +tom +- +everything +never`));
    expect(listed).not.toContain(old);
    expect(JSON.parse((await run('tokens', 'maya', '--json')).stdout)).toMatchObject([
      { reviewer: 'maya', scopes: ['evidence:read', 'setup:read'], isExpired: false },
    ]);
    const id = tokensOf('maya')[0]?.hash.slice(0, 12) ?? '';
    await expect(run('revoke-token', 'tom', id)).resolves.toMatchObject({ code: 'CLI_NOT_FOUND' });
    await run('revoke-token', 'maya', id);
    await run('revoke-token', 'tom', old.slice(0, 12));
    expect([tokensOf('maya'), tokensOf('tom')]).toEqual([[], []]);
    expect((await run('tokens')).stdout).toContain('no API tokens');
  });

  it('of two people is a problem of the configuration', () => {
    const text = readFileSync(file, 'utf8').replace('api_tokens: []', `api_tokens: ["sha256:${old}"]`);
    writeFileSync(file, text);
    expect(() => loadConfig(file, {})).toThrow(/is also a token of maya/);
  });
});
