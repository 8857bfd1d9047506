/**
 * `policy explain` as a picture: what would happen and why, then the command as a tree with each part's effects, rule
 * and reason. Written for a colleague who asks "why was I asked about this?".
 */
import { visibleText } from '../approval/visible.ts';
import type { CommandModel, Redirect, SimpleCommand } from '../command/model.ts';
import type { PartDecision, PolicyDecision, ReviewClause, ReviewTerms, Verdict } from '../policy/decision.ts';
import { describeEffects, gainsRights } from '../policy/describe.ts';
import { clausesOf } from '../policy/review.ts';

export interface Explained {
  readonly model: CommandModel;
  readonly decision: PolicyDecision;
  readonly agent: string;
  readonly target: string;
  readonly account: string;
  readonly policyFile: string;
}

type Paint = (text: string, style: 'allow' | 'approve' | 'deny' | 'dim' | 'bold') => string;

const escapes = { allow: '32', approve: '33', deny: '31', dim: '2', bold: '1' } as const;

export function paintWith(useColor: boolean): Paint {
  return (text, style) => (useColor ? `\u001b[${escapes[style]}m${text}\u001b[0m` : text);
}

/** Shorter reasons are read faster than looked up. */
const maxRepeated = 60;

const said: Record<Verdict, string> = { allow: 'runs', approve: 'is held for review', deny: 'is denied' };
const label: Record<Verdict, string> = { allow: 'allow', approve: 'ask  ', deny: 'deny ' };

export function formatPicture(explained: Explained, paint: Paint): string {
  const { model, decision } = explained;
  const lines = [
    `${paint(`This ${said[decision.verdict]}`, decision.verdict)}: ${visibleText(decision.reason)}`,
    ...(decision.rule === undefined ? [] : [paint(`rule ${decision.rule}`, 'dim')]),
    ...(decision.instead === undefined ? [] : [`Instead: ${visibleText(decision.instead)}`]),
    '',
    ...tree(explained, paint),
    '',
  ];
  if (decision.review !== undefined) lines.push(reviewSentence(decision.review));
  for (const { verdict, rule } of decision.shadow)
    lines.push(`In shadow, ${rule} would have said: ${label[verdict].trim()}.`);
  if (model.canonical !== undefined && model.canonical !== model.text && decision.verdict === 'allow') {
    lines.push(`Sent to the target as: ${visibleText(model.canonical)}`);
  }
  if (model.stdin === 'code')
    lines.push(`Its stdin is read as ${model.stdinLanguage ?? 'a program'}, and judged when it arrives.`);
  lines.push(
    paint(
      `${explained.agent} → ${explained.account}@${explained.target} (${model.dialect}), policy ${decision.policyHash.slice(0, 12)} ${explained.policyFile}`,
      'dim',
    ),
  );
  return `${lines.join('\n')}\n`;
}

function tree({ model, decision }: Explained, paint: Paint): readonly string[] {
  const whole = decision.parts.filter(({ command }) => command === undefined);
  const branches = [
    ...whole.map((part) => [
      verdictLine(part, 'the text as a whole', paint),
      `${indent}${paint(visibleText(whyOf(part, decision)), 'dim')}`,
    ]),
    ...model.commands.map((command, index) =>
      branch(
        command,
        decision.parts.find((part) => part.command === index),
        decision,
        paint,
      ),
    ),
  ];
  return [
    paint(visibleText(model.text), 'bold'),
    ...branches.flatMap((lines, at) => {
      const isLast = at === branches.length - 1;
      return lines.map((line, row) => `${row === 0 ? (isLast ? '└─ ' : '├─ ') : isLast ? '   ' : '│  '}${line}`);
    }),
  ];
}

/** As wide as a verdict and a space. */
const indent = '      ';

function branch(
  command: SimpleCommand,
  part: PartDecision | undefined,
  decision: PolicyDecision,
  paint: Paint,
): readonly string[] {
  const via = command.via.length === 0 ? '' : `in ${command.via.join(' in ')}: `;
  const words = [...command.argv.map(({ raw }) => raw), ...command.redirects.map(redirectInWords)];
  const text = visibleText(`${via}${words.join(' ')}`);
  if (part === undefined) return [`${indent}${text}`, `${indent}sets a variable`];
  const effects = describeEffects(command);
  const account = command.runsAs === undefined || gainsRights(command) ? [] : [`runs as ${command.runsAs}`];
  const place = command.runsOn === undefined ? [] : [`runs on ${command.runsOn}`];
  const none = command.unknowns.length > 0 ? 'does something that is not understood' : 'no effect on anything';
  const does = [...account, ...place, ...(effects.length === 0 ? [none] : effects)].join('; ');
  return [
    verdictLine(part, text, paint),
    `${indent}${visibleText(does)}`,
    `${indent}${paint(visibleText(whyOf(part, decision)), 'dim')}`,
  ];
}

function redirectInWords({ op, fd, target }: Redirect): string {
  const from = fd === undefined ? '' : String(fd);
  if (op === 'dup') return `${from}>&${target?.raw ?? ''}`;
  if (op === 'heredoc' || op === 'herestring') return `${from}${op === 'heredoc' ? '<<' : '<<<'} (text)`;
  return `${from}${op} ${target?.raw ?? ''}`;
}

/** The line above has said what it does, and the first line of all why it is not simply run. */
function whyOf({ rule, reason, verdict }: PartDecision, decision: PolicyDecision): string {
  const isSaid = verdict !== 'allow' && reason === decision.reason && reason.length > maxRepeated;
  if (rule !== undefined) return isSaid ? `${rule}, as said above` : `${rule}: ${reason}`;
  if (!reason.startsWith('no rule allows it')) return isSaid ? 'as said above' : reason;
  return `no rule allows it${/ \([\w.-]+ would, but .+\)$/.exec(reason)?.[0] ?? ''}`;
}

function verdictLine({ verdict }: PartDecision, text: string, paint: Paint): string {
  return `${paint(label[verdict], verdict)} ${text}`;
}

function reviewSentence(review: ReviewTerms): string {
  const { expiresInMs, reason, minReasonLength, scopes, escalation } = review;
  const who = `${clausesOf(review).map(people).join(' and ')}${review.allOf === undefined ? '' : ', all of them different people,'}`;
  const why =
    minReasonLength > 0
      ? `, with a reason of at least ${minReasonLength} characters`
      : reason === 'required'
        ? ', with a reason'
        : '';
  const wider = (scopes ?? []).filter((scope) => scope !== 'once');
  const also = wider.length === 0 ? '' : ` They may approve it for more than once (${wider.join(', ')}).`;
  const later =
    escalation === undefined
      ? ''
      : ` If nobody decides within ${Math.round(escalation.afterMs / 60_000)} minutes, ${escalation.groups.join(', ')} may too.`;
  return `${who} would have to approve within ${Math.round(expiresInMs / 60_000)} minutes${why}.${also}${later}`;
}

function people({ groups, quorum }: ReviewClause): string {
  const count = quorum === 1 ? 'One' : String(quorum);
  return groups.length === 0
    ? `${count} ${quorum === 1 ? 'reviewer' : 'reviewers'}, never the agent's owner,`
    : `${count} ${quorum === 1 ? 'person' : 'people'} of the group ${groups.join(' or ')}`;
}
