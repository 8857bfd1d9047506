/**
 * Mail over SMTP, TLS verified. No retry of its own: every failure says whether another try can help, and the job that
 * called decides.
 *
 * INVARIANT: an error's text names no address and repeats nothing the mail server said.
 */
import { createTransport, type Transporter } from 'nodemailer';
import { type AlarmMessage, DeliveryError, type Messenger, type ReviewMessage } from '../approval/delivery.ts';
import type { SmtpConfig } from '../config.ts';
import { alarmMail } from './alarm-mail.ts';
import { reviewMail } from './review-mail.ts';
import { type SignInFacts, signInMail } from './sign-in-mail.ts';

interface Addressee {
  readonly name: string;
  readonly email: string;
}

/** A mail server that has said nothing for this long is treated as down. */
const silenceMs = 15_000;
/** The whole of one mail, waiting for a free connection included. */
const defaultDeadlineMs = 45_000;

export interface MailParts {
  readonly smtp: SmtpConfig;
  /** What links start with, read at each mail: with port 0 it is known only after the web server listens. */
  readonly publicUrl: () => string;
  readonly now?: () => number;
  readonly deadlineMs?: number;
}

export class MailMessenger implements Messenger {
  readonly #parts: MailParts;
  readonly #transport: Transporter;

  constructor(parts: MailParts) {
    const { host, port, security, credentials, ca, dkim } = parts.smtp;
    this.#parts = parts;
    this.#transport = createTransport({
      pool: true,
      maxConnections: 3,
      host,
      port,
      secure: security === 'tls',
      requireTLS: security === 'starttls',
      ignoreTLS: security === 'none',
      tls: { minVersion: 'TLSv1.2', rejectUnauthorized: true, ...(ca === undefined ? {} : { ca }) },
      connectionTimeout: silenceMs,
      greetingTimeout: silenceMs,
      socketTimeout: silenceMs,
      // A message is made of our strings only; it never names a file or an address to read from.
      disableFileAccess: true,
      disableUrlAccess: true,
      ...(dkim === undefined
        ? {}
        : { dkim: { domainName: dkim.domain, keySelector: dkim.selector, privateKey: dkim.privateKey } }),
      ...(credentials === undefined ? {} : { auth: { user: credentials.account, pass: credentials.password } }),
    });
  }

  async send(message: ReviewMessage | AlarmMessage): Promise<void> {
    const { smtp, publicUrl, now = Date.now, deadlineMs = defaultDeadlineMs } = this.#parts;
    const domain = /@([\w.-]+)>?\s*$/.exec(smtp.from)?.[1] ?? 'sallyport.invalid';
    const place = { publicUrl: publicUrl(), domain };
    const content = message.kind === 'alarm' ? alarmMail(message, place) : reviewMail(message, place, now());
    await within(
      deadlineMs,
      this.#transport.sendMail({ ...this.#envelope(message.reviewer), ...content, inReplyTo: content.references }),
    );
  }

  /** Rejects with a DeliveryError; nobody retries, because whoever asked is waiting and can ask again. */
  async sendSignIn(reviewer: Addressee, facts: Omit<SignInFacts, 'name'>): Promise<void> {
    const { now = Date.now, deadlineMs = defaultDeadlineMs } = this.#parts;
    const content = signInMail({ name: reviewer.name, ...facts }, now());
    await within(deadlineMs, this.#transport.sendMail({ ...this.#envelope(reviewer), ...content }));
  }

  #envelope(to: Addressee) {
    return {
      from: this.#parts.smtp.from,
      // As an object: a name or address with a comma in it stays one recipient.
      to: { name: to.name, address: to.email },
      // No List-Unsubscribe on purpose: scanners and mail programs follow it, and nobody may lose review mails by a click.
      headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
      textEncoding: 'quoted-printable' as const,
    };
  }

  /** Connects and logs in, for `doctor`. Rejects with a DeliveryError. */
  async verify(): Promise<void> {
    await within(this.#parts.deadlineMs ?? defaultDeadlineMs, this.#transport.verify());
  }

  close(): void {
    this.#transport.close();
  }
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeliveryError('DELIVERY_FAILED', 'the mail server took too long')), ms);
  });
  try {
    await Promise.race([work, deadline]);
  } catch (error) {
    throw error instanceof DeliveryError ? error : deliveryError(error);
  } finally {
    clearTimeout(timer);
  }
}

/** SPEC: RFC 5321 section 4.2.1: 4yz may succeed later, 5yz will not. */
function deliveryError(error: unknown): DeliveryError {
  const { code, responseCode } = smtpFacts(error);
  if (responseCode !== undefined && responseCode >= 500)
    return new DeliveryError('DELIVERY_REJECTED', `the mail server refused it (${responseCode})`);
  if (responseCode !== undefined)
    return new DeliveryError('DELIVERY_FAILED', `the mail server could not take it now (${responseCode})`);
  return new DeliveryError('DELIVERY_FAILED', `no connection to the mail server (${code ?? 'unknown'})`);
}

function smtpFacts(error: unknown): { readonly code?: string; readonly responseCode?: number } {
  if (!(error instanceof Error)) return {};
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code.slice(0, 40) } : {};
  const isNumber = 'responseCode' in error && typeof error.responseCode === 'number';
  return { ...code, ...(isNumber ? { responseCode: Number(error.responseCode) } : {}) };
}
