/**
 * The words of the mail to everybody when somebody approved a command alone, outside the rule. Pure.
 *
 * INVARIANT: it carries no token; the page it points to needs a sign-in, and there is nothing to decide any more.
 */
import type { AlarmMessage } from '../approval/delivery.ts';
import { brokenGlass } from '../approval/glass.ts';
import { neededInWords } from '../approval/quorum.ts';
import { escapeHtml } from '../html.ts';
import { holdPage } from './channel.ts';
import { oneLine, quoted, timeOf } from './mail-facts.ts';
import { button, code, colors, htmlPage, inline, items, paragraph, section, small } from './mail-html.ts';
import type { MailContent } from './review-mail.ts';

export function alarmMail(
  { hold, reviewer }: AlarmMessage,
  place: { readonly publicUrl: string; readonly domain: string },
): MailContent {
  const { action } = hold;
  const glass = brokenGlass(hold);
  const who = oneLine(glass?.reviewer ?? 'somebody');
  const rule = `${hold.rule === undefined ? 'The policy' : `The rule ${oneLine(hold.rule)}`} wants ${oneLine(neededInWords(hold))}.`;
  const headline = `${who} alone approved a command of ${oneLine(action.agent)} on ${oneLine(action.target)} as ${oneLine(action.account)}, at ${timeOf(glass?.atMs ?? 0)}.`;
  const after =
    'You need not decide anything. If this should not have been: tell your team, and end the session in the console.';
  const page = holdPage(place.publicUrl, hold.id);
  const stdinTitle = action.kind === 'stdin' ? 'Program on stdin' : 'Data on stdin';
  return {
    subject: `OUTSIDE THE RULE: ${who} approved ${oneLine(action.agent)} on ${oneLine(action.target)}`,
    text: [
      'OUTSIDE THE RULE',
      '',
      headline,
      rule,
      '',
      `Reason given: ${oneLine(glass?.reason ?? '')}`,
      '',
      ...quoted(action.command),
      '',
      ...(action.stdin === undefined ? [] : [`${stdinTitle}:`, ...quoted(action.stdin), '']),
      `Why it was held: ${oneLine(hold.reason)}`,
      `Agent:   ${oneLine(action.agent)}, owned by ${oneLine(action.agentOwner)}`,
      `Target:  ${oneLine(action.target)} as ${oneLine(action.account)}`,
      '',
      after,
      page,
      '',
      'Everybody under reviewers and notify is told. It stays marked.',
      `Request ${hold.id}`,
      '',
    ].join('\n'),
    html: htmlPage('Outside the rule', [
      paragraph(`<b style="color:${colors.mark}">OUTSIDE THE RULE</b>`),
      `<h1 style="font-size:18px;line-height:1.35;margin:0 0 8px;color:${colors.mark}">${escapeHtml(headline)}</h1>`,
      paragraph(escapeHtml(rule)),
      paragraph(`<b>Reason given:</b> ${inline(glass?.reason ?? '')}`),
      code(action.command),
      section(stdinTitle, action.stdin === undefined ? '' : code(action.stdin)),
      paragraph(`<b>Why it was held:</b> ${inline(hold.reason)}`),
      section(
        'Who and where',
        items([
          `Agent <b>${inline(action.agent)}</b>, owned by ${inline(action.agentOwner)}`,
          `Target <b>${inline(action.target)}</b> as ${inline(action.account)}`,
        ]),
      ),
      paragraph(escapeHtml(after)),
      button(page, 'Look at it'),
      small('Everybody under reviewers and notify is told. It stays marked.'),
      small(`Request ${hold.id}`),
    ]),
    messageId: `<alarm.${hold.id}.${Buffer.from(reviewer.name).toString('hex')}@${place.domain}>`,
    references: `<session.${Buffer.from(hold.session).toString('hex')}@${place.domain}>`,
  };
}
