/**
 * The small interfaces the gate needs. The parts that implement them never import each other; `app.ts` joins them.
 */
import type { Readable, Writable } from 'node:stream';
import type { HeldAction, Hold, Respelling } from '../approval/hold.ts';
import type { AskedScope, Scope } from '../approval/scope.ts';
import type { AskedAgain } from '../approval/standing.ts';
import type { AuditEvent, ScopeEvent } from '../audit/event.ts';
import type { CommandModel, UnderstandContext } from '../command/model.ts';
import type { MaskedBytes, MaskedText } from '../mask/masked-text.ts';
import type { PolicyContext, PolicyDecision } from '../policy/decision.ts';

/** Text → model. Never throws: what cannot be read comes back as a model with `unknowns`. */
export interface Understander {
  understand(text: string, context: UnderstandContext): Promise<CommandModel>;
}

/** Model → verdict, by the policy in force at the moment of the call. Never throws: an error inside is a stricter verdict. */
export interface Judge {
  decide(model: CommandModel, context: PolicyContext): PolicyDecision;
  readonly policyHash: string;
}

/** Resolves when the record is on disk. A rejection means that the log is dead: the process must stop. */
export interface AuditSink {
  append(event: AuditEvent): Promise<void>;
}

export type HoldOutcome =
  | { readonly kind: 'approved'; readonly hold: Hold }
  | { readonly kind: 'rejected'; readonly hold: Hold; readonly reviewer: string; readonly reason: string }
  | { readonly kind: 'expired'; readonly hold: Hold }
  | { readonly kind: 'withdrawn'; readonly hold: Hold };

export type HoldRequest = Omit<
  Hold,
  | 'id'
  | 'digest'
  | 'version'
  | 'state'
  | 'createdAtMs'
  | 'decidedAtMs'
  | 'decisions'
  | 'isAgentWaiting'
  | 'expiresAtMs'
  | 'grantExpiresAtMs'
  | 'deliveries'
> & { readonly expiresInMs: number };

export interface Holds {
  /**
   * Finds the agent's pending hold or unused grant with the same digest, or creates one (durable and audited before
   * it returns, mail queued). `isNew` is false for a hold that was joined. Throws an ApprovalError `HOLD_LIMIT`, whose
   * publicMessage says which limit and that the command may be sent again later.
   */
  open(request: HoldRequest): Promise<{ readonly hold: Hold; readonly isNew: boolean }>;
  /**
   * Resolves when the hold leaves `pending`. Aborting `signal` means that the agent left: the hold goes on without it
   * and the promise rejects with the signal's reason.
   */
  wait(id: string, signal: AbortSignal): Promise<HoldOutcome>;
  /** Called when no reviewer could be told of a hold; returns the unsubscriber. */
  onUnreachable?(listener: (hold: Hold) => void): () => void;
  /**
   * Compare-and-set `approved → released`, once, audited before it returns. False when somebody else released it, it is
   * no longer approved, or `action` is not what was approved. `by` says which channel runs it, when it is not the one
   * that opened the hold.
   */
  release(
    id: string,
    action: HeldAction,
    by?: { readonly session: string; readonly channel: string; readonly actionId: string },
  ): Promise<boolean>;
}

/** Approvals that cover more than one run. */
export interface Scopes {
  /** A live scope that covers this action; finding it uses nothing. */
  find(asked: AskedScope): Promise<Scope | undefined>;
  /** Counts a use, audited before it returns. False when the scope no longer covers it: revoked, expired, another action. */
  use(id: string, asked: AskedScope, by: ScopeEvent): Promise<boolean>;
}

/** How agents stand after rejections. */
export interface Standings {
  /** Set when the agent may ask nothing until somebody unlocks it; what this process knows. */
  lockOf(agent: string): { readonly count: number } | undefined;
  /** Counts and audits what was rejected before and is asked again; `lock` is set when that was once too often. */
  look(asked: AskedAgain): Promise<{
    readonly lock: { readonly count: number } | undefined;
    readonly respelling: Respelling | undefined;
  }>;
}

export interface RecordingHeader {
  readonly session: string;
  readonly channel: string;
  readonly agent: string;
  readonly target: string;
  readonly account: string;
  readonly command: MaskedText;
  readonly cols: number;
  readonly rows: number;
  /** With a terminal the output has its own carriage returns; without one the recording adds them. */
  readonly hasPty?: boolean;
}

export interface RecordingDigests {
  /** SHA-256 (hex) of the masked output, for whoever has the output alone. */
  readonly outputSha256: string;
  /** SHA-256 (hex) of the whole file: times, markers and which stream spoke are evidence too. */
  readonly recordingSha256: string;
}

/** One asciicast file. Every call resolves when the bytes are with the kernel; a rejection stops the action. */
export interface Recording {
  /** Path relative to the state directory, as the audit log names it. */
  readonly name: string;
  output(stream: 'stdout' | 'stderr', bytes: MaskedBytes): Promise<void>;
  marker(label: MaskedText): Promise<void>;
  resize(cols: number, rows: number): Promise<void>;
  /** Closes the file; resolves with the SHA-256 (hex) of all masked output bytes recorded. */
  close(): Promise<RecordingDigests>;
}

export interface Recorder {
  /** Resolves when header and first event are on disk. */
  open(header: RecordingHeader): Promise<Recording>;
}

/** Masks one output stream. Feed raw chunks, forward what comes back, `end` flushes what was held back. */
export interface StreamMasker {
  push(raw: Buffer): MaskedBytes;
  /** Whether bytes are held back; the gate calls `flush` after a short silence. */
  readonly hasPending: boolean;
  /** Releases held-back bytes that cannot start a secret (so that a prompt is not stuck). */
  flush(): MaskedBytes;
  end(): MaskedBytes;
  /** Rule name → count so far. */
  readonly counts: Readonly<Record<string, number>>;
}

export interface Masking {
  stream(): StreamMasker;
  text(raw: string): MaskedText;
}

export type TargetEnd =
  | { readonly kind: 'exit'; readonly status: number }
  | { readonly kind: 'signal'; readonly signal: string; readonly coreDumped: boolean; readonly message: string }
  /** The connection or the channel went away without a status. */
  | { readonly kind: 'lost'; readonly reason: string };

/** One running command on a target. Readables honour back-pressure: unread output stops the target. */
export interface TargetChannel {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves after stdout and stderr ended and the channel closed. Never rejects. */
  readonly ended: Promise<TargetEnd>;
  signal(name: string): void;
  close(): void;
}

export interface TargetInfo {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly dialect: UnderstandContext['dialect'];
  readonly hostKeyFingerprint: string;
  /** Home of the account where configuration says it; undefined otherwise. */
  readonly homeDirectory: string | undefined;
}

export interface Targets {
  /** Undefined when there is no such target. */
  defaultAccount?(target: string): string | undefined;
  /** Undefined when there is no such target or account. */
  find(target: string, account: string): TargetInfo | undefined;
  /** Runs exactly `command` (no NUL, valid UTF-8). Rejects with a TargetError when the target cannot be reached. */
  run(
    target: string,
    account: string,
    request: {
      /** On whose behalf: agents share a target's channels. */
      readonly agent?: string;
      readonly command: string;
      readonly environment: Readonly<Record<string, string>>;
      readonly pty?: { readonly term: string; readonly cols: number; readonly rows: number };
    },
    signal: AbortSignal,
  ): Promise<TargetChannel>;
}

/** What a session knows of the agent it talks to, after its signature was verified. */
export interface AgentIdentity {
  readonly name: string;
  readonly owner: string;
  /** Reviewers who put in or last changed its keys, as configured now; undefined when nobody is known to have. */
  readonly keysChangedBy?: readonly string[] | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly keyFingerprint: string;
  /** False as soon as the agent is disabled, expired or its key removed; asked again before every release. */
  isStillValid(): boolean;
  mayUse(target: string, account: string): boolean;
}

/** What the agent is told, one line per event. */
export interface Notice {
  readonly event:
    | 'held'
    | 'waiting'
    | 'approved'
    | 'rejected'
    | 'expired'
    | 'denied'
    | 'failed'
    | 'withdrawn'
    | 'masked'
    | 'narrowed'
    | 'info';
  readonly message: string;
  readonly id?: string;
  readonly verdict?: string;
  readonly rule?: string;
  readonly reason?: string;
  readonly expiresAt?: string;
  readonly instead?: string;
  /** Whether sending the same command again can help. */
  readonly retry?: boolean;
  /** Rule name of the masker → how many secrets it took out of the output. */
  readonly masked?: Readonly<Record<string, number>>;
  /** What the command that runs passes over, though the text that was sent does not say so. */
  readonly leavesOut?: 'hidden';
}

/** The agent's side of one channel as the gate sees it; `ssh/` implements it. */
export interface ClientChannel {
  /** Everything the agent sends on stdin; unread, it stops the agent. Ends at the agent's EOF. */
  readonly stdin: Readable;
  /** Resolves when the bytes are accepted and more may be sent (back-pressure). Rejects when the channel is gone. */
  write(stream: 'stdout' | 'stderr', bytes: MaskedBytes): Promise<void>;
  notice(notice: Notice): Promise<void>;
  /** Aborted when the channel or its connection is gone. */
  readonly gone: AbortSignal;
  /** The agent's `signal` requests (RFC 4254 section 6.9), name without SIG. */
  onSignal(listener: (name: string) => void): void;
}

/** How an action ended, for the channel's exit-status or exit-signal. */
export type Ending =
  | { readonly kind: 'exit'; readonly status: number }
  | { readonly kind: 'signal'; readonly signal: string; readonly coreDumped: boolean; readonly message: string };

/** One exec request, ready to be judged. */
export interface ExecRequest {
  readonly session: SessionHandle;
  readonly channel: string;
  readonly target: string;
  readonly account: string;
  /** Exactly the payload's bytes. */
  readonly command: Buffer;
  readonly environment: Readonly<Record<string, string>>;
  readonly client: ClientChannel;
}

/** One SSH connection; the gate keeps the session's facts behind the id. */
export interface SessionHandle {
  readonly id: string;
  readonly agent: AgentIdentity;
  readonly remote: string;
}
