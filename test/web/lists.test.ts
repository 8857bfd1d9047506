/** Lists of the console: what is found, in which order, page by page, and what an empty one says. */
import { expect, it } from 'vitest';
import type { Scope } from '../../src/approval/scope.ts';
import type { LiveSession } from '../../src/live-sessions.ts';
import type { SessionSummary } from '../../src/web/ports.ts';
import { holdOf } from '../support/desk.ts';
import { Browser, type TestWeb, testWeb } from '../support/web.ts';

const startMs = Date.parse('2026-03-02T10:00:00Z');
const minute = 60_000;

async function html(web: TestWeb, path: string): Promise<string> {
  const browser = new Browser(web.app);
  await browser.post('/sign-in/token', { token: 'token-of-maya' });
  const response = await browser.get(path);
  expect(response.status).toBe(200);
  return response.text();
}
/** What the items of a list are called by, in the order they are shown. */
const found = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match[1] ?? '');

const session = (id: string, minutesAgo: number, fields: Partial<SessionSummary> = {}): SessionSummary => ({
  id,
  agent: 'deploy-bot',
  remote: '198.51.100.4',
  openedAtMs: startMs - minutesAgo * minute,
  closedAtMs: undefined,
  closed: undefined,
  targets: ['deploy@web-1'],
  commands: 1,
  denied: 0,
  held: 0,
  ...fields,
});
const sessionWeb = (sessions: readonly SessionSummary[]) =>
  testWeb({
    startMs,
    sessions: {
      list: ({ limit }) => Promise.resolve({ sessions: sessions.slice(0, limit), next: undefined }),
      get: () => Promise.resolve(undefined),
      recording: () => Promise.resolve(undefined),
    },
  });
const someSessions = [
  session('s-new', 1, { commands: 2, held: 1 }),
  session('s-mid', 5, { agent: 'old-bot', targets: ['dba@db-1'], closed: 'logout', closedAtMs: startMs, denied: 2 }),
  session('s-old', 9, { commands: 7, closed: 'logout', closedAtMs: startMs - 8 * minute }),
];

it.each([
  { query: '', want: ['s-new', 's-mid', 's-old'] },
  { query: '?down=yes', want: ['s-old', 's-mid', 's-new'] },
  { query: '?sort=commands', want: ['s-old', 's-new', 's-mid'] },
  { query: '?sort=length', want: ['s-mid', 's-old', 's-new'] },
  { query: '?sort=agent', want: ['s-new', 's-old', 's-mid'] },
  { query: '?sort=constructor', want: ['s-new', 's-mid', 's-old'] },
  { query: '?show=open', want: ['s-new'] },
  { query: '?show=ended', want: ['s-mid', 's-old'] },
  { query: '?show=held', want: ['s-new'] },
  { query: '?show=denied', want: ['s-mid'] },
  { query: '?q=DB-1', want: ['s-mid'] },
  { query: '?agent=deploy-bot&show=ended', want: ['s-old'] },
  { query: '?agent=deploy', want: [] },
])('sessions for $query', async ({ query, want }) => {
  const text = await html(sessionWeb(someSessions), `/sessions${query}`);
  expect(found(text, /href="\/sessions\/([^"]*)"/g)).toEqual(want);
  expect(text.includes('Show all again')).toBe(want.length === 0);
});

it('sessions have pages, which keep what was asked for', async () => {
  const many = Array.from({ length: 120 }, (_, n) => session(`s-${n}`, n));
  const text = await html(sessionWeb(many), '/sessions?agent=deploy-bot&show=open&page=2');
  expect(found(text, /href="\/sessions\/([^"]*)"/g)).toEqual(many.slice(50, 100).map(({ id }) => id));
  expect(text).toContain('/sessions?agent=deploy-bot&amp;q=&amp;show=open&amp;sort=newest&amp;page=3');
});

const open = (id: string, fields: Partial<LiveSession> = {}): LiveSession => ({
  id,
  agent: 'deploy-bot',
  username: 'deploy@web-1',
  remote: '198.51.100.4',
  openedAtMs: startMs,
  isBusy: false,
  node: 'gate-1',
  isHere: true,
  ...fields,
});
const liveWeb = (sessions: readonly LiveSession[]) =>
  testWeb({ live: { list: () => Promise.resolve(sessions), end: () => Promise.resolve(true) } });
const someOpen = [
  open('s-a', { node: 'gate-2', isBusy: true }),
  open('s-b', { agent: 'backup-bot', openedAtMs: startMs - minute }),
  open('s-c', { username: 'dba@db-1', openedAtMs: startMs - 2 * minute }),
];

it.each([
  { query: '', want: ['s-a', 's-b', 's-c'] },
  { query: '?down=yes', want: ['s-c', 's-b', 's-a'] },
  { query: '?sort=agent', want: ['s-b', 's-a', 's-c'] },
  { query: '?sort=node', want: ['s-b', 's-c', 's-a'] },
  { query: '?sort=isHere', want: ['s-a', 's-b', 's-c'] },
  { query: '?show=busy', want: ['s-a'] },
  { query: '?show=idle', want: ['s-b', 's-c'] },
  { query: '?q=gate-2', want: ['s-a'] },
  { query: '?q=db-1', want: ['s-c'] },
  { query: '?q=nobody', want: [] },
])('open sessions for $query', async ({ query, want }) => {
  const text = await html(liveWeb(someOpen.map((one) => ({ ...one, isHere: true }))), `/live${query}`);
  expect(found(text, /href="\/sessions\/([^"]*)"/g)).toEqual(want);
  expect(text.includes('Show all again')).toBe(want.length === 0);
});

it('says so when no session is open', async () => {
  expect(await html(liveWeb([]), '/live')).toContain('No session is open');
});

const scope = (id: string, fields: Partial<Scope> = {}): Scope => ({
  id,
  kind: 'time',
  agent: 'deploy-bot',
  target: 'web-1',
  account: 'deploy',
  command: 'systemctl reload nginx',
  version: 1,
  keyFingerprint: 'SHA256:k',
  targetHostKey: 'SHA256:h',
  hold: 'h-1',
  digest: 'd',
  createdBy: ['maya'],
  createdAtMs: startMs,
  expiresAtMs: startMs + 30 * minute,
  uses: 0,
  ...fields,
});
const someScopes = [
  scope('g-a', { uses: 3 }),
  scope('g-b', { kind: 'session', session: 's-1', createdAtMs: startMs - minute, expiresAtMs: startMs + minute }),
  scope('g-c', { agent: 'backup-bot', createdAtMs: startMs - 2 * minute, createdBy: ['tom'], uses: 1 }),
];
const scopeWeb = (scopes: readonly Scope[]) =>
  testWeb({ startMs, scopes: { live: () => Promise.resolve(scopes), revoke: () => Promise.resolve(true) } });

it.each([
  { query: '', want: ['g-a', 'g-b', 'g-c'] },
  { query: '?down=yes', want: ['g-c', 'g-b', 'g-a'] },
  { query: '?sort=ends', want: ['g-b', 'g-a', 'g-c'] },
  { query: '?sort=agent', want: ['g-c', 'g-a', 'g-b'] },
  { query: '?sort=uses', want: ['g-a', 'g-c', 'g-b'] },
  { query: '?sort=digest', want: ['g-a', 'g-b', 'g-c'] },
  { query: '?show=session', want: ['g-b'] },
  { query: '?show=pattern', want: [] },
  { query: '?q=tom', want: ['g-c'] },
])('scopes for $query', async ({ query, want }) => {
  const text = await html(scopeWeb(someScopes), `/scopes${query}`);
  expect(found(text, /action="\/scopes\/([^"/]*)\/revoke"/g)).toEqual(want);
  expect(text.includes('Show all again')).toBe(want.length === 0);
});

function waitingWeb(): TestWeb {
  const web = testWeb({ startMs });
  const put = (id: string, minutesAgo: number, action: Parameters<typeof holdOf>[1] = {}) =>
    web.desk.put({
      ...holdOf(startMs, { id, ...action }),
      createdAtMs: startMs - minutesAgo * minute,
    });
  put('h-a', 0, { action: { target: 'web-9' } });
  put('h-b', 1, { action: { agent: 'backup-bot' }, expiresAtMs: startMs + minute });
  put('h-c', 2, { action: { command: 'DROP TABLE orders' } });
  put('h-d', 3, { state: 'rejected', action: { agent: 'backup-bot' } });
  return web;
}

it.each([
  { query: '', want: ['h-a', 'h-b', 'h-c'] },
  { query: '?down=yes', want: ['h-c', 'h-b', 'h-a'] },
  { query: '?sort=ends', want: ['h-b', 'h-a', 'h-c'] },
  { query: '?sort=agent', want: ['h-b', 'h-a', 'h-c'] },
  { query: '?sort=target&down=yes', want: ['h-a', 'h-b', 'h-c'] },
  { query: '?sort=digest', want: ['h-a', 'h-b', 'h-c'] },
  { query: '?q=drop+table', want: ['h-c'] },
  { query: '?q=backup-bot', want: ['h-b'] },
  { query: '?q=backup-bot&state=all', want: ['h-b', 'h-d'] },
  { query: '?q=backup-bot&state=rejected', want: ['h-d'] },
  { query: '?q=nobody', want: [] },
])('holds for $query', async ({ query, want }) => {
  const text = await html(waitingWeb(), `/waiting${query}`);
  expect(found(text, /href="\/holds\/([^"]*)" data-open/g)).toEqual(want);
  expect(text.includes('Show all again')).toBe(want.length === 0);
});

it('keeps the search when another state is asked for, and the state when another search is', async () => {
  const text = await html(waitingWeb(), '/waiting?q=bot&sort=ends&state=pending');
  expect(text).toContain('/waiting?state=rejected&amp;q=bot&amp;sort=ends');
  expect(text).toContain('name="state" value="pending"');
});

it('looks through the newest thousand holds, and says when there are more', async () => {
  const web = testWeb({ startMs });
  for (let n = 0; n < 1_001; n++)
    web.desk.put({ ...holdOf(startMs, { id: `h-${n}`, action: { target: `t-${n}.` } }), createdAtMs: startMs - n });
  const all = await html(web, '/waiting');
  expect(all).toContain('Older');
  expect(all).not.toContain('were looked through');
  expect(found(await html(web, '/waiting?q=t-999.'), /href="\/holds\/([^"]*)" data-open/g)).toEqual(['h-999']);
  const oldest = await html(web, '/waiting?q=t-1000.');
  expect(oldest).toContain('Only the newest 1000 were looked through');
  expect(await html(web, '/waiting?sort=target')).toContain('Page 1 of 20, 1000 in all');
});
