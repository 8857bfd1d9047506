/** Limits and first values of a new hold. A hostile agent opens as many, as large and as fast as it may. */
import { randomBytes } from 'node:crypto';
import type { HoldRequest } from '../gate/ports.ts';
import { ApprovalError } from './errors.ts';
import type { HeldAction, Hold } from './hold.ts';
import type { HoldCaps, HoldStore } from './store.ts';

export interface HoldLimits {
  readonly maxPendingPerAgent: number;
  readonly maxPerHourPerAgent: number;
  /** Of the action as the reviewer sees it: command, canonical text, stdin, environment. */
  readonly maxActionBytes: number;
}

/** A person can neither read more in time nor wants the mail. */
export const defaultHoldLimits: HoldLimits = {
  maxPendingPerAgent: 20,
  maxPerHourPerAgent: 120,
  maxActionBytes: 256 * 1024,
};

const hourMs = 3_600_000;

/** For the store, which alone can say whether another node was faster. */
export function capsOf({ maxPendingPerAgent, maxPerHourPerAgent }: HoldLimits, nowMs: number): HoldCaps {
  return { maxPending: maxPendingPerAgent, maxOpened: maxPerHourPerAgent, sinceMs: nowMs - hourMs };
}

/** Throws HOLD_LIMIT. */
export async function refuseOverLimit(
  store: HoldStore,
  limits: HoldLimits,
  action: HeldAction,
  nowMs: number,
): Promise<void> {
  const over = (message: string): ApprovalError =>
    new ApprovalError('HOLD_LIMIT', `${action.agent}: ${message}`, { publicMessage: message });
  const bytes = Buffer.byteLength(JSON.stringify(action));
  if (bytes > limits.maxActionBytes)
    throw over(`too large to be reviewed (${bytes} bytes, at most ${limits.maxActionBytes}); send it in smaller steps`);
  const { pending, opened } = await store.count(action.agent, capsOf(limits, nowMs).sinceMs);
  if (pending >= limits.maxPendingPerAgent)
    throw over(`${pending} commands of this agent wait for review already; wait for a decision, then send it again`);
  if (opened >= limits.maxPerHourPerAgent)
    throw over(`${opened} commands of this agent were held within an hour; send it again later`);
}

export function newHold(request: HoldRequest, digest: string, nowMs: number): Hold {
  const { expiresInMs, ...rest } = request;
  return {
    ...rest,
    before: newestWithin(maxBeforeBytes, request.before),
    id: newId(),
    digest,
    version: 1,
    state: 'pending',
    createdAtMs: nowMs,
    expiresAtMs: nowMs + expiresInMs,
    decidedAtMs: undefined,
    decisions: [],
    isAgentWaiting: true,
  };
}

/** What ran before helps the reviewer, but a hold with twenty long commands in it would fill disk and mailboxes. */
const maxBeforeBytes = 32 * 1024;

function newestWithin(maxBytes: number, before: Hold['before']): Hold['before'] {
  let bytes = 0;
  const firstFitting = before.findLastIndex(({ command }) => {
    bytes += Buffer.byteLength(command);
    return bytes > maxBytes;
  });
  return before.slice(firstFitting + 1);
}

/** Letters and digits that nobody confuses when reading an id aloud (Crockford's base 32). */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** `h-` and 12 characters: 60 random bits, short enough to type. */
function newId(): string {
  return `h-${[...randomBytes(12)].map((byte) => alphabet[byte % 32]).join('')}`;
}
