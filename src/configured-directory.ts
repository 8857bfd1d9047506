import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';

/**
 * The state directory a configuration file names; undefined when there is no such file or it names none. Reads nothing
 * else of it, because evidence must stay readable while the configuration has problems.
 */
export function configuredDirectory(configFile: string): string | undefined {
  try {
    const written: unknown = parseDocument(readFileSync(configFile, 'utf8')).get('state_directory');
    return typeof written === 'string' ? resolve(dirname(configFile), written) : undefined;
  } catch {
    return undefined;
  }
}
