import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import type { TargetConfig } from '../config.ts';
import { ConfigEdit } from '../config-edit.ts';
import { messageOf, SallyportError } from '../errors.ts';
import { TargetPool } from '../target/pool.ts';
import { detectShell, type FoundHostKey, type FoundShell, fetchHostKey, shellProbe } from '../target/probe.ts';
import { configOption } from './agent.ts';
import type { CliIo } from './io.ts';
import { keyValues } from './key-value.ts';
import { portOf } from './port.ts';
import { formatTable } from './table.ts';

const probeTimeoutMs = 15_000;

interface AddOptions {
  readonly config: string;
  readonly host: string;
  readonly port: string;
  readonly account: string;
  readonly keyFile?: string;
  readonly sshAgent?: string;
  readonly label: readonly string[];
  readonly fingerprint?: string;
}

export function addTargetCommands(program: Command, io: CliIo): void {
  const target = program.command('target').description('targets: the machines, their host keys and credentials');

  target
    .command('add <name>')
    .description('fetch a machine’s host key, show its fingerprint, and pin it once you confirmed it')
    .addOption(configOption(io))
    .requiredOption('--host <address>', 'where it is')
    .option('--port <port>', 'its SSH port', '22')
    .requiredOption('--account <name>', 'the account commands run as')
    .option('--key-file <file>', 'private key for that account (stays on this machine)')
    .option('--ssh-agent <socket>', 'use the key in this ssh-agent instead')
    .option(
      '--label <key=value>',
      'a label that policies can match; repeat for more',
      (v: string, all: string[]) => [...all, v],
      [],
    )
    .option('--fingerprint <SHA256:…>', 'pin without asking, if the machine has exactly this one')
    .action((name: string, options: AddOptions) => add(name, options, io));

  target
    .command('list')
    .description('targets with address, shell and host key')
    .addOption(configOption(io))
    .option('--json', 'as JSON')
    .action((options: { readonly config: string; readonly json?: boolean }) => {
      const { config } = new ConfigEdit(options.config, io.env);
      if (options.json === true) io.stdout.write(`${JSON.stringify(config.targets, null, 2)}\n`);
      else if (config.targets.length === 0) io.stdout.write('no targets yet: sallyport target add --help\n');
      else {
        const rows = config.targets.map((t) => [
          t.name,
          `${t.host}:${t.port}`,
          t.dialect,
          Object.keys(t.accounts).join(' '),
          t.hostKey.split(' ')[0] ?? '',
        ]);
        io.stdout.write(formatTable(['TARGET', 'ADDRESS', 'SHELL', 'ACCOUNTS', 'HOST KEY'], rows));
      }
    });
}

async function add(name: string, options: AddOptions, io: CliIo): Promise<void> {
  if ((options.keyFile === undefined) === (options.sshAgent === undefined)) {
    throw new SallyportError('CLI_USAGE', 'give exactly one of --key-file and --ssh-agent');
  }
  if (options.keyFile !== undefined && !existsSync(resolve(dirname(options.config), options.keyFile))) {
    throw new SallyportError('CLI_USAGE', `--key-file ${options.keyFile}: no such file beside ${options.config}`);
  }
  const edit = new ConfigEdit(options.config, io.env);
  const port = portOf(options.port, '--port');
  const found = await fetchHostKey(options.host, port);
  io.stdout.write(`${options.host}:${port} has the ${found.type} host key ${found.fingerprint}\n`);
  await confirm(found, options, io);

  const credential =
    options.keyFile === undefined ? { ssh_agent: options.sshAgent ?? '' } : { key_file: options.keyFile };
  const entry = { name, host: options.host, port, host_key: found.line };
  edit.add('targets', {
    ...entry,
    shell: 'unknown',
    ...(options.label.length === 0 ? {} : { labels: keyValues(options.label, '--label') }),
    accounts: { [options.account]: credential },
  });
  edit.save();

  const shell = await learnShell(name, options, io);
  if (shell !== undefined) {
    const again = new ConfigEdit(options.config, io.env);
    const added = again.entry('targets', name);
    added.set('shell', shell.dialect);
    if (shell.home !== undefined) added.setIn(['accounts', options.account, 'home'], shell.home);
    again.save();
    io.stdout.write(
      `its login shell reads ${shell.dialect === 'unknown' ? 'a grammar that is not known here: fewer commands can be allowed' : shell.dialect}\n`,
    );
  }
  io.stdout.write(
    `added target ${name}; let an agent use it with: sallyport agent add … --target ${name}=${options.account}\n`,
  );
}

/** The network says which key it is; only a person, or a fingerprint from elsewhere, can say that it is the right one. */
async function confirm(found: FoundHostKey, options: AddOptions, io: CliIo): Promise<void> {
  if (options.fingerprint !== undefined) {
    if (options.fingerprint === found.fingerprint) return;
    throw new SallyportError(
      'CLI_FINGERPRINT',
      `this is not the fingerprint you gave (${options.fingerprint}); nothing was pinned`,
    );
  }
  const isTerminal = (io.stdin as { isTTY?: boolean }).isTTY === true;
  if (!isTerminal) {
    throw new SallyportError(
      'CLI_FINGERPRINT',
      `nobody to ask here: compare it on the machine (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub) and give --fingerprint ${found.fingerprint}`,
    );
  }
  io.stdout.write('Compare it on the machine: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\n');
  const questions = createInterface({ input: io.stdin, output: io.stdout });
  const answer = await questions.question('Is it the same? Type yes to pin it: ');
  questions.close();
  if (answer.trim() !== 'yes') throw new SallyportError('CLI_FINGERPRINT', 'nothing was pinned');
}

/** Logs in once and asks the shell what it is. A target that does not answer keeps the strictest reading. */
async function learnShell(name: string, options: AddOptions, io: CliIo): Promise<FoundShell | undefined> {
  const { config } = new ConfigEdit(options.config, io.env);
  const target = config.targets.find((t): t is TargetConfig => t.name === name);
  if (target === undefined) return undefined;
  const pool = new TargetPool({
    targets: [target],
    limits: { ...config.pool, rekeyBytes: config.ssh.limits.rekeyBytes, rekeyMs: config.ssh.limits.rekeyMs },
    onHostKeyMismatch: () => undefined,
  });
  try {
    const request = { command: shellProbe, environment: {} };
    return await detectShell(await pool.run(name, options.account, request, AbortSignal.timeout(probeTimeoutMs)));
  } catch (error) {
    io.stderr.write(
      `could not log in as ${options.account} to learn its shell (${messageOf(error)}); set \`shell:\` in the file\n`,
    );
    return undefined;
  } finally {
    pool.close();
  }
}
