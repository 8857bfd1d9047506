import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = new URL('../src', import.meta.url).pathname;

/** Folder → folders whose code it may run. Types may also come from the folders in `typesFrom`. */
const mayRun: Record<string, readonly string[]> = {
  command: [],
  policy: [],
  mask: [],
  audit: [],
  recording: [],
  approval: [],
  gate: ['command', 'policy', 'mask', 'audit', 'recording', 'approval'],
  store: ['gate', 'approval', 'audit'],
  notify: ['gate', 'approval'],
  // What both SSH legs need of a connection.
  transport: [],
  target: ['gate', 'transport'],
  ssh: ['gate', 'transport'],
  web: ['gate', 'command', 'policy', 'mask', 'audit', 'recording', 'approval'],
};
/** Compositions: they join the parts and may run everything below them. */
const composers = new Set(['', 'cli', 'dev']);

/** Package → the only folders that may import it ('' is src itself). */
const homes: Record<string, readonly string[]> = {
  ssh2: ['ssh', 'target', 'dev', ''],
  bullmq: ['store', 'approval'],
  ioredis: ['store'],
  nodemailer: ['notify'],
  unbash: ['command'],
  'libpg-query': ['command'],
  'node-sql-parser': ['command'],
  re2js: ['policy', 'mask', 'command'],
  '@marcbachmann/cel-js': ['policy'],
  hono: ['web', 'dev'],
  '@simplewebauthn/server': ['web'],
  '@hono/node-server': ['web', 'dev'],
  'smtp-server': ['dev'],
  'postal-mime': ['dev'],
  pino: [''],
  commander: ['cli', ''],
};
const pure = new Set(['command', 'policy', 'mask']);
const impureModules = /^node:(fs|net|http|https|child_process|dgram|dns|tls|timers|worker_threads|os|process)/;

interface Import {
  readonly file: string;
  readonly folder: string;
  readonly specifier: string;
  readonly isTypeOnly: boolean;
}

const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
  (name) => /\.tsx?$/.test(name) && !name.endsWith('.test.ts'),
);
const folderOf = (name: string) => (name.includes(sep) ? (name.split(sep)[0] ?? '') : '');
const imports: Import[] = files.flatMap((file) => {
  const text = readFileSync(join(root, file), 'utf8');
  return [
    ...text.matchAll(/^\s*(import|export)\s+(type\s)?[^;'"]*?from\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm),
  ].map((match) => ({
    file,
    folder: folderOf(file),
    specifier: match[3] ?? match[4] ?? '',
    isTypeOnly: match[2] !== undefined,
  }));
});

describe('imports', () => {
  it('follow the arrows of the design', () => {
    const wrong = imports.filter(({ file, folder, specifier, isTypeOnly }) => {
      if (!specifier.startsWith('.') || composers.has(folder)) return false;
      const wanted = folderOf(relative(root, join(root, dirname(file), specifier)));
      if (wanted === folder || isTypeOnly) return false;
      // config.ts, errors.ts and log.ts lie below everything; app.ts and main.ts above.
      if (wanted === '') return /\/(app|main)\.ts$/.test(specifier);
      return !(mayRun[folder] ?? []).includes(wanted);
    });
    expect(wrong.map((i) => `${i.file} imports ${i.specifier}`)).toEqual([]);
  });

  it('keep each dependency in its home', () => {
    const wrong = imports.filter(({ folder, specifier, isTypeOnly }) => {
      const name = specifier.startsWith('@')
        ? specifier.split('/').slice(0, 2).join('/')
        : (specifier.split('/')[0] ?? '');
      const allowed = homes[name];
      return allowed !== undefined && !isTypeOnly && !allowed.includes(folder);
    });
    expect(wrong.map((i) => `${i.file} imports ${i.specifier}`)).toEqual([]);
  });

  it('keep the pure folders free of I/O', () => {
    const wrong = imports.filter((i) => pure.has(i.folder) && impureModules.test(i.specifier) && !i.isTypeOnly);
    expect(wrong.map((i) => `${i.file} imports ${i.specifier}`)).toEqual([]);
  });
});

describe('files', () => {
  it('stay readable: no source file over 400 lines', () => {
    const long = files
      .map((name) => ({ name, lines: readFileSync(join(root, name), 'utf8').split('\n').length }))
      .filter(({ lines }) => lines > 400);
    expect(long).toEqual([]);
  });

  it('have names of their own', () => {
    expect(files.filter((name) => /(^|\/)(utils?|helpers?|common|manager|service|types)\.tsx?$/.test(name))).toEqual(
      [],
    );
  });

  it('leave process.exit to main.ts', () => {
    const wrong = files.filter(
      (name) => name !== 'main.ts' && /process\.exit\(/.test(readFileSync(join(root, name), 'utf8')),
    );
    expect(wrong).toEqual([]);
  });
});
