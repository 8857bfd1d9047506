/**
 * What is written down, one union member per event, named `noun.past-tense`.
 *
 * INVARIANT: no field holds a secret, a token or raw output. Command texts are what the agent asked for, whole but
 * masked, beside the SHA-256 of its exact bytes; output appears only as counts and a digest of what was recorded.
 */
import type { Verdict } from '../policy/decision.ts';

interface InSession {
  readonly session: string;
  readonly agent: string;
}
interface InChannel extends InSession {
  readonly channel: string;
  readonly target: string;
  readonly account: string;
}
/** Points from every later event of one action back to its decision. */
interface OfAction extends InChannel {
  readonly action: string;
}

/** Which action used a scope. */
export type ScopeEvent = OfAction;

interface OfScope {
  readonly scope: string;
  readonly agent: string;
  readonly target: string;
  readonly account: string;
}

export type AuditEvent =
  | {
      readonly event: 'process.started';
      readonly version: string;
      readonly policyHash: string;
      readonly config: string;
    }
  | { readonly event: 'process.stopped'; readonly reason: string }
  | { readonly event: 'log.recovered'; readonly bytes: number; readonly sha256: string }
  | {
      readonly event: 'policy.loaded';
      readonly policyHash: string;
      readonly previousHash: string | undefined;
      readonly file: string;
    }
  | { readonly event: 'policy.refused'; readonly file: string; readonly problems: readonly string[] }
  | { readonly event: 'agent.changed'; readonly agent: string; readonly change: string; readonly by: string }
  | {
      /** It asked again for what `hold` was rejected for. */
      readonly event: 'agent.respelled';
      readonly agent: string;
      readonly target: string;
      readonly account: string;
      readonly session: string;
      /** The action that asks again. */
      readonly action?: string;
      readonly hold: string;
      readonly isSame: boolean;
      /** How often within the window. */
      readonly count: number;
    }
  | { readonly event: 'agent.locked'; readonly agent: string; readonly hold: string; readonly count: number }
  | { readonly event: 'agent.unlocked'; readonly agent: string; readonly by: string }
  | { readonly event: 'target.changed'; readonly target: string; readonly change: string; readonly by: string }
  | { readonly event: 'reviewer.changed'; readonly reviewer: string; readonly change: string; readonly by: string }
  | { readonly event: 'connection.refused'; readonly remote: string; readonly reason: string; readonly count?: number }
  | {
      readonly event: 'login.refused';
      readonly remote: string;
      readonly session: string;
      readonly username: string;
      readonly keyFingerprint: string | undefined;
      readonly reason: string;
    }
  | (InSession & {
      readonly event: 'session.opened';
      readonly remote: string;
      readonly username: string;
      readonly keyFingerprint: string;
      readonly clientVersion: string;
    })
  | (InSession & {
      readonly event: 'session.closed';
      readonly reason: string;
      readonly durationMs: number;
      readonly channels: number;
    })
  /** Somebody ended it on the console, perhaps on another node. */
  | (InSession & { readonly event: 'session.stopped'; readonly node: string; readonly by: string })
  | (InSession & { readonly event: 'session.failed'; readonly code: string; readonly message: string })
  | (InSession & {
      readonly event: 'request.refused';
      readonly request: string;
      readonly reason: string;
      readonly channel?: string;
    })
  | (InSession & { readonly event: 'environment.dropped'; readonly names: readonly string[]; readonly channel: string })
  | (InSession & {
      readonly event: 'target.refused';
      readonly wanted: string;
      readonly reason: string;
      readonly channel: string;
    })
  | (OfAction & {
      readonly event: 'command.decided';
      readonly kind: string;
      /** Masked. */
      readonly command: string;
      /** Hex, of the bytes the agent sent: tells the exact command from others that look the same when masked. */
      readonly commandSha256?: string;
      /** Masked. */
      readonly canonical: string | undefined;
      readonly stdinSha256: string | undefined;
      readonly verdict: Verdict;
      readonly rule: string | undefined;
      readonly reason: string;
      readonly policyHash: string;
      readonly shadow: readonly { readonly verdict: Verdict; readonly rule: string }[];
      readonly tookUs: number;
    })
  | (InChannel & {
      /** The agent asked what would become of a command; nothing was held or run. */
      readonly event: 'command.explained';
      /** Masked. */
      readonly command: string;
      readonly commandSha256: string;
      readonly verdict: Verdict;
      readonly rule: string | undefined;
      readonly reason: string;
      readonly policyHash: string;
    })
  | (OfAction & {
      readonly event: 'hold.created';
      readonly hold: string;
      readonly digest: string;
      readonly expiresAt: string;
    })
  | (OfAction & { readonly event: 'hold.joined'; readonly hold: string })
  | {
      readonly event: 'hold.decided';
      readonly hold: string;
      readonly digest: string;
      readonly reviewer: string;
      readonly verdict: 'approve' | 'reject';
      readonly reason: string;
      readonly by: 'web' | 'api' | 'cli' | 'slack';
      readonly remote: string | undefined;
      /** Alone, outside the rule. */
      readonly breakGlass?: true;
    }
  | {
      readonly event: 'hold.approved' | 'hold.rejected' | 'hold.expired' | 'hold.withdrawn';
      readonly hold: string;
      readonly digest: string;
      /** Of an approval outside the rule. */
      readonly breakGlass?: true;
    }
  | {
      /** Nobody decided in time: members of these groups may from now on as well. */
      readonly event: 'hold.escalated';
      readonly hold: string;
      readonly digest: string;
      readonly groups: readonly string[];
    }
  | (OfAction & { readonly event: 'hold.released'; readonly hold: string; readonly digest: string })
  | {
      readonly event: 'hold.refused';
      readonly hold: string | undefined;
      readonly reviewer: string | undefined;
      readonly reason: string;
      readonly remote: string | undefined;
    }
  | (OfScope & {
      readonly event: 'scope.granted';
      readonly hold: string;
      readonly digest: string;
      readonly kind: string;
      readonly pattern: string | undefined;
      readonly reviewers: readonly string[];
      readonly expiresAt: string;
    })
  | (OfAction & {
      readonly event: 'scope.used';
      readonly scope: string;
      readonly uses: number;
      readonly command: string;
    })
  | (OfScope & { readonly event: 'scope.revoked'; readonly reviewer: string })
  | {
      readonly event: 'mail.sent' | 'mail.failed';
      readonly hold: string;
      readonly reviewer: string;
      readonly attempts: number;
      readonly reason?: string;
    }
  | {
      /** To a place that several people look at, by its name in the configuration. */
      readonly event: 'notice.sent' | 'notice.failed';
      readonly hold: string;
      readonly to: string;
      readonly attempts: number;
      readonly reason?: string;
    }
  | (OfAction & { readonly event: 'command.started'; readonly recording: string; readonly sent: string })
  | (OfAction & { readonly event: 'command.refused'; readonly code: string; readonly reason: string })
  | (OfAction & {
      readonly event: 'command.ended';
      readonly exitStatus: number | undefined;
      readonly signal: string | undefined;
      readonly outBytes: number;
      readonly errBytes: number;
      readonly inBytes: number;
      readonly durationMs: number;
      /** SHA-256 of the masked output as it was recorded. */
      readonly outputSha256: string;
      /** Of the whole recording; logs from before it was written have none. */
      readonly recordingSha256?: string | undefined;
      /** Rule name of the masker → how many were masked. */
      readonly masked: Readonly<Record<string, number>>;
      readonly reason: string | undefined;
    })
  | {
      readonly event: 'reviewer.signed-in';
      readonly reviewer: string;
      readonly how: 'mail' | 'token' | 'passkey' | 'oidc';
      readonly remote: string;
    }
  | {
      /** The first use from an address, then one an hour. `token` is the beginning of its hash. */
      readonly event: 'token.used' | 'token.refused';
      readonly reviewer: string;
      readonly token: string;
      readonly purpose: string;
      readonly remote: string;
      readonly reason?: string;
    }
  | {
      readonly event: 'sign-in.refused';
      readonly reviewer: string | undefined;
      readonly reason: string;
      readonly remote: string;
    }
  | { readonly event: 'recording.viewed' | 'recording.exported'; readonly recording: string; readonly by: string }
  | {
      readonly event: 'recording.repaired';
      readonly recording: string;
      readonly bytesDropped: number;
      /** Of the output that is left; undefined when there was not even a header. */
      readonly outputSha256?: string | undefined;
    }
  | { readonly event: 'evidence.verified'; readonly by: string; readonly result: string };

/** A line of the log: the event in its envelope. `prev` is the SHA-256 of the previous line's bytes, without `\n`. */
export type AuditRecord = { readonly seq: number; readonly at: string; readonly prev: string } & AuditEvent;
