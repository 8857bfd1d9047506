import { request } from 'node:http';
import { createTransport } from 'nodemailer';
import { describe, expect, it } from 'vitest';
import { startMailbox } from '../../src/dev/mailbox.ts';
import { testMailbox } from '../support/mailbox.ts';

async function post(port: number, change: Record<string, unknown> = {}): Promise<void> {
  const transport = createTransport({ host: '127.0.0.1', port, ignoreTLS: true });
  const mail = { from: 'gate@example.test', to: 'maya@example.test', subject: 'Review', text: 'hello', ...change };
  await transport.sendMail(mail).finally(() => transport.close());
}

function get(url: string, headers: Record<string, string> = {}, method = 'GET') {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
    const sent = request(url, { headers, method }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    sent.on('error', reject).end();
  });
}

describe('the development mailbox', () => {
  it('shows what arrives by SMTP, newest first', async () => {
    const mailbox = await testMailbox();
    await post(mailbox.smtp.port, { subject: 'first' });
    await post(mailbox.smtp.port, { subject: 'second', html: '<b>bold</b>' });
    const mails: unknown = JSON.parse((await get(`${mailbox.url}/api/mails`)).body);
    expect(mails).toMatchObject([
      { subject: 'second', to: ['maya@example.test'], text: 'hello\n', html: '<b>bold</b>\n' },
      { subject: 'first', html: '' },
    ]);
    const list = await get(mailbox.url);
    expect(list.body.indexOf('second')).toBeLessThan(list.body.indexOf('first'));
  });

  it('shows a hostile mail without running it', async () => {
    const mailbox = await testMailbox();
    const evil = '<script>alert(1)</script>';
    await post(mailbox.smtp.port, { subject: evil, text: `${evil}\nhttp://127.0.0.1:1/review#abc`, html: evil });
    const [mail] = mailbox.mails();
    const shown = await get(`${mailbox.url}/mails/${mail?.id}`);
    expect(shown.body).not.toContain(evil);
    expect(shown.body).toContain('<a href="http://127.0.0.1:1/review#abc"');
    expect((await get(mailbox.url)).body).not.toContain(evil);
    const frame = await get(`${mailbox.url}/mails/${mail?.id}/html`);
    expect(frame.headers['content-security-policy']).toMatch(/^sandbox allow-popups.*default-src 'none'/);
    expect(frame.headers['content-security-policy']).not.toContain('script');
  });

  it.each([
    { name: 'another name for its address', headers: { host: 'evil.example' }, want: 421 },
    { name: 'a mail that is not there', path: '/mails/0000000000000000', want: 404 },
    { name: 'a path outside', path: '/../etc/passwd', want: 404 },
    { name: 'a change', method: 'POST', want: 405 },
  ])('refuses $name', async ({ headers = {}, path = '/', method = 'GET', want }) => {
    const mailbox = await testMailbox();
    expect((await get(mailbox.url + path, headers, method)).status).toBe(want);
  });

  it('keeps a bounded number of bounded mails', async () => {
    const mailbox = await testMailbox();
    const transport = createTransport({ pool: true, host: '127.0.0.1', port: mailbox.smtp.port, ignoreTLS: true });
    const mail = { from: 'gate@example.test', to: 'maya@example.test', text: '' };
    for (let number = 0; number < 205; number++) await transport.sendMail({ ...mail, subject: `mail ${number}` });
    expect(mailbox.mails()).toHaveLength(200);
    expect(mailbox.mails()[0]?.subject).toBe('mail 204');
    await expect(transport.sendMail({ ...mail, text: 'x'.repeat(3_000_000) })).rejects.toMatchObject({
      responseCode: 552,
    });
    transport.close();
  });

  it('says which port is taken, and leaves nothing open', async () => {
    const mailbox = await testMailbox();
    const taken = { smtpPort: 0, webPort: Number(new URL(mailbox.url).port), host: '127.0.0.1' };
    await expect(startMailbox(taken)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('stays on loopback', async () => {
    const open = { smtpPort: 0, webPort: 0, host: '0.0.0.0' };
    await expect(startMailbox(open)).rejects.toMatchObject({ code: 'MAILBOX_EXPOSED' });
  });
});
