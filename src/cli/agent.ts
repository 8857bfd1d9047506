import { existsSync, readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { switchAgent } from '../agent-switches.ts';
import type { StoreConfig } from '../config.ts';
import { ConfigEdit } from '../config-edit.ts';
import { SallyportError } from '../errors.ts';
import { openStore } from '../store/open.ts';
import type { CliIo } from './io.ts';
import { keyValues } from './key-value.ts';
import { formatTable } from './table.ts';

/** An agent that nobody remembers should stop working; a year is what people put anyway, so say a season. */
const defaultExpiryDays = 90;
const dayMs = 86_400_000;

interface AddOptions {
  readonly config: string;
  readonly owner: string;
  readonly by: string;
  readonly keyFile: string;
  readonly expires?: string;
  readonly target: readonly string[];
  readonly label: readonly string[];
}

interface KeysOptions {
  readonly config: string;
  readonly keyFile: readonly string[];
  readonly by: string;
  readonly keep?: boolean;
}

export const configOption = (io: CliIo) =>
  new Option('-c, --config <file>', 'configuration file').default(io.env.SALLYPORT_CONFIG ?? 'sallyport.yaml');

const collect = (value: string, before: readonly string[]) => [...before, value];

export function addAgentCommands(program: Command, io: CliIo): void {
  const agent = program.command('agent').description('agents: who may connect, with which keys, to which targets');

  agent
    .command('add <name>')
    .description('add an agent by its public key')
    .addOption(configOption(io))
    .requiredOption(
      '--owner <reviewer>',
      'the person who answers for it, and who therefore cannot approve its commands',
    )
    .requiredOption('--key-file <file>', 'its public key (a .pub file, never the private key)')
    .requiredOption('--by <reviewer>', 'who you are: whoever put in its key cannot approve its commands either')
    .option('--expires <date>', `last day it works, like 2027-01-31 (default: in ${defaultExpiryDays} days)`)
    .option('--target <target=account,…>', 'a target it may use and the accounts there; repeat for more', collect, [])
    .option('--label <key=value>', 'a label that policies can match; repeat for more', collect, [])
    .action((name: string, options: AddOptions) => {
      const edit = new ConfigEdit(options.config, io.env);
      const expires = options.expires ?? new Date(Date.now() + defaultExpiryDays * dayMs).toISOString().slice(0, 10);
      edit.add('agents', {
        name,
        owner: options.owner,
        keys: [readPublicKey(options.keyFile)],
        keys_changed_by: [options.by],
        expires,
        ...(options.label.length === 0 ? {} : { labels: keyValues(options.label, '--label') }),
        targets: accountLists(options.target),
      });
      edit.save();
      io.stdout.write(`added agent ${name} (owner ${options.owner}, until ${expires})\n`);
      if (options.target.length === 0)
        io.stdout.write('it may use no target yet: add one with --target, or in the file\n');
    });

  agent
    .command('keys <name>')
    .description('replace the keys of an agent; sessions with an old key end')
    .addOption(configOption(io))
    .requiredOption('--key-file <file>', 'a public key; repeat for more', collect, [])
    .requiredOption('--by <reviewer>', 'who you are: whoever put in its keys cannot approve its commands')
    .option('--keep', 'keep the present keys too')
    .action((name: string, options: KeysOptions) => changeKeys(name, options, io));

  agent
    .command('list')
    .description('agents with owner, expiry and targets')
    .addOption(configOption(io))
    .option('--json', 'as JSON')
    .action((options: { readonly config: string; readonly json?: boolean }) => {
      const { config } = new ConfigEdit(options.config, io.env);
      if (options.json === true) {
        io.stdout.write(`${JSON.stringify(config.agents, null, 2)}\n`);
        return;
      }
      const now = Date.now();
      const rows = config.agents.map((a) => [
        a.name,
        a.owner,
        a.isDisabled ? 'disabled' : a.expiresAtMs !== undefined && a.expiresAtMs <= now ? 'expired' : 'active',
        // The last day that counts, as it was written.
        a.expiresAtMs === undefined ? 'never' : new Date(a.expiresAtMs - 1).toISOString().slice(0, 10),
        Object.entries(a.targets)
          .map(([target, accounts]) => accounts.map((account) => `${account}@${target}`).join(' '))
          .join(' ') || 'none',
      ]);
      if (rows.length === 0) io.stdout.write('no agents yet: sallyport agent add --help\n');
      else io.stdout.write(formatTable(['AGENT', 'OWNER', 'STATE', 'EXPIRES', 'TARGETS'], rows));
    });

  agent
    .command('unlock <name>')
    .description('let an agent ask again that was locked for repeating what was rejected')
    .addOption(configOption(io))
    .requiredOption('--by <reviewer>', 'who you are; the audit log gets it')
    .action((name: string, options: { readonly config: string; readonly by: string }) => {
      const edit = new ConfigEdit(options.config, io.env);
      edit.setEntry('agents', name, 'unlocked', { at: new Date().toISOString(), by: options.by });
      edit.save();
      io.stdout.write(`agent ${name} is unlocked; a running server takes that up now\n`);
    });

  for (const [verb, isDisabled, done] of [
    ['disable', true, 'disabled; a running server ends its sessions now'],
    ['enable', false, 'enabled'],
  ] as const) {
    agent
      .command(`${verb} <name>`)
      .description(
        isDisabled ? 'refuse an agent from now on, and end its live sessions' : 'let a disabled agent in again',
      )
      .addOption(configOption(io))
      .action(async (name: string, options: { readonly config: string }) => {
        const edit = new ConfigEdit(options.config, io.env);
        edit.entry('agents', name).set('disabled', isDisabled);
        edit.save();
        io.stdout.write(`agent ${name} ${done}\n`);
        await tellNodes(edit.config.store, name, isDisabled, io);
      });
  }
}

/** With the old keys gone, so is the reason why those who put them in could not decide. */
function changeKeys(name: string, options: KeysOptions, io: CliIo): void {
  const edit = new ConfigEdit(options.config, io.env);
  const before = edit.config.agents.find((agent) => agent.name === name);
  const keys = options.keyFile.map(readPublicKey);
  const isKept = options.keep === true;
  edit.setEntry('agents', name, 'keys', [...(isKept ? (before?.keys ?? []) : []), ...keys]);
  const people = new Set([...(isKept ? (before?.keysChangedBy ?? []) : []), options.by]);
  edit.setEntry('agents', name, 'keys_changed_by', [...people]);
  edit.save();
  io.stdout.write(
    `agent ${name} has ${keys.length === 1 ? 'a new key' : `${keys.length} new keys`}; ${[...people].join(', ')} cannot approve its commands\n`,
  );
}

/** The other nodes take it from the store they share, within seconds. */
async function tellNodes(config: StoreConfig | undefined, name: string, isOff: boolean, io: CliIo): Promise<void> {
  if (config?.kind !== 'redis') return;
  const store = await openStore(config, '', () => undefined);
  try {
    await switchAgent(store.shelf, name, isOff, 'command line');
    io.stdout.write('on every node of the store\n');
  } finally {
    store.close();
  }
}

function readPublicKey(file: string): string {
  if (!existsSync(file)) throw new SallyportError('CLI_NOT_FOUND', `no such file: ${file} (--key-file)`);
  const line = readFileSync(file, 'utf8').trim();
  if (/PRIVATE KEY/.test(line)) {
    throw new SallyportError('CLI_PRIVATE_KEY', `${file} is a private key; give the public one (${file}.pub)`);
  }
  return line.split('\n')[0] ?? '';
}

function accountLists(entries: readonly string[]): Record<string, readonly string[]> {
  return Object.fromEntries(
    Object.entries(keyValues(entries, '--target')).map(([target, accounts]) => [target, accounts.split(',')]),
  );
}
