/** Part of the build: writes what the shipped tool descriptions were read as beside the compiled program. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { snapshotLibrary } from '../library.ts';

writeFileSync(fileURLToPath(new URL('../library.json', import.meta.url)), JSON.stringify(snapshotLibrary()));
