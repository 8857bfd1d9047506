/** Where an agent stands, for lists and their filters. */
import type { AgentConfig } from '../config.ts';
import type { WebOptions } from './ports.ts';

/** Warned about this long before: somebody has to find the owner first. */
const soonMs = 7 * 24 * 3_600_000;
/** An agent that nobody missed for so long has perhaps no task any more, and a key that somebody else may find. */
const staleMs = 30 * 24 * 3_600_000;

export const agentStates = ['active', 'expiring', 'stale', 'expired', 'locked', 'disabled'] as const;
export type AgentState = (typeof agentStates)[number];

interface AgentFacts {
  readonly seenAtMs: number | undefined;
  /** After respelling what was rejected. */
  readonly isLocked: boolean;
}

/** Every agent of the configuration, as the page and the API show them. */
export function agentsNow({ agents, history, locks }: WebOptions, nowMs: number) {
  const lockOf = new Map(locks?.list().map((lock) => [lock.agent, lock]));
  return agents().map((agent) => {
    const seenAtMs = history?.agentSeenAtMs(agent.name);
    const lock = lockOf.get(agent.name);
    return { agent, seenAtMs, lock, state: agentState(agent, nowMs, { seenAtMs, isLocked: lock !== undefined }) };
  });
}

function agentState(agent: AgentConfig, nowMs: number, { seenAtMs, isLocked }: AgentFacts): AgentState {
  const { expiresAtMs } = agent;
  if (agent.isDisabled) return 'disabled';
  if (isLocked) return 'locked';
  if (expiresAtMs !== undefined && expiresAtMs <= nowMs) return 'expired';
  if (expiresAtMs !== undefined && expiresAtMs <= nowMs + soonMs) return 'expiring';
  if (seenAtMs !== undefined && nowMs - seenAtMs > staleMs) return 'stale';
  return 'active';
}
