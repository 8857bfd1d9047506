import { beforeEach, describe, expect, it } from 'vitest';
import type { AgentConfig } from '../../src/config.ts';
import { agents, Browser, formFields, type TestWeb, targets, testWeb } from '../support/web.ts';

const day = 86_400_000;
const startMs = Date.parse('2026-03-02T10:00:00Z');
const seen: Readonly<Record<string, number>> = { 'deploy-bot': startMs - 60_000, 'idle-bot': startMs - 40 * day };
const base = agents[0] as AgentConfig;
const all: readonly AgentConfig[] = [
  ...agents,
  { ...base, name: 'idle-bot', owner: 'maya' },
  { ...base, name: 'soon-bot', expiresAtMs: startMs + 2 * day },
  { ...base, name: 'gone-bot', expiresAtMs: startMs - day, targets: {} },
];

let web: TestWeb;
let changes: string[];
beforeEach(() => {
  changes = [];
  web = testWeb({
    startMs,
    agents: () => all,
    history: { policies: () => [], agentSeenAtMs: (name) => seen[name], tokenUsedAtMs: () => undefined },
    disableAgent: async (agent, by) => void changes.push(`disable ${agent} by ${by}`),
    changeAgent: async (agent, change, by) =>
      void changes.push(`${change.kind} ${agent}${change.kind === 'expiry' ? ` ${change.date}` : ''} by ${by}`),
  });
});

async function signedIn(who: string): Promise<Browser> {
  const browser = new Browser(web.app);
  await browser.post('/sign-in/token', { token: `token-of-${who}` });
  return browser;
}
async function names(path: string): Promise<readonly string[]> {
  const html = await (await (await signedIn('adm')).get(path)).text();
  return [...html.matchAll(/<h2>([^<]*)<\/h2>/g)].map((match) => match[1] ?? '');
}

describe('the list of agents', () => {
  it.each([
    { query: '', want: ['deploy-bot', 'gone-bot', 'idle-bot', 'old-bot', 'soon-bot'] },
    { query: '?show=stale', want: ['idle-bot'] },
    { query: '?show=expiring', want: ['soon-bot'] },
    { query: '?show=expired', want: ['gone-bot'] },
    { query: '?show=disabled', want: ['old-bot'] },
    { query: '?show=active', want: ['deploy-bot'] },
    { query: '?show=%3Cscript%3E', want: ['deploy-bot', 'gone-bot', 'idle-bot', 'old-bot', 'soon-bot'] },
    { query: '?q=MAYA', want: ['idle-bot'] },
    { query: '?q=web-1&sort=name&down=yes', want: ['soon-bot', 'idle-bot', 'deploy-bot'] },
    { query: '?sort=seen&down=yes', want: ['deploy-bot', 'idle-bot', 'gone-bot', 'old-bot', 'soon-bot'].slice(0, 2) },
    { query: '?sort=__proto__', want: ['deploy-bot', 'gone-bot', 'idle-bot', 'old-bot', 'soon-bot'] },
    { query: '?sort=expiry', want: ['old-bot', 'gone-bot', 'soon-bot'] },
    { query: '?q=nothing-like-it', want: [] },
    { query: '?page=99999999999', want: ['deploy-bot', 'gone-bot', 'idle-bot', 'old-bot', 'soon-bot'] },
  ])('answers $query', async ({ query, want }) => {
    expect((await names(`/agents${query}`)).slice(0, want.length || undefined)).toEqual(want);
  });

  it('says how to get back when nothing fits, and how to begin when there is nothing', async () => {
    expect(await (await (await signedIn('adm')).get('/agents?q=zzz')).text()).toContain('Show all again');
    web = testWeb({ agents: () => [] });
    expect(await (await (await signedIn('adm')).get('/agents')).text()).toContain('sallyport agent add');
  });

  it('has pages', async () => {
    const many = Array.from({ length: 120 }, (_, n) => ({ ...base, name: `bot-${String(n).padStart(3, '0')}` }));
    web = testWeb({ agents: () => many });
    expect((await names('/agents')).length).toBe(50);
    expect(await names('/agents?page=3')).toEqual(many.slice(100).map(({ name }) => name));
    const html = await (await (await signedIn('adm')).get('/agents?page=2&q=bot&down=yes')).text();
    expect(html).toContain('Page 2 of 3, 120 in all');
    expect(html).toContain('/agents?q=bot&amp;show=all&amp;sort=name&amp;page=3&amp;down=yes');
  });
});

describe('an agent that is locked', () => {
  const lock = { agent: 'deploy-bot', atMs: startMs - 60_000, hold: 'h-rejected', count: 3 };
  let locks: (typeof lock)[];
  beforeEach(() => {
    locks = [lock];
    web = testWeb({
      startMs,
      agents: () => all,
      locks: {
        list: () => locks,
        unlock: async (agent, by) => {
          const isThere = locks.some((one) => one.agent === agent);
          locks = locks.filter((one) => one.agent !== agent);
          changes.push(`unlock ${agent} by ${by}`);
          return isThere;
        },
      },
    });
  });

  it('is marked with why, found by the filter, and shown by the API', async () => {
    const html = await (await (await signedIn('maya')).get('/agents?show=locked')).text();
    expect(html).toContain('<span class="chip deny">locked</span>');
    expect(html).toContain('href="/holds/h-rejected"');
    expect(html).not.toContain('/unlock');
    expect(await names('/agents?show=locked')).toEqual(['deploy-bot']);
    const headers = { authorization: 'Bearer token-of-maya' };
    const answer = await web.app.request('https://bastion.example/api/v1/agents', { headers });
    expect(await answer.json()).toMatchObject({
      agents: expect.arrayContaining([expect.objectContaining({ name: 'deploy-bot', state: 'locked' })]),
    });
  });

  it('is unlocked by an admin who ticks the box, once', async () => {
    const browser = await signedIn('adm');
    const fields = formFields(await (await browser.get('/agents')).text(), '/agents/deploy-bot/unlock');
    const { sure: _, ...unsure } = fields;
    expect((await browser.post('/agents/deploy-bot/unlock', unsure)).status).toBe(400);
    expect((await browser.post('/agents/old-bot/unlock', { ...fields, sure: 'yes' })).status).toBe(400);
    expect(changes).toEqual([]);
    const done = await browser.post('/agents/deploy-bot/unlock', { ...fields, sure: 'yes' });
    expect(await done.text()).toContain('deploy-bot is not locked');
    expect(await (await browser.get('/agents')).text()).not.toContain('Locked');
    const again = await browser.post('/agents/deploy-bot/unlock', { ...fields, sure: 'yes' });
    expect(await again.text()).toContain('Nobody had locked it');
    expect(changes).toEqual(['unlock deploy-bot by adm', 'unlock deploy-bot by adm']);
  });
});

describe('an admin', () => {
  it('lets an agent in again and sets its end, each written down as theirs', async () => {
    const browser = await signedIn('adm');
    const html = await (await browser.get('/agents')).text();
    await browser.post('/agents/old-bot/enable', { ...formFields(html, '/agents/old-bot/enable'), sure: 'yes' });
    const expiry = formFields(html, '/agents/deploy-bot/expiry');
    const response = await browser.post('/agents/deploy-bot/expiry', { ...expiry, date: '2026-06-01' });
    expect(await response.text()).toContain('deploy-bot ends on 2026-06-01');
    expect(changes).toEqual(['enable old-bot by adm', 'expiry deploy-bot 2026-06-01 by adm']);
  });

  it.each(['2026-03-02', '2020-01-01', '2031-01-01', 'tomorrow', '', '2026-06-01T00:00:00Z', '2026-13-40'])(
    'cannot set the end to %j',
    async (date) => {
      const browser = await signedIn('adm');
      const fields = formFields(await (await browser.get('/agents')).text(), '/agents/deploy-bot/expiry');
      expect((await browser.post('/agents/deploy-bot/expiry', { ...fields, date })).status).toBe(400);
      expect(changes).toEqual([]);
    },
  );

  it('cannot use one agent’s form for another, nor one form for another deed', async () => {
    const browser = await signedIn('adm');
    const html = await (await browser.get('/agents')).text();
    const { nonce = '' } = formFields(html, '/agents/deploy-bot/expiry');
    for (const path of ['/agents/idle-bot/expiry', '/agents/deploy-bot/disable', '/agents/old-bot/enable'])
      expect((await browser.post(path, { nonce, sure: 'yes', date: '2026-06-01' })).status).toBe(400);
    expect(changes).toEqual([]);
  });

  it('hears how to do it by hand when the configuration cannot be changed', async () => {
    web = testWeb({ changeAgent: () => Promise.reject(new Error('read-only')) });
    const browser = await signedIn('adm');
    const fields = formFields(await (await browser.get('/agents')).text(), '/agents/old-bot/enable');
    const response = await browser.post('/agents/old-bot/enable', { ...fields, sure: 'yes' });
    expect(response.status).toBe(500);
    expect(await response.text()).toContain('sallyport agent enable old-bot');
  });
});

it.each(['maya', 'aud'])('%s sees agents and changes none', async (who) => {
  const browser = await signedIn(who);
  const html = await (await browser.get('/agents')).text();
  expect(html).not.toMatch(/action="\/agents\/[^"]*\/(enable|disable|unlock|expiry)"/);
  for (const verb of ['enable', 'disable', 'unlock', 'expiry'])
    expect((await browser.post(`/agents/old-bot/${verb}`, { nonce: '', sure: 'yes' })).status).toBe(403);
  expect(changes).toEqual([]);
});

it('targets are found by label', async () => {
  const more = [
    ...targets,
    { ...(targets[0] as (typeof targets)[0]), name: 'db-1', host: '10.0.0.9', labels: { env: 'test' } },
  ];
  web = testWeb({ targets: () => more });
  expect(await names('/targets?q=env=test')).toEqual(['db-1']);
  expect(await names('/targets?sort=host&down=yes')).toEqual(['db-1', 'web-1']);
});
