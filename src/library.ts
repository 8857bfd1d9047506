/**
 * Reads the tool descriptions from disk: the shipped directory, then those a security team adds. Files are read in the
 * order of their names; a later directory may take the place of a description only if it says so.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readLibrary, type ToolLibrary } from './command/tools/index.ts';
import { SallyportError } from './errors.ts';

/** Both `src` and `dist` lie beside `policies`. */
const shippedDirectory = fileURLToPath(new URL('../policies/library', import.meta.url));

export class LibraryError extends SallyportError<'LIBRARY_INVALID' | 'LIBRARY_UNREADABLE'> {}

/**
 * @throws {LibraryError} LIBRARY_UNREADABLE when a directory cannot be read, LIBRARY_INVALID with every problem, one
 * per line as `file:line: problem`.
 */
export function loadLibrary(extraDirectories: readonly string[] = []): ToolLibrary {
  const sources = [shippedDirectory, ...extraDirectories].flatMap(readDirectory);
  const reading = readLibrary(sources);
  if (reading.kind === 'library') return reading.library;
  const lines = reading.problems.map(({ file, line, problem }) => `${file}:${line}: ${problem}`);
  throw new LibraryError('LIBRARY_INVALID', `invalid tool descriptions:\n  ${lines.join('\n  ')}`);
}

function readDirectory(directory: string): readonly { readonly file: string; readonly text: string }[] {
  try {
    const names = readdirSync(directory).filter((name) => /\.ya?ml$/.test(name));
    return names.sort().map((name) => {
      const file = join(directory, name);
      return { file, text: readFileSync(file, 'utf8') };
    });
  } catch (cause) {
    throw new LibraryError('LIBRARY_UNREADABLE', `cannot read tool descriptions in ${directory}`, { cause });
  }
}
