/**
 * The API's shapes, once: requests are parsed with them, the OpenAPI document is printed from them, and a test parses the
 * real answers with them.
 */
import { z } from 'zod';
import { decidingGroups } from '../approval/escalation.ts';
import type { Hold, Respelling } from '../approval/hold.ts';
import { maxReasonLength } from '../approval/reason.ts';
import type { ScopeChoice } from '../approval/scope.ts';
import { tallyOf } from '../approval/state.ts';

const time = z.iso.datetime({ precision: 3 }).describe('RFC 3339, UTC, with milliseconds');
const hex256 = z.string().regex(/^[0-9a-f]{64}$/);

export const holdStates = ['pending', 'approved', 'rejected', 'expired', 'withdrawn', 'released'] as const;

const actionShape = z.strictObject({
  kind: z.enum(['exec', 'line', 'stdin', 'sftp', 'forward', 'subsystem']),
  command: z.string().describe('Exactly what would be sent to the target, whole'),
  canonical: z.string().nullable().describe('The same as Sallyport reads it, when it differs'),
  stdin: z.string().nullable().describe('The whole program given on stdin'),
  stdinUse: z.enum(['closed', 'reviewed', 'streamed']),
  environment: z.record(z.string(), z.string()),
  pty: z.strictObject({ term: z.string(), cols: z.int(), rows: z.int() }).nullable(),
  agent: z.string(),
  agentOwner: z.string(),
  keysChangedBy: z
    .array(z.string())
    .optional()
    .describe('Who put in the keys of the agent; they may not decide either'),
  keyFingerprint: z.string(),
  target: z.string(),
  targetHostKey: z.string(),
  account: z.string(),
  policyHash: z.string(),
});

export const holdShape = z
  .strictObject({
    id: z.string(),
    digest: z.string().describe('SHA-256 of everything that decides what runs; send it back to decide on exactly this'),
    state: z.enum(holdStates),
    action: actionShape,
    reason: z.string().describe('Why it was held'),
    rule: z.string().nullable(),
    parts: z.array(z.strictObject({ text: z.string(), verdict: z.string(), reason: z.string() })),
    effects: z.array(z.string()).describe('What it would do, in words'),
    groups: z.array(z.string()).describe('Who may decide; empty: every reviewer'),
    quorum: z.int().describe('How many people must agree, in all'),
    needs: z
      .array(z.strictObject({ groups: z.array(z.string()), quorum: z.int(), people: z.array(z.string()) }))
      .describe('Each line by different people: so many of one of the groups, and who counts so far'),
    reasonRequired: z.boolean(),
    scopes: z
      .strictObject({ kinds: z.array(z.string()), maxMinutes: z.int() })
      .optional()
      .describe('What an approval may cover beyond one run; absent: nothing'),
    respelling: z
      .strictObject({ hold: z.string(), command: z.string(), reviewer: z.string(), at: time, isSame: z.boolean() })
      .optional()
      .describe('What was rejected shortly before and is asked again here, in another form unless `isSame`'),
    session: z.string(),
    channel: z.string(),
    before: z.array(z.strictObject({ command: z.string(), verdict: z.string(), at: time })),
    createdAt: time,
    expiresAt: time,
    decidedAt: time.nullable(),
    decisions: z.array(
      z.strictObject({
        reviewer: z.string(),
        verdict: z.enum(['approve', 'reject']),
        reason: z.string(),
        at: time,
        channel: z.enum(['web', 'api', 'cli', 'slack']),
        breakGlass: z.literal(true).optional().describe('Approved alone, outside the rule'),
        lapsed: z
          .enum(['reviewer-left', 'own-agent'])
          .optional()
          .describe('This approval does not count: they are no reviewer any more, or own the agent or its keys now'),
      }),
    ),
    isAgentWaiting: z.boolean(),
  })
  .describe('An action that waits for reviewers');

export const holdListShape = z.strictObject({
  holds: z.array(holdShape).describe('Newest first'),
  next: z.string().nullable().describe('Cursor of the next page; null on the last'),
});

export const listQueryShape = z.strictObject({
  state: z.enum(holdStates).optional(),
  agent: z.string().min(1).max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().min(1).max(500).optional(),
});

export const decisionShape = z.strictObject({
  decision: z.enum(['approve', 'reject']),
  reason: z.string().max(maxReasonLength).default(''),
  scope: z
    .strictObject({
      kind: z.enum(['once', 'session', 'time', 'pattern']),
      minutes: z.int().min(1).max(480).optional().describe('How long; without it, as long as the policy allows'),
      pattern: z.string().min(1).max(maxReasonLength).optional(),
    })
    .optional()
    .describe('What the approval covers; without it, this one run'),
  breakGlass: z
    .boolean()
    .optional()
    .describe('Approves alone, outside the rule: for members of the `break_glass` group, with a reason; all are told'),
  digest: hex256.optional().describe("Refused when the hold's differs; without it, the hold is decided as it is now"),
});

export const problemShape = z.strictObject({
  type: z.string(),
  status: z.int(),
  code: z.string(),
  title: z.string(),
  detail: z.string(),
  field: z.string().optional(),
});

export const healthShape = z.strictObject({ status: z.literal('ok'), version: z.string() });

export function scopeChoice(scope: NonNullable<z.infer<typeof decisionShape>['scope']>): ScopeChoice {
  const { kind, minutes, pattern } = scope;
  return {
    kind,
    ...(minutes === undefined ? {} : { forMs: minutes * 60_000 }),
    ...(pattern === undefined ? {} : { pattern }),
  };
}

const iso = (ms: number) => new Date(ms).toISOString();

function respellingJson({ hold, command, reviewer, atMs, isSame }: Respelling) {
  return { hold, command, reviewer, at: iso(atMs), isSame };
}

/** A hold as the API shows it. */
export function holdJson(hold: Hold): z.infer<typeof holdShape> {
  const { action } = hold;
  return {
    id: hold.id,
    digest: hold.digest,
    state: hold.state,
    action: {
      kind: action.kind,
      command: action.command,
      canonical: action.canonical ?? null,
      stdin: action.stdin ?? null,
      stdinUse: action.stdinUse,
      environment: { ...action.environment },
      pty: action.pty ?? null,
      agent: action.agent,
      agentOwner: action.agentOwner,
      ...(action.keysChangedBy === undefined ? {} : { keysChangedBy: [...action.keysChangedBy] }),
      keyFingerprint: action.keyFingerprint,
      target: action.target,
      targetHostKey: action.targetHostKey,
      account: action.account,
      policyHash: action.policyHash,
    },
    reason: hold.reason,
    rule: hold.rule ?? null,
    parts: hold.parts.map(({ text, verdict, reason }) => ({ text, verdict, reason })),
    effects: [...hold.effects],
    groups: [...decidingGroups(hold)],
    quorum: hold.quorum,
    needs: tallyOf(hold).map(({ groups, quorum, people }) => ({ groups: [...groups], quorum, people: [...people] })),
    reasonRequired: hold.reasonRequired,
    ...(hold.scopes === undefined
      ? {}
      : { scopes: { kinds: [...hold.scopes.kinds], maxMinutes: Math.floor(hold.scopes.maxMs / 60_000) } }),
    ...(hold.respelling === undefined ? {} : { respelling: respellingJson(hold.respelling) }),
    session: hold.session,
    channel: hold.channel,
    before: hold.before.map(({ command, verdict, atMs }) => ({ command, verdict, at: iso(atMs) })),
    createdAt: iso(hold.createdAtMs),
    expiresAt: iso(hold.expiresAtMs),
    decidedAt: hold.decidedAtMs === undefined ? null : iso(hold.decidedAtMs),
    decisions: hold.decisions.map(({ reviewer, verdict, reason, atMs, channel, breakGlass, lapsed }) => ({
      reviewer,
      verdict,
      reason,
      at: iso(atMs),
      channel,
      ...(breakGlass === true ? { breakGlass } : {}),
      ...(lapsed === undefined ? {} : { lapsed }),
    })),
    isAgentWaiting: hold.isAgentWaiting,
  };
}
