/** What HTML mails are made of: one column, inline styles, no image, no script, nothing fetched. */
import { visible } from '../approval/visible.ts';
import { escapeHtml } from '../html.ts';

export const colors = {
  ink: '#1c2024',
  soft: '#5b6470',
  line: '#d9dde3',
  mark: '#8a1c1c',
  markBack: '#fde8e8',
  back: '#f6f7f9',
};

/** One column of these pieces. */
export function htmlPage(title: string, body: readonly string[]): string {
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    `<meta name="viewport" content="width=device-width,initial-scale=1"><title>${title}</title></head>`,
    `<body style="margin:0;padding:16px;color:${colors.ink};font:16px/1.5 system-ui,sans-serif">`,
    `<div style="max-width:600px;margin:0 auto">${body.join('')}</div></body></html>`,
  ].join('');
}

export function paragraph(html: string): string {
  return `<p style="margin:0 0 12px;overflow-wrap:anywhere">${html}</p>`;
}

export function small(text: string): string {
  return `<p style="margin:8px 0 4px;color:${colors.soft};font-size:14px">${escapeHtml(text)}</p>`;
}

export function section(title: string, html: string): string {
  return html === '' ? '' : `<h2 style="font-size:14px;margin:16px 0 4px;color:${colors.soft}">${title}</h2>${html}`;
}

export function items(htmls: readonly string[]): string {
  return `<ul style="margin:0 0 12px;padding-left:20px;overflow-wrap:anywhere">${htmls.map((html) => `<li>${html}</li>`).join('')}</ul>`;
}

export function button(link: string, label: string): string {
  const style = `display:block;background:${colors.ink};color:#fff;text-decoration:none;text-align:center;padding:14px;border-radius:8px;font-weight:600`;
  return `<p style="margin:20px 0"><a href="${escapeHtml(link)}" style="${style}">${label}</a></p>`;
}

/** Wrapped anywhere, never cut. */
export function code(raw: string): string {
  const style = `white-space:pre-wrap;overflow-wrap:anywhere;word-break:break-word;font:14px/1.5 ui-monospace,monospace;background:${colors.back};border:1px solid ${colors.line};border-radius:6px;padding:10px;margin:0 0 12px`;
  return `<pre style="${style}">${pieces(raw, '<span style="opacity:.5">↵</span>\n')}</pre>`;
}

export function inline(raw: string): string {
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
