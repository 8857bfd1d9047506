/** The two pages of the development mailbox. */
import { escapeHtml } from '../html.ts';

export interface KeptMail {
  readonly id: string;
  readonly to: readonly string[];
  readonly from: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** RFC 3339. */
  readonly date: string;
  readonly messageId: string;
  /** Lower-case names, in the order of the message. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

const style = `
:root { color-scheme: light dark }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif }
main { max-width: 46rem; margin: 0 auto; padding: 1rem }
h1 { font-size: 1.25rem }
ul { list-style: none; padding: 0 }
li a { display: block; padding: .75rem; border: 1px solid #8884; border-radius: .5rem; margin-bottom: .5rem;
  color: inherit; text-decoration: none }
li a:hover, li a:focus { border-color: currentColor }
small { opacity: .7; display: block }
iframe { width: 100%; height: 75vh; border: 1px solid #8884; border-radius: .5rem; background: #fff }
pre { white-space: pre-wrap; overflow-wrap: anywhere }
`;

export function listPage(mails: readonly KeptMail[], nonce: string): string {
  const rows = mails.map(
    ({ id, to, subject, date }) =>
      `<li><a href="/mails/${id}">${escapeHtml(subject || '(no subject)')}<small>to ${escapeHtml(to.join(', '))} · ${escapeHtml(date)}</small></a></li>`,
  );
  const list = rows.length === 0 ? '<p>Nothing yet. Mails appear here by themselves.</p>' : `<ul>${rows.join('')}</ul>`;
  const newest = mails[0]?.id ?? '';
  // Reloads when there is something new; the page works without it.
  const script = `setInterval(async () => {
    const mails = await (await fetch('/api/mails')).json();
    if ((mails[0]?.id ?? '') !== ${JSON.stringify(newest)}) location.reload();
  }, 1500);`;
  return page('Development mailbox', `<h1>Development mailbox</h1>${list}`, nonce, script);
}

export function mailPage(mail: KeptMail, nonce: string): string {
  const { id, to, from, subject, date, text, html } = mail;
  const body = [
    '<p><a href="/">All mails</a></p>',
    `<h1>${escapeHtml(subject)}</h1>`,
    `<small>from ${escapeHtml(from)} to ${escapeHtml(to.join(', '))} · ${escapeHtml(date)}</small>`,
    html === ''
      ? ''
      : `<iframe title="The mail" src="/mails/${id}/html" sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>`,
    `<details${html === '' ? ' open' : ''}><summary>As text</summary><pre>${linked(text)}</pre></details>`,
  ];
  return page(subject, body.join(''), nonce, '');
}

function page(title: string, body: string, nonce: string, script: string): string {
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    `<title>${escapeHtml(title)}</title><style nonce="${nonce}">${style}</style></head>`,
    `<body><main>${body}</main>${script === '' ? '' : `<script nonce="${nonce}">${script}</script>`}</body></html>`,
  ].join('');
}

/** Only lines that are a link and nothing else: ours are. */
function linked(text: string): string {
  return text
    .split('\n')
    .map((line) =>
      /^https?:\/\/[^\s"'<>]+$/.test(line)
        ? `<a href="${escapeHtml(line)}" target="_blank" rel="noreferrer">${escapeHtml(line)}</a>`
        : escapeHtml(line),
    )
    .join('\n');
}
