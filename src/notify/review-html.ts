/** The HTML of a review mail: one column, inline styles, no image, no script, nothing fetched. */
import { neededInWords } from '../approval/quorum.ts';
import { visible } from '../approval/visible.ts';
import { escapeHtml } from '../html.ts';
import { differs, type MailFacts, timeOf } from './mail-facts.ts';

const colors = {
  ink: '#1c2024',
  soft: '#5b6470',
  line: '#d9dde3',
  mark: '#8a1c1c',
  markBack: '#fde8e8',
  back: '#f6f7f9',
};

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
    button(link),
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
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1"><title>Review</title></head>',
    `<body style="margin:0;padding:16px;color:${colors.ink};font:16px/1.5 system-ui,sans-serif">`,
    `<div style="max-width:600px;margin:0 auto">${body.join('')}</div></body></html>`,
  ].join('');
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

function paragraph(html: string): string {
  return `<p style="margin:0 0 12px;overflow-wrap:anywhere">${html}</p>`;
}

function small(text: string): string {
  return `<p style="margin:8px 0 4px;color:${colors.soft};font-size:14px">${escapeHtml(text)}</p>`;
}

function section(title: string, html: string): string {
  return html === '' ? '' : `<h2 style="font-size:14px;margin:16px 0 4px;color:${colors.soft}">${title}</h2>${html}`;
}

function items(htmls: readonly string[]): string {
  return `<ul style="margin:0 0 12px;padding-left:20px;overflow-wrap:anywhere">${htmls.map((html) => `<li>${html}</li>`).join('')}</ul>`;
}

function button(link: string): string {
  const style = `display:block;background:${colors.ink};color:#fff;text-decoration:none;text-align:center;padding:14px;border-radius:8px;font-weight:600`;
  return `<p style="margin:20px 0"><a href="${escapeHtml(link)}" style="${style}">Look at it and decide</a></p>`;
}

/** Wrapped anywhere, never cut. */
function code(raw: string): string {
  const style = `white-space:pre-wrap;overflow-wrap:anywhere;word-break:break-word;font:14px/1.5 ui-monospace,monospace;background:${colors.back};border:1px solid ${colors.line};border-radius:6px;padding:10px;margin:0 0 12px`;
  return `<pre style="${style}">${pieces(raw, '<span style="opacity:.5">↵</span>\n')}</pre>`;
}

function inline(raw: string): string {
  return pieces(raw, ' ↵ ');
}

function pieces(raw: string, lineBreak: string): string {
  const mark = `background:${colors.markBack};color:${colors.mark};border-radius:3px;padding:0 2px`;
  return visible(raw)
    .map((piece) => {
      if (piece.kind === 'plain') return escapeHtml(piece.original);
      if (piece.kind === 'newline') return lineBreak;
      const shown = piece.why === 'space' ? piece.shown : `⟨${piece.shown} ${piece.name}⟩`;
      return `<span style="${mark}">${escapeHtml(shown)}</span>`;
    })
    .join('');
}
