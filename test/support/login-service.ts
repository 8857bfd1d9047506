/**
 * A real OpenID Connect provider on loopback, with one page that asks who somebody is and believes it.
 * Everything else (redirects, PKCE, signatures, keys) is the provider's own.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider, { type ClientMetadata, type Configuration } from 'oidc-provider';
import { onTestFinished } from 'vitest';

export const clientId = 'sallyport';
export const clientSecret = 'CANARY-client-secret-0123456789';

export interface LoginService {
  readonly issuer: string;
  /** Claims of everybody who signs in, by account. */
  readonly claims: Map<string, Record<string, unknown>>;
}

export async function loginService(
  redirectUri: string,
  overrides: {
    /** The keys it shows to those who check; by default those it signs with. */
    readonly shownKeys?: unknown;
    readonly configuration?: Configuration;
    readonly client?: Partial<ClientMetadata>;
  } = {},
): Promise<LoginService> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const claims = new Map<string, Record<string, unknown>>();
  const provider = new Provider(issuer, {
    clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [redirectUri], ...overrides.client }],
    claims: { openid: ['sub'], email: ['email', 'email_verified', 'upn'] },
    cookies: { keys: ['test'] },
    ttl: { Interaction: 600, Grant: 600, Session: 600, AccessToken: 600, IdToken: 600, AuthorizationCode: 60 },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context, { uid }) => `/who/${uid}` },
    findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ sub, ...claims.get(sub) }) }),
    // The bastion is the company's own: nobody is asked whether it may know their address.
    loadExistingGrant: async (context) => {
      const { client, session } = context.oidc;
      const grant = new provider.Grant({ clientId: client?.clientId, accountId: session?.accountId });
      grant.addOIDCScope('openid email');
      await grant.save();
      return grant;
    },
    ...overrides.configuration,
  });
  const answer = provider.callback();
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (request.url === '/jwks' && overrides.shownKeys !== undefined) response.end(JSON.stringify(overrides.shownKeys));
    else if (request.url?.startsWith('/who/') === true) void ask(provider, request, response);
    else void answer(request, response);
  });
  return { issuer, claims };
}

async function ask(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'GET') {
    response.setHeader('content-type', 'text/html');
    response.end(`<!doctype html><html lang="en"><title>Login</title>
      <form method="post" action="${request.url}"><label>Account <input name="account"></label>
      <button>Continue</button><button name="stop" value="yes">Cancel</button></form></html>`);
    return;
  }
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const form = new URLSearchParams(body);
  const result =
    form.get('stop') === 'yes'
      ? { error: 'access_denied', error_description: 'CANARY-description' }
      : { login: { accountId: form.get('account') ?? '' } };
  await provider.interactionFinished(request, response, result);
}

/** What a browser does at the login service: follows redirects with cookies, says who it is, ends at the bastion's door. */
export async function visit(start: string, account: string | undefined, home: string): Promise<URL> {
  const jar = new Map<string, string>();
  let next = new URL(start);
  let body: string | undefined;
  for (let hop = 0; hop < 10; hop++) {
    if (next.href.startsWith(home)) return next;
    const response = await fetch(next, {
      method: body === undefined ? 'GET' : 'POST',
      redirect: 'manual',
      headers: {
        cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      ...(body === undefined ? {} : { body }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      jar.set(name, value);
    }
    const location = response.headers.get('location');
    body = undefined;
    if (location !== null) next = new URL(location, next);
    else if (next.pathname.startsWith('/who/')) body = account === undefined ? 'stop=yes' : `account=${account}`;
    else throw new Error(`the login service answered ${response.status}: ${await response.text()}`);
  }
  throw new Error('the login service sent the browser in circles');
}
