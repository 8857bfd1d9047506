/**
 * `sallyport start`: the whole system on loopback, with keys of its own, a sandbox target and a mailbox. What
 * `npm start` runs. Everything lies in one directory and can be deleted with it.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { RunningApp } from '../app.ts';
import { Closers } from '../closers.ts';
import type { Mailbox } from '../dev/mailbox.ts';
import { startSandbox } from '../dev/sandbox.ts';
import { errorCode, SallyportError } from '../errors.ts';
import { LiveConfig } from '../live-config.ts';
import { createLog, type Log } from '../log.ts';
import { ensureKey, prepareStateDirectory, publicKeyLine } from '../state-directory.ts';
import { copyPolicies } from './init.ts';
import type { CliIo } from './io.ts';
import { portOf } from './port.ts';
import { newApiToken } from './reviewer-token.ts';
import { runUntilStopped } from './running.ts';

interface Ports {
  readonly ssh: number;
  readonly web: number;
  readonly mailbox: number;
  readonly smtp: number;
}

interface StartOptions {
  readonly dir: string;
  readonly sshPort: string;
  readonly webPort: string;
  readonly mailboxPort: string;
  readonly smtpPort: string;
}

const host = '127.0.0.1';
const agentName = 'demo-agent';
const account = 'demo';
const reviewer = { name: 'maya', email: 'maya@sallyport.test' };

export function addStartCommand(program: Command, io: CliIo): void {
  program
    .command('start')
    .description('try it: the whole system on loopback, with a sandbox target and a mailbox')
    .option('--dir <directory>', 'where keys, configuration and evidence go', io.env.SALLYPORT_DIR ?? '.sallyport')
    .option('--ssh-port <port>', 'port for agents (0 picks a free one)', '2222')
    .option('--web-port <port>', 'port of review pages, console and API (0 picks a free one)', '8080')
    .option('--mailbox-port <port>', 'port of the page that shows the mails (0 picks a free one)', '8025')
    .option('--smtp-port <port>', 'port of the mailbox for mail (0 picks a free one)', '0')
    .action((options: StartOptions) => start(options, io));
}

async function start(options: StartOptions, io: CliIo): Promise<void> {
  const ports = {
    ssh: portOf(options.sshPort, '--ssh-port'),
    web: portOf(options.webPort, '--web-port'),
    mailbox: portOf(options.mailboxPort, '--mailbox-port'),
    smtp: portOf(options.smtpPort, '--smtp-port'),
  };
  const directory = resolve(options.dir);
  prepareStateDirectory(directory);
  const home = prepareHome(directory);
  const log = createLog(io.env.SALLYPORT_LOG_LEVEL ?? 'warn');

  const closers = new Closers();
  try {
    const { app, announce } = await startAll(directory, home, ports, closers, log, io);
    await runUntilStopped(app, closers, log, io, announce);
  } catch (error) {
    await closers.close();
    throw error;
  }
}

async function startAll(
  directory: string,
  home: Home,
  ports: Ports,
  closers: Closers,
  log: Log,
  io: CliIo,
): Promise<{ readonly app: RunningApp; readonly announce: () => void }> {
  // Loaded here: the other commands should not wait for servers they never start. The sandbox, a process of its own,
  // starts meanwhile.
  const loading = import('../app.ts');
  const sandbox = await startSandbox({
    hostKey: readFileSync(home.sandboxHostKey, 'utf8'),
    authorizedKey: home.bastionPublicKey,
    account,
    directory: join(directory, 'sandbox'),
  });
  closers.add(() => sandbox.close());
  const mailbox = await openMailbox(ports);
  closers.add(() => mailbox.close());

  const live = new LiveConfig(home.configFile, io.env, (config) => ({
    ...config,
    // It has another port at each start.
    targets: config.targets.map((target) => (target.name === 'sandbox' ? { ...target, port: sandbox.port } : target)),
    ssh: { ...config.ssh, listen: { host, port: ports.ssh } },
    web: { ...config.web, listen: { host, port: ports.web } },
    smtp: {
      host,
      port: mailbox.smtp.port,
      security: 'none',
      from: 'Sallyport <sallyport@sallyport.test>',
      credentials: undefined,
    },
  }));
  const { startApp } = await loading;
  const app = await startApp({ live, log });
  closers.add(() => app.stop('stopped'));

  const knownHosts = join(directory, 'known_hosts');
  writeFileSync(knownHosts, `[${host}]:${app.ssh.port} ${publicKeyLine(live.current.ssh.hostKeyFile, 'sallyport')}\n`);
  const run = {
    ssh: { host, port: app.ssh.port },
    web: { url: app.web.url },
    mailbox: { url: mailbox.url },
    agent: { name: agentName, key: home.agentKey },
    knownHosts,
    target: 'sandbox',
    reviewer: { email: reviewer.email, apiToken: home.apiToken },
  };
  const runFile = join(directory, 'run.json');
  closers.add(() => rmSync(runFile, { force: true }));
  const announce = () => {
    writeFileSync(runFile, `${JSON.stringify(run, null, 2)}\n`, { mode: 0o600 });
    io.stdout.write(welcome(directory, run, app));
  };
  return { app, announce };
}

async function openMailbox(ports: Ports): Promise<Mailbox> {
  try {
    const { startMailbox } = await import('../dev/mailbox.ts');
    return await startMailbox({ host, smtpPort: ports.smtp, webPort: ports.mailbox });
  } catch (cause) {
    if (errorCode(cause) !== 'EADDRINUSE' || !(cause instanceof Error) || !('port' in cause)) throw cause;
    const { port } = cause;
    const flag = port === ports.smtp ? '--smtp-port' : '--mailbox-port';
    throw new SallyportError(
      'CLI_PORT_TAKEN',
      `port ${port} is taken; choose another with ${flag} (0 picks a free one)`,
      { cause },
    );
  }
}

interface Home {
  readonly configFile: string;
  readonly agentKey: string;
  readonly sandboxHostKey: string;
  readonly bastionPublicKey: string;
  readonly apiToken: string;
}

/** Makes what is missing and keeps what is there: a changed configuration or policy survives the next start. */
function prepareHome(directory: string): Home {
  const keys = join(directory, 'keys');
  const agentKey = join(keys, 'demo_agent_ed25519');
  const agentPublicKey = ensureKey(agentKey, agentName);
  const sandboxHostKey = join(keys, 'sandbox_host_ed25519');
  const sandboxPublicKey = ensureKey(sandboxHostKey, 'sandbox');
  const bastionPublicKey = ensureKey(join(keys, 'target_ed25519'), 'sallyport');
  copyPolicies(join(directory, 'policies'));

  const tokenFile = join(directory, 'reviewer-token');
  const configFile = join(directory, 'sallyport.yaml');
  if (!existsSync(configFile)) {
    const { token, hash } = newApiToken();
    writeFileSync(tokenFile, `${token}\n`, { mode: 0o600 });
    writeFileSync(configFile, sampleConfig(agentPublicKey, sandboxPublicKey, hash, join(directory, 'sandbox')), {
      mode: 0o600,
    });
  }
  if (!existsSync(tokenFile)) {
    throw new SallyportError(
      'CLI_NOT_FOUND',
      `${tokenFile} is missing; delete ${directory} to begin anew, or give another --dir`,
    );
  }
  return { configFile, agentKey, sandboxHostKey, bastionPublicKey, apiToken: readFileSync(tokenFile, 'utf8').trim() };
}

function sampleConfig(agentKey: string, sandboxKey: string, tokenHash: string, home: string): string {
  const shell = existsSync('/bin/bash') ? 'bash' : 'posix';
  return `# Made by \`sallyport start\`; change it and look what happens, a running start follows.
# \`sallyport init\` writes one for real use, with every setting explained.
version: 1
state_directory: .
policy: policies/default.yaml
reviewers:
  - name: ${reviewer.name}
    email: ${reviewer.email}
    roles: [reviewer, admin]   # decides, and may disable agents on the console
    api_tokens: ["sha256:${tokenHash}"]
  - name: sam                  # owns the agent, so sam cannot approve its commands
    email: sam@sallyport.test
targets:
  - name: sandbox
    host: 127.0.0.1
    port: 22                   # start puts the real one in its place
    host_key: ${sandboxKey}
    shell: ${shell}
    labels: { env: sandbox }
    accounts:
      ${account}: { key_file: keys/target_ed25519, home: ${JSON.stringify(home)} }
agents:
  - name: ${agentName}
    owner: sam
    keys: ["${agentKey}"]
    labels: { team: demo }
    targets: { sandbox: [${account}] }
`;
}

interface RunFile {
  readonly ssh: { readonly port: number };
  readonly agent: { readonly key: string };
  readonly knownHosts: string;
  readonly mailbox: { readonly url: string };
}

function welcome(directory: string, run: RunFile, app: RunningApp): string {
  const ssh = `ssh -p ${run.ssh.port} -i ${quote(run.agent.key)} -o IdentitiesOnly=yes -o UserKnownHostsFile=${quote(sshWord(run.knownHosts))} sandbox@${host}`;
  return `
Sallyport is running (Ctrl-C stops it).

  Paste into another terminal:

    # allowed: it only reads
    ${ssh} 'ls -la /'

    # held: it changes something, so a person is asked
    ${ssh} 'touch hello.txt'

    # denied: no agent reads password hashes
    ${ssh} 'cat /etc/shadow'

  Mailbox (the mail to ${reviewer.name} has the link)   ${run.mailbox.url}
  Console                                  ${app.web.url}
  Everything it keeps, evidence included   ${directory}

`;
}

/** ssh reads the value of an option as words of its own: a path with a space needs quotes there too. */
function sshWord(path: string): string {
  return /\s/.test(path) ? `"${path}"` : path;
}

function quote(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
