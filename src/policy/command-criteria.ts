/** Criteria about the command as such: effects, tools, argv, account, place, dialect, size. */
import type { Node } from 'yaml';
import type { EffectKind, SimpleCommand } from '../command/model.ts';
import type { ToolNames } from '../command/tools/index.ts';
import { type ArgvPattern, compileArgvPattern } from './argv-pattern.ts';
import { any, type Certainty, certain, conceivable, no, plausible } from './certainty.ts';
import type { Criterion } from './criterion.ts';
import type { CriterionReader, MatcherScope } from './matcher.ts';
import { nameKeys } from './names.ts';
import { didYouMean } from './problem.ts';
import { baseName, withoutVersion } from './program-name.ts';
import { effectTraits, trait } from './traits.ts';

export const effectKinds = [
  'read',
  'write',
  'delete',
  'execute-code',
  'network',
  'privilege',
  'service',
  'package',
  'process',
  'identity',
] as const satisfies readonly EffectKind[];

const dialects = ['bash', 'posix', 'busybox', 'unknown'] as const;

const sure = (is: boolean): Certainty => (is ? certain : no);

const effects: CriterionReader = (node, { document, isExact }) => {
  const kinds = new Set<EffectKind>(document.choices(node, '`effects`', effectKinds));
  if (!isExact && kinds.size === 0) return undefined;
  return {
    key: 'effects',
    touchNeeds: effectTraits(kinds) | trait.unread | trait.unknownEffect,
    coverRefuses: trait.anyEffect & ~effectTraits(kinds),
    covers: ({ command }) => command.effects.every((effect) => kinds.has(effect.kind)),
    touches: ({ command }) => {
      if (command.effects.some((effect) => kinds.has(effect.kind))) return certain;
      const isOpen = command.unknowns.length > 0 || command.effects.some((effect) => effect.kind === 'unknown');
      return isOpen ? conceivable : no;
    },
  };
};

/** A tool that is known, in a use of it that only reads. */
export function isReadOnly(command: SimpleCommand): boolean {
  return (
    command.tool !== undefined &&
    command.effects.every((effect) => effect.kind === 'read') &&
    command.paths.every((path) => path.access === 'read') &&
    command.hosts.length === 0 &&
    command.code.length === 0 &&
    command.sql.every((sql) => sql.readOnly) &&
    command.unknowns.length === 0
  );
}

const classes: Readonly<Record<string, (command: SimpleCommand) => boolean>> = {
  'library/read-only': isReadOnly,
  'library/known': (command) => command.tool !== undefined,
};

const tools: CriterionReader = (node, { document, toolNames, isExact }) => {
  const items = document.texts(node, '`tools`');
  const matchers = items.flatMap(({ value, node: at }) => {
    if (value.startsWith('library/')) {
      const matches = classes[value];
      const fix = didYouMean(value, Object.keys(classes)) ?? `known: ${Object.keys(classes).join(', ')}`;
      if (matches === undefined) document.report(at, `there is no class of tools \`${value}\``, fix);
      return matches === undefined ? [] : [(command: SimpleCommand) => sure(matches(command))];
    }
    const [name = '', ...subcommand] = value.split(/\s+/);
    const unknown = toolNames === undefined ? undefined : unknownNameOf(name, subcommand, toolNames);
    if (unknown !== undefined) document.report(at, unknown.message, unknown.fix);
    const spellings = toolNames?.spellings(name, subcommand) ?? [subcommand];
    return [toolMatcher(name, spellings, isExact)];
  });
  const named = items.map(({ value }) => value);
  return {
    key: 'tools',
    names: named.some((name) => name.startsWith('library/'))
      ? undefined
      : named.map((name) => name.split(/\s+/)[0] ?? ''),
    covers: ({ command }) => any(matchers, (match) => match(command)) === certain,
    touches: ({ command }) => any(matchers, (match) => match(command)),
  };
};

function isNameOf(name: string, program: string): boolean {
  // Most programs are told apart by this.
  if (!program.includes(name)) return false;
  const own = baseName(program);
  return own === name || (own.startsWith(`${name}.`) && withoutVersion(own) === name);
}

/** What is wrong with a name under `tools`; undefined when all of it is described. */
function unknownNameOf(name: string, subcommand: readonly string[], { tools, subcommands, spellings }: ToolNames) {
  const elsewhere = 'describe it in the tool library, or use `commands`';
  if (!tools.has(name))
    return { message: `no tool \`${name}\` is described`, fix: didYouMean(name, [...tools]) ?? elsewhere };
  const at = subcommand.findIndex((_, i) => spellings(name, subcommand.slice(0, i + 1)).length === 0);
  const [above, word] = [subcommand.slice(0, at), subcommand[at]];
  if (word === undefined) return undefined;
  const message = `no sub-command \`${word}\` of \`${[name, ...above].join(' ')}\` is described`;
  return { message, fix: didYouMean(word, subcommands(name, above)) ?? elsewhere };
}

function toolMatcher(name: string, spellings: readonly (readonly string[])[], isExact: boolean) {
  const isWhole = spellings.some((words) => words.length === 0);
  return (command: SimpleCommand): Certainty => {
    const [first] = command.argv;
    if (command.tool === undefined && !isExact && first !== undefined) {
      if (first.kind === 'dynamic') return plausible;
      return baseName(first.value) === name ? (isWhole ? certain : plausible) : no;
    }
    // `chgrp` has its description in common with chown; who names it means what is called so.
    const isCalledSo = command.tool !== undefined && first?.kind === 'known' && isNameOf(name, first.value);
    if (command.tool !== name && !isCalledSo) return no;
    const { subcommand, unknowns } = command;
    if (spellings.some((words) => words.every((word, at) => subcommand[at] === word))) return certain;
    // The sub-command itself may not be known.
    const mayBe = (words: readonly string[]) => subcommand.every((word, at) => words[at] === word);
    return unknowns.length > 0 && spellings.some(mayBe) ? conceivable : no;
  };
}

const commands: CriterionReader = (node, scope) => {
  const { document, isExact, toolNames } = scope;
  const patterns = document.texts(node, '`commands`').flatMap(({ value, node: at }) => {
    const result = compileArgvPattern(value, isExact ? 'not-options' : 'may-be-options', toolNames);
    if (result.kind === 'pattern') {
      if (isExact && scope.exceptionOf === undefined) reportWrapper(result.pattern, at, scope);
      return [result.pattern];
    }
    document.report(at, `the command pattern \`${value}\` cannot be read: ${result.message}`);
    return [];
  });
  const match = ({ argv, hasUnseenArguments }: SimpleCommand) =>
    any(patterns, (pattern) => pattern.match(argv, hasUnseenArguments));
  const names = patterns.map((pattern) => pattern.names);
  return {
    key: 'commands',
    names: names.includes(undefined) ? undefined : names.flatMap((some) => some ?? []),
    // Words nobody has seen are the business of `unseen_arguments`, so `**` may stand for them here.
    covers: ({ command }) => any(patterns, (pattern) => pattern.match(command.argv, false)) === certain,
    touches: ({ command }) => match(command),
  };
};

const gainsRights = new Set(['sudo', 'doas']);

/** `sudo systemctl restart nginx` gains rights, which no pattern implies, and what it runs is a command of its own. */
function reportWrapper({ text, names = [] }: ArgvPattern, at: Node, { document, fields }: MatcherScope): void {
  const isNamed =
    fields.has('runs_as') || /\bprivilege\b/.test(document.flatTexts(fields.get('effects') ?? at).join(' '));
  const [name] = names;
  if (name === undefined || !names.every((one) => gainsRights.has(one)) || isNamed) return;
  const inner = text.replace(/^\S+\s+/, '');
  document.report(
    at,
    `\`${text}\` never matches: ${name} gains rights, and what it runs is asked for by itself`,
    `\`runs_as: [root]\` beside it, and \`${inner}\` as another pattern`,
  );
}

const privilege: CriterionReader = (node, { document }) => {
  const wanted = document.flag(node, '`privilege`');
  const has = (command: SimpleCommand) =>
    command.runsAs !== undefined || command.effects.some((effect) => effect.kind === 'privilege');
  return {
    key: 'privilege',
    covers: ({ command }) => has(command) === wanted,
    touches: ({ command }) => (has(command) === wanted ? certain : command.unknowns.length > 0 ? conceivable : no),
  };
};

const dialect: CriterionReader = (node, { document }) => {
  const wanted: readonly string[] = document.choices(node, '`dialects`', dialects);
  const is = (text: string) => wanted.includes(text);
  return { key: 'dialects', covers: ({ model }) => is(model.dialect), touches: ({ model }) => sure(is(model.dialect)) };
};

const size: CriterionReader = (node, { document }): Criterion => {
  const fields = document.fields(node, '`size`', ['min_bytes', 'max_bytes', 'min_commands', 'max_commands']);
  document.refuseEmpty(fields, node, '`size`');
  const limit = (name: string, otherwise: number) => {
    const at = fields.get(name);
    return at === undefined ? otherwise : (document.count(at, `\`${name}\``) ?? otherwise);
  };
  const bytes = [limit('min_bytes', 0), limit('max_bytes', Number.POSITIVE_INFINITY)] as const;
  const count = [limit('min_commands', 0), limit('max_commands', Number.POSITIVE_INFINITY)] as const;
  if (bytes[0] > bytes[1] || count[0] > count[1]) document.report(node, '`size` has a minimum over its maximum');
  const within = (value: number, [least, most]: readonly [number, number]) => value >= least && value <= most;
  const fits = (text: string, parts: number) => within(Buffer.byteLength(text), bytes) && within(parts, count);
  return {
    key: 'size',
    covers: ({ model }) => fits(model.text, model.commands.length),
    touches: ({ model }) => sure(fits(model.text, model.commands.length)),
  };
};

export const commandKeys: Readonly<Record<string, CriterionReader>> = {
  effects,
  tools,
  commands,
  privilege,
  ...nameKeys,
  dialects: dialect,
  size,
};
