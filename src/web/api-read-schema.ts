/** Shapes of what the API shows besides holds: sessions, agents, scopes, the policy, and whose token this is. */
import { z } from 'zod';
import type { Scope } from '../approval/scope.ts';
import type { ReviewerFigures } from '../audit/reviewer-history.ts';
import type { SessionAction, SessionSummary } from '../audit/sessions.ts';
import type { AgentConfig, ApiToken, ReviewerConfig } from '../config.ts';
import { tokenScopes } from '../config-tokens.ts';
import { type AgentState, agentStates } from './agent-state.ts';
import type { OnCallNow, PolicyInfo } from './ports.ts';
import { rolesOf } from './roles.ts';

const time = z.iso.datetime({ precision: 3 }).describe('RFC 3339, UTC, with milliseconds');
const iso = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());

export const sessionShape = z.strictObject({
  id: z.string(),
  agent: z.string(),
  remote: z.string(),
  openedAt: time,
  closedAt: time.nullable(),
  closed: z.string().nullable().describe('Why it ended; null while it is open'),
  targets: z.array(z.string()).describe('account@target of everything it asked for'),
  commands: z.int(),
  denied: z.int(),
  held: z.int(),
  outsideRule: z.int().optional().describe('How many were approved alone, outside the rule'),
});
export const sessionListShape = z.strictObject({
  sessions: z.array(sessionShape).describe('Newest first'),
  next: z.string().nullable().describe('Cursor of the next page; null on the last'),
});
export const sessionQueryShape = z.strictObject({
  agent: z.string().min(1).max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().min(1).max(500).optional(),
});
export const sessionDetailShape = z.strictObject({
  session: sessionShape,
  actions: z.array(
    z.strictObject({
      id: z.string(),
      target: z.string(),
      account: z.string(),
      at: time,
      command: z.string().describe('Masked'),
      verdict: z.string(),
      rule: z.string().nullable(),
      reason: z.string(),
      hold: z.string().nullable(),
      reviewers: z.array(z.string()),
      outsideRule: z.string().optional().describe('Who approved it alone, outside the rule'),
      askedAgain: z
        .strictObject({ hold: z.string(), isSame: z.boolean() })
        .optional()
        .describe('The rejected hold that it asked for again, in another form unless `isSame`'),
      ended: z.string().nullable(),
      durationMs: z.number().nullable(),
      outBytes: z.int().nullable(),
      masked: z.int().nullable().describe('How many secrets were masked in its output'),
      recording: z.string().nullable(),
    }),
  ),
});

export const agentListShape = z.strictObject({
  agents: z.array(
    z.strictObject({
      name: z.string(),
      owner: z.string(),
      state: z.enum(agentStates),
      keys: z.int().describe('How many'),
      expiresAt: time.nullable(),
      seenAt: time.nullable(),
      labels: z.record(z.string(), z.string()),
      targets: z.record(z.string(), z.array(z.string())),
    }),
  ),
});

export const reviewerListShape = z.strictObject({
  reviewers: z.array(
    z.strictObject({
      name: z.string(),
      roles: z.array(z.enum(['reviewer', 'auditor', 'admin'])),
      groups: z.array(z.string()),
      onCall: z.array(z.string()).describe('Schedules on which they are on call now'),
      lately: z
        .strictObject({
          approvals: z.int(),
          rejections: z.int(),
          medianMs: z.number().nullable().describe('From the hold to the decision; null when none is known'),
          approvesEverything: z
            .boolean()
            .describe('At least twenty, rejected none, half of them faster than one reads'),
        })
        .nullable()
        .describe('Their decisions in the last thirty days; null when not known'),
    }),
  ),
});

export const scopeListShape = z.strictObject({
  scopes: z
    .array(
      z.strictObject({
        id: z.string(),
        kind: z.enum(['session', 'time', 'pattern']),
        agent: z.string(),
        target: z.string(),
        account: z.string(),
        command: z.string().describe('What was reviewed'),
        pattern: z.string().nullable(),
        session: z.string().nullable(),
        hold: z.string(),
        createdBy: z.array(z.string()),
        createdAt: time,
        expiresAt: time,
        uses: z.int(),
      }),
    )
    .describe('In force now, newest first'),
});

export const policyShape = z.strictObject({
  file: z.string(),
  hash: z.string().describe('SHA-256 that stamps decisions'),
  loadedAt: time,
  text: z.string(),
});

export const meShape = z.strictObject({
  reviewer: z.string(),
  roles: z.array(z.enum(['reviewer', 'auditor', 'admin'])),
  groups: z.array(z.string()),
  token: z.strictObject({
    purpose: z.string(),
    scopes: z.array(z.enum(tokenScopes)).nullable().describe('null: everything this person may do'),
    expiresAt: time.nullable(),
  }),
});

export function sessionJson(session: SessionSummary): z.infer<typeof sessionShape> {
  const { openedAtMs, closedAtMs, closed, targets, ...rest } = session;
  return {
    ...rest,
    targets: [...targets],
    openedAt: new Date(openedAtMs).toISOString(),
    closedAt: iso(closedAtMs),
    closed: closed ?? null,
  };
}

export function sessionDetailJson(found: {
  readonly session: SessionSummary;
  readonly actions: readonly SessionAction[];
}): z.infer<typeof sessionDetailShape> {
  return {
    session: sessionJson(found.session),
    actions: found.actions.map((action) => ({
      id: action.id,
      target: action.target,
      account: action.account,
      at: new Date(action.atMs).toISOString(),
      command: action.command,
      verdict: action.verdict,
      rule: action.rule ?? null,
      reason: action.reason,
      hold: action.hold ?? null,
      reviewers: [...action.reviewers],
      ...(action.outsideRule === undefined ? {} : { outsideRule: action.outsideRule }),
      ...(action.askedAgain === undefined ? {} : { askedAgain: action.askedAgain }),
      ended: action.ended ?? null,
      durationMs: action.durationMs ?? null,
      outBytes: action.outBytes ?? null,
      masked: action.masked ?? null,
      recording: action.recording ?? null,
    })),
  };
}

export function agentJson(
  agent: AgentConfig,
  state: AgentState,
  seenAtMs: number | undefined,
): z.infer<typeof agentListShape>['agents'][number] {
  return {
    name: agent.name,
    owner: agent.owner,
    state,
    keys: agent.keys.length,
    expiresAt: iso(agent.expiresAtMs),
    seenAt: iso(seenAtMs),
    labels: { ...agent.labels },
    targets: Object.fromEntries(Object.entries(agent.targets).map(([name, accounts]) => [name, [...accounts]])),
  };
}

export function reviewerJson(
  reviewer: ReviewerConfig,
  figures: ReviewerFigures | undefined,
  onCall: readonly OnCallNow[],
): z.infer<typeof reviewerListShape>['reviewers'][number] {
  return {
    name: reviewer.name,
    roles: [...rolesOf(reviewer)],
    groups: [...reviewer.groups],
    onCall: onCall.filter(({ person }) => person === reviewer.name).map(({ schedule }) => schedule),
    lately: figures === undefined ? null : { ...figures, medianMs: figures.medianMs ?? null },
  };
}

export function scopeJson(scope: Scope): z.infer<typeof scopeListShape>['scopes'][number] {
  const { id, kind, agent, target, account, command, hold, uses } = scope;
  return {
    ...{ id, kind, agent, target, account, command, hold, uses },
    pattern: scope.pattern?.text ?? null,
    session: scope.session ?? null,
    createdBy: [...scope.createdBy],
    createdAt: new Date(scope.createdAtMs).toISOString(),
    expiresAt: new Date(scope.expiresAtMs).toISOString(),
  };
}

export function policyJson({ file, hash, loadedAtMs, text }: PolicyInfo): z.infer<typeof policyShape> {
  return { file, hash, loadedAt: new Date(loadedAtMs).toISOString(), text };
}

export function meJson(reviewer: ReviewerConfig, token: ApiToken): z.infer<typeof meShape> {
  return {
    reviewer: reviewer.name,
    roles: [...rolesOf(reviewer)],
    groups: [...reviewer.groups],
    token: {
      purpose: token.purpose,
      scopes: token.scopes === undefined ? null : [...token.scopes],
      expiresAt: iso(token.expiresAtMs),
    },
  };
}
