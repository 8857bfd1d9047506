/**
 * Configuration as the rest of the program sees it: checked, complete, frozen. `config/` does not exist: the file
 * format, its strict reading and every default live here.
 */

import type { HoldEvent } from './approval/delivery.ts';

export interface Listen {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
}

/** Caps against hostile peers. Every one is documented in the README and tested under flood. */
export interface SshLimits {
  readonly loginGraceMs: number;
  readonly maxAuthTries: number;
  /** Connections that have not logged in yet, over all addresses and per address. */
  readonly maxUnauthenticated: number;
  readonly maxUnauthenticatedPerAddress: number;
  readonly maxSessionsPerAgent: number;
  readonly maxChannelsPerSession: number;
  readonly maxChannelsPerAgent: number;
  readonly maxCommandBytes: number;
  /** A session without any open channel is closed after this. */
  readonly idleMs: number;
  /** A session is closed after this, whatever it does. */
  readonly maxSessionMs: number;
  readonly keepaliveMs: number;
  readonly keepaliveCount: number;
  readonly rekeyBytes: number;
  readonly rekeyMs: number;
}

export interface AgentConfig {
  readonly name: string;
  /** Name of the reviewer who answers for this agent and may not approve for it. */
  readonly owner: string;
  /** Reviewers who put in the present keys or changed them last; they may not approve for it either. Absent: not known. */
  readonly keysChangedBy?: readonly string[];
  /** OpenSSH public key lines. */
  readonly keys: readonly string[];
  readonly expiresAtMs: number | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** Target name → accounts; an empty list means none. */
  readonly targets: Readonly<Record<string, readonly string[]>>;
  readonly isDisabled: boolean;
  /** Ends every lock from before. */
  readonly unlocked?: { readonly atMs: number; readonly by: string };
}

export type TargetCredential =
  | { readonly kind: 'key'; readonly file: string }
  /** Socket of an ssh-agent that the bastion may use; `fingerprint` picks the key. */
  | { readonly kind: 'ssh-agent'; readonly socket: string; readonly fingerprint: string | undefined };

export interface TargetConfig {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** OpenSSH public key line of the pinned host key (`ssh-ed25519 AAAA…`). */
  readonly hostKey: string;
  readonly dialect: 'bash' | 'posix' | 'busybox' | 'unknown';
  readonly labels: Readonly<Record<string, string>>;
  readonly defaultAccount: string;
  readonly accounts: Readonly<
    Record<string, { readonly credential: TargetCredential; readonly home: string | undefined }>
  >;
}

/** A reviewer decides; an auditor reads the evidence; an admin manages agents, and decides nothing. One may be several. */
export type ReviewerRole = 'reviewer' | 'auditor' | 'admin';

/** What an API token is good for; none of them is more than its reviewer's roles allow. */
export type TokenScope = 'holds:read' | 'holds:decide' | 'evidence:read' | 'setup:read';

export interface ApiToken {
  /** SHA-256 (hex); the token itself is shown once and not stored. */
  readonly hash: string;
  /** What it is used for, for people. */
  readonly purpose: string;
  /** Undefined: everything its reviewer may do. */
  readonly scopes: readonly TokenScope[] | undefined;
  /** Undefined: never. */
  readonly expiresAtMs: number | undefined;
}

/** When somebody is told, on the wall clock of a zone. */
export interface HoursConfig {
  readonly timezone: string;
  /** 0 is Sunday. */
  readonly days: readonly number[];
  readonly fromMinute: number;
  /** Before `fromMinute`: over midnight. */
  readonly toMinute: number;
}

/** Who is on call, one week each. */
export interface RotationConfig {
  readonly name: string;
  readonly timezone: string;
  /** Names of reviewers, in turn. */
  readonly people: readonly string[];
  /** The first handover, in days since 1970-01-01 on the zone's calendar, and its minute of the day. */
  readonly startsOn: number;
  readonly handoverMinute: number;
}

export interface ReviewerConfig {
  readonly name: string;
  readonly email: string;
  readonly groups: readonly string[];
  /** What they may do on the web and by API; absent means `['reviewer']`. */
  readonly roles?: readonly ReviewerRole[];
  /** Their user id in Slack, by which their decisions there are theirs. */
  readonly slackUser?: string;
  /** When they are told, on call apart; absent means always. */
  readonly hours?: HoursConfig;
  readonly apiTokens: readonly ApiToken[];
}

/** PEM files. They are read again when they change, so only their names are kept. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** The company's login service, for signing in on the web. */
export interface OidcConfig {
  /** https; http on loopback only. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** The claim that holds the reviewer's mail address. */
  readonly claim: string;
}

export interface SmtpConfig {
  readonly host: string;
  readonly port: number;
  readonly security: 'starttls' | 'tls' | 'none';
  readonly from: string;
  readonly credentials: { readonly account: string; readonly password: string } | undefined;
  /** Certificates (PEM) that are believed instead of the public ones: for a mail server of one's own. */
  readonly ca?: string;
  /** Signs mails; absent when the mail server does it. `privateKey` is PEM. SPEC: RFC 6376 */
  readonly dkim?: { readonly domain: string; readonly selector: string; readonly privateKey: string };
}

interface ChannelBasics {
  readonly name: string;
  /** Told of holds one of these groups decides; empty means of every hold. */
  readonly groups: readonly string[];
  /** A secret: for most services whoever knows it may write there. */
  readonly url: string;
  /** Plain http, loopback and private networks are fine. */
  readonly allowPrivate: boolean;
  /** When it is told; absent means always. */
  readonly hours?: HoursConfig;
}

/** Lets people decide in Slack. Both are secrets. */
export interface SlackAppConfig {
  readonly signingSecret: string;
  readonly botToken: string;
}

/** A place several people look at. */
export type ChannelConfig =
  | (ChannelBasics & { readonly kind: 'webhook'; readonly secret: string; readonly events: readonly HoldEvent[] })
  | (ChannelBasics & { readonly kind: 'ntfy'; readonly token: string | undefined })
  | (ChannelBasics & { readonly kind: 'slack'; readonly app: SlackAppConfig | undefined })
  | (ChannelBasics & { readonly kind: 'teams' });

export type StoreConfig =
  /** One file in the state directory, one process. */
  | { readonly kind: 'embedded' }
  /** Redis or Valkey, for several nodes. The address holds no password. */
  | {
      readonly kind: 'redis';
      readonly url: string;
      readonly password: string | undefined;
      /** PEM of who signed the server's certificate; absent: those that Node trusts. */
      readonly ca?: string | undefined;
      /** How many replicas must have a change before it counts; absent: one, when there is any at the start. */
      readonly replicas?: number | undefined;
      /** What the sentinels want; absent: nothing. Never the account of the Redis they watch. */
      readonly sentinel?: { readonly account: string | undefined; readonly password: string };
    };

export interface HoldsConfig {
  readonly grantMs: number;
  readonly maxPendingPerAgent: number;
  /** Absent means the default of approval/opening.ts. */
  readonly maxPerHourPerAgent?: number;
  readonly maxActionBytes?: number;
  /** Commands asked again after a rejection; `lockAfter` 0 means that they lock nobody. Absent means the defaults. */
  readonly respelling?: { readonly withinMs: number; readonly lockAfter: number };
}

/** Who may approve outside the rule, alone. */
export interface BreakGlassConfig {
  readonly group: string;
  /** Of the reason, in characters. */
  readonly minReasonLength: number;
}

export interface PoolLimits {
  readonly maxChannelsPerConnection: number;
  readonly maxConnectionsPerTarget: number;
  readonly connectTimeoutMs: number;
  readonly idleCloseMs: number;
  readonly keepaliveMs: number;
}

export interface Config {
  readonly stateDirectory: string;
  readonly ssh: { readonly listen: Listen; readonly hostKeyFile: string; readonly limits: SshLimits };
  readonly web: {
    readonly listen: Listen /** What links in mails start with. */;
    readonly publicUrl: string | undefined;
    /** Addresses of proxies whose X-Forwarded-For is believed; absent or empty means nobody's. */
    readonly trustedProxies?: readonly string[];
    readonly oidc?: OidcConfig;
    /** The web's own certificate; absent: plain http, for loopback or behind a proxy. */
    readonly tls?: TlsFiles;
  };
  readonly policyFile: string;
  /** Directories with descriptions of the security team's own tools. */
  readonly toolDirectories: readonly string[];
  readonly agents: readonly AgentConfig[];
  readonly targets: readonly TargetConfig[];
  readonly reviewers: readonly ReviewerConfig[];
  readonly smtp: SmtpConfig | undefined;
  /** Absent means none. */
  readonly notify?: readonly ChannelConfig[];
  /** Absent means that nobody is on call. */
  readonly schedules?: readonly RotationConfig[];
  readonly pool: PoolLimits;
  /** Where holds and jobs live; undefined is embedded. */
  readonly store?: StoreConfig;
  /** How other nodes call this one; its host name when absent. */
  readonly nodeName?: string | undefined;
  readonly holds: HoldsConfig;
  /** Absent: no rule has an exception. */
  readonly breakGlass?: BreakGlassConfig;
}
