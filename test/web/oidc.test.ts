import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { OidcConfig } from '../../src/config.ts';
import { callbackPath, checkOidc } from '../../src/web/oidc.ts';
import { clientId, clientSecret, type LoginService, loginService, visit } from '../support/login-service.ts';
import { Browser, origin, type TestWeb, testWeb } from '../support/web.ts';

const home = `${origin}${callbackPath}`;

function signingKey(kid: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const common = { kid, alg: 'ES256', use: 'sig', kty: 'EC' } as const;
  return {
    secret: { ...privateKey.export({ format: 'jwk' }), ...common },
    shown: { ...publicKey.export({ format: 'jwk' }), ...common },
  };
}

async function company(
  options: Parameters<typeof loginService>[1] & { readonly config?: Partial<OidcConfig> } = {},
): Promise<{ readonly web: TestWeb; readonly service: LoginService }> {
  const service = await loginService(home, options);
  service.claims.set('maya-at-work', { email: 'Maya@Example.com', email_verified: true });
  const oidc: OidcConfig = { issuer: service.issuer, clientId, clientSecret, claim: 'email', ...options.config };
  return { web: testWeb({ oidc: () => oidc }), service };
}

async function leave(browser: Browser, next = ''): Promise<string> {
  const response = await browser.get(`/sign-in/oidc${next}`);
  expect(response.status).toBe(303);
  return response.headers.get('location') ?? '';
}

async function comeBack(browser: Browser, at: URL): Promise<Response> {
  return browser.get(`${at.pathname}${at.search}`);
}

const isSignedIn = async (browser: Browser) => (await browser.get('/waiting')).status === 200;
const reasons = (web: TestWeb) =>
  web.events.flatMap((event) => (event.event === 'sign-in.refused' ? [event.reason] : []));

describe('the company login', () => {
  it('signs a reviewer in and leads where they wanted to go', async () => {
    const { web } = await company();
    const browser = new Browser(web.app);
    expect(await (await browser.get('/sign-in?next=/policy')).text()).toContain('href="/sign-in/oidc?next=%2Fpolicy"');
    const there = await leave(browser, '?next=%2Fpolicy');
    const asked = new URL(there).searchParams;
    expect(asked.get('code_challenge_method')).toBe('S256');
    for (const name of ['state', 'nonce', 'code_challenge']) expect(asked.get(name)).toMatch(/^[\w-]{43}$/);
    const response = await comeBack(browser, await visit(there, 'maya-at-work', home));
    expect([response.status, response.headers.get('location')]).toEqual([303, '/policy']);
    expect(await isSignedIn(browser)).toBe(true);
    expect(await (await browser.get('/me')).text()).toContain('with the company login');
    expect(web.events).toEqual([{ event: 'reviewer.signed-in', reviewer: 'maya', how: 'oidc', remote: '192.0.2.7' }]);
    expect(web.failures).toEqual([]);
  });

  it.each([
    {
      name: 'a client that must post its secret',
      client: { token_endpoint_auth_method: 'client_secret_post' as const },
    },
    { name: 'claims in the ID token itself', configuration: { conformIdTokenClaims: false } },
    {
      name: 'tokens signed with another algorithm',
      client: { id_token_signed_response_alg: 'ES256' as const },
      configuration: { jwks: { keys: [signingKey('one').secret] } },
    },
  ])('works with $name', async ({ name: _name, ...options }) => {
    const { configuration, client } = { configuration: {}, client: {}, ...options };
    const isPost = client.token_endpoint_auth_method === 'client_secret_post';
    const clientAuthMethods = isPost ? { clientAuthMethods: ['client_secret_post' as const] } : {};
    const { web } = await company({ client, configuration: { ...configuration, ...clientAuthMethods } });
    const browser = new Browser(web.app);
    const response = await comeBack(browser, await visit(await leave(browser), 'maya-at-work', home));
    expect(reasons(web)).toEqual([]);
    expect(response.status).toBe(303);
    expect(await isSignedIn(browser)).toBe(true);
  });

  it.each([
    { name: 'nobody said yes there', claims: undefined, reason: /said no/ },
    {
      name: 'the address is not verified',
      claims: { email: 'maya@example.com', email_verified: false },
      reason: /not verified/,
    },
    {
      name: 'nobody says whether the address is verified',
      claims: { email: 'maya@example.com' },
      reason: /not verified/,
    },
    {
      name: 'the promise is a text',
      claims: { email: 'maya@example.com', email_verified: 'true' },
      reason: /not verified/,
    },
    { name: 'there is no address', claims: { email_verified: true }, reason: /no address/ },
    {
      name: 'the address is a list',
      claims: { email: ['maya@example.com'], email_verified: true },
      reason: /no address/,
    },
    {
      name: 'the address is nobody’s',
      claims: { email: 'eve@example.com', email_verified: true },
      reason: /no reviewer/,
    },
    {
      name: 'the address only begins like one',
      claims: { email: 'maya@example.com.evil.example', email_verified: true },
      reason: /no reviewer/,
    },
  ])('signs nobody in when $name', async ({ claims, reason }) => {
    const { web, service } = await company();
    if (claims !== undefined) service.claims.set('somebody', claims);
    const browser = new Browser(web.app);
    const at = await visit(await leave(browser), claims === undefined ? undefined : 'somebody', home);
    const response = await comeBack(browser, at);
    expect(response.status).toBe(403);
    const text = await response.text();
    expect(text).not.toContain('CANARY');
    expect(reasons(web)).toEqual([expect.stringMatching(reason)]);
    expect(await isSignedIn(browser)).toBe(false);
  });

  it('reads the address from the claim that is configured', async () => {
    const { web, service } = await company({ config: { claim: 'upn' } });
    service.claims.set('somebody', { email: 'maya@example.com', upn: 'tom@example.com', email_verified: true });
    const browser = new Browser(web.app);
    await comeBack(browser, await visit(await leave(browser), 'somebody', home));
    expect(web.events).toMatchObject([{ event: 'reviewer.signed-in', reviewer: 'tom' }]);
  });

  it('is of no use to a browser that did not leave, or left too long ago, or another time', async () => {
    const { web } = await company();
    const browser = new Browser(web.app);
    const at = await visit(await leave(browser), 'maya-at-work', home);
    const thief = new Browser(web.app);
    expect((await comeBack(thief, at)).status).toBe(403);
    await leave(thief);
    expect((await comeBack(thief, at)).status).toBe(403);
    expect(await isSignedIn(thief)).toBe(false);
    web.pass(600_001);
    expect((await comeBack(browser, at)).status).toBe(403);
    expect(await isSignedIn(browser)).toBe(false);
    expect(reasons(web)).toHaveLength(3);
  });

  it('takes an answer once', async () => {
    const { web } = await company();
    const browser = new Browser(web.app);
    const there = await leave(browser);
    const flow = `__Host-sallyport-oidc=${browser.cookies.get('__Host-sallyport-oidc')}`;
    const at = await visit(there, 'maya-at-work', home);
    expect((await comeBack(browser, at)).status).toBe(303);
    expect(browser.cookies.has('__Host-sallyport-oidc')).toBe(false);
    const again = await new Browser(web.app).get(`${at.pathname}${at.search}`, { cookie: flow });
    expect(again.status).toBe(403);
    expect(reasons(web)).toEqual(['the sign-in was too old']);
  });

  it.each([
    { name: 'state', change: (at: URL) => at.searchParams.set('state', 'A'.repeat(43)) },
    { name: 'code', change: (at: URL) => at.searchParams.set('code', 'A'.repeat(43)) },
    { name: 'issuer', change: (at: URL) => at.searchParams.set('iss', 'http://127.0.0.1:1') },
    { name: 'code, left out', change: (at: URL) => at.searchParams.delete('code') },
  ])('refuses an altered $name', async ({ change }) => {
    const { web } = await company();
    const browser = new Browser(web.app);
    const at = await visit(await leave(browser), 'maya-at-work', home);
    change(at);
    expect((await comeBack(browser, at)).status).toBe(403);
    expect(await isSignedIn(browser)).toBe(false);
    expect(reasons(web)).toHaveLength(1);
  });

  it('believes no token that the issuer’s own keys did not sign', async () => {
    const { web } = await company({
      client: { id_token_signed_response_alg: 'ES256' },
      configuration: { jwks: { keys: [signingKey('one').secret] } },
      shownKeys: { keys: [signingKey('one').shown] },
    });
    const browser = new Browser(web.app);
    const response = await comeBack(browser, await visit(await leave(browser), 'maya-at-work', home));
    expect(response.status).toBe(403);
    expect(reasons(web)).toEqual([expect.stringMatching(/does not hold/)]);
    expect(await isSignedIn(browser)).toBe(false);
  });

  it('says that our secret is wrong without saying the secret', async () => {
    const { web } = await company({ config: { clientSecret: 'CANARY-wrong' } });
    const browser = new Browser(web.app);
    const response = await comeBack(browser, await visit(await leave(browser), 'maya-at-work', home));
    expect(response.status).toBe(403);
    expect(reasons(web)).toEqual(['the login service does not accept our client id or secret']);
    expect(await response.text()).not.toContain('CANARY');
  });

  it('says when the login service is away, and works again when it is back', async () => {
    const service = await loginService(home);
    service.claims.set('maya-at-work', { email: 'maya@example.com', email_verified: true });
    let oidc: OidcConfig = { issuer: 'http://127.0.0.1:1', clientId, clientSecret, claim: 'email' };
    const web = testWeb({ oidc: () => oidc });
    const browser = new Browser(web.app);
    const response = await browser.get('/sign-in/oidc');
    expect(response.status).toBe(502);
    expect(web.failures).toMatchObject([{ code: 'WEB_OIDC_UNREACHABLE' }]);
    oidc = { ...oidc, issuer: service.issuer };
    expect((await comeBack(browser, await visit(await leave(browser), 'maya-at-work', home))).status).toBe(303);
  });

  it('does nothing by HEAD, and is not there when it is not configured', async () => {
    const { web } = await company();
    const head = await web.app.request(`${origin}/sign-in/oidc`, { method: 'HEAD' });
    expect([head.status, head.headers.getSetCookie()]).toEqual([200, []]);
    const without = testWeb();
    expect((await new Browser(without.app).get('/sign-in/oidc')).status).toBe(404);
    expect((await new Browser(without.app).get(callbackPath)).status).toBe(404);
    expect(await (await new Browser(without.app).get('/sign-in')).text()).not.toContain('/sign-in/oidc');
  });

  it('is tried a few times a minute only', async () => {
    const { web } = await company();
    const browser = new Browser(web.app);
    const statuses: number[] = [];
    for (let n = 0; n < 32; n++) statuses.push((await browser.get(callbackPath)).status);
    expect(statuses.slice(-2)).toEqual([429, 429]);
  });
});

describe('the check of a login service', () => {
  it('passes for one that answers', async () => {
    const { issuer } = await loginService(home);
    await expect(checkOidc({ issuer, clientId, clientSecret, claim: 'email' })).resolves.toBeUndefined();
  });

  it.each([
    { name: 'nobody listens', path: undefined },
    { name: 'the address is not that of the issuer', path: '/tenant' },
  ])('says so when $name', async ({ path }) => {
    const { issuer } = await loginService(home);
    const wrong = path === undefined ? 'http://127.0.0.1:1' : `${issuer}${path}`;
    await expect(checkOidc({ issuer: wrong, clientId, clientSecret, claim: 'email' })).rejects.toMatchObject({
      code: 'WEB_OIDC_UNREACHABLE',
      message: expect.stringContaining('look at web.oidc.issuer'),
    });
  });
});
