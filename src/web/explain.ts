/**
 * What the policy in force would say to a command, asked on the console. The same reading and the same judgement as the live
 * path; nothing is run, held or counted.
 */
import type { HeldAction } from '../approval/hold.ts';
import type { CommandModel } from '../command/model.ts';
import type { AgentConfig, TargetConfig } from '../config.ts';
import type { Judge, Understander } from '../gate/ports.ts';
import { ordinarySituation } from '../policy/case.ts';
import { judgedModel, type PolicyDecision } from '../policy/decision.ts';
import type { Clock } from './clock.ts';
import { syntaxMarks, type TokenMark } from './views/syntax-marks.ts';

export interface Question {
  readonly command: string;
  readonly agent: AgentConfig | undefined;
  readonly target: TargetConfig | undefined;
  readonly account: string;
}

export interface Explained {
  readonly model: CommandModel;
  readonly decision: PolicyDecision;
}

export type Judgement = Understander & Pick<Judge, 'decide'>;

/** The command as its target's shell reads it. */
export function readFor(
  understander: Understander,
  command: string,
  target: TargetConfig | undefined,
  account: string,
): Promise<CommandModel> {
  const home = target?.accounts[account]?.home;
  const dialect = target?.dialect ?? 'unknown';
  return understander.understand(command, { dialect, homeDirectory: home, workingDirectory: home });
}

/** As the first command of a session that begins now. */
export async function explain(judgement: Judgement, clock: Clock, question: Question): Promise<Explained> {
  const { command, agent, target, account } = question;
  const model = await readFor(judgement, command, target, account);
  const { session } = ordinarySituation.policy;
  const decision = judgement.decide(model, {
    agent: { name: agent?.name ?? '', owner: agent?.owner ?? '', labels: agent?.labels ?? {} },
    target: { name: target?.name ?? '', labels: target?.labels ?? {} },
    account,
    nowMs: clock(),
    session,
  });
  return { model: judgedModel(model, decision), decision };
}

/** The words of what would run, for colouring it. */
export interface HeldWords {
  readonly command: readonly TokenMark[];
  /** Of the program on stdin, where a shell would read it. */
  readonly stdin: readonly TokenMark[];
}

export const noWords: HeldWords = { command: [], stdin: [] };

/** Nothing of what cannot be read now. A view of it, never a decision. */
export async function wordsOf(
  options: { readonly judgement?: Understander; targets(): readonly TargetConfig[] },
  { command, stdin, target, account }: Pick<HeldAction, 'command' | 'stdin' | 'target' | 'account'>,
): Promise<HeldWords> {
  const { judgement } = options;
  if (judgement === undefined) return noWords;
  const known = options.targets().find(({ name }) => name === target);
  // Read again, and not kept with the hold: the reviewer's page must open even when the reader is busy or broken.
  const read = (text: string) => readFor(judgement, text, known, account).catch(() => undefined);
  const model = await read(command);
  const script = stdin !== undefined && model?.stdinLanguage === 'shell' ? await read(stdin) : undefined;
  return { command: syntaxMarks(model), stdin: syntaxMarks(script) };
}
