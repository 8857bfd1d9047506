import type { Word } from '../../src/command/model.ts';
import type { NestedProgram, ToolReader, ToolReading } from '../../src/command/reading.ts';
import { emptyReading } from '../../src/command/shell/builtin.ts';

/** A handful of tools by hand, so that tests of the grammar do not depend on the library of descriptions. */
const nothing: ToolReading = { ...emptyReading(''), tool: undefined };

const readers = new Set('ls echo printf cat wc grep head tail date id true false test [ pwd sort uniq find'.split(' '));
const neverReads = new Set('ls echo printf date id true false test [ pwd find'.split(' '));
const argv = (words: readonly Word[], via: string, change: Partial<NestedProgram & { kind: 'argv' }> = {}) =>
  ({
    kind: 'argv',
    words,
    via,
    hasUnseenArguments: false,
    runsAs: undefined,
    runsOn: undefined,
    environment: [],
    workingDirectory: undefined,
    stdin: 'inherit',
    ...change,
  }) as const;

/** Knows `ls`, `cat` and such; `sudo [-u NAME] CMD`, `env [A=b …] CMD`, `xargs CMD`, `sh -c TEXT`, `ssh HOST TEXT …`. */
export const readTestTool: ToolReader = (words, context) => {
  const name = words[0]?.kind === 'known' ? words[0].value : '';
  const value = (i: number): string | undefined => (words[i]?.kind === 'known' ? words[i].value : undefined);
  const reading: ToolReading = { ...nothing, tool: name };
  switch (name) {
    case 'sudo': {
      const hasUser = value(1) === '-u';
      const runsAs = hasUser ? (value(2) ?? '?') : 'root';
      return {
        ...reading,
        runsAs,
        effects: [{ kind: 'privilege', why: 'sudo' }],
        nested: [argv(words.slice(hasUser ? 3 : 1), 'sudo', { runsAs })],
      };
    }
    case 'env': {
      const at = words.findIndex((word, i) => i > 0 && !(word.kind === 'known' && /^\w+=/.test(word.value)));
      const environment = words.slice(1, at).map((word) => {
        const text = word.kind === 'known' ? word.value : '';
        return { name: text.split('=')[0] ?? '', value: { ...word, value: text.replace(/^\w+=/, '') } as Word };
      });
      return { ...reading, nested: [argv(words.slice(at), 'env', { environment })] };
    }
    case 'xargs':
      return {
        ...reading,
        stdin: 'data',
        nested: [argv(words.slice(1), 'xargs', { hasUnseenArguments: true, stdin: 'closed' })],
      };
    case 'sh':
    case 'bash':
      if (value(1) === '-c') {
        const nested = { kind: 'shell', words: words.slice(2, 3), via: `${name} -c`, stdin: 'inherit' } as const;
        return {
          ...reading,
          nested: [{ ...nested, runsAs: undefined, runsOn: undefined, hasUnseenArguments: false }],
        };
      }
      return words.length === 1 || value(1) === '-s'
        ? { ...reading, stdin: 'code', stdinLanguage: 'shell' }
        : { ...reading, effects: [{ kind: 'execute-code', why: 'script' }] };
    case 'python3':
      return { ...reading, stdin: 'code', stdinLanguage: 'python' };
    case 'ssh': {
      const nested = { kind: 'shell', words: words.slice(2), via: 'ssh', stdin: 'inherit' } as const;
      return {
        ...reading,
        nested: [{ ...nested, runsAs: undefined, runsOn: value(1) ?? '?', hasUnseenArguments: false }],
      };
    }
    default:
      if (!readers.has(name)) {
        return {
          ...nothing,
          stdin: 'unknown',
          unknowns: [{ code: 'TOOL_UNKNOWN', reason: `${name} has no description`, span: words[0]?.span }],
        };
      }
      return {
        ...reading,
        stdin: words.length === 1 && !neverReads.has(name) ? 'data' : 'unused',
        effects: [{ kind: 'read', why: name }],
        paths: words.slice(1).flatMap((word) => {
          const text = word.kind === 'known' ? word.value : word.prefix;
          if (text.startsWith('-')) return [];
          const isRelative = !text.startsWith('/') && context.workingDirectory === undefined;
          const path = text.startsWith('/') || isRelative ? text : `${context.workingDirectory}/${text}`;
          return [{ access: 'read', path, isPrefix: word.kind === 'dynamic', isRelative, hasParent: false } as const];
        }),
      };
  }
};

/** Also takes every name that no test tool has, so that only the grammar can say "unknown". */
export const readAnyTool: ToolReader = (words, context) => {
  const reading = readTestTool(words, context);
  const name = words[0]?.kind === 'known' ? words[0].value : '';
  return reading.tool === undefined ? { ...nothing, tool: name, effects: [{ kind: 'read', why: name }] } : reading;
};
