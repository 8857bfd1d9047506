/**
 * Checks what a schema cannot: names that must exist or be unique, and keys that are one person's only.
 */
import type { Config } from './config.ts';
import type { Report } from './config-file.ts';

export function checkReferences(config: Config, report: Report): void {
  checkUnique('agents', config.agents, report);
  checkUnique('targets', config.targets, report);
  checkUnique('reviewers', config.reviewers, report);
  checkUnique('notify', config.notify ?? [], report);
  checkAgents(config, report);
  checkSchedules(config, report);
  checkBreakGlass(config, report);
  for (const [at, { groups }] of (config.notify ?? []).entries()) {
    for (const group of groups) {
      // A typo here would mean that nobody is told.
      if (!config.reviewers.some((reviewer) => reviewer.groups.includes(group)))
        report(['notify', at, 'groups'], `notify[${at}].groups`, `no reviewer is in the group \`${group}\``);
    }
  }
  for (const [at, target] of config.targets.entries()) {
    if (!(target.defaultAccount in target.accounts)) {
      report(
        ['targets', at, 'default_account'],
        `targets[${at}].default_account`,
        `\`${target.defaultAccount}\` is not among its accounts`,
      );
    }
  }
  const tokens = new Map<string, string>();
  for (const [at, reviewer] of config.reviewers.entries()) {
    for (const [tokenAt, { hash }] of reviewer.apiTokens.entries()) {
      const field = `reviewers[${at}].api_tokens[${tokenAt}]`;
      const other = tokens.get(hash);
      // A token says who calls, so it can only be one person's.
      if (other !== undefined) report(['reviewers', at, 'api_tokens', tokenAt], field, `is also a token of ${other}`);
      tokens.set(hash, reviewer.name);
    }
  }
  const emails = new Map<string, string>();
  for (const [at, reviewer] of config.reviewers.entries()) {
    const email = reviewer.email.toLowerCase();
    const other = emails.get(email);
    // Quorum counts people: one mailbox must not be two of them.
    if (other !== undefined)
      report(['reviewers', at, 'email'], `reviewers[${at}].email`, `is also the address of ${other}`);
    emails.set(email, reviewer.name);
    const twin = config.reviewers.slice(0, at).find(({ slackUser }) => slackUser === reviewer.slackUser);
    if (reviewer.slackUser !== undefined && twin !== undefined)
      report(
        ['reviewers', at, 'slack_user'],
        `reviewers[${at}].slack_user`,
        `is also the Slack account of ${twin.name}`,
      );
  }
}

function checkBreakGlass({ breakGlass, reviewers, smtp, notify = [] }: Config, report: Report): void {
  if (breakGlass === undefined) return;
  const { group } = breakGlass;
  const isMember = reviewers.some(
    ({ groups, roles }) => groups.includes(group) && (roles === undefined || roles.includes('reviewer')),
  );
  if (!isMember) report(['break_glass', 'group'], 'break_glass.group', `no reviewer is in the group \`${group}\``);
  // An exception that nobody hears of would be a hole.
  if (smtp === undefined && notify.length === 0)
    report(['break_glass'], 'break_glass', 'everybody has to be told when it is used: configure `smtp` or `notify`');
}

function checkSchedules({ schedules = [], reviewers }: Config, report: Report): void {
  checkUnique('schedules', schedules, report);
  for (const [at, { people }] of schedules.entries()) {
    for (const person of people) {
      const where = [['schedules', at, 'rotation'], `schedules[${at}].rotation`] as const;
      const reviewer = reviewers.find(({ name }) => name === person);
      if (reviewer === undefined) report(...where, `\`${person}\` is not a reviewer; add them under reviewers`);
      // Who is told at any hour is told the same on call.
      else if (reviewer.hours === undefined)
        report(...where, `being on call changes nothing for \`${person}\`: give them \`hours\` under reviewers`);
    }
  }
}

function checkUnique(list: string, items: readonly { readonly name: string }[], report: Report): void {
  const seen = new Set<string>();
  for (const [at, { name }] of items.entries()) {
    const folded = name.toLowerCase();
    if (seen.has(folded)) report([list, at, 'name'], `${list}[${at}].name`, `\`${name}\` is there twice`);
    seen.add(folded);
  }
}

function checkAgents(config: Config, report: Report): void {
  const keys = new Map<string, string>();
  const targets = new Map(config.targets.map((target) => [target.name, target]));
  for (const [at, agent] of config.agents.entries()) {
    if (!config.reviewers.some((reviewer) => reviewer.name === agent.owner)) {
      report(
        ['agents', at, 'owner'],
        `agents[${at}].owner`,
        `\`${agent.owner}\` is not a reviewer; add them under reviewers (they cannot approve for their own agent)`,
      );
    }
    for (const [by, person] of (agent.keysChangedBy ?? []).entries()) {
      // A typo here would let somebody approve for the keys they put in.
      if (!config.reviewers.some((reviewer) => reviewer.name === person))
        report(
          ['agents', at, 'keys_changed_by', by],
          `agents[${at}].keys_changed_by[${by}]`,
          `\`${person}\` is not a reviewer; correct the name, or take it out when they have left`,
        );
    }
    for (const [keyAt, key] of agent.keys.entries()) {
      const blob = key.split(' ')[1] ?? '';
      const other = keys.get(blob);
      // The key alone says who connects, so it can only be one agent's.
      if (other !== undefined)
        report(['agents', at, 'keys', keyAt], `agents[${at}].keys[${keyAt}]`, `is also a key of ${other}`);
      keys.set(blob, agent.name);
    }
    for (const [target, accounts] of Object.entries(agent.targets)) {
      const field = `agents[${at}].targets.${target}`;
      const known = targets.get(target);
      if (known === undefined) report(['agents', at, 'targets', target], field, `no target \`${target}\` is defined`);
      for (const account of accounts) {
        if (known !== undefined && !Object.hasOwn(known.accounts, account)) {
          report(['agents', at, 'targets', target], field, `target \`${target}\` has no account \`${account}\``);
        }
      }
    }
  }
}
