/**
 * Looks at everything that must be right for the bastion to do its work, and says what to do about what is not.
 */
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DeliveryError } from './approval/delivery.ts';
import type { ChannelConfig, Config, TargetConfig } from './config.ts';
import { errorCode, messageOf } from './errors.ts';
import { withJudgement } from './judgement.ts';
import { MailMessenger } from './notify/mail.ts';
import { checkDestination } from './notify/outgoing.ts';
import { printProblem } from './policy/problem.ts';
import { loadPolicyFile } from './policy-file.ts';
import { onCall } from './schedule.ts';
import { hasNativeCrypto, requirePatchedSsh2 } from './ssh/patched.ts';
import { publicKeyLine } from './state-directory.ts';
import { examineRedis } from './store/redis/examination.ts';
import { parseHostKey } from './target/host-key.ts';
import { fetchHostKey } from './target/probe.ts';
import { certificateEndsAtMs, readKeyPair } from './web/certificate.ts';
import { callbackPath, checkOidc } from './web/oidc.ts';

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
    checkLibrary(),
    ...(await checkPolicy(config)),
    ...(await Promise.all(config.targets.map(checkTarget))),
    await checkSmtp(config),
    ...(await checkLogin(config)),
    ...checkCertificate(config, nowMs),
    ...(await Promise.all((config.notify ?? []).map(checkChannel))),
    ...checkOnCall(config, nowMs),
    ...(await checkRedis(config)),
    ...checkSharedKeys(config),
  ];
}

function count(things: readonly unknown[], noun: string): string {
  return `${things.length} ${noun}${things.length === 1 ? '' : 's'}`;
}

function checkPeople(config: Config, nowMs: number): Finding[] {
  const findings: Finding[] = [];
  const { agents, reviewers, targets } = config;
  const counts = [count(agents, 'agent'), count(targets, 'target'), count(reviewers, 'reviewer')].join(', ');
  const isEmpty = agents.length === 0 || targets.length === 0 || reviewers.length === 0;
  findings.push({
    check: 'configuration',
    state: isEmpty ? 'warn' : 'ok',
    detail: isEmpty ? `${counts}: add what is missing with sallyport agent|target|reviewer add` : counts,
  });
  for (const agent of agents) {
    const eligible = reviewers.filter(
      ({ name }) => name !== agent.owner && agent.keysChangedBy?.includes(name) !== true,
    );
    if (eligible.length === 0) {
      findings.push({
        check: `agent ${agent.name}`,
        state: 'fail',
        detail: 'nobody but its owner and who put in its keys could approve for it; add a second reviewer',
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

/** Without its native part ssh2 takes up to twice the processor time for each byte. */
function checkLibrary(): Finding {
  const check = 'ssh library';
  try {
    requirePatchedSsh2();
  } catch (error) {
    return { check, state: 'fail', detail: messageOf(error) };
  }
  if (hasNativeCrypto()) return { check, state: 'ok', detail: 'patched, with native ciphers' };
  const detail =
    'ciphers in JavaScript: correct, but slower; install a C++ compiler and run: npm rebuild ssh2 cpu-features';
  return { check, state: 'warn', detail };
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
      detail: `${target.host}:${target.port} cannot be reached: ${messageOf(error)}`,
    };
  }
}

/** Looks where a channel would go, and sends nothing: a test message would look like a command that waits. */
async function checkChannel({ name, kind, url, allowPrivate }: ChannelConfig): Promise<Finding> {
  const check = `${kind} ${name}`;
  try {
    await checkDestination({ url, allowPrivate }, { deadlineMs: connectTimeoutMs });
    return { check, state: 'ok', detail: `${new URL(url).host} is an address we may send to (nothing was sent)` };
  } catch (error) {
    const why = error instanceof DeliveryError ? error.message : 'its name cannot be resolved';
    return { check, state: 'fail', detail: `cannot be told: ${why}` };
  }
}

function checkOnCall({ schedules = [] }: Config, nowMs: number): Finding[] {
  return schedules.map((schedule) => {
    const { person, until, next } = onCall(schedule, nowMs);
    const detail = `${person} is on call until ${until} (${schedule.timezone}), then ${next}`;
    return { check: `schedule ${schedule.name}`, state: 'ok' as const, detail };
  });
}

async function checkRedis({ store }: Config): Promise<Finding[]> {
  if (store?.kind !== 'redis') return [];
  const { state, details } = await examineRedis(store.url, store);
  return details.map((detail) => ({ check: 'store', state, detail }));
}

/** Nodes on one Redis answer each other's links, cookies and agents only when they have the same keys. */
function checkSharedKeys({ store, stateDirectory, ssh }: Config): Finding[] {
  if (store?.kind !== 'redis') return [];
  const files = [join(stateDirectory, 'keys', 'links.key'), join(stateDirectory, 'keys', 'web.key'), ssh.hostKeyFile];
  const missing = files.filter((file) => !existsSync(file));
  const check = 'keys shared by nodes';
  if (missing.length > 0) {
    const detail = `missing: ${missing.join(', ')}. Copy them from the first node before this one starts; else it makes its own, and links, sign-ins and the host key differ between nodes`;
    return [{ check, state: 'warn', detail }];
  }
  try {
    // Public on purpose: a digest of a random key tells two keys apart and gives neither away.
    const digest = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 12);
    const printed = files.map((file) => `${basename(file)} ${digest(file)}`).join(', ');
    return [{ check, state: 'ok', detail: `must be the same on every node: ${printed}` }];
  } catch (error) {
    return [
      { check, state: 'fail', detail: `cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}` },
    ];
  }
}

function checkCertificate({ web: { tls } }: Config, nowMs: number): Finding[] {
  if (tls === undefined) return [];
  const check = 'certificate';
  try {
    const endsAtMs = certificateEndsAtMs(readKeyPair(tls));
    const date = new Date(endsAtMs).toISOString().slice(0, 10);
    if (endsAtMs <= nowMs) return [{ check, state: 'fail', detail: `${tls.certFile} ended on ${date}; renew it` }];
    const state = endsAtMs - nowMs < soonMs ? 'warn' : 'ok';
    return [{ check, state, detail: `${tls.certFile} is good until ${date}` }];
  } catch (error) {
    return [{ check, state: 'fail', detail: messageOf(error) }];
  }
}

async function checkLogin({ web: { oidc, publicUrl } }: Config): Promise<Finding[]> {
  if (oidc === undefined) return [];
  const check = 'login service';
  if (publicUrl === undefined) {
    const detail = 'web.public_url is not set, so the login service cannot send browsers back; set it';
    return [{ check, state: 'fail', detail }];
  }
  try {
    await checkOidc(oidc);
    const detail = `${oidc.issuer} answers; it must know ${publicUrl}${callbackPath} as redirect address of ${oidc.clientId}`;
    return [{ check, state: 'ok', detail }];
  } catch (error) {
    return [{ check, state: 'fail', detail: messageOf(error) }];
  }
}

async function checkSmtp({ smtp, notify = [] }: Config): Promise<Finding> {
  if (smtp === undefined)
    return {
      check: 'mail',
      state: 'warn',
      detail:
        notify.length === 0
          ? 'no smtp and no notify in the configuration: nobody is told that a command waits'
          : 'no smtp in the configuration: people are told by channels only, and sign in with a passkey or a token',
    };
  const messenger = new MailMessenger({ smtp, publicUrl: () => '', deadlineMs: connectTimeoutMs });
  try {
    await messenger.verify();
    return { check: 'mail', state: 'ok', detail: `${smtp.host}:${smtp.port} takes our mail` };
  } catch (error) {
    return { check: 'mail', state: 'fail', detail: `${smtp.host}:${smtp.port}: ${messageOf(error)}` };
  } finally {
    messenger.close();
  }
}
