/**
 * Looks at everything that must be right for the bastion to do its work, and says what to do about what is not.
 */

import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Config, TargetConfig } from './config.ts';
import { errorCode } from './errors.ts';
import { withJudgement } from './judgement.ts';
import { MailMessenger } from './notify/mail.ts';
import { printProblem } from './policy/problem.ts';
import { loadPolicyFile } from './policy-file.ts';
import { publicKeyLine } from './state-directory.ts';
import { parseHostKey } from './target/host-key.ts';
import { fetchHostKey } from './target/probe.ts';

export interface Finding {
  readonly check: string;
  readonly state: 'ok' | 'warn' | 'fail';
  /** What was found, or what is wrong and how to mend it. */
  readonly detail: string;
}

/** Recordings and log grow; below this the bastion will soon refuse to run anything. */
const minFreeBytes = 1024 ** 3;
const soonMs = 14 * 86_400_000;
const connectTimeoutMs = 5_000;

export async function examine(config: Config, nowMs: number): Promise<readonly Finding[]> {
  return [
    ...checkPeople(config, nowMs),
    ...checkState(config),
    ...checkKeys(config),
    checkClock(config, nowMs),
    ...(await checkPolicy(config)),
    ...(await Promise.all(config.targets.map(checkTarget))),
    await checkSmtp(config),
  ];
}

function checkPeople(config: Config, nowMs: number): Finding[] {
  const findings: Finding[] = [];
  const { agents, reviewers, targets } = config;
  const counts = `${agents.length} agents, ${targets.length} targets, ${reviewers.length} reviewers`;
  const isEmpty = agents.length === 0 || targets.length === 0 || reviewers.length === 0;
  findings.push({
    check: 'configuration',
    state: isEmpty ? 'warn' : 'ok',
    detail: isEmpty ? `${counts}: add what is missing with sallyport agent|target|reviewer add` : counts,
  });
  for (const agent of agents) {
    const eligible = reviewers.filter((reviewer) => reviewer.name !== agent.owner);
    if (eligible.length === 0) {
      findings.push({
        check: `agent ${agent.name}`,
        state: 'fail',
        detail: 'nobody but its owner could approve for it; add a second reviewer',
      });
    }
    const leftMs = (agent.expiresAtMs ?? Number.POSITIVE_INFINITY) - nowMs;
    if (leftMs <= 0)
      findings.push({ check: `agent ${agent.name}`, state: 'warn', detail: 'has expired; extend or remove it' });
    else if (leftMs < soonMs)
      findings.push({ check: `agent ${agent.name}`, state: 'warn', detail: 'expires within two weeks' });
  }
  return findings;
}

function checkState({ stateDirectory }: Config): Finding[] {
  if (!existsSync(stateDirectory)) {
    return [{ check: 'state directory', state: 'ok', detail: `${stateDirectory} will be made at the first start` }];
  }
  const findings: Finding[] = [];
  const mode = statSync(stateDirectory).mode & 0o777;
  const isPrivate = (mode & 0o077) === 0;
  findings.push({
    check: 'state directory',
    state: isPrivate ? 'ok' : 'fail',
    detail: isPrivate
      ? stateDirectory
      : `can be read by others (mode ${mode.toString(8)}); run: chmod 700 ${stateDirectory}`,
  });
  const { bavail, bsize } = statfsSync(stateDirectory);
  const freeBytes = bavail * bsize;
  const free = `${(freeBytes / 1024 ** 3).toFixed(1)} GiB free`;
  findings.push({
    check: 'disk',
    state: freeBytes >= minFreeBytes ? 'ok' : 'warn',
    detail:
      freeBytes >= minFreeBytes
        ? free
        : `${free}; nothing runs when evidence cannot be written: make room, or move old recordings away`,
  });
  return findings;
}

function checkKeys(config: Config): Finding[] {
  const files = new Set<string>();
  if (existsSync(config.ssh.hostKeyFile)) files.add(config.ssh.hostKeyFile);
  for (const target of config.targets) {
    for (const { credential } of Object.values(target.accounts))
      if (credential.kind === 'key') files.add(credential.file);
  }
  return [...files].map((file): Finding => {
    const check = `key ${file}`;
    try {
      accessSync(file, constants.R_OK);
      const mode = statSync(file).mode & 0o777;
      if ((mode & 0o077) !== 0)
        return {
          check,
          state: 'fail',
          detail: `can be read by others (mode ${mode.toString(8)}); run: chmod 600 ${file}`,
        };
      publicKeyLine(file, '');
      return { check, state: 'ok', detail: 'private and readable' };
    } catch (error) {
      const code = errorCode(error) ?? 'unknown error';
      return {
        check,
        state: 'fail',
        detail: `cannot be used (${code}); it must be a private key file without passphrase that only Sallyport can read`,
      };
    }
  });
}

/** The audit log orders events by its own counter, but people read its times. */
function checkClock({ stateDirectory }: Config, nowMs: number): Finding {
  const head = join(stateDirectory, 'audit');
  const lastMs = existsSync(head) ? statSync(head).mtimeMs : 0;
  const isBehind = nowMs < lastMs - 5_000;
  return {
    check: 'clock',
    state: isBehind ? 'fail' : 'ok',
    detail: isBehind
      ? 'is behind the last record of the audit log; set it (timedatectl set-ntp true)'
      : new Date(nowMs).toISOString(),
  };
}

async function checkPolicy(config: Config): Promise<Finding[]> {
  if (!existsSync(config.policyFile))
    return [{ check: 'policy', state: 'fail', detail: `${config.policyFile} does not exist` }];
  const loaded = await withJudgement((judgement) => loadPolicyFile(config.policyFile, judgement.policyParts), {
    libraryDirectories: config.toolDirectories,
  });
  if (loaded.kind === 'refused') {
    return loaded.problems.map((problem) => ({
      check: 'policy',
      state: 'fail' as const,
      detail: printProblem(problem),
    }));
  }
  const { policy, examples } = loaded;
  return [
    {
      check: 'policy',
      state: 'ok',
      detail: `${config.policyFile} (${policy.hash.slice(0, 12)}), ${examples.length} examples hold`,
    },
  ];
}

async function checkTarget(target: TargetConfig): Promise<Finding> {
  const check = `target ${target.name}`;
  try {
    const pinned = parseHostKey(target.hostKey);
    const offered = await fetchHostKey(target.host, target.port, connectTimeoutMs, pinned.algorithms);
    if (offered.fingerprint !== pinned.fingerprint) {
      const detail = `shows another host key (${offered.fingerprint}) than the pinned one (${pinned.fingerprint}): find out why before you change the pin`;
      return { check, state: 'fail', detail };
    }
    return { check, state: 'ok', detail: `reachable, host key ${pinned.fingerprint}` };
  } catch (error) {
    return {
      check,
      state: 'fail',
      detail: `${target.host}:${target.port} cannot be reached: ${(error as Error).message}`,
    };
  }
}

async function checkSmtp({ smtp }: Config): Promise<Finding> {
  if (smtp === undefined)
    return {
      check: 'mail',
      state: 'warn',
      detail: 'no smtp in the configuration: nobody is told that a command waits',
    };
  const messenger = new MailMessenger({ smtp, publicUrl: () => '', deadlineMs: connectTimeoutMs });
  try {
    await messenger.verify();
    return { check: 'mail', state: 'ok', detail: `${smtp.host}:${smtp.port} takes our mail` };
  } catch (error) {
    return { check: 'mail', state: 'fail', detail: `${smtp.host}:${smtp.port}: ${(error as Error).message}` };
  } finally {
    messenger.close();
  }
}
