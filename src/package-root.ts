import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the package lies: above `src/` and above `dist/`. */
const packageRoot = dirname(dirname(fileURLToPath(import.meta.url)));

export const shippedPolicies = join(packageRoot, 'policies');

export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string };
  return version;
}
