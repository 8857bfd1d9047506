/**
 * The gate's neighbours, in memory, each writing what it was asked into one list, so that a test can check the order
 * of effects and break any single step. The real ones meet in the end-to-end tests.
 */
import { PassThrough, Readable } from 'node:stream';
import type { HeldAction, Hold } from '../../src/approval/hold.ts';
import type { AuditEvent } from '../../src/audit/event.ts';
import type { CommandModel } from '../../src/command/model.ts';
import type { GateParts } from '../../src/gate/gate.ts';
import type {
  ClientChannel,
  ExecRequest,
  HoldOutcome,
  Notice,
  TargetChannel,
  TargetEnd,
} from '../../src/gate/ports.ts';
import type { MaskedBytes, MaskedText } from '../../src/mask/masked-text.ts';
import type { PolicyDecision, Verdict } from '../../src/policy/decision.ts';

export interface Scene {
  readonly parts: GateParts;
  readonly request: ExecRequest;
  /** Effects in the order they happened: `audit command.decided`, `recorder open`, `run ls`, … */
  readonly effects: string[];
  readonly events: AuditEvent[];
  readonly notices: Notice[];
  readonly sent: { stdout: string; stderr: string };
  readonly leave: AbortController;
  /** What reviewers would see. */
  readonly held: HeldAction[];
  /** What the target got on stdin, once it ended. */
  readonly targetStdin: Promise<string>;
}

export interface SceneOptions {
  readonly verdicts?: readonly Verdict[];
  readonly command?: Buffer | string;
  readonly stdin?: string | Buffer;
  readonly stdinUse?: CommandModel['stdin'];
  readonly stdinLanguage?: string;
  readonly outcome?: (hold: Hold) => HoldOutcome;
  readonly release?: boolean;
  readonly failing?: string;
  readonly mayUse?: () => boolean;
  readonly output?: string;
  readonly end?: TargetEnd;
  readonly isNewHold?: boolean;
  readonly leavesOut?: PolicyDecision['leavesOut'];
  /** No reviewer can be reached while the agent waits. */
  readonly isUnreached?: boolean;
}

export function scene(options: SceneOptions = {}): Scene {
  const effects: string[] = [];
  const events: AuditEvent[] = [];
  const notices: Notice[] = [];
  const held: HeldAction[] = [];
  const sent = { stdout: '', stderr: '' };
  const leave = new AbortController();
  const verdicts = [...(options.verdicts ?? ['allow'])];
  const did = (what: string) => {
    effects.push(what);
    if (options.failing !== undefined && what.startsWith(options.failing)) throw new Error(`CANARY ${what}`);
  };
  let resolveStdin: (text: string) => void = () => undefined;
  const targetStdin = new Promise<string>((resolve) => {
    resolveStdin = resolve;
  });

  const parts: GateParts = {
    understander: {
      understand: async (text, context) => {
        const model: CommandModel = {
          text,
          dialect: context.dialect,
          commands: [],
          unknowns: [],
          stdin: options.stdinUse ?? 'unused',
          stdinLanguage: options.stdinLanguage,
          canonical: `canonical ${text}`,
        };
        return { ...model, narrower: { ...model, canonical: `narrower ${text}` } };
      },
    },
    judge: {
      policyHash: 'p1',
      decide: (model): PolicyDecision => {
        const verdict = (verdicts.length > 1 ? verdicts.shift() : verdicts[0]) ?? 'deny';
        did(`decide ${model.text} ${verdict}`);
        return {
          verdict,
          rule: 'r1',
          reason: 'because',
          policyHash: 'p1',
          parts: [],
          review:
            verdict === 'approve'
              ? { groups: [], quorum: 1, expiresInMs: 60_000, reason: 'optional', minReasonLength: 0 }
              : undefined,
          instead: undefined,
          shadow: [],
          leavesOut: options.leavesOut,
        };
      },
    },
    audit: {
      append: async (event) => {
        did(`audit ${event.event}`);
        events.push(event);
      },
    },
    holds: {
      open: async (request) => {
        did('hold open');
        held.push(request.action);
        return { hold: holdOf(request.action), isNew: options.isNewHold ?? true };
      },
      onUnreachable: (listener) => {
        if (options.isUnreached === true) listener(holdOf(undefined));
        return () => undefined;
      },
      wait: async (_id, signal) => {
        did('hold wait');
        if (options.outcome === undefined) {
          signal.throwIfAborted();
          await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
        }
        return (options.outcome ?? unreachableOutcome)(holdOf(undefined));
      },
      release: async () => {
        did('hold release');
        return options.release ?? true;
      },
    },
    recorder: {
      open: async () => {
        did('recorder open');
        return {
          name: 'recordings/x.cast',
          output: async (stream, bytes) => did(`record ${stream} ${bytes.toString()}`),
          marker: async () => undefined,
          resize: async () => undefined,
          close: async () => {
            did('recorder close');
            return { outputSha256: 'f'.repeat(64), recordingSha256: 'e'.repeat(64) };
          },
        };
      },
    },
    masking: {
      text: (raw) => raw as MaskedText,
      stream: () => {
        const counts: Record<string, number> = {};
        return {
          push: (raw) => {
            const masked = raw.toString().replaceAll('SECRET', '*');
            const count = raw.toString().split('SECRET').length - 1;
            if (count > 0) counts.demo = (counts.demo ?? 0) + count;
            return Buffer.from(masked) as MaskedBytes;
          },
          hasPending: false,
          flush: () => Buffer.alloc(0) as MaskedBytes,
          end: () => Buffer.alloc(0) as MaskedBytes,
          counts,
        };
      },
    },
    targets: {
      find: (target) =>
        target === 'web-1'
          ? {
              name: 'web-1',
              labels: {},
              dialect: 'bash',
              hostKeyFingerprint: 'SHA256:h',
              homeDirectory: '/home/deploy',
            }
          : undefined,
      run: async (_target, _account, { command }) => {
        did(`run ${command}`);
        const stdin = new PassThrough();
        const chunks: Buffer[] = [];
        stdin
          .on('data', (chunk: Buffer) => chunks.push(chunk))
          .on('end', () => resolveStdin(Buffer.concat(chunks).toString()));
        const channel: TargetChannel = {
          stdin,
          stdout: Readable.from([Buffer.from(options.output ?? 'out')]),
          stderr: Readable.from([]),
          ended: Promise.resolve(options.end ?? { kind: 'exit', status: 3 }),
          signal: (name) => did(`signal ${name}`),
          close: () => effects.push('close'),
        };
        return channel;
      },
    },
    clock: () => 1_000_000,
    onFailure: () => undefined,
  };

  const client: ClientChannel = {
    stdin: Readable.from(options.stdin === undefined ? [] : [Buffer.from(options.stdin)]),
    write: async (stream, bytes) => {
      did(`send ${stream} ${bytes.toString()}`);
      sent[stream] += bytes.toString();
    },
    notice: async (notice) => {
      notices.push(notice);
    },
    gone: leave.signal,
    onSignal: () => undefined,
  };
  const request: ExecRequest = {
    session: {
      id: 's1',
      remote: '127.0.0.1',
      agent: {
        name: 'builder',
        owner: 'maya',
        labels: {},
        keyFingerprint: 'SHA256:k',
        isStillValid: () => true,
        mayUse: options.mayUse ?? (() => true),
      },
    },
    channel: 'c1',
    target: 'web-1',
    account: 'deploy',
    command: Buffer.from(options.command ?? 'ls'),
    environment: {},
    client,
  };
  return { parts, request, held, effects, events, notices, sent, leave, targetStdin };
}

function unreachableOutcome(): HoldOutcome {
  throw new Error('the test gave no outcome');
}

function holdOf(action: Hold['action'] | undefined): Hold {
  return {
    id: 'h-1',
    digest: 'd'.repeat(64),
    version: 1,
    state: 'pending',
    action: action ?? {
      kind: 'exec',
      command: 'ls',
      canonical: undefined,
      stdin: undefined,
      stdinUse: 'closed',
      environment: {},
      pty: undefined,
      agent: 'builder',
      agentOwner: 'maya',
      keyFingerprint: 'SHA256:k',
      target: 'web-1',
      targetHostKey: 'SHA256:h',
      account: 'deploy',
      policyHash: 'p1',
    },
    reason: 'because',
    rule: 'r1',
    parts: [],
    effects: [],
    groups: [],
    quorum: 1,
    reasonRequired: false,
    session: 's1',
    channel: 'c1',
    before: [],
    createdAtMs: 1_000_000,
    expiresAtMs: 1_060_000,
    decidedAtMs: undefined,
    decisions: [{ reviewer: 'kim', verdict: 'approve', reason: '', atMs: 1_000_001, channel: 'web' }],
    isAgentWaiting: true,
  };
}
