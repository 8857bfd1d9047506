import { execFileSync } from 'node:child_process';
import { createHash, createVerify, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MailMessenger } from '../../src/notify/mail.ts';
import { temporaryDirectory } from '../support/directory.ts';
import { holdFor } from '../support/holds.ts';
import { testMailbox } from '../support/mailbox.ts';

const reviewer = { name: 'maya', email: 'maya@example.test', groups: ['sre'] };
const message = { kind: 'review', hold: holdFor(), reviewer, token: 'sp1.SECRET-TOKEN.MAC' } as const;

function messenger(port: number, deadlineMs?: number): MailMessenger {
  const smtp = {
    host: '127.0.0.1',
    port,
    security: 'none',
    from: 'Sallyport <gate@example.test>',
    credentials: undefined,
  } as const;
  const made = new MailMessenger({
    smtp,
    publicUrl: () => 'https://gate.example.test',
    now: () => 1_000,
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
  });
  onTestFinished(() => made.close());
  return made;
}

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('mail over SMTP', () => {
  it('arrives with a link, in a thread, and without an offer to unsubscribe', async () => {
    const mailbox = await testMailbox();
    await messenger(mailbox.smtp.port).send(message);
    const [mail] = mailbox.mails();
    expect(mail).toMatchObject({
      to: ['maya@example.test'],
      from: 'gate@example.test',
      subject: 'Review: builder on web-1',
    });
    expect(mail?.text).toContain('\nhttps://gate.example.test/review#sp1.SECRET-TOKEN.MAC\n');
    const headers = Object.fromEntries(mail?.headers ?? []);
    expect(headers).toMatchObject({ 'auto-submitted': 'auto-generated', 'in-reply-to': headers.references });
    expect(headers['list-unsubscribe']).toBeUndefined();
    expect(mail?.messageId).toMatch(/^<review\.h-0{12}\.[0-9a-f]+@example\.test>$/);
  });

  it('cannot be given another recipient or header by a name', async () => {
    const mailbox = await testMailbox();
    const name = 'maya\r\nBcc: eve@example.test, "x" <eve@example.test>';
    await messenger(mailbox.smtp.port).send({ ...message, reviewer: { ...reviewer, name } });
    expect(mailbox.mails()[0]?.to).toEqual(['maya@example.test']);
    expect(mailbox.mails()[0]?.headers.map(([header]) => header)).not.toContain('bcc');
  });

  it.each([
    { status: 450, code: 'DELIVERY_FAILED' },
    { status: 421, code: 'DELIVERY_FAILED' },
    { status: 550, code: 'DELIVERY_REJECTED' },
    { status: 552, code: 'DELIVERY_REJECTED' },
  ])('tells $status from a mail server as $code, without its words', async ({ status, code }) => {
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['AUTH', 'STARTTLS'],
      onRcptTo: (_address, _session, done) =>
        done(Object.assign(new Error('SERVER-WORDS maya@example.test'), { responseCode: status })),
    });
    const error: unknown = await messenger(await portOf(server.server))
      .send(message)
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code, message: expect.stringContaining(String(status)) });
    expect(String(error)).not.toMatch(/SERVER-WORDS|maya|SECRET-TOKEN/);
  });

  it('gives up on a server that says nothing', async () => {
    const server = createServer(() => undefined);
    const error = messenger(await portOf(server), 100).send(message);
    await expect(error).rejects.toMatchObject({ code: 'DELIVERY_FAILED', message: 'the mail server took too long' });
  });

  it('fails for now when nobody listens', async () => {
    const server = createServer();
    const port = await portOf(server);
    await new Promise((resolve) => server.close(resolve));
    await expect(messenger(port).send(message)).rejects.toMatchObject({ code: 'DELIVERY_FAILED' });
    await expect(messenger(port).verify()).rejects.toMatchObject({ code: 'DELIVERY_FAILED' });
  });

  it('does not speak without TLS where TLS is wanted', async () => {
    const mailbox = await testMailbox();
    const smtp = { ...mailbox.smtp, security: 'starttls', from: 'gate@example.test', credentials: undefined } as const;
    const strict = new MailMessenger({ smtp, publicUrl: () => 'https://gate.example.test' });
    onTestFinished(() => strict.close());
    await expect(strict.send(message)).rejects.toThrow();
    expect(mailbox.mails()).toEqual([]);
  });
});

describe('a mail server with a certificate of its own', () => {
  function certified(host: string) {
    const directory = temporaryDirectory();
    const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
    const subject = ['-subj', '/CN=mail', '-addext', `subjectAltName=${host}`];
    const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', cert];
    execFileSync('openssl', ['req', '-x509', '-days', '2', ...made, ...subject], { stdio: 'ignore' });
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  }

  async function mailTo(security: 'tls' | 'starttls', { host = 'IP:127.0.0.1', isBelieved = true } = {}) {
    const { key, cert } = certified(host);
    const received: string[] = [];
    const server = new SMTPServer({
      secure: security === 'tls',
      key,
      cert,
      authOptional: true,
      onRcptTo: ({ address }, _session, done) => {
        received.push(address);
        done();
      },
    });
    server.on('error', () => undefined);
    const port = await portOf(server.server);
    const smtp = { host: '127.0.0.1', port, security, from: 'gate@example.test', credentials: undefined };
    const mail = new MailMessenger({
      smtp: isBelieved ? { ...smtp, ca: cert } : smtp,
      publicUrl: () => 'https://gate.example.test',
    });
    onTestFinished(() => mail.close());
    return { received, sent: mail.send(message) };
  }

  it.each(['tls', 'starttls'] as const)('is refused over %s, and gets nothing', async (security) => {
    const { received, sent } = await mailTo(security, { isBelieved: false });
    await expect(sent).rejects.toMatchObject({ code: 'DELIVERY_FAILED' });
    expect(received).toEqual([]);
  });

  it.each(['tls', 'starttls'] as const)('is believed over %s when the configuration names it', async (security) => {
    const { received, sent } = await mailTo(security);
    await sent;
    expect(received).toEqual(['maya@example.test']);
  });

  it('is refused under another name, believed or not', async () => {
    const { received, sent } = await mailTo('tls', { host: 'DNS:mail.example.test' });
    await expect(sent).rejects.toMatchObject({ code: 'DELIVERY_FAILED' });
    expect(received).toEqual([]);
  });
});

/** SPEC: RFC 6376 sections 3.4.2, 3.4.4 and 3.7: what a receiver with the public key from DNS computes. */
function isSignedBy(publicKey: string, raw: string): boolean {
  const end = raw.indexOf('\r\n\r\n');
  const headers = raw.slice(0, end + 2).match(/[^\r]+\r\n(?:[ \t][^\r]*\r\n)*/g) ?? [];
  const relaxed = (header: string) => {
    const colon = header.indexOf(':');
    const value = header
      .slice(colon + 1)
      .replaceAll('\r\n', '')
      .replaceAll(/[ \t]+/g, ' ')
      .trim();
    return `${header.slice(0, colon).toLowerCase().trim()}:${value}`;
  };
  const signature = headers.find((header) => /^dkim-signature:/i.test(header)) ?? '';
  const tag = (name: string) => new RegExp(`[;: ]${name}=([^;]*)`).exec(relaxed(signature))?.[1]?.trim() ?? '';
  const lines = raw
    .slice(end + 4)
    .replaceAll(/[ \t]+(?=\r\n)/g, '')
    .replaceAll(/[ \t]+/g, ' ');
  const body = `${lines.replace(/(\r\n)+$/, '')}\r\n`;
  const bodyHash = createHash('sha256').update(body).digest('base64');
  if (tag('a') !== 'rsa-sha256' || tag('c') !== 'relaxed/relaxed' || tag('bh').replaceAll(' ', '') !== bodyHash)
    return false;
  const signed = tag('h')
    .split(':')
    .map((name) => headers.findLast((header) => header.toLowerCase().startsWith(`${name.trim().toLowerCase()}:`)))
    .flatMap((header) => (header === undefined ? [] : [`${relaxed(header)}\r\n`]));
  const unsigned = relaxed(signature).replace(/([;: ]b=)[^;]*/, '$1');
  const verify = createVerify('sha256').update(signed.join('') + unsigned);
  return verify.verify(publicKey, tag('b').replaceAll(' ', ''), 'base64');
}

describe('mail signed with DKIM', () => {
  it('verifies with the public key, and no longer when it was changed', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2_048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    let raw = '';
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['AUTH', 'STARTTLS'],
      onData: (stream, _session, done) => {
        stream.on('data', (piece: Buffer) => {
          raw += piece.toString('latin1');
        });
        stream.on('end', () => done());
      },
    });
    const signing = new MailMessenger({
      smtp: {
        host: '127.0.0.1',
        port: await portOf(server.server),
        security: 'none',
        from: 'gate@example.test',
        credentials: undefined,
        dkim: { domain: 'example.test', selector: 'sallyport', privateKey },
      },
      publicUrl: () => 'https://gate.example.test',
    });
    onTestFinished(() => signing.close());
    await signing.send(message);
    expect(raw).toMatch(/^DKIM-Signature:/im);
    expect(raw.replaceAll(/\r\n[ \t]+/g, ' ')).toMatch(/d=example\.test;.* s=sallyport;/);
    expect(isSignedBy(publicKey, raw)).toBe(true);
    expect(isSignedBy(publicKey, raw.replace('Subject: Review', 'Subject: Renew'))).toBe(false);
    expect(isSignedBy(publicKey, raw.replace('waits until', 'waited until'))).toBe(false);
  });
});
