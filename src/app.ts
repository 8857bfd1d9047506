/**
 * Builds every part from the configuration and joins them: the only place where parts meet.
 *
 * Order of starting: what must be written to (audit log, database) before what needs it, doors last. Closing is the
 * reverse, so that nothing runs that could not be written down any more.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { AgentSwitches } from './agent-switches.ts';
import type { AuditEvent } from './audit/event.ts';
import { AuditLog } from './audit/log.ts';
import { Closers } from './closers.ts';
import { type Desk, openDesk } from './desk.ts';
import { EvidenceIndex } from './evidence-index.ts';
import { AgentConsole } from './gate/agent-console.ts';
import { Gate } from './gate/gate.ts';
import type { AuditSink } from './gate/ports.ts';
import { createJudgement, type Judgement } from './judgement.ts';
import { changesBetween, type LiveConfig, type LiveConfigListeners } from './live-config.ts';
import { LiveSessions, type OpenSession } from './live-sessions.ts';
import { describeError, type Log } from './log.ts';
import { createMasking } from './mask/masking.ts';
import { packageVersion } from './package-root.ts';
import { printProblem } from './policy/problem.ts';
import { ActivePolicy } from './policy-file.ts';
import { createRecorder } from './recording/recorder.ts';
import { repairRecordings } from './recording/repair.ts';
import { ConfiguredAgents } from './ssh/agents.ts';
import { SshServer } from './ssh/server.ts';
import type { AgentSession } from './ssh/session.ts';
import { ensureKey } from './state-directory.ts';
import { formatProblem } from './strict-yaml.ts';
import { TargetPool } from './target/pool.ts';
import { nobody, warmUp } from './warm-up.ts';
import { Certificate } from './web/certificate.ts';
import { openPasskeys } from './web/passkey-move.ts';
import { loadCeremonies } from './web/passkeys.ts';
import type { PolicyInfo } from './web/ports.ts';
import { startWeb } from './web/server.ts';
import { createWeb } from './web/web.tsx';
import { webOptions } from './web-options.ts';

/** Running commands get this long at the end; Ctrl-C again ends them at once. */
const stopGraceMs = 5_000;

export interface RunningApp {
  readonly ssh: { readonly host: string; readonly port: number };
  readonly web: { readonly url: string };
  /** Rejects when nothing may run any more, for example because the audit log cannot be written. */
  readonly failed: Promise<never>;
  /** Reads configuration and policy again; what has a problem stays as it was. */
  reload(): void;
  /** Do not wait for running commands when stopping. */
  hurry(): void;
  stop(reason: string): Promise<void>;
}

export async function startApp({ live, log }: { readonly live: LiveConfig; readonly log: Log }): Promise<RunningApp> {
  const closers = new Closers();
  try {
    return await build(live, log, closers);
  } catch (error) {
    await closers
      .close()
      .catch((failure: unknown) => log.error(describeError(failure), 'closing after a failed start'));
    throw error;
  }
}

async function build(live: LiveConfig, log: Log, closers: Closers): Promise<RunningApp> {
  const { stateDirectory } = live.current;
  const failure = new Failure();
  const audit = await openEvidence(stateDirectory, failure, closers);
  const policy = await openPolicy(live, audit, log, failure, closers);
  const address = { web: '' };
  const publicUrl = () => live.current.web.publicUrl ?? address.web;
  const desk = await openDesk(live, audit, publicUrl, log, closers);
  const pool = openPool(live, audit, log, failure);
  closers.add(() => pool.close());

  const masking = createMasking();
  const gate = new Gate({
    understander: policy.understander,
    judge: policy.active,
    audit,
    holds: desk.keeper,
    scopes: desk.scopes,
    standings: desk.standings,
    recorder: createRecorder({ stateDirectory, now: () => new Date(), monotonicMs: () => performance.now() }),
    masking,
    targets: pool,
    clock: Date.now,
    onFailure: (error, session) => log.error({ session, ...describeError(error) }, 'an action failed'),
  });
  const agentConsole = new AgentConsole({
    explain: (request) => gate.explain(request),
    holds: desk.keeper,
    masking,
    clock: Date.now,
  });
  const onProblem = (error: unknown) => log.error(describeError(error), 'could not be told to the other nodes');
  const { shelf, peers } = desk;
  const switches = peers && (await AgentSwitches.open({ shelf, audit, wake: peers, onProblem }));
  closers.add(() => switches?.close());
  const agents = new ConfiguredAgents(live.current.agents, Date.now, (agent) => switches?.isOff(agent) === true);
  const ssh = openDoor(live, audit, agents, pool, gate, agentConsole, log, failure);
  const bound = await ssh.listen();
  let graceMs = stopGraceMs;
  closers.add(() =>
    failure.hasHappened
      ? ssh.close(0, 'Sallyport can no longer write down what happens, so nothing may run')
      : ssh.close(graceMs),
  );
  // Who waits for people would use up the grace of what runs, and then not hear that the request goes on.
  closers.add(() => desk.keeper.endWaits());

  const passkeys = await openPasskeys(join(stateDirectory, 'passkeys.json'), desk.peers && desk.shelf);
  // Loaded by the first passkey, it would hold up every agent for that long.
  if (live.current.web.publicUrl?.startsWith('https:') === true) await loadCeremonies();
  const liveSessions = new LiveSessions({
    nodeName: live.current.nodeName ?? hostname(),
    audit,
    own: () => ssh.sessions.map(openSessionOf),
    endOwn: (id, by) => ssh.end(id, `ended by ${by}`, `${by} ended this session; do not begin it again`),
    shared: peers && { id: randomUUID(), shelf, wake: peers },
    onProblem,
  });
  closers.add(() => liveSessions.close());
  const sessionCount = () => ssh.sessionCount;
  const { tls } = live.current.web;
  const onCertificate = (error: unknown) =>
    log.error(describeError(error), 'the renewed certificate was refused; the one before stays in use');
  const certificate = tls && new Certificate(tls, onCertificate);
  const web = await startWeb(
    createWeb(
      webOptions({ live, audit, desk, policy, passkeys, liveSessions, switches, publicUrl, sessionCount, log }),
    ),
    live.current.web.listen,
    certificate,
  );
  closers.add(() => web.close());
  address.web = web.url;
  await desk.begin();

  await audit.append({
    event: 'process.started',
    version: packageVersion(),
    policyHash: policy.active.policyHash,
    config: live.sha256,
  });
  const listeners = configListeners(live, { audit, agents, pool, desk }, log, failure);
  live.watch(listeners);
  closers.add(() => live.close());
  policy.active.watch();
  warmUp(policy.understander, (model) => policy.active.decide(model, nobody)).catch((error: unknown) =>
    log.warn(describeError(error), 'warming up failed'),
  );
  return {
    ssh: { host: bound.address, port: bound.port },
    web: { url: web.url },
    failed: failure.raised,
    reload: () => {
      live.reload(listeners);
      certificate?.reload();
    },
    hurry: () => {
      graceMs = 0;
    },
    stop: async (reason) => {
      await audit.append({ event: 'process.stopped', reason }).catch(() => undefined);
      await closers.close();
    },
  };
}

async function openEvidence(stateDirectory: string, failure: Failure, closers: Closers): Promise<EvidenceIndex> {
  const directory = join(stateDirectory, 'audit');
  const log = await AuditLog.open({ directory, now: () => new Date(), onFatal: failure.raise });
  closers.add(() => log.close());
  const audit = await EvidenceIndex.open(log, directory);
  await repairRecordings(stateDirectory, ({ name, ...found }) =>
    audit.append({ event: 'recording.repaired', recording: name, ...found }),
  );
  return audit;
}

interface OpenPolicy {
  readonly active: ActivePolicy;
  readonly understander: Judgement;
  readonly info: () => PolicyInfo;
  /** Why the last changed file was refused; empty when the newest is in force. */
  readonly refused: () => readonly string[];
}

async function openPolicy(
  live: LiveConfig,
  audit: AuditSink,
  log: Log,
  failure: Failure,
  closers: Closers,
): Promise<OpenPolicy> {
  const file = live.current.policyFile;
  let refused: readonly string[] = [];
  let info: PolicyInfo = { file, text: '', hash: '', loadedAtMs: 0 };
  const judgement = await createJudgement({ libraryDirectories: live.current.toolDirectories });
  closers.add(() => judgement.close());
  const active = await ActivePolicy.open(file, judgement.policyParts, {
    onLoaded: ({ policyHash, previousHash }) => {
      refused = [];
      info = { file, text: readFileSync(file, 'utf8'), hash: policyHash, loadedAtMs: Date.now() };
      log.info({ file, policyHash }, 'policy in force');
      audit.append({ event: 'policy.loaded', policyHash, previousHash, file }).catch(failure.raise);
    },
    onRefused: ({ problems }) => {
      refused = problems.map(printProblem);
      log.error({ file, problems: refused }, 'the changed policy was refused; the one before stays in force');
      audit.append({ event: 'policy.refused', file, problems: refused }).catch(failure.raise);
    },
  });
  closers.add(() => active.close());
  return { active, understander: judgement, info: () => info, refused: () => refused };
}

function openPool(live: LiveConfig, audit: AuditSink, log: Log, failure: Failure): TargetPool {
  const { targets, pool, ssh } = live.current;
  return new TargetPool({
    targets,
    limits: { ...pool, rekeyBytes: ssh.limits.rekeyBytes, rekeyMs: ssh.limits.rekeyMs },
    onHostKeyMismatch: ({ target, pinned, offered }) => {
      log.error(
        { target, pinned, offered },
        'a target shows another host key than the pinned one: nothing was sent to it',
      );
      const change = `shows host key ${offered} instead of ${pinned}: refused`;
      audit.append({ event: 'target.changed', target, change, by: 'target' }).catch(failure.raise);
    },
  });
}

function openDoor(
  live: LiveConfig,
  audit: AuditSink,
  agents: ConfiguredAgents,
  pool: TargetPool,
  gate: Gate,
  agentConsole: AgentConsole,
  log: Log,
  failure: Failure,
): SshServer {
  const { listen, hostKeyFile, limits } = live.current.ssh;
  ensureKey(hostKeyFile, 'sallyport');
  return new SshServer({
    listen,
    hostKeys: [readFileSync(hostKeyFile)],
    limits,
    agents,
    targets: pool,
    audit,
    run: (request) => gate.run(request),
    console: (request) => agentConsole.run(request),
    onSessionEnd: (session) => gate.endSession(session),
    onFailure: (error, session) => log.error({ session, ...describeError(error) }, 'a session failed'),
    onFatal: failure.raise,
  });
}

function configListeners(
  live: LiveConfig,
  parts: {
    readonly audit: AuditSink;
    readonly agents: ConfiguredAgents;
    readonly pool: TargetPool;
    readonly desk: Pick<Desk, 'unlockAgents'>;
  },
  log: Log,
  failure: Failure,
): LiveConfigListeners {
  const { audit, agents, pool, desk } = parts;
  return {
    onChanged: ({ before, after, sha256 }) => {
      // The strict parts first: when one refuses, nothing has changed.
      agents.replace(after.agents);
      pool.replace(after.targets);
      desk
        .unlockAgents(after.agents)
        .catch((error: unknown) => log.error(describeError(error), 'an agent could not be unlocked'));
      log.info({ file: live.file, sha256 }, 'configuration in force');
      const by = 'configuration file';
      const events: AuditEvent[] = [
        ...changesBetween(before.agents, after.agents).map(({ name, change }) => ({
          event: 'agent.changed' as const,
          agent: name,
          change,
          by,
        })),
        ...changesBetween(before.targets, after.targets).map(({ name, change }) => ({
          event: 'target.changed' as const,
          target: name,
          change,
          by,
        })),
        ...changesBetween(before.reviewers, after.reviewers).map(({ name, change }) => ({
          event: 'reviewer.changed' as const,
          reviewer: name,
          change,
          by,
        })),
      ];
      for (const event of events) audit.append(event).catch(failure.raise);
    },
    onRefused: (problems) => {
      log.error(
        { problems: problems.map(formatProblem) },
        'the changed configuration was refused; the one before stays in force',
      );
    },
  };
}

function openSessionOf({ handle, username, openedAtMs, isBusy }: AgentSession): OpenSession {
  return { id: handle.id, agent: handle.agent.name, username, remote: handle.remote, openedAtMs, isBusy };
}

/** The first failure after which nothing may run. */
class Failure {
  readonly raised: Promise<never>;
  hasHappened = false;
  #raise: (error: unknown) => void = () => undefined;

  constructor() {
    this.raised = new Promise<never>((_resolve, reject) => {
      this.#raise = reject;
    });
    // Whoever runs the program races against it; until then it must not count as unhandled.
    this.raised.catch(() => undefined);
  }

  readonly raise = (error: unknown): void => {
    this.hasHappened = true;
    this.#raise(error);
  };
}
