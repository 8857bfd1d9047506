/** What every builtin of the shell that is read here answers, and the answers most of them give. */
import type { Assignment, Span, Unknown, Word } from '../model.ts';
import type { ToolReading } from '../reading.ts';
import { guardedReason } from './environment.ts';
import type { Call, Host, Outcome } from './scene.ts';

export interface BuiltinReading {
  readonly reading: ToolReading;
  readonly outcome: Outcome;
  /** Variables that it exports to every later command. */
  readonly exported?: readonly Assignment[];
}

export type Builtin = (call: Call, host: Host) => BuiltinReading;

export function emptyReading(tool: string): ToolReading {
  return {
    tool,
    subcommand: [],
    effects: [],
    paths: [],
    hosts: [],
    services: [],
    packages: [],
    processes: [],
    runsAs: undefined,
    code: [],
    sql: [],
    nested: [],
    stdin: 'unused',
    stdinLanguage: undefined,
    unknowns: [],
  };
}

export const unknown = (code: string, reason: string, call: Call): Unknown => ({ code, reason, span: call.span });

export const nameOf = (call: Call): string => {
  const word = call.words[0];
  return word?.kind === 'known' ? word.value : '';
};

export const done = (call: Call, change: Partial<ToolReading> = {}): BuiltinReading => ({
  reading: { ...emptyReading(nameOf(call)), ...change },
  outcome: { success: call.state, failure: call.state },
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
