/**
 * Our own few static files, and the recording player from its package. Read once, served from memory by exact name.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { WebError } from './error.ts';

export interface Asset {
  readonly body: Buffer<ArrayBuffer>;
  readonly type: string;
  readonly etag: string;
}

const types: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};
const own = ['style.css', 'review.js', 'console.js', 'sign-in.js', 'replay.js', 'passkey.js', 'icon.svg'];
const player = ['asciinema-player.min.js', 'asciinema-player.css'];

function load(file: string, name: string): Asset {
  try {
    const body = Buffer.from(readFileSync(file));
    const type = types[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
    return { body, type, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` };
  } catch (cause) {
    throw new WebError('WEB_ASSET_MISSING', `the web file ${name} is missing: run npm run build`, { cause });
  }
}

/** Name → file. Throws WEB_ASSET_MISSING when the build is incomplete, at start-up and not at the first visit. */
export function loadAssets(): ReadonlyMap<string, Asset> {
  const require = createRequire(import.meta.url);
  const packaged = (name: string) => require.resolve(`asciinema-player/dist/bundle/${name}`);
  return new Map([
    ...own.map((name) => [name, load(fileURLToPath(new URL(`assets/${name}`, import.meta.url)), name)] as const),
    ...player.map((name) => [name, load(packaged(name), name)] as const),
  ]);
}
