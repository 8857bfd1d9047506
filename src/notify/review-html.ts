/** The HTML of a review mail. */
import { neededInWords } from '../approval/quorum.ts';
import { escapeHtml } from '../html.ts';
import { differs, type MailFacts, timeOf } from './mail-facts.ts';
import { button, code, colors, htmlPage, inline, items, paragraph, section, small } from './mail-html.ts';

export function htmlOf(facts: MailFacts): string {
  const { hold, headline, link, timeLeft, until, again } = facts;
  const { action } = hold;
  const rule = hold.rule === undefined ? '' : ` <span style="color:${colors.soft}">(rule ${inline(hold.rule)})</span>`;
  const body = [
    again === undefined ? '' : paragraph(`<b>${escapeHtml(again)}</b>`),
    `<h1 style="font-size:18px;line-height:1.35;margin:0 0 8px">${escapeHtml(headline)}</h1>`,
    paragraph(
      `It waits until <b>${escapeHtml(until)}</b> (${escapeHtml(timeLeft)} left). Without an approval it does not run.`,
    ),
    askedAgain(hold),
    code(action.command),
    paragraph(`<b>Why it was held:</b> ${inline(hold.reason)}${rule}`),
    section('What it would do', hold.effects.length === 0 ? '' : items(hold.effects.map(inline))),
    section('As Sallyport reads it', differs(action.canonical, action.command) ? code(action.canonical ?? '') : ''),
    section(
      action.kind === 'stdin' ? 'Program on stdin' : 'Data on stdin',
      action.stdin === undefined ? '' : code(action.stdin),
    ),
    action.stdinUse === 'streamed' ? paragraph('It also reads data from the agent that nobody has seen.') : '',
    section(
      'Environment',
      Object.entries(action.environment)
        .map(([name, value]) => code(`${name}=${value}`))
        .join(''),
    ),
    button(link, 'Look at it and decide'),
    section('Who and where', items(whoAndWhere(facts))),
    section(
      'Before that, from this agent',
      hold.before
        .map(
          ({ command, verdict, atMs }) =>
            small(`${new Date(atMs).toISOString().slice(11, 19)} ${verdict}`) + code(command),
        )
        .join(''),
    ),
    small('The link is yours alone, works once and ends with the request. No answer is not a yes.'),
    small(`Request ${hold.id}`),
  ];
  return htmlPage('Review', body);
}

function whoAndWhere({ hold }: MailFacts): string[] {
  const { agent, agentOwner, target, account, keyFingerprint } = hold.action;
  return [
    `Agent <b>${inline(agent)}</b>, owned by ${inline(agentOwner)}`,
    `Key ${inline(keyFingerprint)}`,
    `Target <b>${inline(target)}</b> as ${inline(account)}`,
    ...(hold.quorum > 1 ? [`Needs ${inline(neededInWords(hold))}, each a different person`] : []),
  ];
}

function askedAgain({ respelling }: MailFacts['hold']): string {
  if (respelling === undefined) return '';
  const what = respelling.isSame ? 'The same again that' : 'A respelling of what';
  const who = `${inline(respelling.reviewer)} rejected at ${escapeHtml(timeOf(respelling.atMs))}`;
  return paragraph(`<b style="color:${colors.mark}">${what} ${who}:</b>`) + code(respelling.command);
}
