import { join } from 'node:path';

const form = /^recordings\/\d{4}-\d{2}-\d{2}\/[A-Za-z0-9_-]+\.cast$/;

/** Path of a recording as the audit log names it; undefined for a name that no recorder gave. HOSTILE: it may be from a request. */
export function recordingFile(stateDirectory: string, name: string): string | undefined {
  return form.test(name) ? join(stateDirectory, name) : undefined;
}
