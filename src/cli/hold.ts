/** `sallyport hold`: what waits, and deciding on it, through the API with a reviewer's token. */
import type { Command } from 'commander';
import { z } from 'zod';
import { lapseInWords, progressInWords } from '../approval/quorum.ts';
import { visibleText } from '../approval/visible.ts';
import { ApiError, type ApiHome, type ApiOptions, callApi, findApi } from './api-client.ts';
import type { CliIo } from './io.ts';
import { formatTable } from './table.ts';

/** What is shown of a hold; `--json` prints everything the API says. */
const holdShape = z.looseObject({
  id: z.string(),
  digest: z.string(),
  state: z.string(),
  action: z.looseObject({
    command: z.string(),
    canonical: z.string().nullable(),
    stdin: z.string().nullable(),
    stdinUse: z.string(),
    environment: z.record(z.string(), z.string()),
    agent: z.string(),
    agentOwner: z.string(),
    target: z.string(),
    account: z.string(),
  }),
  reason: z.string(),
  rule: z.string().nullable(),
  effects: z.array(z.string()),
  groups: z.array(z.string()),
  needs: z.array(z.looseObject({ groups: z.array(z.string()), quorum: z.number(), people: z.array(z.string()) })),
  respelling: z
    .looseObject({ command: z.string(), reviewer: z.string(), at: z.string(), isSame: z.boolean() })
    .optional(),
  before: z.array(z.looseObject({ command: z.string(), verdict: z.string(), at: z.string() })),
  expiresAt: z.string(),
  decisions: z.array(
    z.looseObject({
      reviewer: z.string(),
      verdict: z.string(),
      reason: z.string(),
      at: z.string(),
      breakGlass: z.literal(true).optional(),
      lapsed: z.enum(['reviewer-left', 'own-agent']).optional(),
    }),
  ),
  isAgentWaiting: z.boolean(),
});
type ShownHold = z.infer<typeof holdShape>;
const listShape = z.looseObject({ holds: z.array(holdShape), next: z.string().nullable() });

/** sysexits EX_UNAVAILABLE; a refusal is 1. */
const unreachableStatus = 69;
const refusedStatus = 1;

interface CommonOptions extends ApiOptions {
  readonly json?: boolean;
}

interface DecideOptions extends CommonOptions {
  readonly reason: string;
  readonly digest?: string;
  readonly breakGlass?: boolean;
}

export function addHoldCommands(program: Command, io: CliIo): void {
  const hold = program.command('hold').description('holds: commands that wait for a reviewer');
  const common = (command: Command) =>
    command
      .option('--dir <directory>', 'state directory of a running Sallyport on this machine (default: .sallyport)')
      .option('--url <address>', 'address of a Sallyport, like https://gate.example.com (default: $SALLYPORT_URL)')
      .option('--token-file <file>', 'file of mode 0600 with your reviewer token (default: $SALLYPORT_TOKEN)')
      .option('--json', 'print what the API answers');

  common(hold.command('list').description('what waits, newest first'))
    .option('--state <state>', 'pending, approved, rejected, expired, withdrawn, released or all', 'pending')
    .option('--agent <name>', 'only this agent')
    .action((options: CommonOptions & { readonly state: string; readonly agent?: string }) =>
      reported(io, () => list(options, io)),
    );

  common(hold.command('show <id>').description('everything a reviewer needs to see')).action(
    (id: string, options: CommonOptions) =>
      reported(io, async () => {
        const found = await callApi(findApi(options, io.env), holdShape, `/api/v1/holds/${encodeURIComponent(id)}`);
        io.stdout.write(options.json === true ? asJson(found) : page(found));
      }),
  );

  for (const decision of ['approve', 'reject'] as const) {
    const command = common(
      hold.command(`${decision} <id>`).description(`${decision} it; look at it first with: hold show ID`),
    )
      .option('--reason <text>', 'why; the agent and the audit log get it', '')
      .option('--digest <hex>', 'the digest that `hold show` printed: refused when the hold is not that one')
      .action((id: string, options: DecideOptions) => reported(io, () => decide(id, decision, options, io)));
    if (decision === 'approve')
      command.option(
        '--break-glass',
        'alone and outside the rule, in an emergency: everybody is told, and it stays marked',
      );
  }
}

async function list(
  options: CommonOptions & { readonly state: string; readonly agent?: string },
  io: CliIo,
): Promise<void> {
  const api = findApi(options, io.env);
  const query = new URLSearchParams();
  if (options.state !== 'all') query.set('state', options.state);
  if (options.agent !== undefined) query.set('agent', options.agent);
  const holds = await everyPage(api, query);
  if (options.json === true) {
    io.stdout.write(asJson(holds));
    return;
  }
  if (holds.length === 0) {
    io.stdout.write(options.state === 'pending' ? 'nothing waits\n' : 'none\n');
    return;
  }
  const rows = holds.map((hold) => [
    hold.id,
    isOutsideRule(hold) ? `${hold.state}!` : hold.state,
    hold.expiresAt.slice(11, 19),
    `${hold.action.agent}${hold.isAgentWaiting ? '' : ' (gone)'}`,
    `${hold.action.account}@${hold.action.target}`,
    hold.action.command.replaceAll('\n', ' ↵ '),
  ]);
  io.stdout.write(formatTable(['ID', 'STATE', 'UNTIL', 'AGENT', 'TARGET', 'COMMAND'], rows));
  if (holds.some(isOutsideRule)) io.stdout.write('! approved outside the rule\n');
}

/** At most ten pages: more is a case for a filter. */
async function everyPage(api: ApiHome, query: URLSearchParams): Promise<ShownHold[]> {
  const holds: ShownHold[] = [];
  query.set('limit', '200');
  for (let page = 0; page < 10; page++) {
    const answer = await callApi(api, listShape, `/api/v1/holds?${query}`);
    holds.push(...answer.holds);
    if (answer.next === null) break;
    query.set('cursor', answer.next);
  }
  return holds;
}

async function decide(id: string, decision: 'approve' | 'reject', options: DecideOptions, io: CliIo): Promise<void> {
  const api = findApi(options, io.env);
  const path = `/api/v1/holds/${encodeURIComponent(id)}`;
  // Without --digest it is what waits now, and that is printed.
  const digest = options.digest ?? (await callApi(api, holdShape, path)).digest;
  const { reason, breakGlass } = options;
  const body = { decision, reason, digest, ...(breakGlass === true ? { breakGlass } : {}) };
  const decided = await callApi(api, holdShape, `${path}/decisions`, body);
  if (options.json === true) {
    io.stdout.write(asJson(decided));
    return;
  }
  const rest = decided.state === 'pending' ? `, and needs more people (${line(progressInWords(decided.needs))})` : '';
  const glass = isOutsideRule(decided) ? ' OUTSIDE THE RULE; everybody is being told' : '';
  io.stdout.write(`${decided.id} is ${decided.state}${glass}${rest}:\n${quoted(decided.action.command)}\n`);
}

function page(hold: ShownHold): string {
  const { action } = hold;
  const block = (title: string, body: string) => (body === '' ? [] : ['', `${title}:`, body]);
  const differs = action.canonical !== null && action.canonical !== action.command;
  return [
    `${hold.id} is ${hold.state}${isOutsideRule(hold) ? ' OUTSIDE THE RULE' : ''}, until ${hold.expiresAt}`,
    '',
    ...askedAgain(hold),
    quoted(action.command),
    ...block('As Sallyport reads it', differs ? quoted(action.canonical ?? '') : ''),
    ...block(
      action.kind === 'stdin' ? 'Program on stdin' : 'Data on stdin',
      action.stdin === null ? '' : quoted(action.stdin),
    ),
    ...block(
      'Environment',
      Object.entries(action.environment)
        .map(([name, value]) => quoted(`${name}=${value}`))
        .join('\n'),
    ),
    '',
    `why      ${line(hold.reason)}${hold.rule === null ? '' : ` (rule ${line(hold.rule)})`}`,
    ...hold.effects.map((effect) => `does     ${line(effect)}`),
    `agent    ${line(action.agent)}, owned by ${line(action.agentOwner)}${hold.isAgentWaiting ? '' : ', has left'}`,
    `target   ${line(action.account)}@${line(action.target)}`,
    `stdin    ${action.stdinUse}`,
    ...hold.needs.map((clause) => `needs    ${clause.quorum} of ${line(progressInWords([clause]))}`),
    ...hold.decisions.flatMap(({ reviewer, verdict, reason, at, breakGlass, lapsed }) => [
      `${verdict}  ${breakGlass === true ? 'OUTSIDE THE RULE ' : ''}${line(reviewer)} ${at} ${line(reason)}`,
      ...(lapsed === undefined ? [] : [`         DOES NOT COUNT: ${lapseInWords(lapsed)}`]),
    ]),
    ...block(
      'Before that, from this agent',
      hold.before
        .map(({ command, verdict, at }) => `  ${at.slice(11, 19)} ${line(verdict)}\n${quoted(command)}`)
        .join('\n'),
    ),
    '',
    `digest   ${hold.digest}`,
    '',
  ].join('\n');
}

function isOutsideRule({ decisions }: ShownHold): boolean {
  return decisions.some(({ breakGlass }) => breakGlass === true);
}

function askedAgain({ respelling }: ShownHold): string[] {
  if (respelling === undefined) return [];
  const { isSame, reviewer, at, command } = respelling;
  const what = isSame ? 'THE SAME AGAIN that' : 'A RESPELLING of what';
  return [`${what} ${line(reviewer)} rejected at ${at}:`, quoted(command), '', 'Now:'];
}

/** HOSTILE: chosen by the agent; it may neither move the cursor nor look like a line of ours. */
function quoted(raw: string): string {
  return visibleText(raw)
    .split('\n')
    .map((text) => `  | ${text}`)
    .join('\n');
}

function line(raw: string): string {
  return visibleText(raw).replaceAll('\n', ' ↵ ');
}

function asJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** A refusal by the server and a server that is away are answers, not failures of this program. */
async function reported(io: CliIo, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ApiError) || error.code === 'CLI_USAGE') throw error;
    io.stderr.write(`${visibleText(error.message)}\n`);
    io.setExitCode(error.code === 'API_REFUSED' ? refusedStatus : unreachableStatus);
  }
}
