/** The examples of a description: command lines with what they must come out as, checked with the real reader. */
import { dynamicWord } from '../dynamic-word.ts';
import type { Word } from '../model.ts';
import type { ToolReading } from '../reading.ts';
import type { Tool } from './compile.ts';
import type { ToolReader } from './reader.ts';

export interface Example {
  readonly line: string;
  /** Effects beyond `read`, sorted; `unknown` when it must not be understood, `nested` when it contains a command. */
  readonly effects: readonly string[];
  readonly side: 'accepts' | 'refuses';
}

export function examplesOf(tool: Tool): readonly Example[] {
  const { accepts, refuses } = tool.description;
  return [...list(accepts, 'accepts'), ...list(refuses, 'refuses')];
}

function list(raw: readonly string[] | Readonly<Record<string, string>>, side: Example['side']): readonly Example[] {
  if (Array.isArray(raw)) {
    return raw.map((line: string) => ({ line, side, effects: side === 'accepts' ? [] : ['unknown'] }));
  }
  return Object.entries(raw).map(([line, effects]) => ({
    line,
    side,
    effects: effects
      .split(/\s+/)
      .filter((effect) => effect !== '' && effect !== 'read')
      .sort(),
  }));
}

/** What is wrong with the example; undefined when it comes out as written. */
export function checkExample(tool: Tool, example: Example, read: ToolReader): string | undefined {
  const argv = splitExample(example.line);
  const reading = read(argv, { workingDirectory: '/srv/app', homeDirectory: '/home/agent', runsAs: undefined });
  const found = effectsOf(reading, example.side);
  if (reading.tool !== tool.name && !example.effects.includes('unknown'))
    return `is read as ${reading.tool ?? 'no tool'}`;
  if (example.side === 'refuses' && found.length === 0) return 'only reads';
  const isAsWritten = example.effects.includes('unknown')
    ? found.includes('unknown')
    : found.join(' ') === example.effects.join(' ');
  if (isAsWritten) return undefined;
  const unknowns = reading.unknowns.map((unknown) => unknown.reason).join('; ');
  return `comes out as [${found.join(' ')}], not [${example.effects.join(' ')}]${unknowns === '' ? '' : ` (${unknowns})`}`;
}

/** On the side of what is refused, a nested command counts: what it does is read elsewhere. */
function effectsOf(reading: ToolReading, side: Example['side']): readonly string[] {
  const kinds = new Set<string>(reading.effects.map((effect) => effect.kind));
  if (side === 'refuses' && reading.nested.length > 0) kinds.add('nested');
  return [...kinds].filter((kind) => kind !== 'read').sort();
}

/** Enough of the shell for examples: quotes, `$name` and globs. */
export function splitExample(line: string): readonly Word[] {
  const words: Word[] = [];
  for (const match of line.matchAll(/(?:'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^\s'"\\])+/gs)) {
    const raw = match[0];
    const span = [match.index, match.index + raw.length] as const;
    let value = '';
    let dynamic: 'parameter' | 'glob' | 'tilde' | undefined;
    for (const part of raw.matchAll(/'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|(.)/gs)) {
      if (dynamic !== undefined) break;
      const [, single, double, escaped, plain] = part;
      const text = single ?? double?.replaceAll(/\\(["\\$`])/g, '$1') ?? escaped ?? plain ?? '';
      const dollar = double === undefined ? -1 : double.search(/\$[\w{(@]/);
      if (plain === '$' || dollar >= 0) dynamic = 'parameter';
      else if (plain === '*' || plain === '?' || (plain === '[' && raw.includes(']'))) dynamic = 'glob';
      else if (plain === '~' && part.index === 0) dynamic = 'tilde';
      if (dynamic === undefined) value += text;
      else if (dollar > 0) value += double?.slice(0, dollar) ?? '';
    }
    words.push(
      dynamic === undefined
        ? { kind: 'known', value, raw, span }
        : dynamicWord({ why: dynamic, prefix: value, raw, span }),
    );
  }
  return words;
}
