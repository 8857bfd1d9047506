/**
 * Refuses to start on an ssh2 without our patches.
 *
 * Unpatched, one packet of an authenticated client stops the process, standard output and standard error of one channel
 * corrupt each other, and a client that ignores its window fills the memory. An `npm install --ignore-scripts` would
 * bring all of that back silently, so every patch carries a marker and all of them are looked for.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { SallyportError } from '../errors.ts';

/** The only version whose source the patches and our use of private fields were checked against. */
const pinnedVersion = '1.17.0';

/** Patch → files that must carry its marker, and how often. */
const patches: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'flush-both-streams': { 'server.js': 1 },
  'packet-size': { 'protocol/handlers.misc.js': 2 },
  'window-enforced': { 'server.js': 1, 'client.js': 2 },
  'packet-limit': { 'protocol/crypto.js': 1 },
  'kex-guess': { 'protocol/kex.js': 1 },
  'pty-modes': { 'protocol/handlers.misc.js': 1 },
  'signature-algorithms': { 'protocol/Protocol.js': 1 },
  'exec-bytes': { 'server.js': 1, 'protocol/handlers.misc.js': 1 },
  'late-kexinit': { 'protocol/kex.js': 1, 'protocol/Protocol.js': 1 },
  'early-close': { 'server.js': 1 },
  'signal-after-eof': { 'server.js': 1 },
  'refusal-text': { 'server.js': 1 },
};

/** Where ssh2 was found; tests point it at a copy. */
export function ssh2Directory(): string {
  return dirname(createRequire(import.meta.url).resolve('ssh2/package.json'));
}

/** Names of the patches that are missing; empty when the library is safe to use. */
export function missingPatches(directory: string): readonly string[] {
  return Object.entries(patches)
    .filter(([name, files]) =>
      Object.entries(files).some(([file, count]) => {
        const text = readFileSync(join(directory, 'lib', file), 'utf8');
        return text.split(`sallyport-patch: ${name}\n`).length - 1 < count;
      }),
    )
    .map(([name]) => name);
}

/** Throws SSH_LIBRARY_UNPATCHED; to be called before the first socket is opened. */
export function requirePatchedSsh2(directory = ssh2Directory()): void {
  const { version } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  if (version !== pinnedVersion) {
    throw new SallyportError(
      'SSH_LIBRARY_UNPATCHED',
      `ssh2 ${version} is installed, but only ${pinnedVersion} with Sallyport's patches is safe. Run: npm ci`,
    );
  }
  const missing = missingPatches(directory);
  if (missing.length > 0) {
    throw new SallyportError(
      'SSH_LIBRARY_UNPATCHED',
      `the installed ssh2 lacks these patches: ${missing.join(', ')}. ` +
        'Run: npm ci, or: npx patch-package --patch-dir src/ssh/patches',
    );
  }
}

/** False when ssh2 fell back to JavaScript: still correct, at up to twice the processor time per byte. */
export function hasNativeCrypto(): boolean {
  const crypto: unknown = createRequire(import.meta.url)('ssh2/lib/protocol/crypto.js');
  return (
    typeof crypto === 'object' && crypto !== null && 'bindingAvailable' in crypto && crypto.bindingAvailable === true
  );
}
