import type { Command } from 'commander';
import { ConfigEdit } from '../config-edit.ts';
import { configOption } from './agent.ts';
import type { CliIo } from './io.ts';
import { addTokenCommands } from './reviewer-token.ts';
import { formatTable } from './table.ts';

export function addReviewerCommands(program: Command, io: CliIo): void {
  const reviewer = program.command('reviewer').description('reviewers: the people who decide');

  reviewer
    .command('add <name>')
    .description('add a person')
    .addOption(configOption(io))
    .requiredOption('--email <address>', 'where their review mails go')
    .option(
      '--group <name>',
      'a group that policies can ask for; repeat for more',
      (v: string, all: string[]) => [...all, v],
      [],
    )
    .action(
      (
        name: string,
        options: { readonly config: string; readonly email: string; readonly group: readonly string[] },
      ) => {
        const edit = new ConfigEdit(options.config, io.env);
        edit.add('reviewers', { name, email: options.email, groups: options.group });
        edit.save();
        io.stdout.write(`added reviewer ${name} <${options.email}>\n`);
      },
    );

  reviewer
    .command('list')
    .description('reviewers with address and groups')
    .addOption(configOption(io))
    .option('--json', 'as JSON')
    .action((options: { readonly config: string; readonly json?: boolean }) => {
      const { config } = new ConfigEdit(options.config, io.env);
      const people = config.reviewers.map((r) => ({
        name: r.name,
        email: r.email,
        groups: r.groups,
        apiTokens: r.apiTokens.length,
      }));
      if (options.json === true) io.stdout.write(`${JSON.stringify(people, null, 2)}\n`);
      else if (people.length === 0) io.stdout.write('no reviewers yet: sallyport reviewer add --help\n');
      else {
        const rows = people.map((r) => [r.name, r.email, r.groups.join(' ') || '-', String(r.apiTokens)]);
        io.stdout.write(formatTable(['REVIEWER', 'MAIL', 'GROUPS', 'API TOKENS'], rows));
      }
    });

  addTokenCommands(reviewer, io);
}
