import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { hasNativeCrypto, missingPatches, requirePatchedSsh2, ssh2Directory } from '../../src/ssh/patched.ts';

const directory = mkdtempSync(join(tmpdir(), 'sallyport-ssh2-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const copy = (name: string) => {
  const to = join(directory, name);
  cpSync(ssh2Directory(), to, { recursive: true, filter: (file) => !file.includes('/build') });
  return to;
};
const files = [
  'server.js',
  'client.js',
  'protocol/kex.js',
  'protocol/Protocol.js',
  'protocol/handlers.misc.js',
  'protocol/crypto.js',
];
const markers = (at: string) =>
  files.flatMap((file) =>
    [...readFileSync(join(at, 'lib', file), 'utf8').matchAll(/sallyport-patch: \S+\n/g)].map((match) => ({
      file,
      marker: match[0],
      index: match.index,
    })),
  );

it('the installed library has every patch', () => {
  expect(missingPatches(ssh2Directory())).toEqual([]);
});

it('each single marker that is missing is noticed, and the message says what to run', () => {
  const at = copy('one');
  expect(markers(at).length).toBeGreaterThan(10);
  for (const { file, marker, index } of markers(at)) {
    const path = join(at, 'lib', file);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, `${text.slice(0, index)}${text.slice(index + marker.length)}`);
    expect(() => requirePatchedSsh2(at)).toThrow(/lacks these patches: \S+\. Run: npm ci, or: npx patch-package/);
    writeFileSync(path, text);
  }
  requirePatchedSsh2(at);
});

it('another version is refused, patched or not', () => {
  const at = copy('two');
  const manifest = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8'));
  writeFileSync(join(at, 'package.json'), JSON.stringify({ ...manifest, version: '1.18.0' }));
  expect(() => requirePatchedSsh2(at)).toThrow(expect.objectContaining({ code: 'SSH_LIBRARY_UNPATCHED' }));
});

it('the native part of the library was built', () => {
  expect(hasNativeCrypto()).toBe(true);
});
