import { beforeEach, describe, expect, it } from 'vitest';
import type { LiveSession } from '../../src/live-sessions.ts';
import type { SessionAction, SessionSummary } from '../../src/web/ports.ts';
import { holdOf } from '../support/desk.ts';
import { Browser, formFields, origin, type TestWeb, testWeb } from '../support/web.ts';

const summary: SessionSummary = {
  id: 's-1',
  agent: 'deploy-bot',
  remote: '198.51.100.4',
  openedAtMs: Date.parse('2026-03-02T09:00:00Z'),
  closedAtMs: undefined,
  closed: undefined,
  targets: ['deploy@web-1'],
  commands: 1,
  denied: 0,
  held: 0,
};
const action: SessionAction = {
  id: 'a-1',
  channel: 'c-0',
  target: 'web-1',
  account: 'deploy',
  atMs: summary.openedAtMs,
  command: 'uptime',
  verdict: 'allow',
  rule: 'look-around',
  reason: 'It only reads.',
  hold: undefined,
  reviewers: [],
  ended: 'exit 0',
  durationMs: 12,
  outBytes: 60,
  masked: 2,
  recording: 'recordings/a-1.cast',
};
const cast = new TextEncoder().encode('{"version":2,"width":80,"height":24}\n[0.1,"o","up 3 days\\r\\n"]\n');

let web: TestWeb;
const elsewhere: LiveSession = {
  id: 's-9',
  agent: 'deploy-bot',
  username: 'deploy@web-1',
  remote: '198.51.100.9:4022',
  openedAtMs: summary.openedAtMs,
  isBusy: true,
  node: 'gate-2',
  isHere: false,
};

let disabled: string[];
let ended: string[];
beforeEach(() => {
  disabled = [];
  ended = [];
  web = testWeb({
    sessions: {
      list: () => Promise.resolve({ sessions: [summary], next: undefined }),
      get: (id) => Promise.resolve(id === 's-1' ? { session: summary, actions: [action] } : undefined),
      recording: (_session, name) => Promise.resolve(name === action.recording ? cast : undefined),
    },
    live: {
      list: () => Promise.resolve([elsewhere, { ...elsewhere, id: 's-1', isHere: true, node: 'gate-1' }]),
      end: (id, by) => {
        ended.push(`${id} by ${by}`);
        return Promise.resolve(id !== 's-gone');
      },
    },
    disableAgent: (agent, by) => {
      disabled.push(`${agent} by ${by}`);
      return Promise.resolve();
    },
  });
});

async function signedIn(who: string): Promise<Browser> {
  const browser = new Browser(web.app);
  await browser.post('/sign-in/token', { token: `token-of-${who}` });
  return browser;
}
const stateOf = async (id: string) => (await web.desk.get(id))?.state;

const replay = '/sessions/s-1/replay?recording=recordings%2Fa-1.cast';
const castPath = '/sessions/s-1/cast?recording=recordings%2Fa-1.cast';

describe('routes by role', () => {
  const pages = { open: ['/review', '/sign-in', '/healthz', '/robots.txt'], any: ['/me'] };
  const byRight = {
    'see-holds': ['/waiting', '/holds/HOLD', '/scopes'],
    decide: ['/batch?id=HOLD'],
    'see-evidence': ['/sessions', '/sessions/s-1', replay, castPath],
    'see-setup': ['/agents', '/live', '/targets', '/reviewers', '/policy', '/health'],
  };
  const rights: Readonly<Record<string, readonly string[]>> = {
    maya: ['see-holds', 'decide', 'see-evidence', 'see-setup'],
    aud: ['see-holds', 'see-evidence', 'see-setup'],
    adm: ['see-holds', 'see-setup'],
    nobody: [],
  };
  const table = Object.keys(rights).flatMap((who) => [
    ...pages.open.map((path) => ({ who, path, want: 200 })),
    ...pages.any.map((path) => ({ who, path, want: who === 'nobody' ? 303 : 200 })),
    ...Object.entries(byRight).flatMap(([right, paths]) =>
      paths.map((path) => ({ who, path, want: who === 'nobody' ? 303 : rights[who]?.includes(right) ? 200 : 403 })),
    ),
  ]);

  it.each(table)('$who gets $want for $path', async ({ who, path, want }) => {
    const hold = web.desk.put(holdOf(web.nowMs()));
    const browser = who === 'nobody' ? new Browser(web.app) : await signedIn(who);
    const response = await browser.get(path.replace('HOLD', hold.id));
    expect(response.status).toBe(want);
    if (want === 303) expect(response.headers.get('location')).toMatch(/^\/sign-in\?next=/);
    if (path === castPath) {
      const viewed = web.events.filter(({ event }) => event === 'recording.viewed');
      expect(viewed).toEqual(want === 200 ? [{ event: 'recording.viewed', recording: action.recording, by: who }] : []);
    }
  });

  it.each([
    { who: 'adm', want: ['s-9 by adm'], status: 303 },
    { who: 'maya', want: [], status: 400 },
    { who: 'aud', want: [], status: 400 },
  ])('$who ends a session of another node: $status', async ({ who, want, status }) => {
    const browser = await signedIn(who);
    const html = await (await browser.get('/live')).text();
    expect(html).toContain('gate-2');
    expect(html.includes('Its evidence is on gate-2')).toBe(who !== 'adm');
    const fields = formFields(html, '/live/s-9/end');
    const answer = await browser.post('/live/s-9/end', fields);
    expect([answer.status === 403 ? 400 : answer.status, ended]).toEqual([status, want]);
    expect((await browser.post('/live/s-1/end', fields)).status).not.toBe(303);
    expect((await browser.post('/live/s-9/end', {})).status).not.toBe(303);
    expect(ended).toEqual(want);
  });

  it('a recording is reached only through its own session', async () => {
    const browser = await signedIn('maya');
    for (const path of [
      '/sessions/s-2/cast?recording=recordings%2Fa-1.cast',
      '/sessions/s-1/cast?recording=recordings%2Fother.cast',
      '/sessions/s-1/cast?recording=..%2F..%2Fetc%2Fpasswd',
      '/sessions/s-1/cast',
    ]) {
      expect((await browser.get(path)).status).toBe(404);
    }
    expect(web.events.filter(({ event }) => event === 'recording.viewed')).toEqual([]);
  });

  it('only the player may compile, and nothing may load from elsewhere', async () => {
    const browser = await signedIn('maya');
    const policyOf = async (path: string) => (await browser.get(path)).headers.get('content-security-policy') ?? '';
    expect(await policyOf(replay)).toContain('wasm-unsafe-eval');
    expect(await policyOf(replay)).not.toMatch(/https?:|\*/);
    for (const path of ['/waiting', '/sessions/s-1', '/policy']) expect(await policyOf(path)).not.toContain('unsafe');
  });
});

describe('deciding while signed in', () => {
  it.each([
    { who: 'maya', state: 'approved' },
    { who: 'tom', state: 'approved' },
    { who: 'olga', state: 'pending' },
    { who: 'dan', state: 'pending' },
    { who: 'aud', state: 'pending' },
    { who: 'adm', state: 'pending' },
  ])('leaves the hold $state for $who', async ({ who, state }) => {
    const hold = web.desk.put(holdOf(web.nowMs()));
    const browser = await signedIn(who);
    const fields = formFields(await (await browser.get(`/holds/${hold.id}`)).text(), `/holds/${hold.id}/decision`);
    if (state === 'pending') expect(fields).toEqual({});
    await browser.post(`/holds/${hold.id}/decision`, { digest: hold.digest, ...fields, decision: 'approve' });
    expect(await stateOf(hold.id)).toBe(state);
  });

  it.each([
    { name: 'without a nonce', change: { nonce: '' } },
    { name: 'with an altered nonce', change: { nonce: `zzzzzzzz.${'A'.repeat(43)}` } },
    { name: 'for another digest', change: { digest: '0'.repeat(64) } },
  ])('does nothing $name', async ({ change }) => {
    const hold = web.desk.put(holdOf(web.nowMs()));
    const browser = await signedIn('maya');
    const path = `/holds/${hold.id}/decision`;
    const fields = formFields(await (await browser.get(`/holds/${hold.id}`)).text(), path);
    expect((await browser.post(path, { ...fields, decision: 'approve', ...change })).status).toBe(400);
    expect(await stateOf(hold.id)).toBe('pending');
  });

  it("does nothing with somebody else's nonce, or after signing out", async () => {
    const hold = web.desk.put(holdOf(web.nowMs()));
    const path = `/holds/${hold.id}/decision`;
    const [maya, tom] = [await signedIn('maya'), await signedIn('tom')];
    const fields = formFields(await (await tom.get(`/holds/${hold.id}`)).text(), path);
    expect((await maya.post(path, { ...fields, decision: 'approve' })).status).toBe(400);
    expect((await new Browser(web.app).post(path, { ...fields, decision: 'approve' })).status).toBe(403);
    expect(await stateOf(hold.id)).toBe('pending');
  });

  it('does nothing when what would run has changed since it was shown', async () => {
    const hold = web.desk.put(holdOf(web.nowMs()));
    const browser = await signedIn('maya');
    const path = `/holds/${hold.id}/decision`;
    const fields = formFields(await (await browser.get(`/holds/${hold.id}`)).text(), path);
    web.desk.put({ ...hold, digest: 'f'.repeat(64) });
    expect((await browser.post(path, { ...fields, decision: 'approve' })).status).toBe(409);
    expect(await stateOf(hold.id)).toBe('pending');
  });

  it("a signed-in reviewer is a known device for their own link, and cannot use another's", async () => {
    const hold = web.desk.put(holdOf(web.nowMs()));
    const [maya, tom] = [await signedIn('maya'), await signedIn('tom')];
    const code = await web.links.issue(hold, 'maya');
    const theft = await tom.post('/review', { code });
    expect(theft.status).toBe(403);
    expect(web.events.at(-1)).toMatchObject({ event: 'hold.refused', reviewer: 'tom', reason: 'link foreign' });
    const fields = formFields(await (await maya.post('/review', { code })).text(), '/review/decision');
    expect((await maya.post('/review/decision', { ...fields, decision: 'approve' })).status).toBe(200);
    expect(await stateOf(hold.id)).toBe('approved');
  });
});

describe('a batch', () => {
  it('shows what differs besides the command, and says that it does', async () => {
    const browser = await signedIn('maya');
    const command = 'python3 -';
    const put = (stdin: string, environment: Record<string, string>, stdinUse: 'reviewed' | 'streamed') =>
      web.desk.put(holdOf(web.nowMs(), { action: { command, stdin, stdinUse, environment } }));
    const holds = [put('print(1)', {}, 'reviewed'), put('print(2)', { LC_ALL: 'tr_TR' }, 'streamed')];
    const waiting = await (await browser.get('/waiting')).text();
    const link =
      /href="(\/batch\?id=[^"]+)"[^>]*>\s*Look at 2 of rule change-production together/.exec(waiting)?.[1] ?? '';
    const html = await (await browser.get(link.replaceAll('&amp;', '&'))).text();
    for (const { id } of holds) expect(html).toContain(`/holds/${id}`);
    expect(html).not.toContain('All ask for the same command');
    expect(html.replaceAll(/<[^>]+>/g, '')).toContain('LC_ALL=tr_TR');
    expect(html).toContain('Nobody sees that data before');
  });

  it('decides each one on its own, and says what became of it', async () => {
    const mine = [1, 2, 3].map((n) => web.desk.put(holdOf(web.nowMs() + n)));
    const foreign = web.desk.put(holdOf(web.nowMs(), { groups: ['dba'] }));
    const browser = await signedIn('maya');
    const query = [...mine, foreign].map((hold) => `id=${hold.id}`).join('&');
    const html = await (await browser.get(`/batch?${query}`)).text();
    for (const hold of [...mine, foreign]) expect(html).toContain(hold.id);
    const response = await browser.post('/batch', { ...formFields(html, '/batch'), decision: 'approve' });
    expect((await response.text()).match(/chip deny/g)).toHaveLength(1);
    expect(await Promise.all([...mine, foreign].map((hold) => stateOf(hold.id)))).toEqual([
      'approved',
      'approved',
      'approved',
      'pending',
    ]);
  });

  it('decides nothing that was not shown', async () => {
    const [shown, other] = [web.desk.put(holdOf(web.nowMs())), web.desk.put(holdOf(web.nowMs()))];
    const browser = await signedIn('maya');
    const fields = formFields(await (await browser.get(`/batch?id=${shown.id}`)).text(), '/batch');
    const ids = `${fields.ids} ${other.id}:${other.digest}`;
    expect((await browser.post('/batch', { ...fields, ids, decision: 'approve' })).status).toBe(400);
    expect([await stateOf(shown.id), await stateOf(other.id)]).toEqual(['pending', 'pending']);
  });
});

describe('disabling an agent', () => {
  it.each([
    { who: 'adm', sure: 'yes', want: ['deploy-bot by adm'] },
    { who: 'adm', sure: '', want: [] },
    { who: 'maya', sure: 'yes', want: [] },
    { who: 'aud', sure: 'yes', want: [] },
  ])('by $who with $sure', async ({ who, sure, want }) => {
    const browser = await signedIn(who);
    const html = await (await browser.get('/agents')).text();
    const fields = formFields(html, '/agents/deploy-bot/disable');
    await browser.post('/agents/deploy-bot/disable', { ...fields, sure });
    expect(disabled).toEqual(want);
  });

  it('says how else when it cannot be written', async () => {
    web = testWeb({ disableAgent: () => Promise.reject(new Error('CANARY read-only file system')) });
    const browser = await signedIn('adm');
    const fields = formFields(await (await browser.get('/agents')).text(), '/agents/deploy-bot/disable');
    const response = await browser.post('/agents/deploy-bot/disable', { ...fields, sure: 'yes' });
    expect(response.status).toBe(500);
    const html = await response.text();
    expect(html).toContain('sallyport agent disable deploy-bot');
    expect(html).not.toContain('CANARY');
    expect(web.failures).toHaveLength(1);
  });

  it('takes the nonce of that agent only', async () => {
    const browser = await signedIn('adm');
    const fields = formFields(await (await browser.get('/agents')).text(), '/agents/deploy-bot/disable');
    expect((await browser.post('/agents/old-bot/disable', { ...fields, sure: 'yes' })).status).toBe(400);
    expect(disabled).toEqual([]);
  });
});

describe('what pages say', () => {
  it('never holds a secret of the configuration', async () => {
    const browser = await signedIn('maya');
    for (const path of ['/agents', '/live', '/targets', '/reviewers', '/policy', '/health', '/me', '/waiting']) {
      const html = await (await browser.get(path)).text();
      expect(html).not.toContain('CANARY');
      for (const { apiTokens } of web.options.reviewers()) expect(html).not.toContain(apiTokens[0]?.hash);
    }
  });

  it('escapes what agents and targets say', async () => {
    const command = '<script>alert(1)</script>';
    const hold = web.desk.put(holdOf(web.nowMs(), { action: { command }, reason: command, effects: [command] }));
    const browser = await signedIn('maya');
    for (const path of ['/waiting', `/holds/${hold.id}`, `/batch?id=${hold.id}`]) {
      expect(await (await browser.get(path)).text()).not.toContain('<script>alert');
    }
  });

  it('says what to do when there is nothing', async () => {
    web = testWeb({ agents: () => [], targets: () => [] });
    const browser = await signedIn('maya');
    const words = {
      '/waiting': 'Nothing is waiting',
      '/sessions': 'ssh ',
      '/agents': 'agent add',
      '/targets': 'target add',
    };
    for (const [path, word] of Object.entries(words)) expect(await (await browser.get(path)).text()).toContain(word);
  });
});

describe('live changes', () => {
  async function events(browser: Browser) {
    const response = await browser.get('/events');
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    return {
      response,
      next: async () => (await reader?.read())?.value ?? '',
      close: async () => reader?.cancel(),
    };
  }

  it('reach an open page, without the command', async () => {
    const stream = await events(await signedIn('maya'));
    expect(stream.response.headers.get('content-type')).toContain('text/event-stream');
    expect(await stream.next()).toContain('event: open');
    web.desk.put(holdOf(web.nowMs(), { id: 'h-live' }));
    const text = await stream.next();
    expect(text).toContain('event: hold');
    expect(text).toContain('h-live');
    expect(text).not.toContain('systemctl');
    await stream.close();
  });

  it('say of each hold once that it is new, also when its first version was never seen here, or a page is slow', async () => {
    const stream = await events(await signedIn('maya'));
    await stream.next();
    // As another node tells it: read after the first mail was noted on it.
    web.desk.put(holdOf(web.nowMs(), { id: 'h-far', version: 3 }));
    expect(await stream.next()).toContain('"id":"h-far","state":"pending","isNew":true');
    // Faster than the page is told: the later change must not swallow that something came.
    web.desk.put(holdOf(web.nowMs(), { id: 'h-near' }));
    web.desk.put(holdOf(web.nowMs(), { id: 'h-near', version: 2 }));
    web.desk.put(holdOf(web.nowMs(), { id: 'h-far', version: 4 }));
    const text = (await stream.next()) + (await stream.next());
    expect(text.match(/"isNew":true/g)).toHaveLength(1);
    expect(text).toContain('"id":"h-near","state":"pending","isNew":true');
    // What waited before this process began is not new.
    web.desk.put(holdOf(web.nowMs() - 120_000, { id: 'h-old', version: 2 }));
    expect(await stream.next()).toContain('"id":"h-old","state":"pending","isNew":false');
    await stream.close();
  });

  it('end with the session', async () => {
    const browser = await signedIn('maya');
    const stream = await events(browser);
    await stream.next();
    const me = await (await browser.get('/me')).text();
    await browser.post('/sign-out', formFields(me, '/sign-out'));
    web.desk.put(holdOf(web.nowMs()));
    expect(await stream.next()).toBe('');
  });

  it('are capped for each session', async () => {
    const browser = await signedIn('maya');
    const streams = [];
    for (let n = 0; n < 9; n++) streams.push(await events(browser));
    expect(streams.map(({ response }) => response.status)).toEqual([...Array(8).fill(200), 503]);
    await Promise.all(streams.map(({ close }) => close()));
    expect((await fetchStatus(browser)).status).toBe(200);
  });

  it('are not opened by HEAD', async () => {
    const browser = await signedIn('maya');
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    for (let n = 0; n < 20; n++) {
      expect((await web.app.request(`${origin}/events`, { method: 'HEAD', headers: { cookie } })).status).toBe(200);
    }
    const stream = await events(browser);
    expect(stream.response.status).toBe(200);
    await stream.close();
  });

  it('are not for strangers', async () => {
    expect((await web.app.request(`${origin}/events`)).status).toBe(303);
  });
});

async function fetchStatus(browser: Browser) {
  const response = await browser.get('/events');
  await response.body?.cancel();
  return response;
}

describe('a hold page', () => {
  it('says who was told and how that went', async () => {
    const atMs = web.nowMs();
    const times = { attempts: 1, atMs };
    const hold = web.desk.put({
      ...holdOf(atMs),
      deliveries: [
        { channel: 'mail', reviewer: 'maya', state: 'delivered', ...times },
        { channel: 'ntfy', name: 'ops', state: 'failed', ...times, attempts: 3, reason: 'timeout' },
        { channel: 'webhook', name: 'pager', state: 'retrying', ...times, reason: 'it could not take it now (503)' },
        { channel: 'slack', name: 'room', state: 'queued', attempts: 0, atMs },
      ],
    });
    const html = await (await (await signedIn('maya')).get(`/holds/${hold.id}`)).text();
    const text = html.replaceAll(/<[^>]*>/g, '').replaceAll(/\s+/g, ' ');
    expect(text).toContain(`mail to maya: delivered ${new Date(atMs).toISOString().slice(0, 10)}`);
    expect(text).toContain('ntfy ops: failed, 3 tries: timeout');
    expect(text).toContain('webhook pager: not yet, 1 try: it could not take it now (503); it is tried again');
    expect(text).toContain('slack room: being sent');
  });

  it('does not promise another try for what was decided', async () => {
    const atMs = web.nowMs();
    const hold = web.desk.put({
      ...holdOf(atMs),
      state: 'rejected',
      deliveries: [
        { channel: 'webhook', name: 'pager', state: 'retrying', attempts: 1, atMs, reason: 'timeout' },
        { channel: 'slack', name: 'room', state: 'queued', attempts: 0, atMs },
      ],
    });
    const html = await (await (await signedIn('maya')).get(`/holds/${hold.id}`)).text();
    expect(html).toContain('not delivered, 1 try: timeout');
    expect(html).toContain('not sent, because nothing waited any more');
    expect(html).not.toMatch(/being sent|tried again/);
  });
});
