/** The reviewers' side, joined: the store, holds and scopes in it, links, mail and the jobs around a hold. */
import { join } from 'node:path';
import type { Wake } from './approval/bells.ts';
import { KnownDevices } from './approval/devices.ts';
import type { BreakGlassTerms } from './approval/glass.ts';
import type { Hold } from './approval/hold.ts';
import { HoldJobs } from './approval/jobs.ts';
import { HoldKeeper } from './approval/keeper.ts';
import { MailLinks } from './approval/links.ts';
import { defaultHoldLimits, type HoldLimits } from './approval/opening.ts';
import { choiceProblem } from './approval/scope.ts';
import { ScopeBook } from './approval/scopes.ts';
import { AgentStandings } from './approval/standing.ts';
import { isReviewer } from './approval/state.ts';
import type { Closers } from './closers.ts';
import type { AgentConfig, HoldsConfig } from './config.ts';
import type { AuditSink } from './gate/ports.ts';
import type { LiveConfig } from './live-config.ts';
import { describeError, type Log } from './log.ts';
import { channelOf } from './notify/channels.ts';
import { MailMessenger } from './notify/mail.ts';
import { patternProblem } from './policy/scope-pattern.ts';
import { isToldAt } from './schedule.ts';
import { loadOrCreateKey } from './store/keys.ts';
import { openStore } from './store/open.ts';
import type { Shelf } from './store/shelf.ts';

export interface Desk {
  readonly keeper: HoldKeeper;
  readonly standings: AgentStandings;
  /** Ends the locks that the configuration ends. */
  unlockAgents(agents: readonly AgentConfig[]): Promise<void>;
  readonly scopes: ScopeBook;
  readonly links: MailLinks;
  readonly devices: KnownDevices;
  readonly messenger: MailMessenger | undefined;
  readonly shelf: Shelf;
  /** Present when other nodes see the same store. */
  readonly peers: Wake | undefined;
  /** Who may approve outside the rule now. */
  breakGlass(): BreakGlassTerms | undefined;
  lastUnreachable(): Hold | undefined;
  /** Begins to mail and expire; called when links can be followed. */
  begin(): Promise<void>;
}

function holdLimits({ maxPendingPerAgent, maxPerHourPerAgent, maxActionBytes }: HoldsConfig): HoldLimits {
  return {
    maxPendingPerAgent,
    maxPerHourPerAgent: maxPerHourPerAgent ?? defaultHoldLimits.maxPerHourPerAgent,
    maxActionBytes: maxActionBytes ?? defaultHoldLimits.maxActionBytes,
  };
}

/** Three times is no accident. */
const defaultRespelling = { withinMs: 30 * 60_000, lockAfter: 3 };

async function unlockAgents(standings: AgentStandings, agents: readonly AgentConfig[]): Promise<void> {
  for (const { agent, atMs } of standings.locks()) {
    const unlocked = agents.find(({ name }) => name === agent)?.unlocked;
    if (unlocked !== undefined && unlocked.atMs > atMs) await standings.unlock(agent, unlocked.by);
  }
}

/** Who may not decide for this agent as it is configured now. */
function barredFor(agent: AgentConfig | undefined): readonly string[] {
  return agent === undefined ? [] : [agent.owner, ...(agent.keysChangedBy ?? [])];
}

export async function openDesk(
  live: LiveConfig,
  audit: AuditSink,
  publicUrl: () => string,
  log: Log,
  closers: Closers,
): Promise<Desk> {
  const { stateDirectory, smtp, holds } = live.current;
  const onProblem = (error: unknown) =>
    log.error(describeError(error), 'could not be done now and will be tried again');
  const reviewers = () => live.current.reviewers;
  const store = await openStore(live.current.store, stateDirectory, onProblem);
  closers.add(() => store.close());
  for (const warning of await store.warnings()) log.warn(warning);
  const { proofs } = store;
  const messenger = smtp && new MailMessenger({ smtp, publicUrl });
  if (messenger !== undefined) closers.add(() => messenger.close());
  const isAnybodyTold = () => messenger !== undefined || (live.current.notify ?? []).length > 0;
  // Without anybody to tell there is no exception; the configuration is checked for that, but mail begins at a start.
  const breakGlass = () => (isAnybodyTold() ? live.current.breakGlass : undefined);
  const scopes = new ScopeBook({
    store: store.scopes,
    audit,
    isReviewer: (name) => reviewers().some((person) => person.name === name && isReviewer(person)),
  });
  const keeper = new HoldKeeper({
    store: store.holds,
    audit,
    reviewers,
    limits: () => holdLimits(live.current.holds),
    barred: (agent) => barredFor(live.current.agents.find(({ name }) => name === agent)),
    breakGlass,
    grantMs: holds.grantMs,
    scopes: {
      grant: (hold) => scopes.grant(hold),
      problem: (hold, choice) => choiceProblem(hold, choice, patternProblem),
    },
    onProblem,
    ...(store.wake === undefined ? {} : { wake: store.wake }),
  });
  closers.add(() => keeper.close());
  const standings = new AgentStandings({
    shelf: store.shelf,
    holds: keeper,
    audit,
    terms: () => live.current.holds.respelling ?? defaultRespelling,
    onProblem,
  });
  closers.add(() => standings.close());
  const links = new MailLinks({
    key: loadOrCreateKey(join(stateDirectory, 'keys', 'links.key')),
    store: proofs,
    audit,
    getHold: (id) => keeper.get(id),
    reviewers,
  });
  const jobs = new HoldJobs({
    home: store.queues,
    keeper,
    links,
    messenger,
    channels: () => (live.current.notify ?? []).map((channel) => channelOf(channel, { publicUrl })),
    reviewers,
    isTold: (who, nowMs) => isToldAt(live.current, who, nowMs),
    audit,
    forgetExpired: (beforeMs) => proofs.forgetExpired(beforeMs),
    onProblem,
  });
  closers.add(() => jobs.close());
  let unreachable: Hold | undefined;
  keeper.onUnreachable((hold) => {
    unreachable = hold;
    log.error({ hold: hold.id }, 'no reviewer could be told that a command waits');
  });
  const begin = async () => {
    await keeper.start(jobs);
    await standings.start();
    await unlockAgents(standings, live.current.agents);
    await jobs.start();
  };
  return {
    keeper,
    standings,
    unlockAgents: (agents) => unlockAgents(standings, agents),
    scopes,
    links,
    devices: new KnownDevices(proofs),
    messenger,
    shelf: store.shelf,
    peers: store.peers,
    breakGlass,
    lastUnreachable: () => unreachable,
    begin,
  };
}
