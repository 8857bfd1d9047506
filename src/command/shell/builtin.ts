/** What every builtin of the shell that is read here answers, and the answers most of them give. */
import type { Assignment, Span, Unknown, Word } from '../model.ts';
import type { ToolReading } from '../reading.ts';
import { guardedReason } from './environment.ts';
import type { Call, Host, Outcome } from './scene.ts';

export interface BuiltinReading {
  readonly reading: ToolReading;
  readonly outcome: Outcome;
  /** Variables that it exports to every later command. */
  readonly exported?: readonly Assignment[] | undefined;
}

export type Builtin = (call: Call, host: Host) => BuiltinReading;

type Change = Partial<Pick<ToolReading, 'effects' | 'paths' | 'nested' | 'stdin' | 'unknowns'>>;

/** Written out, with every property there is and in the order of other readings: they are all of one hidden class. */
export function emptyReading(tool: string | undefined, change: Change = {}): ToolReading {
  return {
    tool,
    subcommand: [],
    effects: change.effects ?? [],
    paths: change.paths ?? [],
    hosts: [],
    services: [],
    packages: [],
    processes: [],
    runsAs: undefined,
    code: [],
    sql: [],
    nested: change.nested ?? [],
    stdin: change.stdin ?? 'unused',
    stdinLanguage: undefined,
    unknowns: change.unknowns ?? [],
    names: undefined,
    placesUnseen: undefined,
    repeats: undefined,
    isMeasuring: undefined,
    wideSearches: undefined,
    insertWords: undefined,
  };
}

export const unknown = (code: string, reason: string, call: Call): Unknown => ({ code, reason, span: call.span });

export const nameOf = (call: Call): string => {
  const word = call.words[0];
  return word?.kind === 'known' ? word.value : '';
};

export const done = (call: Call, change?: Change, exported?: readonly Assignment[]): BuiltinReading => ({
  reading: emptyReading(nameOf(call), change),
  outcome: { success: call.state, failure: call.state },
  exported,
});

export const refused = (call: Call, why: string): BuiltinReading => {
  call.state.variables.clear();
  call.state.directories = [undefined];
  call.state.positional = undefined;
  call.state.home = undefined;
  for (const name of call.state.functions.names()) call.state.functions.set(name, 'uncertain');
  call.state.hasUnseenFunctions = true;
  const effect = { kind: 'unknown' as const, why };
  return done(call, { effects: [effect], unknowns: [unknown('SHELL_BUILTIN', `${nameOf(call)}: ${why}.`, call)] });
};

export const known = (words: readonly Word[]): readonly string[] | undefined => {
  const values: string[] = [];
  for (const word of words) {
    if (word.kind !== 'known') return undefined;
    values.push(word.value);
  }
  return values;
};

export function environmentUnknown(name: string, { span }: { readonly span: Span }): Unknown {
  return { code: 'ENVIRONMENT_UNKNOWN', reason: guardedReason(name), span };
}
