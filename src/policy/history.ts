/**
 * What a condition is asked against: what this connection did before, and more widely what the agent did on any of its
 * connections in the last hour and the other commands of the same text do.
 *
 * A condition may turn either way with more facts. An allow rule has to hold with both, a deny or approve rule with one.
 */
import type { CommandModel, PathAccess, PathObject, SimpleCommand } from '../command/model.ts';
import type { Condition } from './condition.ts';
import type { Subject } from './criterion.ts';
import type { PolicyContext, SessionFacts } from './decision.ts';

/** Beyond, a command counts as done before itself: leaving each out would cost commands × commands. */
const maxApart = 64;

/** What is run was read; everything else counts as written. */
export const isReading = (access: PathAccess): boolean => access === 'read' || access === 'execute';

/** Which files it is nobody can say: a directory that is searched, a glob, a word or a directory nobody knows. */
export const isUnsure = (path: PathObject): boolean => path.isPrefix || path.isRelative || path.isTree === true;

export class History {
  readonly context: PolicyContext;
  /** Rule id → how many commands of this text it has allowed; only rules with a limit are counted. */
  #used: Map<string, number> | undefined = undefined;
  readonly #model: CommandModel;
  #apart: Map<SimpleCommand, PolicyContext> | undefined = undefined;
  #whole: PolicyContext | undefined = undefined;
  #recent: SessionFacts | undefined = undefined;

  constructor(context: PolicyContext, model: CommandModel) {
    this.context = context;
    this.#model = model;
  }

  use(rule: string): void {
    this.#used ??= new Map();
    this.#used.set(rule, this.used(rule) + 1);
  }

  used(rule: string): number {
    return this.#used?.get(rule) ?? 0;
  }

  /** With what this connection did, and with what the agent did on any. @throws what the condition throws */
  holdsSurely({ holds, asksSession }: Condition, subject: Subject): boolean {
    if (!holds(this.context, subject)) return false;
    return !asksSession || holds(this.#widened(subject.command), subject);
  }

  /** With one of both. @throws what the condition throws */
  mayHold({ holds, asksSession }: Condition, subject: Subject): boolean {
    return holds(this.context, subject) || (asksSession && holds(this.#widened(subject.command), subject));
  }

  /** The same context when there is nothing more to know. */
  #widened(command: SimpleCommand): PolicyContext {
    const { commands } = this.#model;
    if (this.context.recent === undefined && commands.length < 2) return this.context;
    if (commands.length > maxApart) {
      this.#whole ??= this.#widenedBy(commands);
      return this.#whole;
    }
    const known = this.#apart?.get(command);
    if (known !== undefined) return known;
    const wider = this.#widenedBy(commands.filter((other) => other !== command));
    this.#apart ??= new Map();
    this.#apart.set(command, wider);
    return wider;
  }

  #widenedBy(commands: readonly SimpleCommand[]): PolicyContext {
    this.#recent ??= this.context.recent?.() ?? this.context.session;
    const recent = this.#recent;
    const read = new Set(recent.readPaths);
    const written = new Set(recent.writtenPaths);
    const unsurePaths = [...(recent.unsurePaths ?? [])];
    for (const { paths } of commands) {
      for (const path of paths) {
        if (!isUnsure(path)) (isReading(path.access) ? read : written).add(path.path);
        else if (path.isEntry !== true) unsurePaths.push(path);
      }
    }
    const session = { ...recent, readPaths: [...read], writtenPaths: [...written], unsurePaths };
    return { ...this.context, session };
  }
}
