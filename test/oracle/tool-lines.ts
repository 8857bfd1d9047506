/** Command lines of the described tools: what a description knows, in every form that people write it, and its examples cut up. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import type { Tool, ToolCommand, ToolOption } from '../../src/command/tools/compile.ts';
import { splitExample } from '../../src/command/tools/example.ts';
import { examplesOf } from '../../src/command/tools/index.ts';
import type { Role } from '../../src/command/tools/role.ts';
import type { Random } from '../support/random.ts';

/** A tool, or a sub-command of one. */
export interface Described {
  readonly words: readonly string[];
  readonly command: ToolCommand;
  readonly options: readonly ToolOption[];
  /** What follows `words` in the examples. */
  readonly examples: readonly (readonly string[])[];
}

const directories = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin'];
const builtins = ['test', '[', 'echo', 'printf', 'true', 'false', ':', 'pwd', 'type', 'command', 'ulimit'];

function isInstalled(name: string): boolean {
  if (builtins.includes(name)) return true;
  return directories.some((directory) => {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

interface DescribedHere {
  /** Of each tool that is installed its commands. */
  readonly here: readonly (readonly Described[])[];
  readonly missing: readonly string[];
}

/** `isHere`: whether there is a tool of that name. */
export function describedHere(tools: readonly Tool[], isHere: (name: string) => boolean = isInstalled): DescribedHere {
  const names = tools.flatMap((tool) => [tool.name, ...tool.aliases].map((name) => ({ name, tool })));
  const here = names.filter(({ name }) => isHere(name));
  return {
    here: here.map(({ name, tool }) => commandsOf([name], tool.command, knownExamples(tool))),
    missing: names.filter(({ name }) => !isHere(name)).map(({ name }) => name),
  };
}

const knownExamples = (tool: Tool): readonly (readonly string[])[] =>
  examplesOf(tool)
    .map(({ line }) => splitExample(line))
    .filter((words) => words.every(({ kind }) => kind === 'known'))
    .map((words) => words.slice(1).map((word) => (word.kind === 'known' ? word.value : '')));

function commandsOf(words: readonly string[], command: ToolCommand, examples: Described['examples']): Described[] {
  const below = [...command.subcommands].flatMap(([name, child]) => {
    const behind = examples.filter(([first]) => first === name).map((example) => example.slice(1));
    return commandsOf([...words, name.replace('*', 'x')], child, behind);
  });
  return [{ words, command, options: [...new Set(command.options.values())], examples }, ...below];
}

const files = [
  ...'f.txt g.txt link d dlink new ./-n - . broken list list0 SUMS a.sh a.py a.1 a.o d/sub /etc/hostname /tmp/new'.split(
    ' ',
  ),
  ...'a.tar a.tgz a.zip a.gz a.xz a.a a.json a.xml a.db'.split(' '),
  'a b',
  '',
];
const texts = [
  'x',
  '1',
  '',
  'f.txt',
  'new',
  'd',
  '@g.txt',
  'a=b',
  'HEAD',
  'HEAD:f.txt',
  'other',
  'packed',
  '*',
  '--',
  '-x',
];

function value(role: Role, { examples }: Described, random: Random): string {
  if (role.kind === 'one-of') return random.pick([...role.exact, ...role.starts.map((start) => `${start}x`), 'x']);
  if (role.kind === 'each-of') return random.pick([...role.values, 'x']);
  if (role.kind === 'number') return random.pick(['1', '0', '2', '-1', '+3', 'x']);
  const words = examples.flat().filter((word) => !word.startsWith('-'));
  return random.pick(random.below(3) === 0 ? texts : random.below(2) === 0 && words.length > 0 ? words : files);
}

function written({ names, values, isAttached }: ToolOption, described: Described, random: Random): readonly string[] {
  const name = random.pick(names);
  const isLong = name.startsWith('--');
  const given = isLong && random.below(4) === 0 ? name.slice(0, 4 + random.below(name.length)) : name;
  const [first, ...others] = values.map((role) => value(role, described, random));
  if (first === undefined) return [random.below(30) === 0 ? `${given}=true` : given];
  if (isAttached && random.below(2) === 0) return [given];
  if (!isAttached && random.below(2) === 0) return [given, first, ...others];
  return [`${given}${isLong ? '=' : ''}${first}`, ...others];
}

/** `-abc`, or `-abcVALUE`. */
function cluster(described: Described, random: Random): readonly string[] {
  const short = described.options.filter(({ names }) => names.some((name) => /^-\w$/.test(name)));
  const letters = Array.from({ length: short.length === 0 ? 0 : 2 + random.below(2) }, () => random.pick(short));
  const text = letters.map(({ names }) => names.find((name) => /^-\w$/.test(name))?.slice(1)).join('');
  const role = letters.at(-1)?.values[0];
  return letters.length === 0 ? [] : [`-${text}`, ...(role === undefined ? [] : [value(role, described, random)])];
}

function operands(described: Described, random: Random): readonly string[] {
  if (random.below(3) === 0 && described.examples.length > 0) {
    const isFile = (word: string) => /^[^-].*[./]/.test(word) && random.below(2) === 0;
    return random.pick(described.examples).map((word) => (isFile(word) ? random.pick(files) : word));
  }
  return described.command.slots.flatMap(({ role, isOptional, isRest }) =>
    isOptional && random.below(3) === 0
      ? []
      : Array.from({ length: isRest ? 1 + random.below(2) : 1 }, () => value(role, described, random)),
  );
}

const quote = (word: string): string => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** A line of the command with this option, where one is given, and some others. */
export function toolLine(described: Described, first: ToolOption | undefined, random: Random): string {
  const { options } = described;
  if (first === undefined && random.below(8) === 0) return described.words.map(quote).join(' ');
  const chosen = Array.from({ length: options.length === 0 ? 0 : random.below(3) }, () => random.pick(options));
  const words = [...operands(described, random)];
  for (const option of first === undefined ? chosen : [first, ...chosen]) {
    const isClustered = option !== first && random.below(3) === 0;
    const given = isClustered ? cluster(described, random) : written(option, described, random);
    // In front, at the end, or between: not every tool takes them everywhere.
    words.splice(random.pick([0, 0, words.length, random.below(words.length + 1)]), 0, ...given);
  }
  return [...described.words, ...words].map(quote).join(' ');
}
