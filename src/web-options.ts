/** What the web shows and does, put together from the running parts. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { AgentSwitches } from './agent-switches.ts';
import type { ScopeDesk } from './approval/desk.ts';
import type { KnownDevices } from './approval/devices.ts';
import type { BreakGlassTerms } from './approval/glass.ts';
import type { Hold } from './approval/hold.ts';
import type { HoldKeeper } from './approval/keeper.ts';
import type { MailLinks } from './approval/links.ts';
import type { AgentStandings } from './approval/standing.ts';
import { SallyportError } from './errors.ts';
import type { EvidenceIndex } from './evidence-index.ts';
import { healthOf } from './health.ts';
import type { Judgement } from './judgement.ts';
import type { LiveConfig } from './live-config.ts';
import type { LiveSessions } from './live-sessions.ts';
import { describeError, type Log } from './log.ts';
import type { MailMessenger } from './notify/mail.ts';
import { SlackDesk } from './notify/slack-desk.ts';
import { packageVersion } from './package-root.ts';
import { printProblem } from './policy/problem.ts';
import { type ActivePolicy, checkProposal } from './policy-file.ts';
import { measureCast } from './recording/cast-file.ts';
import { onCall } from './schedule.ts';
import { loadOrCreateKey } from './store/keys.ts';
import type { Shelf } from './store/shelf.ts';
import type { PasskeyStore } from './web/passkey-store.ts';
import type { PolicyInfo, SessionSource, WebOptions } from './web/ports.ts';

export interface WebParts {
  readonly live: LiveConfig;
  readonly audit: EvidenceIndex;
  readonly desk: {
    readonly keeper: HoldKeeper;
    readonly scopes: ScopeDesk;
    readonly links: MailLinks;
    readonly devices: KnownDevices;
    readonly messenger: MailMessenger | undefined;
    readonly standings: AgentStandings;
    breakGlass(): BreakGlassTerms | undefined;
    readonly shelf: Shelf;
    lastUnreachable(): Hold | undefined;
  };
  readonly passkeys: PasskeyStore;
  readonly liveSessions: LiveSessions;
  /** Absent: this node is alone, and its configuration file says all. */
  readonly switches: AgentSwitches | undefined;
  readonly policy: {
    readonly active: ActivePolicy;
    readonly understander: Judgement;
    readonly info: () => PolicyInfo;
    readonly refused: () => readonly string[];
  };
  readonly publicUrl: () => string;
  readonly sessionCount: () => number;
  readonly log: Log;
}

export function webOptions(parts: WebParts): WebOptions {
  const { live, audit, desk, policy, switches, log } = parts;
  const { stateDirectory } = live.current;
  return {
    desk: desk.keeper,
    slack: slackDesk(parts),
    scopes: desk.scopes,
    links: desk.links,
    devices: desk.devices,
    audit,
    shelf: desk.shelf,
    reviewers: () => live.current.reviewers,
    agents: () =>
      live.current.agents.map((agent) => (switches?.isOff(agent.name) ? { ...agent, isDisabled: true } : agent)),
    targets: () => live.current.targets,
    policy: policy.info,
    sessions: sessionSource(audit, stateDirectory),
    health: () =>
      healthOf({
        stateDirectory,
        hasMail: desk.messenger !== undefined,
        channelCount: live.current.notify?.length ?? 0,
        lastUnreachable: desk.lastUnreachable,
        sessionCount: parts.sessionCount,
        policyFile: live.current.policyFile,
        policyHash: () => policy.active.policyHash,
        refusedPolicy: policy.refused,
      }),
    sendSignInMail: async (mail) => {
      if (desk.messenger === undefined) throw new SallyportError('MAIL_NOT_CONFIGURED', 'no smtp in the configuration');
      await desk.messenger.sendSignIn(mail.reviewer, mail);
    },
    history: audit.history,
    breakGlass: desk.breakGlass,
    locks: {
      list: () => desk.standings.locks(),
      unlock: (agent, by) => desk.standings.unlock(agent, by),
    },
    reviewerFigures: (reviewer, nowMs) => audit.reviewers.figures(reviewer, nowMs),
    onCall: (nowMs) =>
      (live.current.schedules ?? []).map((rotation) => ({
        schedule: rotation.name,
        timezone: rotation.timezone,
        ...onCall(rotation, nowMs),
      })),
    judgement: {
      understand: policy.understander.understand,
      decide: (model, context) => policy.active.decide(model, context),
    },
    checkPolicy: async (text) => {
      const { policyFile } = live.current;
      const result = await checkProposal(policyFile, text, policy.active.policy.files, policy.understander.policyParts);
      if (result.kind === 'refused') {
        return { problems: result.problems.map(printProblem), hash: '', rules: 0, examples: result.examples.length };
      }
      const { hash, rules } = result.policy;
      return { problems: [], hash, rules: rules.length, examples: result.examples.length };
    },
    changeAgent: async (name, change, by) => {
      const words = change.kind === 'enable' ? 'enabled on the console' : `end set to ${change.date} on the console`;
      await audit.append({ event: 'agent.changed', agent: name, change: words, by });
      live.edit((edit) => {
        const entry = edit.entry('agents', name);
        if (change.kind === 'enable') entry.set('disabled', false);
        else entry.set('expires', change.date);
      });
    },
    disableAgent: async (name, by) => {
      await audit.append({ event: 'agent.changed', agent: name, change: 'disabled on the console', by });
      await switches?.turnOff(name, by);
      try {
        live.edit((edit) => edit.entry('agents', name).set('disabled', true));
      } catch (error) {
        // Off everywhere all the same; a file that cannot be written (in a container, say) does not undo that.
        if (switches === undefined) throw error;
        log.warn({ agent: name, ...describeError(error) }, 'disabled, but not in the configuration file of this node');
      }
    },
    revokeToken: async (reviewer, id) => {
      const change = `API token ${id} revoked on the console`;
      await audit.append({ event: 'reviewer.changed', reviewer, change, by: reviewer });
      live.edit((edit) => edit.revokeToken(reviewer, id));
    },
    oidc: () => live.current.web.oidc,
    publicUrl: parts.publicUrl,
    trustedProxies: live.current.web.trustedProxies ?? [],
    clock: Date.now,
    passkeys: parts.passkeys,
    live: parts.liveSessions,
    secret: loadOrCreateKey(join(stateDirectory, 'keys', 'web.key')),
    version: packageVersion(),
    onFailure: ({ path, error }) => log.error({ path, ...describeError(error) }, 'a web request failed'),
  };
}

function slackDesk({ live, desk, publicUrl, log }: WebParts): SlackDesk {
  return new SlackDesk({
    desk: desk.keeper,
    apps: () => (live.current.notify ?? []).flatMap((one) => (one.kind === 'slack' && one.app ? [one.app] : [])),
    reviewers: () => live.current.reviewers,
    publicUrl,
    onProblem: (error) => log.error(describeError(error), 'a dialogue in Slack could not be opened'),
  });
}

function sessionSource(audit: EvidenceIndex, stateDirectory: string): SessionSource {
  return {
    list: async (query) => audit.sessions.list(query),
    get: async (id) => audit.sessions.get(id),
    recording: async (session, name) => {
      // HOSTILE: the name comes from a browser; only what the log says belongs to this session is a file name.
      const known = audit.sessions.get(session)?.actions.some((action) => action.recording === name);
      if (known !== true) return undefined;
      const path = join(stateDirectory, name);
      const { wholeBytes } = await measureCast(path);
      if (wholeBytes === 0) return undefined;
      return Readable.toWeb(createReadStream(path, { end: wholeBytes - 1 })) as ReadableStream<Uint8Array>;
    },
  };
}
