/**
 * Reads the tool descriptions from disk: the shipped directory, then those a security team adds. Files are read in the
 * order of their names; a later directory may take the place of a description only if it says so.
 *
 * The build leaves a snapshot beside the compiled program: what each file was read as, under the SHA-256 of its text.
 * A file whose text is in the snapshot is not read as YAML again; any other is, as strictly as when it was built.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LibrarySource, readLibrary, type ToolDescription, type ToolLibrary } from './command/tools/index.ts';
import { SallyportError } from './errors.ts';
import { shippedPolicies } from './package-root.ts';

const shippedDirectory = join(shippedPolicies, 'library');
/** Beside the compiled program; absent when it runs from its sources. */
const snapshotFile = fileURLToPath(new URL('./library.json', import.meta.url));

/** SHA-256 (hex) of a file's text → the descriptions in it. */
export type LibrarySnapshot = Readonly<Record<string, readonly ToolDescription[]>>;

export class LibraryError extends SallyportError<'LIBRARY_INVALID' | 'LIBRARY_UNREADABLE'> {}

/**
 * @throws {LibraryError} LIBRARY_UNREADABLE when a directory cannot be read, LIBRARY_INVALID with every problem, one
 * per line as `file:line: problem`.
 */
export function loadLibrary(extraDirectories: readonly string[] = []): ToolLibrary {
  return read([shippedDirectory, ...extraDirectories].flatMap(readDirectory), readSnapshot());
}

/** The shipped descriptions, read from their YAML whatever a snapshot says. */
export function snapshotLibrary(): LibrarySnapshot {
  const sources = readDirectory(shippedDirectory);
  const { tools } = read(sources, {});
  return Object.fromEntries(
    sources.map(({ file, text }) => [
      digestOf(text),
      tools.filter((tool) => tool.file === file).map((tool) => tool.description),
    ]),
  );
}

function read(sources: readonly LibrarySource[], snapshot: LibrarySnapshot): ToolLibrary {
  const known = sources.map((source) => {
    const digest = digestOf(source.text);
    return { ...source, tools: Object.hasOwn(snapshot, digest) ? snapshot[digest] : undefined };
  });
  const reading = readLibrary(known);
  if (reading.kind === 'library') return reading.library;
  const lines = reading.problems.map(({ file, line, problem }) => `${file}:${line}: ${problem}`);
  throw new LibraryError('LIBRARY_INVALID', `invalid tool descriptions:\n  ${lines.join('\n  ')}`);
}

function readSnapshot(): LibrarySnapshot {
  if (!existsSync(snapshotFile)) return {};
  // The build wrote it, like the program beside it.
  return JSON.parse(readFileSync(snapshotFile, 'utf8')) as LibrarySnapshot;
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function readDirectory(directory: string): readonly LibrarySource[] {
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
