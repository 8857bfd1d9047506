/**
 * A mailbox for trying things out: a real SMTP server that keeps what it gets in memory, and a page that shows it.
 *
 * It holds working review links of every reviewer and asks nobody who they are. So it listens on loopback only, answers
 * only requests that name the address it listens on (a web page elsewhere cannot rebind its name to us and read), and
 * shows mail in a sandboxed frame without scripts.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { SallyportError } from '../errors.ts';
import { type KeptMail, listPage, mailPage } from './mailbox-pages.ts';

/** The oldest falls out; a hostile agent that makes mail must not grow our memory. */
const maxMails = 200;
const maxMailBytes = 2 * 1024 * 1024;
const maxClients = 50;

export interface Mailbox {
  readonly smtp: { readonly host: string; readonly port: number };
  readonly url: string;
  /** Newest first. */
  mails(): readonly KeptMail[];
  close(): Promise<void>;
}

export interface MailboxOptions {
  /** 0 picks a free port. Rejects with Node's EADDRINUSE when it is taken. */
  readonly smtpPort: number;
  readonly webPort: number;
  /** A loopback address. */
  readonly host: string;
}

export async function startMailbox({ smtpPort, webPort, host }: MailboxOptions): Promise<Mailbox> {
  if (host !== '::1' && host !== 'localhost' && !/^127\.\d+\.\d+\.\d+$/.test(host))
    throw new SallyportError('MAILBOX_EXPOSED', `the development mailbox listens on loopback only, not on ${host}`);
  const mails: KeptMail[] = [];
  const smtp = smtpServer((mail) => {
    mails.unshift(mail);
    mails.splice(maxMails);
  });
  const smtpAddress = await listening(smtp.server, () => smtp.listen(smtpPort, host));
  const web = createServer((request, response) => answer(request, response, mails));
  const stopSmtp = () => new Promise<void>((resolve) => smtp.close(() => resolve()));
  let webAddress: AddressInfo;
  try {
    webAddress = await listening(web, () => web.listen(webPort, host));
  } catch (error) {
    await stopSmtp();
    throw error;
  }
  return {
    smtp: { host, port: smtpAddress.port },
    url: `http://${host === '::1' ? '[::1]' : host}:${webAddress.port}`,
    mails: () => [...mails],
    async close() {
      web.closeAllConnections();
      await Promise.all([stopSmtp(), new Promise<void>((resolve) => web.close(() => resolve()))]);
    },
  };
}

function smtpServer(keep: (mail: KeptMail) => void): SMTPServer {
  const server = new SMTPServer({
    banner: 'Sallyport development mailbox',
    disabledCommands: ['AUTH', 'STARTTLS'],
    authOptional: true,
    size: maxMailBytes,
    maxClients,
    closeTimeout: 500,
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      let bytes = 0;
      stream.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= maxMailBytes) chunks.push(chunk);
      });
      stream.once('end', () => {
        if (bytes > maxMailBytes) {
          done(refusal(552, 'message too large'));
          return;
        }
        const to = session.envelope.rcptTo.map(({ address }) => address);
        read(Buffer.concat(chunks), to).then(
          (mail) => {
            keep(mail);
            done();
          },
          () => done(refusal(554, 'not a mail')),
        );
      });
    },
  });
  // A client that goes away in the middle is not our problem.
  server.on('error', () => undefined);
  return server;
}

async function read(raw: Buffer, to: readonly string[]): Promise<KeptMail> {
  const mail = await PostalMime.parse(raw);
  return {
    id: randomBytes(8).toString('hex'),
    to,
    from: mail.from?.address ?? '',
    subject: mail.subject ?? '',
    text: mail.text ?? '',
    html: mail.html ?? '',
    date: mail.date ?? new Date().toISOString(),
    messageId: mail.messageId ?? '',
    headers: mail.headers.map(({ key, value }) => [key, value] as const),
  };
}

function refusal(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}

async function listening(server: Server, listen: () => void): Promise<AddressInfo> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', resolve);
    listen();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new SallyportError('MAILBOX_EXPOSED', 'no TCP address');
  return address;
}

interface Reply {
  readonly status: number;
  readonly type: 'text/plain' | 'text/html' | 'application/json';
  readonly body: string;
  readonly policy?: string;
}

function answer(request: IncomingMessage, response: ServerResponse, mails: readonly KeptMail[]): void {
  const { status, type, body, policy = "default-src 'none'" } = replyTo(request, mails);
  response.writeHead(status, {
    'content-type': `${type}; charset=utf-8`,
    'content-security-policy': policy,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
  });
  response.end(body);
}

function replyTo(request: IncomingMessage, mails: readonly KeptMail[]): Reply {
  const words = (status: number, body: string): Reply => ({ status, type: 'text/plain', body: `${body}\n` });
  const { localAddress = '', localPort = 0 } = request.socket;
  const ours = [localAddress, `[${localAddress}]`, 'localhost'].map((name) => `${name}:${localPort}`);
  if (!ours.includes(request.headers.host ?? '')) return words(421, 'This is the mailbox of another address.');
  if (request.method !== 'GET' && request.method !== 'HEAD') return words(405, 'Only GET.');
  const path = (request.url ?? '/').replace(/[?#].*$/s, '');
  const nonce = randomBytes(16).toString('base64');
  const page = (body: string): Reply => ({ status: 200, type: 'text/html', body, policy: pagePolicy(nonce) });
  if (path === '/') return page(listPage(mails, nonce));
  if (path === '/api/mails') return { status: 200, type: 'application/json', body: JSON.stringify(mails) };
  const [, id, isFrame] = /^\/mails\/([0-9a-f]{16})(\/html)?$/.exec(path) ?? [];
  const mail = mails.find((kept) => kept.id === id);
  if (mail === undefined) return words(404, 'No such mail; it may have fallen out.');
  if (isFrame === undefined) return page(mailPage(mail, nonce));
  return { status: 200, type: 'text/html', body: `<base target="_blank">${mail.html}`, policy: framePolicy };
}

function pagePolicy(nonce: string): string {
  return [
    `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; connect-src 'self'`,
    `frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  ].join('; ');
}

/** The mail's own HTML: styles only, no scripts, and links open outside. */
const framePolicy = [
  `sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'`,
  `frame-ancestors 'self'`,
].join('; ');
