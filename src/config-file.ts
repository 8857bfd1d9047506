/**
 * Reads `sallyport.yaml` into a `Config`: strict, complete, every problem at once.
 *
 * An unknown key, a wrong unit, a secret that others may read, a target nobody defined: refused, because a typo
 * must not switch a protection off. Secrets come from files or the environment, never from this file.
 */
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Config, SmtpConfig, TargetCredential } from './config.ts';
import { notifyVariables, type SecretReader, toChannels } from './config-notify.ts';
import { checkReferences } from './config-references.ts';
import { type ConfigDocument, configSchema } from './config-schema.ts';
import { storeVariables, toStore } from './config-store.ts';
import { toApiToken } from './config-tokens.ts';
import { toOidc, toTls } from './config-web.ts';
import { errorCode, SallyportError } from './errors.ts';
import { formatProblem, type Problem, readStrictYaml } from './strict-yaml.ts';

export class ConfigError extends SallyportError<'CONFIG_INVALID' | 'CONFIG_UNREADABLE'> {
  readonly problems: readonly Problem[];

  constructor(code: 'CONFIG_INVALID' | 'CONFIG_UNREADABLE', problems: readonly Problem[]) {
    super(code, problems.map(formatProblem).join('\n'));
    this.problems = problems;
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Settings of the environment that Sallyport reads; any other `SALLYPORT_*` name is an error. */
const knownSettings = new Set([
  'SALLYPORT_CONFIG',
  'SALLYPORT_DIR',
  'SALLYPORT_TOKEN',
  'SALLYPORT_URL',
  'SALLYPORT_LOG_LEVEL',
]);

export interface LoadedConfig {
  readonly config: Config;
  /** SHA-256 (hex) of the file's bytes, for the audit log. */
  readonly sha256: string;
}

/** @throws ConfigError with every problem */
export function loadConfig(file: string, env: Environment): LoadedConfig {
  const path = resolve(file);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const why = errorCode(error) === 'ENOENT' ? 'no such file; `sallyport init` writes one' : String(error);
    throw new ConfigError('CONFIG_UNREADABLE', [{ file, line: 0, column: 0, field: '', message: why }]);
  }
  const read = readStrictYaml(file, text, configSchema);
  const problems: Problem[] = [...environmentProblems(read.kind === 'ok' ? read.value : undefined, env)];
  if (read.kind === 'problems') throw new ConfigError('CONFIG_INVALID', [...read.problems, ...problems]);

  const base = dirname(path);
  const report = (where: readonly PropertyKey[], field: string, message: string) =>
    problems.push({ file, ...read.locate(where), field, message });
  const config = toConfig(read.value, base, env, report);
  checkReferences(config, report);
  if (problems.length > 0) throw new ConfigError('CONFIG_INVALID', problems);
  return { config: deepFreeze(config), sha256: createHash('sha256').update(text).digest('hex') };
}

export type Report = (where: readonly PropertyKey[], field: string, message: string) => void;

function toConfig(document: ConfigDocument, base: string, env: Environment, report: Report): Config {
  const { ssh, web, holds, pool, smtp, store, break_glass: glass } = document;
  const stateDirectory = resolve(base, document.state_directory);
  return {
    stateDirectory,
    nodeName: document.node,
    ssh: {
      listen: ssh.listen,
      hostKeyFile: resolve(base, ssh.host_key_file ?? `${stateDirectory}/keys/ssh_host_ed25519_key`),
      limits: {
        loginGraceMs: ssh.limits.login_grace,
        maxAuthTries: ssh.limits.max_auth_tries,
        maxUnauthenticated: ssh.limits.max_unauthenticated,
        maxUnauthenticatedPerAddress: ssh.limits.max_unauthenticated_per_address,
        maxSessionsPerAgent: ssh.limits.max_sessions_per_agent,
        maxChannelsPerSession: ssh.limits.max_channels_per_session,
        maxChannelsPerAgent: ssh.limits.max_channels_per_agent,
        maxCommandBytes: ssh.limits.max_command_bytes,
        idleMs: ssh.limits.idle,
        maxSessionMs: ssh.limits.max_session,
        keepaliveMs: ssh.limits.keepalive,
        keepaliveCount: ssh.limits.keepalive_count,
        rekeyBytes: ssh.limits.rekey_bytes,
        rekeyMs: ssh.limits.rekey_after,
      },
    },
    web: {
      listen: web.listen,
      publicUrl: web.public_url,
      trustedProxies: web.trusted_proxies,
      ...toTls(
        web.tls,
        (path) => resolve(base, path),
        secretReader(base, env, (field, message) => report(['web', 'tls'], `web.tls.${field}`, message)),
        (message) => report(['web', 'tls'], 'web.tls.cert_file', message),
      ),
      ...toOidc(
        web.oidc,
        secretReader(base, env, (field, message) => report(['web', 'oidc'], `web.oidc.${field}`, message)),
      ),
    },
    policyFile: resolve(base, document.policy),
    toolDirectories: document.tools.map((directory) => resolve(base, directory)),
    agents: document.agents.map((agent) => ({
      name: agent.name,
      owner: agent.owner,
      keys: agent.keys,
      ...(agent.keys_changed_by === undefined ? {} : { keysChangedBy: agent.keys_changed_by }),
      expiresAtMs: agent.expires,
      labels: agent.labels,
      targets: agent.targets,
      isDisabled: agent.disabled,
      ...(agent.unlocked === undefined ? {} : { unlocked: { atMs: agent.unlocked.at, by: agent.unlocked.by } }),
    })),
    targets: document.targets.map((target) => {
      const names = Object.keys(target.accounts);
      return {
        name: target.name,
        host: target.host,
        port: target.port,
        hostKey: target.host_key,
        dialect: target.shell,
        labels: target.labels,
        defaultAccount: target.default_account ?? names[0] ?? '',
        accounts: Object.fromEntries(
          Object.entries(target.accounts).map(([name, account]) => [
            name,
            { credential: toCredential(account, base), home: account.home },
          ]),
        ),
      };
    }),
    reviewers: document.reviewers.map((reviewer) => ({
      name: reviewer.name,
      email: reviewer.email,
      groups: reviewer.groups,
      ...(reviewer.roles === undefined ? {} : { roles: reviewer.roles }),
      ...(reviewer.slack_user === undefined ? {} : { slackUser: reviewer.slack_user }),
      ...(reviewer.hours === undefined ? {} : { hours: reviewer.hours }),
      apiTokens: reviewer.api_tokens.map(toApiToken),
    })),
    smtp: smtp && {
      host: smtp.host,
      port: smtp.port ?? (smtp.security === 'tls' ? 465 : smtp.security === 'starttls' ? 587 : 25),
      security: smtp.security,
      from: smtp.from,
      credentials:
        smtp.account === undefined
          ? undefined
          : {
              account: smtp.account,
              password: readSecret(smtp, base, env, (m) => report(['smtp'], 'smtp.password_file', m)),
            },
      ...(smtp.ca_file === undefined ? {} : { ca: readCertificates(resolve(base, smtp.ca_file), report) }),
      ...(smtp.dkim === undefined ? {} : { dkim: toDkim(smtp.dkim, base, report) }),
    },
    notify: toChannels(
      document.notify,
      (at) => secretReader(base, env, (field, message) => report(['notify', at], `notify[${at}].${field}`, message)),
      (at, field, message) => report(['notify', at], `notify[${at}].${field}`, message),
    ),
    schedules: document.schedules,
    pool: {
      maxChannelsPerConnection: pool.max_channels_per_connection,
      maxConnectionsPerTarget: pool.max_connections_per_target,
      connectTimeoutMs: pool.connect_timeout,
      idleCloseMs: pool.idle_close,
      keepaliveMs: pool.keepalive,
    },
    store: toStore(store, {
      resolve: (path) => resolve(base, path),
      secret: (part) =>
        secretReader(base, env, (field, message) =>
          report(['store', ...part], ['store', ...part, field].join('.'), message),
        ),
      report: (field, message) => report(['store', field], `store.${field}`, message),
    }),
    holds: {
      grantMs: holds.grant,
      maxPendingPerAgent: holds.max_pending_per_agent,
      maxPerHourPerAgent: holds.max_per_hour_per_agent,
      maxActionBytes: holds.max_size,
      respelling: { withinMs: holds.respelling.within, lockAfter: holds.respelling.lock_after },
    },
    ...(glass === undefined ? {} : { breakGlass: { group: glass.group, minReasonLength: glass.min_reason } }),
  };
}

function toCredential(
  account: { key_file?: string | undefined; ssh_agent?: string | undefined; fingerprint?: string | undefined },
  base: string,
): TargetCredential {
  if (account.ssh_agent !== undefined) {
    return { kind: 'ssh-agent', socket: resolve(base, account.ssh_agent), fingerprint: account.fingerprint };
  }
  return { kind: 'key', file: resolve(base, account.key_file ?? '') };
}

/** Not a secret: others may read it. */
function readCertificates(path: string, report: Report): string {
  try {
    const pem = readFileSync(path, 'utf8');
    new X509Certificate(pem);
    return pem;
  } catch (error) {
    const why = errorCode(error) === 'ENOENT' ? 'no such file' : 'it must hold certificates in PEM';
    report(['smtp', 'ca_file'], 'smtp.ca_file', `cannot use ${path}: ${why}`);
    return '';
  }
}

function toDkim(
  { domain, selector, key_file }: { domain: string; selector: string; key_file: string },
  base: string,
  report: Report,
): NonNullable<SmtpConfig['dkim']> {
  const complain = (message: string) => report(['smtp', 'dkim', 'key_file'], 'smtp.dkim.key_file', message);
  const privateKey = secretFrom({ file: key_file, env: undefined }, base, {}, complain);
  // Mail signed with a key that cannot sign would be refused one by one, long after the start.
  if (privateKey !== '' && !isSigningKey(privateKey))
    complain('must hold an RSA (2048 bits or more) private key in PEM, without passphrase');
  return { domain, selector, privateKey };
}

function isSigningKey(pem: string): boolean {
  try {
    const key = createPrivateKey(pem);
    return key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2_048;
  } catch {
    return false;
  }
}

function readSecret(
  from: { password_file?: string | undefined; password_env?: string | undefined },
  base: string,
  env: Environment,
  report: (message: string) => void,
): string {
  if (from.password_file === undefined && from.password_env === undefined) {
    report('an account needs a password: set password_file or password_env');
    return '';
  }
  return secretFrom({ file: from.password_file, env: from.password_env }, base, env, report);
}

function secretReader(base: string, env: Environment, report: (field: string, message: string) => void): SecretReader {
  return (from, field) => {
    if ((from.file === undefined) === (from.env === undefined)) {
      report(field, `needs exactly one of ${field} and ${field.replace('_file', '_env')}`);
      return '';
    }
    return secretFrom(from, base, env, (message) => report(field, message));
  };
}

function secretFrom(
  from: { readonly file: string | undefined; readonly env: string | undefined },
  base: string,
  env: Environment,
  report: (message: string) => void,
): string {
  if (from.env !== undefined) {
    const value = env[from.env];
    if (value === undefined || value === '') report(`the environment variable ${from.env} is not set`);
    return value ?? '';
  }
  const path = resolve(base, from.file ?? '');
  try {
    if ((statSync(path).mode & 0o077) !== 0) report(`${path} can be read by others; run: chmod 600 ${path}`);
    const text = readFileSync(path, 'utf8').trimEnd();
    if (text === '') report(`${path} is empty`);
    return text;
  } catch (error) {
    report(`cannot read ${path}: ${errorCode(error) ?? 'unknown error'}`);
    return '';
  }
}

function environmentProblems(document: ConfigDocument | undefined, env: Environment): Problem[] {
  const named = [
    document?.smtp?.password_env,
    document?.web.oidc?.client_secret_env,
    ...storeVariables(document?.store),
    ...notifyVariables(document?.notify ?? []),
  ];
  return Object.keys(env)
    .filter((name) => name.startsWith('SALLYPORT_') && !knownSettings.has(name) && !named.includes(name))
    .map((name) => ({
      file: 'environment',
      line: 0,
      column: 0,
      field: name,
      message: `unknown setting; known are ${[...knownSettings].join(', ')}`,
    }));
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
