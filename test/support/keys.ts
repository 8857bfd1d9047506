import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface KeyFile {
  readonly file: string;
  readonly publicLine: string;
  readonly fingerprint: string;
}

/** Makes a key with ssh-keygen. */
export function makeKey(directory: string, name: string, type = 'ed25519', bits?: number): KeyFile {
  const file = join(directory, name);
  const size = bits === undefined ? [] : ['-b', String(bits)];
  execFileSync('ssh-keygen', ['-q', '-t', type, ...size, '-N', '', '-C', name, '-f', file]);
  const publicLine = readFileSync(`${file}.pub`, 'utf8').trim();
  return {
    file,
    publicLine,
    // Most keys are never asked for it, and a process of its own costs more than the key.
    get fingerprint() {
      const shown = execFileSync('ssh-keygen', ['-lf', `${file}.pub`], { encoding: 'utf8' });
      return shown.split(' ')[1] ?? '';
    },
  };
}
