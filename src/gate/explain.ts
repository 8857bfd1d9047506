/**
 * What would become of a command, without running or holding it: the same understanding, the same policy.
 *
 * Tells an agent the verdict, the rule's id and its reason: what it would be told anyway. Reads no stdin, so that a program
 * there is named and not judged.
 *
 * INVARIANT: a target that does not exist and one the agent may not use give the same answer; every answer is in the
 * audit log before it is given.
 */
import { createHash } from 'node:crypto';
import type { PolicyDecision } from '../policy/decision.ts';
import type { GateParts } from './gate.ts';
import { judgeText } from './judgement.ts';
import type { ExecRequest } from './ports.ts';
import type { SessionBook } from './session-book.ts';

export type ExplainRequest = Pick<ExecRequest, 'session' | 'channel' | 'target' | 'command'> & {
  /** Undefined: the target's default account. */
  readonly account: string | undefined;
};

export type Explanation =
  | { readonly kind: 'no-target' }
  | { readonly kind: 'locked'; readonly count: number }
  | { readonly kind: 'decided'; readonly decision: PolicyDecision; readonly runsStdin: boolean };

export async function explain(parts: GateParts, book: SessionBook, request: ExplainRequest): Promise<Explanation> {
  const { session, channel, target: name } = request;
  const { agent, id } = session;
  const account = request.account ?? parts.targets.defaultAccount?.(name) ?? '';
  const target = parts.targets.find(name, account);
  if (target === undefined || !agent.isStillValid() || !agent.mayUse(name, account)) {
    const wanted = `${account}@${name}`;
    const reason = 'asked to explain: no such target or account, or not of this agent';
    await parts.audit.append({ event: 'target.refused', session: id, agent: agent.name, channel, wanted, reason });
    return { kind: 'no-target' };
  }
  const lock = parts.standings?.lockOf(agent.name);
  // A locked agent would look for a spelling that passes.
  if (lock !== undefined) return { kind: 'locked', count: lock.count };
  const { model, decision } = await judgeText(
    parts,
    book,
    { session, account, command: request.command },
    target,
    false,
  );
  await parts.audit.append({
    event: 'command.explained',
    session: id,
    agent: agent.name,
    channel,
    target: name,
    account,
    command: parts.masking.text(model.text),
    commandSha256: createHash('sha256').update(request.command).digest('hex'),
    verdict: decision.verdict,
    rule: decision.rule,
    reason: parts.masking.text(decision.reason),
    policyHash: decision.policyHash,
  });
  return { kind: 'decided', decision, runsStdin: model.stdin === 'code' || model.stdin === 'unknown' };
}
