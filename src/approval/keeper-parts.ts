/** What the keeper is made of, and what it is told. */
import type { AuditSink } from '../gate/ports.ts';
import type { Wake } from './bells.ts';
import type { BreakGlassTerms } from './glass.ts';
import type { Delivery, Hold } from './hold.ts';
import type { HoldLimits } from './opening.ts';
import type { ScopeChoice } from './scope.ts';
import type { HoldStore } from './store.ts';

export interface Reviewer {
  readonly name: string;
  readonly email: string;
  readonly groups: readonly string[];
  /** Undefined means a plain reviewer. */
  readonly roles?: readonly string[];
}

/** What happens around a hold by jobs. */
export interface HoldErrands {
  /** Who will be told, all still `queued`; undefined when no channel is configured. */
  plan(hold: Hold): readonly Delivery[] | undefined;
  /** Queues mail, reminders and expiry, durably; of an approval outside the rule, the alarm. Repeating it changes nothing. */
  announce(hold: Hold): Promise<void>;
}

export interface KeeperParts {
  readonly store: HoldStore;
  readonly audit: AuditSink;
  /** Asked at every decision, so that a removed reviewer stops counting at once. */
  readonly reviewers: () => readonly Reviewer[];
  /** Asked at every opening. */
  readonly limits: HoldLimits | (() => HoldLimits);
  /** Who may not decide for an agent as it is configured now, besides those the held action names. */
  readonly barred?: (agent: string) => readonly string[];
  /** Who may approve outside the rule; asked at every such decision. Undefined: nobody. */
  readonly breakGlass?: () => BreakGlassTerms | undefined;
  /** How long an approval can be used when the agent has gone. */
  readonly grantMs: number;
  /** Present when several nodes share the store. */
  readonly wake?: Wake;
  readonly now?: () => number;
  /** Grants what an approval covers beyond one run; without it nobody may choose more than once. */
  readonly scopes?: {
    grant(hold: Hold): Promise<unknown>;
    problem(hold: Hold, choice: ScopeChoice): string | undefined;
  };
  /** How often holds that are waited for are read again although nobody rang. */
  readonly rereadMs?: number;
  /** Told what could not be done and will be tried again. */
  readonly onProblem: (error: unknown) => void;
}

/** The channel that runs an approved action. */
export interface ReleasedBy {
  readonly session: string;
  readonly channel: string;
  readonly actionId: string;
}
