/**
 * The HTTP server under the web: limits against slow and large requests, a clear error for a taken port, a clean end.
 */
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import type { Listen } from '../config.ts';
import type { Certificate } from './certificate.ts';
import { WebError } from './error.ts';

/** A browser's headers are under 4 kB, cookies included. */
const maxHeaderBytes = 16_384;
/** Slower than this is not a person's network but an attempt to hold connections. */
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 20_000;
/** Above what one bastion's reviewers and scripts need, below what file descriptors allow. */
const maxConnections = 1_000;
/** Live pages hold their connection; at the end they get this long to notice. */
const closeGraceMs = 1_000;

export interface RunningWeb {
  /** `http://host:port` as bound, without a trailing slash. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Listens, over TLS when there is a certificate; rejects with WEB_PORT_TAKEN, which names the flag to change it. */
export async function startWeb(
  app: Pick<Hono, 'fetch'>,
  listen: Listen,
  certificate?: Certificate,
): Promise<RunningWeb> {
  const limits = {
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: 5_000,
  };
  const answer = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  let server: Server;
  if (certificate === undefined) server = createServer(limits, answer);
  else {
    const secure = createSecureServer({ ...limits, ...certificate.read(), handshakeTimeout: headersTimeoutMs }, answer);
    certificate.watch((pair) => secure.setSecureContext(pair));
    server = secure;
  }
  server.maxConnections = maxConnections;
  server.maxHeadersCount = 100;
  try {
    await listening(server, listen);
  } catch (error) {
    certificate?.close();
    throw error;
  }
  const address = server.address();
  const port = isBound(address) ? address.port : listen.port;
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  const scheme = certificate === undefined ? 'http' : 'https';
  return {
    url: `${scheme}://${host}:${port}`,
    port,
    close: () => {
      certificate?.close();
      return close(server);
    },
  };
}

const isBound = (address: AddressInfo | string | null): address is AddressInfo =>
  typeof address === 'object' && address !== null;

function listening(server: Server, { host, port }: Listen): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const text = `cannot listen on ${host}:${port} for the web`;
      reject(
        cause.code === 'EADDRINUSE'
          ? new WebError(
              'WEB_PORT_TAKEN',
              `${text}: the port is taken; choose another with --web-port (0 picks a free one)`,
              {
                cause,
              },
            )
          : new WebError('WEB_LISTEN_FAILED', `${text}: ${cause.message}`, { cause }),
      );
    });
    server.listen(port, host, resolve);
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), closeGraceMs);
    server.close(() => {
      clearTimeout(force);
      resolve();
    });
    server.closeIdleConnections();
  });
}
