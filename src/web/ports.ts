/**
 * What the web needs from the rest of the program; `app.ts` hands it in.
 */
import type { HoldDesk, ReviewerDevices, ReviewLinks, ScopeDesk } from '../approval/desk.ts';
import type { BreakGlassTerms } from '../approval/glass.ts';
import type { AgentLock } from '../approval/standing.ts';
import type { ReviewerFigures } from '../audit/reviewer-history.ts';
import type { SessionAction, SessionSummary } from '../audit/sessions.ts';
import type { SetupHistory } from '../audit/setup-history.ts';
import type { AgentConfig, OidcConfig, ReviewerConfig, TargetConfig } from '../config.ts';
import type { AuditSink } from '../gate/ports.ts';
import type { LiveSessions } from '../live-sessions.ts';
import type { Shelf } from '../store/shelf.ts';
import type { Clock } from './clock.ts';
import type { Judgement } from './explain.ts';
import type { PasskeyStore } from './passkey-store.ts';

export type { SessionAction, SessionSummary };

/** The policy in force, as people read it. */
export interface PolicyInfo {
  readonly file: string;
  readonly text: string;
  /** Hex SHA-256, the one that stamps decisions. */
  readonly hash: string;
  readonly loadedAtMs: number;
}

/** Reads the evidence. Implementations read the log and the recordings; they never hand out a path. */
export interface SessionSource {
  /** Newest first. */
  list(query: {
    readonly agent: string | undefined;
    readonly limit: number;
    readonly cursor: string | undefined;
  }): Promise<{ readonly sessions: readonly SessionSummary[]; readonly next: string | undefined }>;
  get(
    id: string,
  ): Promise<{ readonly session: SessionSummary; readonly actions: readonly SessionAction[] } | undefined>;
  /** The asciicast of one recording that belongs to this session; undefined when it does not. */
  recording(session: string, name: string): Promise<ReadableStream<Uint8Array> | Uint8Array | undefined>;
}

/** Whether a proposed policy would be accepted. */
export interface PolicyCheck {
  /** With place and fix; empty when it would. */
  readonly problems: readonly string[];
  readonly hash: string;
  readonly rules: number;
  readonly examples: number;
}

export interface HealthCheck {
  readonly name: string;
  readonly state: 'ok' | 'warn' | 'fail';
  /** What is wrong and what to do, or what was found. */
  readonly detail: string;
}

export type AgentChange = { readonly kind: 'enable' } | { readonly kind: 'expiry'; readonly date: string };

export interface SignInMail {
  readonly reviewer: ReviewerConfig;
  /** Opens the sign-in page with the code in its fragment; works only in the browser that asked. */
  readonly link: string;
  /** The same code, to be typed where the link cannot be opened. */
  readonly code: string;
  readonly expiresAtMs: number;
}

/** Clicks and dialogues of Slack; whoever implements it checks the signature. */
export interface SlackInteractions {
  /** False: there is no such page. */
  isOpen(): boolean;
  answer(request: {
    readonly body: string;
    readonly timestamp: string | undefined;
    readonly signature: string | undefined;
  }): Promise<
    | { readonly kind: 'refused' }
    | { readonly kind: 'answered'; readonly body: Readonly<Record<string, unknown>> | undefined }
  >;
}

export interface OnCallNow {
  readonly schedule: string;
  readonly person: string;
  /** On the wall clock of `timezone`. */
  readonly until: string;
  readonly timezone: string;
  readonly next: string;
}

export interface WebOptions {
  readonly desk: HoldDesk;
  /** Absent: nobody decides in Slack. */
  readonly slack?: SlackInteractions;
  /** Absent: approvals are for once. */
  readonly scopes?: ScopeDesk;
  readonly links: ReviewLinks;
  readonly devices: ReviewerDevices;
  readonly audit: AuditSink;
  /** Who is signed in and what is being answered, the same for every node. */
  readonly shelf: Shelf;
  reviewers(): readonly ReviewerConfig[];
  agents(): readonly AgentConfig[];
  targets(): readonly TargetConfig[];
  policy(): PolicyInfo;
  readonly sessions: SessionSource;
  health(): Promise<readonly HealthCheck[]>;
  /** Rejects when the mail could not be queued; the page then says so without saying whether the address is known. */
  sendSignInMail(mail: SignInMail): Promise<void>;
  /** Who may approve outside the rule; absent or undefined: nobody. */
  breakGlass?(): BreakGlassTerms | undefined;
  /** Lets an agent in again that respelled what was rejected; false when it was not locked. Absent: nobody is locked. */
  readonly locks?: {
    list(): readonly AgentLock[];
    /** In the audit log before it takes effect. */
    unlock(agent: string, by: string): Promise<boolean>;
  };
  /** How this reviewer decided lately; absent: not known. */
  reviewerFigures?(reviewer: string, nowMs: number): ReviewerFigures;
  /** Absent: there is no schedule. */
  onCall?(nowMs: number): readonly OnCallNow[];
  /** What the audit log says of the set-up; absent: nothing. */
  readonly history?: Pick<SetupHistory, 'policies' | 'agentSeenAtMs' | 'tokenUsedAtMs'>;
  /** The live path's reading and judgement; absent: nothing is explained or coloured. */
  readonly judgement?: Judgement;
  /** Reads a proposed text as the gate would, against the files the policy in force was read from. */
  checkPolicy?(text: string): Promise<PolicyCheck>;
  /** Absent: passkeys are not offered. */
  readonly passkeys?: PasskeyStore;
  /** Absent or undefined: there is no login service. */
  oidc?(): OidcConfig | undefined;
  /** Absent: sessions are not followed. */
  readonly live?: Pick<LiveSessions, 'list' | 'end'>;
  /** Writes the agent off; its sessions end within a second. Rejects when that cannot be written. */
  disableAgent?(agent: string, by: string): Promise<void>;
  /** Lets the agent in again, or sets when it ends. Rejects when that cannot be written. */
  changeAgent?(agent: string, change: AgentChange, by: string): Promise<void>;
  /** Refuses the token from now on. Rejects when that cannot be written. */
  revokeToken?(reviewer: string, tokenId: string): Promise<void>;
  /** What links start with, without a trailing slash. A function: port 0 is known only after listening. */
  publicUrl(): string;
  readonly clock: Clock;
  /** At least 32 bytes that outlive a restart; signs form nonces and session cookies. */
  readonly secret: Buffer;
  /** Addresses of proxies whose X-Forwarded-For is believed; empty means none. */
  readonly trustedProxies?: readonly string[];
  readonly version: string;
  /** Told of unexpected failures; the text is for the log and has no secret. */
  onFailure?(failure: { readonly path: string; readonly error: unknown }): void;
}
