/**
 * The format of a tool description, as it stands in `policies/library/*.yaml`. Strict: an unknown key is a problem.
 * The JSON Schema that editors use is generated from here.
 */
import * as z from 'zod';

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
  'unknown',
] as const;
const kind = z.enum(effectKinds);
const effects = z
  .union([z.array(kind), z.partialRecord(kind, z.string().min(1))])
  .describe('What it does: a list of effects, or effect → sentence for the reviewer.');
const roles = z.string().min(1).describe('Role of the value, several separated by spaces, `?` when only attached.');
const role = z.string().min(1);

const words = z
  .array(z.union([z.string(), z.array(z.string())]))
  .describe('Words, or lists of them, so that one list can be made of another.');

const adds = z.record(z.string(), role).describe('Words it behaves as if it had been given, with their roles.');

const option = z.union([
  roles,
  z.strictObject({
    value: roles.optional(),
    effects: effects.optional(),
    slots: z.record(z.string(), role).optional().describe('Slots whose role changes when this option is given.'),
    fills: z.string().optional().describe('Slot that is not read from the operands when this option is given.'),
    adds: adds.optional(),
    idle: z.string().optional().describe('Role whose values change no slot and no direction (rg -g "!*.lock").'),
    apart: z
      .boolean()
      .optional()
      .describe('Its value is always the next word; letters behind it are options (tree -Lo 2 file).'),
    ends: z.boolean().optional().describe('No option follows it (python -m).'),
    direction: z.enum(['download', 'upload', 'connect']).optional(),
  }),
]);

const stdin = z.union([
  z.enum(['none', 'data']),
  z.strictObject({
    code: z.string().describe('Language in which stdin is run.'),
    unless: z.array(z.string()).optional().describe('Options or slots that keep stdin from being run.'),
  }),
  z.strictObject({
    unless: z
      .array(z.string())
      .describe('Data, unless one of these is given and none behind a `!`: options, or slots with names of files.'),
  }),
]);

const shape = {
  effects: effects.optional(),
  stdin: stdin.optional().describe('What it does with its stdin; `data` when not said.'),
  complete: z.boolean().optional().describe('Every option the tool has is described here.'),
  style: z.enum(['gnu', 'single-dash', 'expression', 'test']).optional(),
  numeric: z.boolean().optional().describe('`-5` is an option.'),
  permute: z
    .union([z.boolean(), z.literal('uncertain')])
    .optional()
    .describe(
      'Options may follow operands; false as soon as there is a nested command. `uncertain`: what stands there adds effects and takes none away.',
    ),
  shields: z.literal('--').optional().describe('`--` ends its options; put before a word that may be one.'),
  dashes: z.literal('operands').optional().describe('A dashed word that is no option is an operand (echo ---).'),
  bare: z
    .union([z.literal('first'), z.strictObject({ flags: z.string(), options: z.record(z.string(), roles).optional() })])
    .optional()
    .describe('Options without a dash: only as the first word (tar xf), or of a kind of their own (ps aux).'),
  assignments: z.boolean().optional().describe('Leading NAME=VALUE words are environment of the nested command.'),
  dash: z.literal('stream').optional().describe('A file named `-` that is written is stdout.'),
  flags: z.string().optional().describe('Options without a value and without any effect.'),
  options: z.record(z.string(), option).optional(),
  pairs: z.record(z.string(), role).optional().describe('Operands of the form name=value.'),
  operands: z.string().optional().describe('Slots in order: [name=]role, `?` optional, `...` any number.'),
  slots: z.record(z.string(), role).optional().describe('Roles of slots that only options refer to.'),
  when: z
    .record(z.string(), effects)
    .optional()
    .describe(
      'Effects when one of these options or slots is given (one of each group between `&`), and none of those behind a `!`.',
    ),
  runs_as: z.string().optional().describe('Account of the nested command when no option says it.'),
  appends: z.boolean().optional().describe('Appends words nobody has seen to the nested command.'),
  repeats: z.boolean().optional().describe('What it runs, it may run more often than once.'),
  adds: adds.optional(),
  without: z.record(z.string(), adds).optional().describe('Words it takes when a slot is given none (grep -r: `.`).'),
  insert: z
    .strictObject({ after_tool: words.optional(), here: words.optional(), question: words.optional() })
    .optional()
    .describe(
      'Words that make it safe; inserted when the command is sent. `question`: only where it is asked what it is.',
    ),
  direction: z.enum(['download', 'upload', 'connect']).optional(),
  follows: z
    .union([z.literal('always'), z.string()])
    .optional()
    .describe('Options with which it goes on to wherever the host sends it, or `always`.'),
  options_anywhere: z.boolean().optional().describe('Its options are also understood after a sub-command.'),
  tells: z
    .record(z.string(), z.string())
    .optional()
    .describe('Words that, given alone to the names behind them, only print what the tool is (java --version).'),
  alone: effects
    .optional()
    .describe(
      'Effects without a sub-command or an operand; not understood when absent, unless operands are described.',
    ),
};

export interface CommandDescription {
  readonly effects?: z.infer<typeof effects> | undefined;
  readonly tells?: Readonly<Record<string, string>> | undefined;
  readonly stdin?: z.infer<typeof stdin> | undefined;
  readonly complete?: boolean | undefined;
  readonly style?: 'gnu' | 'single-dash' | 'expression' | 'test' | undefined;
  readonly shields?: '--' | undefined;
  readonly dashes?: 'operands' | undefined;
  readonly numeric?: boolean | undefined;
  readonly permute?: boolean | 'uncertain' | undefined;
  readonly bare?:
    | 'first'
    | { readonly flags: string; readonly options?: Readonly<Record<string, string>> | undefined }
    | undefined;
  readonly assignments?: boolean | undefined;
  readonly dash?: 'stream' | undefined;
  readonly flags?: string | undefined;
  readonly options?: Readonly<Record<string, OptionDescription>> | undefined;
  readonly pairs?: Readonly<Record<string, string>> | undefined;
  readonly operands?: string | undefined;
  readonly slots?: Readonly<Record<string, string>> | undefined;
  readonly when?: Readonly<Record<string, EffectsDescription>> | undefined;
  readonly runs_as?: string | undefined;
  readonly appends?: boolean | undefined;
  readonly repeats?: boolean | undefined;
  readonly adds?: Readonly<Record<string, string>> | undefined;
  readonly without?: Readonly<Record<string, Readonly<Record<string, string>>>> | undefined;
  readonly insert?:
    | {
        readonly after_tool?: WordsDescription | undefined;
        readonly here?: WordsDescription | undefined;
        readonly question?: WordsDescription | undefined;
      }
    | undefined;
  readonly direction?: 'download' | 'upload' | 'connect' | undefined;
  readonly follows?: string | undefined;
  readonly options_anywhere?: boolean | undefined;
  readonly alone?: EffectsDescription | undefined;
  readonly subcommands?: Readonly<Record<string, CommandDescription>> | undefined;
}
export type WordsDescription = z.infer<typeof words>;
export type EffectsDescription = z.infer<typeof effects>;
export type OptionDescription = z.infer<typeof option>;

const command: z.ZodType<CommandDescription> = z.lazy(() =>
  z.strictObject({ ...shape, subcommands: z.record(z.string(), command).optional() }).meta({ id: 'command' }),
);

const examples = z
  .union([z.array(z.string().min(1)).min(1), z.record(z.string().min(1), z.string())])
  .describe('Command lines, or command line → effects separated by spaces.');

const toolSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9[:.][\w.+:-]*$/),
  aliases: z.string().optional().describe('Other names, separated by spaces.'),
  synonyms: z
    .array(z.string().regex(/^[^|]+(?:\|[^|]+)+$/))
    .optional()
    .describe('Sub-commands that are one, separated by `|`; `*` is any word (`install | i`, `ps | container ls`).'),
  versioned: z.boolean().optional().describe('Also under a name with a version (python3.11).'),
  replaces: z.boolean().optional().describe('Takes the place of a description loaded before.'),
  about: z.string().min(1).describe('One sentence: what it does.'),
  accepts: examples.describe('Command lines that are understood; a list means that they only read.'),
  refuses: examples.describe('Command lines that do more than read, or are not understood (`unknown`).'),
  ...shape,
  subcommands: z.record(z.string(), command).optional(),
});
export type ToolDescription = z.infer<typeof toolSchema>;

export const librarySchema = z.strictObject({ tools: z.array(toolSchema).min(1) });
