/**
 * The one way out over HTTP: posts a body to an address from the configuration and learns whether it was taken.
 *
 * Refuses redirects, plain http and private addresses unless the channel says `allow_private`, metadata addresses
 * always. A name is resolved once, every address of it is judged, and the connection goes to an address that was judged:
 * a name that answers differently a second time changes nothing. No proxy of the environment is used.
 *
 * INVARIANT: an error's text names neither the address (it is a secret for most services) nor what the other side said.
 */
import { lookup as lookupCallback } from 'node:dns';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { DeliveryError } from '../approval/delivery.ts';
import { addressKind } from './addresses.ts';

export interface OutgoingPost {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Plain http, loopback and private networks are fine: for a receiver of one's own. */
  readonly allowPrivate: boolean;
}

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

export interface OutgoingParts {
  readonly resolve?: (host: string) => Promise<readonly ResolvedAddress[]>;
  readonly deadlineMs?: number;
}

/** Name, connection, TLS and answer together. Services answer within a second or two. */
const defaultDeadlineMs = 10_000;
/** This much of an answer is read, so that the other side can end in peace. */
const maxAnswerBytes = 64 * 1024;
const maxHeaderBytes = 16 * 1024;

/** Resolves when the other side took it. @throws DeliveryError */
export async function post(outgoing: OutgoingPost, parts: OutgoingParts = {}): Promise<void> {
  await ask(outgoing, parts);
}

/** The same, with what it answered, up to a limit. HOSTILE: it may be anything. @throws DeliveryError */
export async function ask(outgoing: OutgoingPost, parts: OutgoingParts = {}): Promise<string> {
  const { resolve = resolveName, deadlineMs = defaultDeadlineMs } = parts;
  const url = checkedUrl(outgoing);
  const deadline = AbortSignal.timeout(deadlineMs);
  try {
    const addresses = await beforeAbort(judgedAddresses(url, outgoing.allowPrivate, resolve), deadline);
    const { status, body } = await send(url, outgoing, addresses, deadline);
    judgeStatus(status);
    return body;
  } catch (error) {
    if (error instanceof DeliveryError) throw error;
    if (deadline.aborted) throw new DeliveryError('DELIVERY_FAILED', 'timeout');
    throw new DeliveryError('DELIVERY_FAILED', `no connection (${codeOf(error)})`);
  }
}

/** Whether something could be sent there now, without sending. @throws DeliveryError */
export async function checkDestination(
  to: Pick<OutgoingPost, 'url' | 'allowPrivate'>,
  { resolve = resolveName, deadlineMs = defaultDeadlineMs }: OutgoingParts = {},
): Promise<void> {
  await beforeAbort(judgedAddresses(checkedUrl(to), to.allowPrivate, resolve), AbortSignal.timeout(deadlineMs));
}

function checkedUrl({ url: text, allowPrivate }: Pick<OutgoingPost, 'url' | 'allowPrivate'>): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw rejected('its address is not an http address');
  if (url.protocol === 'http:' && !allowPrivate)
    throw rejected('its address is not https, which only a channel with allow_private may have');
  if (url.username !== '' || url.password !== '') throw rejected('its address has an account in it');
  return url;
}

async function judgedAddresses(
  url: URL,
  allowPrivate: boolean,
  resolve: (host: string) => Promise<readonly ResolvedAddress[]>,
): Promise<readonly ResolvedAddress[]> {
  // The URL parser has turned decimal, octal and hexadecimal IPv4 addresses into dotted ones.
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const family = isIP(host);
  const addresses = family === 0 ? await resolve(host) : [{ address: host, family }];
  if (addresses.length === 0) throw new DeliveryError('DELIVERY_FAILED', 'its name has no address');
  // HOSTILE: one harmless address among several must not open the door to the others.
  for (const { address } of addresses) {
    const kind = addressKind(address);
    if (kind === 'metadata') throw rejected('its address is link-local or a metadata service');
    if (kind === 'private' && !allowPrivate)
      throw rejected('its address is private; set allow_private if that is meant');
  }
  return addresses;
}

function send(
  url: URL,
  { headers, body }: OutgoingPost,
  addresses: readonly ResolvedAddress[],
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly body: string }> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method: 'POST',
        headers: { 'User-Agent': 'Sallyport', ...headers, 'Content-Length': Buffer.byteLength(body) },
        // A connection of its own: none is reused that an earlier look at the name opened.
        agent: false,
        lookup: pinned(addresses),
        maxHeaderSize: maxHeaderBytes,
        signal,
      },
      (answer) => {
        const pieces: Buffer[] = [];
        let readBytes = 0;
        const done = () => {
          sent.destroy();
          resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(pieces).toString('utf8') });
        };
        answer.on('data', (piece: Buffer) => {
          readBytes += piece.length;
          if (readBytes > maxAnswerBytes) done();
          else pieces.push(piece);
        });
        answer.on('end', done);
        answer.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Answers with what was judged, whatever is asked. */
function pinned(addresses: readonly ResolvedAddress[]): LookupFunction {
  return (_host, options, callback) => {
    const [first] = addresses;
    if (options.all === true) callback(null, [...addresses]);
    else callback(null, first?.address ?? '', first?.family);
  };
}

function judgeStatus(status: number): void {
  if (status >= 200 && status < 300) return;
  if (status >= 300 && status < 400) throw rejected(`it answered with a redirect, which is not followed (${status})`);
  // SPEC: RFC 9110 section 15.5.9, RFC 8470 section 5.2, RFC 6585 section 4: these may succeed later.
  if (status === 408 || status === 425 || status === 429 || status >= 500)
    throw new DeliveryError('DELIVERY_FAILED', `it could not take it now (${status})`);
  throw rejected(`it refused it (${status})`);
}

function rejected(why: string): DeliveryError {
  return new DeliveryError('DELIVERY_REJECTED', why);
}

/** The system's own resolver: it knows /etc/hosts and the search list, as the one who configured the name does. */
function resolveName(host: string): Promise<readonly ResolvedAddress[]> {
  return new Promise((resolve, reject) => {
    lookupCallback(host, { all: true }, (error, found) => (error === null ? resolve(found) : reject(error)));
  });
}

/** A resolver cannot be stopped, only no longer waited for. */
function beforeAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new DeliveryError('DELIVERY_FAILED', 'timeout')), { once: true });
    work.then(resolve, reject);
  });
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^[A-Z][A-Z0-9_]{1,60}$/.test(code) ? code : 'unknown';
}
