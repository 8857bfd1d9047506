/** `sallyport reviewer token`, `tokens`, `revoke-token`: API tokens, each for a purpose, with an end. */
import { createHash, randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { ConfigEdit } from '../config-edit.ts';
import { tokenScopes } from '../config-tokens.ts';
import { SallyportError } from '../errors.ts';
import { tokenId } from '../web/api-tokens.ts';
import { configOption } from './agent.ts';
import type { CliIo } from './io.ts';
import { formatTable } from './table.ts';

/** A token that nobody remembers should stop working; agents' keys end after the same time. */
const defaultLifetime = '90d';
const dayMs = 86_400_000;
const maxDays = 3_650;

/** 256 bits; the prefix lets scanners of repositories and logs recognise a leaked one. */
export function newApiToken(): { readonly token: string; readonly hash: string } {
  const token = `sally_${randomBytes(32).toString('base64url')}`;
  return { token, hash: createHash('sha256').update(token).digest('hex') };
}

interface TokenOptions {
  readonly config: string;
  readonly purpose: string;
  readonly scope: readonly string[];
  readonly expires: string;
}

export function addTokenCommands(reviewer: Command, io: CliIo): void {
  reviewer
    .command('token <name>')
    .description('make an API token for a reviewer; it is shown once, only its hash is kept')
    .addOption(configOption(io))
    .option('--purpose <words>', 'what it is for, shown wherever tokens are listed', 'command line')
    .option(
      '--scope <scope>',
      `all it may do: ${tokenScopes.join(', ')}; repeat for more (default: everything this person may do)`,
      (value: string, all: string[]) => [...all, value],
      [],
    )
    .option('--expires <when>', 'a number of days like 90d, a date like 2027-01-31, or never', defaultLifetime)
    .action((name: string, { config, purpose, scope, expires }: TokenOptions) => {
      const edit = new ConfigEdit(config, io.env);
      const { token, hash } = newApiToken();
      const until = expiryOf(expires, Date.now());
      edit.push(edit.entry('reviewers', name), 'api_tokens', {
        hash: `sha256:${hash}`,
        purpose,
        ...(scope.length === 0 ? {} : { scopes: scope }),
        ...(until === undefined ? {} : { expires: until }),
      });
      edit.save();
      io.stderr.write(
        `API token of ${name} for ${purpose}, ${until === undefined ? 'without an end' : `until ${until}`}, shown only now; keep it in a file of mode 0600:\n`,
      );
      io.stdout.write(`${token}\n`);
    });

  reviewer
    .command('tokens [name]')
    .description('API tokens: whose, for what, until when; last uses are on the console and in the audit log')
    .addOption(configOption(io))
    .option('--json', 'as JSON')
    .action((name: string | undefined, options: { readonly config: string; readonly json?: boolean }) => {
      const edit = new ConfigEdit(options.config, io.env);
      if (name !== undefined) edit.entry('reviewers', name);
      const nowMs = Date.now();
      const tokens = edit.config.reviewers
        .filter((person) => name === undefined || person.name === name)
        .flatMap((person) =>
          person.apiTokens.map((token) => ({
            id: tokenId(token),
            reviewer: person.name,
            purpose: token.purpose,
            scopes: token.scopes ?? null,
            expiresAt: token.expiresAtMs === undefined ? null : new Date(token.expiresAtMs).toISOString(),
            isExpired: token.expiresAtMs !== undefined && token.expiresAtMs <= nowMs,
          })),
        );
      if (options.json === true) io.stdout.write(`${JSON.stringify(tokens, null, 2)}\n`);
      else if (tokens.length === 0) io.stdout.write('no API tokens: sallyport reviewer token --help\n');
      else {
        const rows = tokens.map((t) => [
          t.id,
          t.reviewer,
          t.purpose === '' ? '-' : t.purpose,
          t.scopes?.join(' ') ?? 'everything',
          t.isExpired ? `expired ${t.expiresAt?.slice(0, 10)}` : (t.expiresAt?.slice(0, 10) ?? 'never'),
        ]);
        io.stdout.write(formatTable(['TOKEN', 'REVIEWER', 'PURPOSE', 'SCOPES', 'EXPIRES'], rows));
      }
    });

  reviewer
    .command('revoke-token <name> <token>')
    .description('refuse an API token from now on; TOKEN is the id that `reviewer tokens` shows')
    .addOption(configOption(io))
    .action((name: string, id: string, options: { readonly config: string }) => {
      const edit = new ConfigEdit(options.config, io.env);
      edit.revokeToken(name, id);
      edit.save();
      io.stdout.write(`token ${id} of ${name} is revoked; a running server refuses it now\n`);
    });
}

/** RFC 3339; undefined means never. */
function expiryOf(text: string, nowMs: number): string | undefined {
  if (text === 'never') return undefined;
  const days = /^(\d{1,4})d$/.exec(text)?.[1];
  const ms = days === undefined ? Date.parse(text) : nowMs + Number(days) * dayMs;
  const isSane = /^(\d+d|\d{4}-\d\d-\d\d.*)$/.test(text) && ms > nowMs && ms <= nowMs + maxDays * dayMs;
  if (!isSane) {
    throw new SallyportError(
      'CLI_USAGE',
      '--expires: give a number of days like 90d, a date to come like 2027-01-31, or never',
    );
  }
  return new Date(ms).toISOString();
}
