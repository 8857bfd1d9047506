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

/** Package → the only folders that may import it ('' is src itself). Every dependency has an entry. */
const homes: Record<string, readonly string[]> = {
  '@hono/node-server': ['web', 'dev'],
  '@marcbachmann/cel-js': ['policy'],
  // Not imported: asked for by name on a Node without SQLite of its own.
  '@photostructure/sqlite': [],
  '@simplewebauthn/server': ['web'],
  // Not imported: its player is served to the browser.
  'asciinema-player': [],
  bullmq: ['store', 'approval'],
  commander: ['cli', ''],
  hono: ['web', 'dev'],
  ioredis: ['store'],
  'libpg-query': ['command'],
  'node-sql-parser': ['command'],
  nodemailer: ['notify'],
  'openid-client': ['web'],
  // Not imported: runs when the packages are installed.
  'patch-package': [],
  pino: [''],
  'postal-mime': ['dev'],
  re2js: ['policy', 'mask', 'command'],
  'shell-quote': ['policy'],
  'smtp-server': ['dev'],
  ssh2: ['ssh', 'target', 'dev', ''],
  unbash: ['command'],
  yaml: ['command', 'policy', ''],
  zod: ['command', 'web', 'notify', 'cli', ''],
};
/** Only in tests, for a worker that starts from the sources. */
const sourceLoader = 'tsx/esm/api';
const pure = new Set(['command', 'policy', 'mask']);
const impureValues =
  /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bperformance\.now\(|\bprocess\.|\bset(?:Timeout|Interval)\(/;
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
const packageOf = (specifier: string) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
const imports: Import[] = files.flatMap((file) => {
  const text = readFileSync(join(root, file), 'utf8');
  return [
    ...text.matchAll(
      /^\s*(?:import|export)\s+(type\s)?(?:[^;'"]*?from\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm,
    ),
  ].map((match) => ({
    file,
    folder: folderOf(file),
    specifier: match[2] ?? match[3] ?? '',
    isTypeOnly: match[1] !== undefined,
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
      if (/^\.|^node:/.test(specifier) || isTypeOnly || specifier === sourceLoader) return false;
      return !(homes[packageOf(specifier)] ?? []).includes(folder);
    });
    expect(wrong.map((i) => `${i.file} imports ${i.specifier}`)).toEqual([]);
  });

  it('need every dependency of the package, and no other', () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, '../package.json'), 'utf8'));
    expect(Object.keys(dependencies).sort()).toEqual(Object.keys(homes).sort());
    const imported = new Set(imports.map(({ specifier }) => packageOf(specifier)));
    const idle = Object.keys(homes).filter((name) => (homes[name]?.length ?? 0) > 0 && !imported.has(name));
    expect(idle).toEqual([]);
  });

  it('come from folders that the arrows know', () => {
    const folders = new Set(files.map(folderOf));
    expect([...folders].filter((folder) => mayRun[folder] === undefined && !composers.has(folder))).toEqual([]);
  });

  it('keep the pure folders free of I/O', () => {
    const wrong = imports.filter((i) => pure.has(i.folder) && impureModules.test(i.specifier) && !i.isTypeOnly);
    expect(wrong.map((i) => `${i.file} imports ${i.specifier}`)).toEqual([]);
  });

  it('leave time and chance to the callers of the pure folders', () => {
    const wrong = files.filter(
      (name) => pure.has(folderOf(name)) && impureValues.test(readFileSync(join(root, name), 'utf8')),
    );
    expect(wrong).toEqual([]);
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

describe('tests', () => {
  it('run: none is skipped, none keeps the others from running', () => {
    const directory = join(root, '../test');
    const wrong = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter(
      (name) =>
        name.endsWith('.test.ts') &&
        /\b(?:it|test|describe)\.(?:skip|only|todo|skipIf|runIf|fails)\b/.test(
          readFileSync(join(directory, name), 'utf8'),
        ),
    );
    expect(wrong).toEqual([]);
  });
});
