import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { visibleText } from '../approval/visible.ts';
import { readRecords } from '../audit/reader.ts';
import { type ReviewerFigures, ReviewerHistory } from '../audit/reviewer-history.ts';
import { ConfigEdit } from '../config-edit.ts';
import { SallyportError } from '../errors.ts';
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
    .description('reviewers with address, groups, and how they decided in the last thirty days')
    .addOption(configOption(io))
    .option('--json', 'as JSON')
    .action(async (options: { readonly config: string; readonly json?: boolean }) => {
      const { config } = new ConfigEdit(options.config, io.env);
      const history = await historyOf(config.stateDirectory, io);
      const people = config.reviewers.map((r) => ({
        name: r.name,
        email: r.email,
        groups: r.groups,
        apiTokens: r.apiTokens.length,
        lately: history?.figures(r.name, Date.now()) ?? null,
      }));
      if (options.json === true) io.stdout.write(`${JSON.stringify(people, null, 2)}\n`);
      else if (people.length === 0) io.stdout.write('no reviewers yet: sallyport reviewer add --help\n');
      else {
        const rows = people.map((r) => [
          r.name,
          r.email,
          r.groups.join(' ') || '-',
          String(r.apiTokens),
          ...figuresInWords(r.lately),
        ]);
        io.stdout.write(formatTable(['REVIEWER', 'MAIL', 'GROUPS', 'API TOKENS', 'DECIDED', 'MEDIAN'], rows));
        for (const { name, lately } of people)
          if (lately?.approvesEverything === true)
            io.stdout.write(`! ${visibleText(name)} approves everything, and faster than one can read\n`);
      }
    });

  addTokenCommands(reviewer, io);
}

/** Of this node's own log; undefined when nothing was ever run here, or it cannot be read. */
async function historyOf(stateDirectory: string, io: CliIo): Promise<ReviewerHistory | undefined> {
  const directory = join(stateDirectory, 'audit');
  if (!existsSync(directory)) return undefined;
  const history = new ReviewerHistory();
  try {
    for await (const record of readRecords(directory)) history.add(record);
  } catch (error) {
    // Who the reviewers are stands in the configuration; a log that cannot be read takes only the figures away.
    if (!(error instanceof SallyportError)) throw error;
    io.stderr.write(`how they decided is not known: ${error.message}\n`);
    return undefined;
  }
  return history;
}

function figuresInWords(lately: ReviewerFigures | null): readonly [string, string] {
  if (lately === null || lately.approvals + lately.rejections === 0) return ['-', '-'];
  const { approvals, rejections, medianMs } = lately;
  return [`${approvals} yes, ${rejections} no`, medianMs === undefined ? '-' : `${Math.round(medianMs / 1_000)} s`];
}
