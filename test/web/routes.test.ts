/**
 * Every route × every role × everything that a request may lack or carry wrongly. The routes come from the app itself: one
 * without a row fails, and so does a row without a route.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Hold } from '../../src/approval/hold.ts';
import type { ReviewerConfig } from '../../src/config.ts';
import type { LiveSession } from '../../src/live-sessions.ts';
import type { SessionAction, SessionSummary, WebOptions } from '../../src/web/ports.ts';
import type { Right } from '../../src/web/roles.ts';
import { sha256 } from '../../src/web/seal.ts';
import { holdOf } from '../support/desk.ts';
import { anyToken, Browser, connection, origin, people, type TestWeb, testWeb } from '../support/web.ts';

const summary: SessionSummary = {
  id: 's-1',
  agent: 'deploy-bot',
  remote: '198.51.100.4',
  openedAtMs: 1,
  closedAtMs: undefined,
  closed: undefined,
  targets: [],
  commands: 1,
  denied: 0,
  held: 0,
};
const action: SessionAction = {
  id: 'a-1',
  channel: 'c-0',
  target: 'web-1',
  account: 'deploy',
  atMs: 1,
  command: 'uptime',
  verdict: 'allow',
  rule: undefined,
  reason: '',
  hold: undefined,
  reviewers: [],
  ended: 'exit 0',
  durationMs: 1,
  outBytes: 1,
  masked: 2,
  recording: 'recordings/a-1.cast',
};

const open: LiveSession = {
  id: 's-1',
  agent: 'deploy-bot',
  username: 'deploy@web-1',
  remote: '198.51.100.4',
  openedAtMs: 1,
  isBusy: false,
  node: 'gate-1',
  isHere: true,
};

type Access =
  /** Anybody, signed in or not. */
  | 'anybody'
  /** Whoever holds a mail link; the link is the proof. */
  | 'link'
  /** Whoever can sign as Slack does; cookies and nonces mean nothing there. */
  | 'slack'
  /** Anybody who is signed in, for what is their own. */
  | 'self'
  | Right;

interface Row {
  readonly access: Access;
  /** What to ask for instead of the bare path; `HOLD` stands for a hold that waits. */
  readonly path?: string;
  /** The same of something that is not there. */
  readonly missing?: { readonly path: string; readonly status: number };
}

const recording = '?recording=recordings%2Fa-1.cast';
const rows: Readonly<Record<string, Row>> = {
  'GET /healthz': { access: 'anybody' },
  'GET /robots.txt': { access: 'anybody' },
  'GET /assets/:name': {
    access: 'anybody',
    path: '/assets/style.css',
    missing: { path: '/assets/..%2f..%2fweb.tsx', status: 404 },
  },
  'GET /': { access: 'anybody' },
  'GET /sign-in': { access: 'anybody' },
  'POST /sign-in': { access: 'anybody' },
  'POST /sign-in/code': { access: 'anybody' },
  'POST /sign-in/token': { access: 'anybody' },
  'GET /sign-in/oidc': { access: 'anybody' },
  'GET /sign-in/oidc/callback': { access: 'anybody' },
  'POST /sign-in/passkey/options': { access: 'anybody' },
  'POST /sign-in/passkey': { access: 'anybody' },
  'GET /review': { access: 'anybody' },
  'GET /review/decision': { access: 'anybody' },
  'POST /review': { access: 'link' },
  'POST /review/passkey': { access: 'link' },
  'POST /review/decision': { access: 'link' },
  'POST /slack/interactions': { access: 'slack' },
  'POST /sign-out': { access: 'self' },
  'GET /me': { access: 'self' },
  'POST /me/revoke': { access: 'self' },
  'POST /me/revoke-token': { access: 'self' },
  'POST /passkeys/options': { access: 'self' },
  'POST /passkeys': { access: 'self' },
  'POST /passkeys/remove': { access: 'self' },
  'GET /waiting': { access: 'see-holds' },
  'GET /events': { access: 'see-holds' },
  'GET /holds/:id': { access: 'see-holds', path: '/holds/HOLD', missing: { path: '/holds/h-none', status: 404 } },
  'GET /holds/:id/decision': { access: 'anybody', path: '/holds/HOLD/decision' },
  'POST /holds/:id/decision': { access: 'decide', path: '/holds/HOLD/decision' },
  'GET /holds/:id/break-glass': { access: 'anybody', path: '/holds/HOLD/break-glass' },
  'POST /holds/:id/break-glass': { access: 'decide', path: '/holds/HOLD/break-glass' },
  'GET /batch': { access: 'decide', path: '/batch?id=HOLD', missing: { path: '/batch?id=h-none', status: 303 } },
  'POST /batch': { access: 'decide' },
  'GET /scopes': { access: 'see-holds' },
  'GET /scopes/:id/revoke': { access: 'anybody', path: '/scopes/g-1/revoke' },
  'POST /scopes/:id/revoke': { access: 'decide', path: '/scopes/g-1/revoke' },
  'GET /sessions': { access: 'see-evidence' },
  'GET /sessions/:id': {
    access: 'see-evidence',
    path: '/sessions/s-1',
    missing: { path: '/sessions/s-none', status: 404 },
  },
  'GET /sessions/:id/replay': {
    access: 'see-evidence',
    path: `/sessions/s-1/replay${recording}`,
    missing: { path: `/sessions/s-2/replay${recording}`, status: 404 },
  },
  'GET /sessions/:id/cast': {
    access: 'see-evidence',
    path: `/sessions/s-1/cast${recording}`,
    missing: { path: `/sessions/s-2/cast${recording}`, status: 404 },
  },
  'GET /agents': { access: 'see-setup' },
  'POST /agents/:name/disable': { access: 'manage-agents', path: '/agents/deploy-bot/disable' },
  'POST /agents/:name/enable': { access: 'manage-agents', path: '/agents/old-bot/enable' },
  'POST /agents/:name/unlock': { access: 'manage-agents', path: '/agents/deploy-bot/unlock' },
  'POST /agents/:name/expiry': { access: 'manage-agents', path: '/agents/deploy-bot/expiry' },
  'GET /live': { access: 'see-setup' },
  'POST /live/:id/end': { access: 'manage-agents', path: '/live/s-1/end' },
  'GET /reviewers': { access: 'see-setup' },
  'GET /targets': { access: 'see-setup' },
  'GET /policy': { access: 'see-setup' },
  'GET /policy/explain': { access: 'anybody' },
  'POST /policy/explain': { access: 'see-setup' },
  'GET /policy/propose': { access: 'anybody' },
  'POST /policy/propose': { access: 'manage-agents' },
  'GET /health': { access: 'see-setup' },
  'GET /api/v1/openapi.json': { access: 'anybody' },
  'GET /api/v1/me': { access: 'self' },
  'GET /api/v1/holds': { access: 'see-holds' },
  'GET /api/v1/holds/:id': {
    access: 'see-holds',
    path: '/api/v1/holds/HOLD',
    missing: { path: '/api/v1/holds/h-none', status: 404 },
  },
  'POST /api/v1/holds/:id/decisions': {
    access: 'decide',
    path: '/api/v1/holds/HOLD/decisions',
    missing: { path: '/api/v1/holds/h-none/decisions', status: 404 },
  },
  'GET /api/v1/sessions': { access: 'see-evidence' },
  'GET /api/v1/sessions/:id': {
    access: 'see-evidence',
    path: '/api/v1/sessions/s-1',
    missing: { path: '/api/v1/sessions/s-none', status: 404 },
  },
  'GET /api/v1/agents': { access: 'see-setup' },
  'GET /api/v1/reviewers': { access: 'see-setup' },
  'GET /api/v1/scopes': { access: 'see-holds' },
  'GET /api/v1/policy': { access: 'see-setup' },
};

const everything: readonly Right[] = ['see-holds', 'decide', 'see-evidence', 'see-setup'];
const roles: Readonly<Record<string, readonly Right[]>> = {
  nobody: [],
  maya: everything,
  aud: ['see-holds', 'see-evidence', 'see-setup'],
  adm: ['see-holds', 'see-setup', 'manage-agents'],
  duo: everything,
};
const duo: ReviewerConfig = {
  name: 'duo',
  email: 'duo@example.com',
  groups: ['dba'],
  roles: ['auditor', 'reviewer'],
  apiTokens: [anyToken('token-of-duo')],
};

let web: TestWeb;
let hold: Hold;
/** Everything that anybody got done. */
let deeds: string[];
const done = (text: string) => {
  deeds.push(text);
  return Promise.resolve();
};
beforeEach(() => {
  deeds = [];
  const passkeys: NonNullable<WebOptions['passkeys']> = {
    of: () => Promise.resolve([]),
    get: () => Promise.resolve(undefined),
    put: (passkey) => done(`passkey ${passkey.id}`),
    remove: (id) => done(`passkey ${id} removed`),
  };
  web = testWeb({
    reviewers: () => [...Object.values(people), duo],
    sessions: {
      list: () => Promise.resolve({ sessions: [summary], next: undefined }),
      get: (id) => Promise.resolve(id === 's-1' ? { session: summary, actions: [action] } : undefined),
      recording: () => Promise.resolve(new TextEncoder().encode('{"version":2}\n')),
    },
    scopes: { live: () => Promise.resolve([]), revoke: (id) => done(`revoke ${id}`).then(() => true) },
    live: { list: () => Promise.resolve([open]), end: (id) => done(`end ${id}`).then(() => true) },
    breakGlass: () => ({ group: 'sre', minReasonLength: 1 }),
    locks: {
      list: () => [{ agent: 'deploy-bot', atMs: 1, hold: 'h-0', count: 3 }],
      unlock: (agent) => done(`unlock ${agent}`).then(() => true),
    },
    disableAgent: (agent) => done(`disable ${agent}`),
    changeAgent: (agent) => done(`change ${agent}`),
    revokeToken: (reviewer) => done(`token of ${reviewer}`),
    checkPolicy: () => done('check').then(() => ({ problems: [], hash: '', rules: 0, examples: 0 })),
    passkeys,
    slack: {
      isOpen: () => true,
      answer: async ({ signature }) =>
        signature === 'genuine'
          ? done('slack').then(() => ({ kind: 'answered', body: undefined }))
          : { kind: 'refused' },
    },
  });
  hold = web.desk.put(holdOf(web.nowMs()));
});

async function signedIn(who: string): Promise<Browser> {
  const browser = new Browser(web.app);
  if (who !== 'nobody') await browser.post('/sign-in/token', { token: `token-of-${who}` });
  return browser;
}
const routes = () => {
  const names = web.app.routes
    .filter(({ method }) => method === 'GET' || method === 'POST')
    .map(({ method, path }) => `${method} ${path}`);
  return [...new Set(names)].sort();
};
const of = (name: string) => {
  const [method = '', bare = ''] = name.split(' ');
  const row = rows[name] ?? { access: 'anybody' as const };
  return { name, method, isApi: bare.startsWith('/api/'), path: row.path ?? bare, ...row };
};
const at = (path: string) => path.replace('HOLD', hold.id);
const all = Object.keys(rows).map(of);
const mayUse = (who: string, access: Access) =>
  access === 'anybody' ||
  access === 'link' ||
  (who !== 'nobody' && access !== 'slack' && (access === 'self' || roles[who]?.includes(access) === true));

async function nothingHappened(): Promise<void> {
  expect(deeds).toEqual([]);
  expect(await web.desk.get(hold.id)).toMatchObject({ state: 'pending', decisions: [] });
  expect(web.mails).toEqual([]);
}

it('every route has a row, and every row a route', () => {
  expect(routes()).toEqual(Object.keys(rows).sort());
});

describe('pages', () => {
  const pages = all.filter(({ method, isApi }) => method === 'GET' && !isApi);
  const table = pages.flatMap((page) => Object.keys(roles).map((who) => ({ who, ...page })));
  it.each(table)('$who at $name', async ({ who, path, access, name }) => {
    const browser = await signedIn(who);
    // A HEAD opens no stream, which a GET of the events would.
    const response =
      name === 'GET /events'
        ? await web.app.request(`${origin}/events`, { method: 'HEAD', headers: cookies(browser) }, connection)
        : await browser.get(at(path));
    if (mayUse(who, access)) expect([200, 303, 403, 404]).toContain(response.status);
    if (mayUse(who, access) && access !== 'anybody') expect(response.status).toBe(200);
    if (!mayUse(who, access)) expect(response.status).toBe(who === 'nobody' ? 303 : 403);
    if (!mayUse(who, access) && who === 'nobody') expect(response.headers.get('location')).toMatch(/^\/sign-in\?next=/);
    await nothingHappened();
  });

  it.each(pages.filter(({ missing }) => missing !== undefined))('$name of what is not there', async ({ missing }) => {
    const response = await (await signedIn('maya')).get(missing?.path ?? '');
    expect(response.status).toBe(missing?.status);
    expect(web.events.filter(({ event }) => event === 'recording.viewed')).toEqual([]);
  });

  const closed = pages.filter(({ access }) => access !== 'anybody' && access !== 'link');
  it.each(closed)('$name with a cookie that is altered, made up, or of a session that ended', async ({ path }) => {
    const browser = await signedIn('maya');
    const cookie = browser.cookies.get('__Host-sallyport') ?? '';
    const [id = '', seal = ''] = [cookie.slice(0, cookie.indexOf('.')), cookie.slice(cookie.indexOf('.') + 1)];
    const wrong = [`${id}A.${seal}`, `${id}.${seal.slice(0, -1)}-`, id, `${'A'.repeat(32)}.${seal}`, 'x.y', ''];
    for (const value of wrong) {
      const response = await web.app.request(
        `${origin}${at(path)}`,
        { headers: { cookie: `__Host-sallyport=${value}` } },
        connection,
      );
      expect(response.status).toBe(303);
    }
    web.pass(12 * 3_600_000 + 1);
    expect((await browser.get(at(path))).status).toBe(303);
  });
});

const cookies = (browser: Browser) => ({
  cookie: [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
});

/** Whether a form that is shown with this action may be sent to `path`. */
const isFormOf = (action: string, path: string) =>
  action.split('#')[0] === path || (action === '/passkeys' && path === '/passkeys/options');

describe('forms', () => {
  const forms = all.filter(({ method, isApi, access }) => method === 'POST' && !isApi && access !== 'slack');
  const guarded = forms.filter(({ access }) => access !== 'anybody' && access !== 'link');
  const fields = () => ({
    decision: 'approve',
    digest: hold.digest,
    ids: `${hold.id}:${hold.digest}`,
    sure: 'yes',
    reason: 'an emergency',
    date: '2026-06-01',
    id: 'AAAA',
    key: '0'.repeat(64),
    command: 'ls',
    text: 'version: 1',
  });

  const table = guarded.flatMap((form) => Object.keys(roles).map((who) => ({ who, ...form })));
  it.each(table)('$who at $name without a nonce', async ({ who, path, access }) => {
    const response = await (await signedIn(who)).post(at(path), fields());
    expect(response.status).toBe(mayUse(who, access) ? 400 : 403);
    await nothingHappened();
  });

  it.each(guarded)('$name with a nonce that is altered, another’s, or for something else', async ({ path, access }) => {
    const who = access === 'manage-agents' ? 'adm' : 'maya';
    const browser = await signedIn(who);
    const nonces: string[] = ['', 'x', `${(web.nowMs() + 1_000).toString(36)}.${'A'.repeat(43)}`];
    const pages = ['/me', '/agents', '/live', '/policy', `/holds/${hold.id}`, `/batch?id=${hold.id}`];
    // Genuine ones, of somebody else; and of one's own, for another object or deed.
    for (const page of pages) {
      const other = await (await signedIn(who === 'adm' ? 'adm' : 'tom')).get(page);
      nonces.push(...noncesOf(await other.text()).map(({ nonce }) => nonce));
    }
    for (const page of pages) {
      const own = noncesOf(await (await browser.get(page)).text());
      nonces.push(...own.filter(({ action }) => !isFormOf(action, at(path))).map(({ nonce }) => nonce));
    }
    deeds.length = 0;
    for (const nonce of nonces) expect((await browser.post(at(path), { ...fields(), nonce })).status).toBe(400);
    await nothingHappened();
  });

  it.each(forms)('$name from elsewhere', async ({ path }) => {
    const browser = await signedIn('maya');
    const elsewhere: Record<string, string>[] = [
      { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
      { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
      { origin, 'sec-fetch-site': 'cross-site' },
      { origin, 'sec-fetch-site': 'same-site' },
      { origin: 'null', 'sec-fetch-site': 'none' },
      { origin: 'null' },
      { origin: 'http://bastion.example' },
      { origin: `${origin}.evil.example` },
      {},
    ];
    for (const headers of elsewhere) {
      const response = await web.app.request(
        `${origin}${at(path)}`,
        {
          method: 'POST',
          headers: { ...cookies(browser), 'content-type': 'application/x-www-form-urlencoded', ...headers },
          body: new URLSearchParams(fields()).toString(),
        },
        connection,
      );
      expect(response.status).toBe(403);
    }
    await nothingHappened();
  });

  it.each(guarded)('$name of a session that was signed out', async ({ path }) => {
    const browser = await signedIn('maya');
    const replayed = cookies(browser);
    const out = noncesOf(await (await browser.get('/me')).text()).find(({ action }) => action === '/sign-out');
    await browser.post('/sign-out', { nonce: out?.nonce ?? '' });
    const response = await new Browser(web.app).post(at(path), fields(), replayed);
    expect(response.status).toBe(403);
    await nothingHappened();
  });
});

const noncesOf = (html: string) =>
  [...html.matchAll(/<form[^>]*action="([^"]*)"[\s\S]*?<\/form>/g)].map(([form, action = '']) => ({
    action,
    nonce: /name="nonce" value="([^"]*)"/.exec(form)?.[1] ?? '',
  }));

describe('what Slack sends', () => {
  const calls = all.filter(({ access }) => access === 'slack');
  it.each(calls.flatMap((call) => Object.keys(roles).map((who) => ({ who, ...call }))))(
    '$who at $name without its signature',
    async ({ who, path }) => {
      const browser = await signedIn(who);
      for (const signature of ['', 'v0=00', 'GENUINE'])
        expect((await browser.post(path, { payload: '{}' }, { 'x-slack-signature': signature })).status).toBe(401);
      await nothingHappened();
    },
  );
});

describe('mail links', () => {
  const links = all.filter(({ access }) => access === 'link');
  const wrong = [
    { what: 'no code', code: () => '', statuses: [400] },
    {
      what: 'an altered code',
      code: (good: string) => `${good.slice(0, -1)}${good.endsWith('0') ? '1' : '0'}`,
      statuses: [400, 404],
    },
    { what: 'a made-up code', code: () => `AAAAAAAAAAAAAAAA.${sha256('x')}`, statuses: [400, 404] },
    { what: 'a code of enormous length', code: () => 'A'.repeat(5_000), statuses: [400] },
  ];
  it.each(links.flatMap((link) => wrong.map((bad) => ({ ...link, ...bad }))))('$name with $what', async (row) => {
    const good = await web.links.issue(hold, 'maya');
    const form = { code: row.code(good), decision: 'approve', digest: hold.digest };
    expect(row.statuses).toContain((await new Browser(web.app).post(row.path, form)).status);
    await nothingHappened();
  });

  it.each(links)('$name with somebody else’s link, an auditor’s, or one that was used', async ({ path }) => {
    const form = async (reviewer: string) => ({
      code: await web.links.issue(hold, reviewer),
      decision: 'approve',
      digest: hold.digest,
    });
    expect((await (await signedIn('tom')).post(path, await form('maya'))).status).toBe(403);
    for (const reviewer of ['aud', 'adm']) {
      expect((await new Browser(web.app).post(path, await form(reviewer))).status).toBe(403);
    }
    const used = await form('maya');
    await web.links.use(used.code);
    expect((await new Browser(web.app).post(path, used)).status).toBe(410);
    await nothingHappened();
  });
});

describe('the API', () => {
  const calls = all.filter(({ isApi, access }) => isApi && access !== 'anybody');
  const call = (row: (typeof calls)[number], headers: Record<string, string>, path = row.path) =>
    web.app.request(
      `${origin}${at(path)}`,
      {
        method: row.method,
        headers: { 'content-type': 'application/json', ...headers },
        ...(row.method === 'POST' ? { body: '{"decision":"approve"}' } : {}),
      },
      connection,
    );

  const table = calls.flatMap((row) => Object.keys(roles).map((who) => ({ who, ...row })));
  it.each(table)('$who at $name', async ({ who, ...row }) => {
    const response = await call(row, { authorization: `Bearer token-of-${who}` });
    // duo may decide, but not on what another group answers for.
    const isForeign = row.method === 'POST' && who === 'duo';
    const want = who === 'nobody' ? 401 : mayUse(who, row.access) && !isForeign ? 200 : 403;
    expect(response.status).toBe(want);
    if (want !== 200) expect(response.headers.get('content-type')).toBe('application/problem+json');
    if (want !== 200) await nothingHappened();
  });

  it.each(calls)('$name without a token, with a wrong one, with a session', async (row) => {
    const browser = await signedIn('maya');
    const wrong: Record<string, string>[] = [
      {},
      cookies(browser),
      { authorization: 'Bearer ' },
      { authorization: 'Bearer token-of-mayA' },
      { authorization: `Bearer ${sha256('token-of-maya')}` },
      { authorization: 'Basic bWF5YTp0b2tlbi1vZi1tYXlh' },
      { authorization: `Bearer ${'A'.repeat(600)}` },
    ];
    for (const headers of wrong) expect((await call(row, headers)).status).toBe(401);
    await nothingHappened();
  });

  it.each(calls.filter(({ missing }) => missing !== undefined))('$name of what is not there', async (row) => {
    const response = await call(row, { authorization: 'Bearer token-of-maya' }, row.missing?.path);
    expect(response.status).toBe(row.missing?.status);
    await nothingHappened();
  });
});
