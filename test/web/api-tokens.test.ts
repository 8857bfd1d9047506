import { beforeEach, describe, expect, it } from 'vitest';
import type { ApiToken, ReviewerConfig } from '../../src/config.ts';
import { tokenId } from '../../src/web/api-tokens.ts';
import { sha256 } from '../../src/web/seal.ts';
import { holdOf } from '../support/desk.ts';
import { Browser, connection, formFields, origin, people, type TestWeb, testWeb } from '../support/web.ts';

const startMs = Date.parse('2026-03-02T10:00:00Z');
const tokenFor = (purpose: string, more: Partial<ApiToken> = {}): ApiToken => ({
  hash: sha256(purpose),
  purpose,
  scopes: undefined,
  expiresAtMs: undefined,
  ...more,
});
const dashboard = tokenFor('dashboard', { scopes: ['holds:read'], expiresAtMs: startMs + 86_400_000 });
const robot = tokenFor('robot', { scopes: ['holds:decide'] });
const siem = tokenFor('siem', { scopes: ['evidence:read', 'setup:read'] });
const old = tokenFor('old', { expiresAtMs: startMs - 1 });
const everything = tokenFor('everything');

let web: TestWeb;
let maya: ReviewerConfig;
let revoked: string[];
beforeEach(() => {
  revoked = [];
  maya = { ...people.maya, apiTokens: [dashboard, robot, siem, old, everything] };
  const auditor: ReviewerConfig = {
    ...people.aud,
    apiTokens: [tokenFor('auditor-decides', { scopes: ['holds:decide'] })],
  };
  web = testWeb({
    startMs,
    reviewers: () => [maya, auditor],
    revokeToken: (reviewer, id) => {
      revoked.push(`${reviewer} ${id}`);
      maya = { ...maya, apiTokens: maya.apiTokens.filter((token) => tokenId(token) !== id) };
      return Promise.resolve();
    },
  });
});

function call(token: string, path: string, decision?: string) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const init = decision === undefined ? { headers } : { headers, method: 'POST', body: JSON.stringify({ decision }) };
  return web.app.request(`${origin}/api/v1${path}`, init, connection);
}

describe('a token', () => {
  it.each([
    { token: 'dashboard', read: 200, decide: 403, code: 'TOKEN_SCOPE' },
    { token: 'robot', read: 200, decide: 200 },
    { token: 'siem', read: 403, decide: 403, code: 'TOKEN_SCOPE' },
    { token: 'everything', read: 200, decide: 200 },
    { token: 'old', read: 401, decide: 401, code: 'TOKEN_EXPIRED' },
    { token: 'auditor-decides', read: 200, decide: 403, code: 'ROLE_NOT_ALLOWED' },
    { token: 'nobody', read: 401, decide: 401, code: 'TOKEN_NOT_ACCEPTED' },
  ])('for $token: reading $read, deciding $decide', async ({ token, read, decide, code }) => {
    const hold = web.desk.put(holdOf(web.nowMs()));
    expect((await call(token, '/holds')).status).toBe(read);
    expect((await call(token, `/holds/${hold.id}`)).status).toBe(read);
    const response = await call(token, `/holds/${hold.id}/decisions`, 'approve');
    expect(response.status).toBe(decide);
    if (code !== undefined) {
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      expect(await response.json()).toMatchObject({ code });
    }
    expect((await web.desk.get(hold.id))?.state).toBe(decide === 200 ? 'approved' : 'pending');
  });

  it('ends with its time', async () => {
    expect((await call('dashboard', '/holds')).status).toBe(200);
    web.pass(86_400_000);
    const response = await call('dashboard', '/holds');
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="sallyport"']);
  });

  it('has a limit of its own: a runaway dashboard does not keep its owner out', async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 210; n++) statuses.push((await call('dashboard', '/holds')).status);
    expect([statuses[0], statuses.at(-1)]).toEqual([200, 429]);
    expect((await call('everything', '/holds')).status).toBe(200);
  });

  it('is written down at its first use from an address, then once an hour, and whenever it is refused anew', async () => {
    for (let n = 0; n < 5; n++) await call('dashboard', '/holds');
    for (let n = 0; n < 3; n++) await call('dashboard', '/holds/x/decisions', 'approve');
    await call('old', '/holds');
    const used = { reviewer: 'maya', token: tokenId(dashboard), purpose: 'dashboard', remote: '192.0.2.7' };
    const expected = [
      { event: 'token.used', ...used },
      { event: 'token.refused', ...used, reason: 'not good for decide' },
      { ...used, event: 'token.refused', token: tokenId(old), purpose: 'old', reason: 'expired' },
    ];
    expect(web.events).toEqual(expected);
    web.pass(3_600_000);
    await call('dashboard', '/holds');
    expect(web.events).toEqual([...expected, { event: 'token.used', ...used }]);
  });

  it('that cannot be written down is not used', async () => {
    web = testWeb({
      startMs,
      reviewers: () => [maya],
      audit: { append: () => Promise.reject(new Error('disk full')) },
    });
    const hold = web.desk.put(holdOf(web.nowMs()));
    expect((await call('robot', `/holds/${hold.id}/decisions`, 'approve')).status).toBe(500);
    expect((await web.desk.get(hold.id))?.state).toBe('pending');
  });
});

describe('signing in with a token', () => {
  it.each([
    { token: 'everything', status: 303 },
    { token: 'robot', status: 403, text: 'This token is for the API only.' },
    { token: 'old', status: 403, text: 'This token has expired.' },
  ])('$token: $status', async ({ token, status, text }) => {
    const response = await new Browser(web.app).post('/sign-in/token', { token });
    expect(response.status).toBe(status);
    if (text !== undefined) expect(await response.text()).toContain(text);
  });
});

describe('the console', () => {
  it('lists a person’s own tokens with purpose, scopes, end and last use, and revokes one', async () => {
    const browser = new Browser(web.app);
    await browser.post('/sign-in/token', { token: 'everything' });
    await call('dashboard', '/holds');
    const html = await (await browser.get('/me')).text();
    const text = html.replaceAll(/<[^>]*>/g, '').replaceAll(/\s+/g, ' ');
    expect(text).toMatch(
      /dashboardworks\s*\w{12} · holds:read · expires 2026-03-03 10:00:00 UTC · last used 2026-03-02/,
    );
    expect(text).toMatch(/oldexpired/);
    expect(text).toContain('siem');
    for (const { hash } of maya.apiTokens) expect(html).not.toContain(hash);
    const nonce = new RegExp(
      `name="id" value="${tokenId(dashboard)}"/?><input type="hidden" name="nonce" value="([^"]+)"`,
    ).exec(html)?.[1];
    const response = await browser.post('/me/revoke-token', { id: tokenId(dashboard), nonce: nonce ?? '' });
    expect(response.status).toBe(200);
    expect(revoked).toEqual([`maya ${tokenId(dashboard)}`]);
    expect((await call('dashboard', '/holds')).status).toBe(401);
  });

  it('revokes nobody else’s, and nothing with the nonce of another token', async () => {
    const browser = new Browser(web.app);
    await browser.post('/sign-in/token', { token: 'everything' });
    const { nonce = '' } = formFields(await (await browser.get('/me')).text(), '/me/revoke-token');
    for (const id of [tokenId(tokenFor('auditor-decides')), tokenId(siem)])
      expect((await browser.post('/me/revoke-token', { id, nonce })).status).toBe(400);
    expect(revoked).toEqual([]);
  });

  it('says what to do when the configuration cannot be changed', async () => {
    web = testWeb({ startMs, reviewers: () => [maya], revokeToken: () => Promise.reject(new Error('read-only')) });
    const browser = new Browser(web.app);
    await browser.post('/sign-in/token', { token: 'everything' });
    const fields = formFields(await (await browser.get('/me')).text(), '/me/revoke-token');
    const response = await browser.post('/me/revoke-token', fields);
    expect(response.status).toBe(500);
    expect(await response.text()).toContain('sallyport reviewer revoke-token maya');
  });
});
