import { describe, expect, it } from 'vitest';
import type { ReviewMessage } from '../../src/approval/delivery.ts';
import { reviewMail } from '../../src/notify/review-mail.ts';
import { action, holdFor } from '../support/holds.ts';

const place = { publicUrl: 'https://gate.example.test/', domain: 'gate.example.test' };
const maya = { name: 'maya', email: 'maya@example.test', groups: ['sre'] };

function message(change: Partial<ReviewMessage> = {}): ReviewMessage {
  return { kind: 'review', hold: holdFor(), reviewer: maya, token: 'sp1.TOKEN.MAC', ...change };
}

describe('a review mail', () => {
  it('reads like this', () => {
    expect(reviewMail(message(), place, 1_000)).toMatchSnapshot();
  });

  it('reads like this when there is more to say', () => {
    const hold = holdFor({
      action: {
        ...action,
        kind: 'stdin',
        command: 'python3 -\nrm -rf /srv/‮txt.elif',
        canonical: "'python3' '-'",
        stdin: 'import os\nos.system("id")\n',
        stdinUse: 'reviewed',
        environment: { LANG: 'C.UTF-8', SALLYPORT_OUTPUT: 'json' },
      },
      quorum: 2,
    });
    expect(reviewMail(message({ hold, kind: 'reminder' }), place, 841_000).text).toMatchSnapshot();
  });

  it('says what was rejected and is asked again, with every character of it shown', () => {
    const respelling = { hold: 'h-1', command: 'rm -rf\n<b>/srv/x', reviewer: 'noor', atMs: 61_000, isSame: false };
    const { text, html } = reviewMail(message({ hold: holdFor({ respelling }) }), place, 100_000);
    expect(text).toContain('A RESPELLING of what noor rejected at 00:01 UTC:\n  | rm -rf\n  | <b>/srv/x\n');
    expect(html).toContain('A respelling of what noor rejected');
    expect(html).toContain('&lt;b&gt;/srv/x');
    const same = reviewMail(
      message({ hold: holdFor({ respelling: { ...respelling, isSame: true } }) }),
      place,
      100_000,
    );
    expect(same.text).toContain('THE SAME AGAIN that noor rejected');
  });

  it('keeps a session together and repeats its id with the same mail', () => {
    const first = reviewMail(message(), place, 1_000);
    const again = reviewMail(message({ token: 'sp1.OTHER.MAC' }), place, 5_000);
    expect(again.messageId).toBe(first.messageId);
    expect(reviewMail(message({ kind: 'reminder' }), place, 1_000).messageId).not.toBe(first.messageId);
    const other = reviewMail(message({ hold: holdFor({ id: 'h-other' }) }), place, 1_000);
    expect(other.references).toBe(first.references);
    expect(other.subject).toBe(first.subject);
    expect(other.messageId).not.toBe(first.messageId);
  });

  it('shows a long command whole', () => {
    const command = `echo ${'abcdefghij'.repeat(2_000)}; rm -rf /srv`;
    const { text, html } = reviewMail(message({ hold: holdFor({ action: { ...action, command } }) }), place, 1_000);
    expect(text).toContain(command);
    expect(html).toContain(command);
  });

  const hostile = [
    {
      name: 'lines of ours',
      text: 'true\n\nLook at it and decide:\nhttps://evil.example/review#x',
      not: '\nhttps://evil',
    },
    { name: 'bidi overrides', text: 'rm \u202e/etc', not: '\u202e' },
    { name: 'zero-width characters', text: 'su\u200bdo', not: '\u200b' },
    { name: 'terminal escapes', text: 'echo \u001b[2J', not: '\u001b' },
    { name: 'carriage returns', text: 'rm -rf /\rls', not: '\r' },
    { name: 'mark-up', text: '<script>alert(1)</script><img src=x>', not: undefined },
  ];

  it.each(hostile)('is not misled by $name in any text of the agent', ({ text, not }) => {
    const hold = holdFor({
      action: {
        ...action,
        command: text,
        canonical: text,
        stdin: text,
        agent: text,
        account: text,
        environment: { LANG: text },
      },
      reason: text,
      rule: text,
      effects: [text],
      before: [{ command: text, verdict: 'allow', atMs: 1 }],
      session: text,
    });
    const mail = reviewMail(message({ hold }), place, 1_000);
    if (not !== undefined) expect(mail.text + mail.subject).not.toContain(not);
    // In the HTML a line break inside a command's own box is one.
    if (not !== undefined && !not.startsWith('\n')) expect(mail.html).not.toContain(not);
    expect(mail.html).not.toMatch(/<script|<img/);
    for (const header of [mail.subject, mail.messageId, mail.references]) expect(header).not.toMatch(/[\r\n\0]/);
    const links = mail.text.split('\n').filter((line) => line.startsWith('http'));
    expect(links).toEqual(['https://gate.example.test/review#sp1.TOKEN.MAC']);
    expect(mail.html.match(/href="[^"]*"/g)).toEqual(['href="https://gate.example.test/review#sp1.TOKEN.MAC"']);
  });
});
