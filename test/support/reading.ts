import type { PathReader, ProgramReading } from '../../src/command/reading.ts';

/** Paths as written: the readers leave normalising to their caller. */
export const plainPath: PathReader = (access, text) => ({
  access,
  path: text,
  isPrefix: false,
  isRelative: !text.startsWith('/'),
  hasParent: text.split('/').includes('..'),
});

/** What a reading says, in few words; an empty object for a program that only transforms its input. */
export function summarise(reading: ProgramReading): Record<string, readonly string[]> {
  const said = {
    effects: [...new Set(reading.effects.map((effect) => effect.kind))],
    paths: reading.paths.map((path) => `${path.access} ${path.path}`),
    code: reading.code.map((code) => `${code.language}: ${code.text ?? '?'}`),
    shell: reading.shell,
    unknowns: reading.unknowns.map((unknown) => unknown.code),
  };
  return Object.fromEntries(Object.entries(said).filter(([, words]) => words.length > 0));
}
