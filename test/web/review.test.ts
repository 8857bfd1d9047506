import { beforeEach, describe, expect, it } from 'vitest';
import { deviceCookie } from '../../src/web/cookies.ts';
import { holdOf, solve } from '../support/desk.ts';
import { Browser, connection, formFields, origin, type TestWeb, testWeb } from '../support/web.ts';

let web: TestWeb;
let browser: Browser;
beforeEach(() => {
  web = testWeb();
  browser = new Browser(web.app);
});

async function linkFor(reviewer: string, fields: Parameters<typeof holdOf>[1] = {}) {
  const hold = web.desk.put(holdOf(web.nowMs(), fields));
  return { hold, token: await web.links.issue(hold, reviewer) };
}
const stateOf = async (id: string) => (await web.desk.get(id))?.state;
const refusals = () => web.events.filter((event) => event.event === 'hold.refused');

/** Opens the link and gives back what the page's form would send. */
async function opened(token: string) {
  const html = await (await browser.post('/review', { code: token })).text();
  const challenge = /first time: <b>([^<]*)<\/b>/.exec(html)?.[1] ?? '';
  return { html, answer: solve(challenge), challenge, fields: formFields(html, '/review/decision') };
}

describe('looking', () => {
  it('changes nothing, by GET, HEAD, prefetch or the look itself', async () => {
    const { hold, token } = await linkFor('maya');
    const paths = ['/review', '/review/decision', `/review?code=${token}`];
    for (const path of [...paths, `/review/decision?code=${token}&decision=approve`]) {
      for (const method of ['GET', 'HEAD']) {
        const headers = { 'sec-purpose': 'prefetch', purpose: 'prefetch' };
        expect((await web.app.request(origin + path, { method, headers }, connection)).status).toBeLessThan(400);
      }
    }
    const before = await web.desk.get(hold.id);
    await opened(token);
    await opened(token);
    expect(await web.desk.get(hold.id)).toEqual(before);
    expect((await web.links.check(token)).kind).toBe('valid');
  });

  it('shows the whole hold, and says what could be missed', async () => {
    const { token } = await linkFor('maya', {
      action: {
        command: `echo ${'x'.repeat(6000)} \u202e; rm -rf /srv/\u0430pp`,
        canonical: "'echo' 'x'",
        stdin: 'import os\n',
        stdinUse: 'reviewed',
        environment: { LANG: 'C', SALLYPORT_NOTE: '<b>hi</b>' },
      },
    });
    const { html } = await opened(token);
    expect(html).toContain('x'.repeat(6000));
    for (const text of ['U+202E', 'right-to-left override', 'U+0430', 'looks like a', '2 characters']) {
      expect(html).toContain(text);
    }
    for (const text of [
      'deploy-bot',
      'olga',
      'web-1',
      'change-production',
      'Restarts the service nginx',
      'import os',
    ]) {
      expect(html).toContain(text);
    }
    expect(html).toContain('SALLYPORT_NOTE=&lt;b&gt;hi&lt;/b&gt;');
    expect(html).not.toContain('<b>hi</b>');
    expect(html).not.toContain('\u202e');
  });

  it('says once what the command would do', async () => {
    const does = 'kubectl deletes what the cluster runs';
    const reason = `no rule allows it: ${does}`;
    const parts = [
      { text: 'kubectl delete pod x', verdict: 'approve', reason },
      { text: 'date', verdict: 'approve', reason: 'no rule allows it: it is late' },
    ] as const;
    const { token } = await linkFor('maya', { reason, parts, effects: [does] });
    const { html } = await opened(token);
    expect(html.split(does)).toHaveLength(2);
    expect(html.split('no rule allows it')).toHaveLength(4);
    expect(html).toContain('no rule allows it: it is late');
  });

  it('says before everything else what was rejected and is asked again', async () => {
    const respelling = { hold: 'h-1', command: 'rm -rf <i>/srv/x', reviewer: 'noor', atMs: web.nowMs(), isSame: false };
    const { token } = await linkFor('maya', { respelling });
    const html = await (await browser.post('/review', { code: token })).text();
    expect(html).toMatch(/A respelling of what noor rejected/);
    expect(html).not.toContain('<i>/srv/x');
    expect(html.indexOf('data-respelling')).toBeLessThan(html.indexOf('id="asked"'));
  });

  it('accepts a pasted link as well as its code', async () => {
    const { token } = await linkFor('maya');
    expect((await browser.post('/review', { code: ` ${origin}/review#${token}\n` })).status).toBe(200);
  });
});

describe('deciding', () => {
  it('rejects with one POST from a new device', async () => {
    const { hold, token } = await linkFor('maya');
    const { fields } = await opened(token);
    const response = await browser.post('/review/decision', { ...fields, decision: 'reject', reason: 'not now' });
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('Rejected');
    expect(await web.desk.get(hold.id)).toMatchObject({
      state: 'rejected',
      decisions: [{ reviewer: 'maya', verdict: 'reject', reason: 'not now', channel: 'web' }],
    });
  });

  it('approves from a new device only with the answer, then from the same device with one POST', async () => {
    const first = await linkFor('maya');
    const page = await opened(first.token);
    const wrong = await browser.post('/review/decision', { ...page.fields, decision: 'approve', answer: 'nonsense' });
    expect(wrong.status).toBe(403);
    expect(await stateOf(first.hold.id)).toBe('pending');
    const again = await opened(first.token);
    const form = { ...again.fields, decision: 'approve', answer: again.answer };
    const right = await browser.post('/review/decision', form);
    expect(right.status).toBe(200);
    expect(await stateOf(first.hold.id)).toBe('approved');
    const cookie = right.headers.getSetCookie()[0] ?? '';
    expect(cookie).toMatch(/^__Host-sallyport-device-[0-9a-f]{12}=/);
    for (const part of ['HttpOnly', 'Secure', 'SameSite=Strict', 'Path=/']) expect(cookie).toContain(part);

    const second = await linkFor('maya');
    const known = await opened(second.token);
    expect(known.challenge).toBe('');
    expect((await browser.post('/review/decision', { ...known.fields, decision: 'approve' })).status).toBe(200);
    expect(await stateOf(second.hold.id)).toBe('approved');
  });

  it('shows one challenge however often a scanner looks, and says when there is none left', async () => {
    const { hold, token } = await linkFor('maya');
    const texts = new Set<string>();
    for (let look = 0; look < 10; look++) texts.add((await opened(token)).challenge);
    expect(texts.size).toBe(1);
    for (let round = 0; round < 16; round++) {
      web.pass(5_000);
      const { fields } = await opened(token);
      await browser.post('/review/decision', { ...fields, decision: 'approve', answer: 'nonsense' });
    }
    const spent = await opened(token);
    expect(spent.html).toContain('Too many tries for this request');
    expect((await browser.post('/review/decision', { ...spent.fields, decision: 'approve' })).status).toBe(403);
    expect(await stateOf(hold.id)).toBe('pending');
    expect((await browser.post('/review/decision', { ...spent.fields, decision: 'reject' })).status).toBe(200);
  });

  it('does not remember a device that was told not to be', async () => {
    const { token } = await linkFor('maya');
    const { fields, answer } = await opened(token);
    const { remember: _, ...rest } = fields;
    const response = await browser.post('/review/decision', { ...rest, decision: 'approve', answer });
    expect(response.status).toBe(200);
    expect(response.headers.getSetCookie()).toEqual([]);
  });

  it("does not take one reviewer's device for another's", async () => {
    const first = await linkFor('maya');
    const page = await opened(first.token);
    await browser.post('/review/decision', { ...page.fields, decision: 'approve', answer: page.answer });
    expect(await stateOf(first.hold.id)).toBe('approved');
    const { hold, token } = await linkFor('tom');
    const { fields, challenge } = await opened(token);
    expect(challenge).not.toBe('');
    expect((await browser.post('/review/decision', { ...fields, decision: 'approve' })).status).toBe(403);
    expect(await stateOf(hold.id)).toBe('pending');
  });

  describe('passed on to somebody else', () => {
    /** A browser that this reviewer has confirmed, and in which nobody is signed in. */
    async function browserOf(reviewer: string): Promise<Browser> {
      const made = new Browser(web.app);
      const cookie = await web.devices.remember(reviewer);
      made.adopt(new Map([[`__Host-${deviceCookie(reviewer).name}`, cookie]]));
      return made;
    }

    it('says whose it is before the buttons', async () => {
      browser = await browserOf('tom');
      const { token } = await linkFor('maya');
      const { html } = await opened(token);
      expect(html).toContain('You decide as <b>maya</b>');
      expect(html).toContain('confirmed as that of tom');
      browser.adopt((await browserOf('maya')).cookies);
      expect((await opened(token)).html).not.toContain('confirmed as that of');
    });

    it.each([
      { name: 'the owner of the agent', who: 'olga', decided: [] },
      { name: 'somebody who has approved already', who: 'tom', decided: ['tom'] },
    ])('does not let $name decide again, as another', async ({ who, decided }) => {
      browser = await browserOf(who);
      const decisions = decided.map((reviewer) => ({
        reviewer,
        verdict: 'approve' as const,
        reason: '',
        atMs: web.nowMs(),
        channel: 'web' as const,
      }));
      const { hold, token } = await linkFor('maya', { quorum: 2, decisions });
      const looked = await browser.post('/review', { code: token });
      expect(looked.status).toBe(403);
      expect(await looked.text()).toContain('This link is not yours');
      // Whose link it is, may use it still, in her own browser.
      browser = new Browser(web.app);
      const { fields, answer } = await opened(token);
      expect((await browser.post('/review/decision', { ...fields, decision: 'approve', answer })).status).toBe(200);
      expect((await web.desk.get(hold.id))?.decisions.at(-1)?.reviewer).toBe('maya');
      expect(refusals()).toMatchObject([{ reviewer: 'maya', reason: 'link foreign' }]);
    });
  });

  it('says when the quorum wants more people', async () => {
    const { hold, token } = await linkFor('maya', { quorum: 2 });
    const { fields, answer } = await opened(token);
    const response = await browser.post('/review/decision', { ...fields, decision: 'approve', answer });
    const text = await response.text();
    expect(text).toContain('it needs 2 of sre');
    expect(text).toMatch(/sre: \w+, 1 missing/);
    expect(await stateOf(hold.id)).toBe('pending');
  });

  it('asks for a required reason without using the link up', async () => {
    const { hold, token } = await linkFor('maya', { reasonRequired: true });
    const { fields } = await opened(token);
    const form = { ...fields, decision: 'reject', reason: '  ' };
    const approval = { ...form, decision: 'approve' };
    expect((await browser.post('/review/decision', approval)).status).toBe(422);
    expect(await stateOf(hold.id)).toBe('pending');
    // Saying no is never held up.
    expect((await browser.post('/review/decision', form)).status).toBe(200);
    expect(await stateOf(hold.id)).toBe('rejected');
  });

  it.each([
    { name: 'shorter than the rule wants', minReasonLength: 20, reason: 'it is fine' },
    { name: 'of characters that do not count', minReasonLength: 1, reason: '\u200b\u200b \r\n' },
    { name: 'longer than anybody reads', minReasonLength: 0, reason: 'x'.repeat(1_001) },
  ])('does not use the link up for a reason $name', async ({ minReasonLength, reason }) => {
    const { hold, token } = await linkFor('maya', { minReasonLength });
    const { fields, answer } = await opened(token);
    const form = { ...fields, decision: 'approve', answer };
    const refused = await browser.post('/review/decision', { ...form, reason });
    expect(refused.status).toBe(422);
    expect(await refused.text()).toContain('id="reason-problem"');
    const good = { ...form, reason: 'Agreed with the owner.' };
    expect((await browser.post('/review/decision', good)).status).toBe(200);
    expect(await stateOf(hold.id)).toBe('approved');
  });

  it.each(['olga', 'dan'])('says no to %s: the owner of the agent, and another group', async (reviewer) => {
    const { hold, token } = await linkFor(reviewer);
    const { fields } = await opened(token);
    expect((await browser.post('/review/decision', { ...fields, decision: 'reject' })).status).toBe(403);
    expect(await stateOf(hold.id)).toBe('pending');
  });

  it.each(['aud', 'adm'])('is not for %s, whose role does not decide, even with a link', async (reviewer) => {
    const { hold, token } = await linkFor(reviewer);
    for (const path of ['/review', '/review/decision']) {
      const fields = { code: token, digest: hold.digest, decision: 'reject' };
      expect((await browser.post(path, fields)).status).toBe(403);
    }
    expect(await stateOf(hold.id)).toBe('pending');
    expect(refusals()).toMatchObject([{ reviewer, reason: 'link foreign' }, { reviewer }]);
  });

  it.each([
    { name: 'no nonce', change: { nonce: '' } },
    { name: 'an altered nonce', change: { nonce: `zzzzzzzz.${'A'.repeat(43)}` } },
    { name: 'another digest', change: { digest: '0'.repeat(64) } },
    { name: 'no decision', change: { decision: '' } },
    { name: 'an unknown decision', change: { decision: 'Approve' } },
  ])('decides nothing with $name', async ({ change }) => {
    const { hold, token } = await linkFor('maya');
    const { fields, answer } = await opened(token);
    const response = await browser.post('/review/decision', { ...fields, decision: 'approve', answer, ...change });
    expect(response.status).toBe(400);
    expect(await stateOf(hold.id)).toBe('pending');
    expect((await web.links.check(token)).kind).toBe('valid');
  });

  it('decides nothing with the nonce of another link', async () => {
    const mine = await linkFor('maya');
    const other = await linkFor('maya');
    const nonce = (await opened(other.token)).fields.nonce ?? '';
    const { fields } = await opened(mine.token);
    expect((await browser.post('/review/decision', { ...fields, nonce, decision: 'reject' })).status).toBe(400);
    expect(await stateOf(mine.hold.id)).toBe('pending');
  });

  it.each([
    { name: 'another origin', headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' } },
    { name: 'a neighbour', headers: { origin: 'https://x.bastion.example', 'sec-fetch-site': 'same-site' } },
    { name: 'an origin that is hidden', headers: { origin: 'null', 'sec-fetch-site': 'cross-site' } },
    { name: 'a rebound name', headers: { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' } },
  ])('decides nothing when sent from $name', async ({ headers }) => {
    const { hold, token } = await linkFor('maya');
    const { fields } = await opened(token);
    expect((await browser.post('/review/decision', { ...fields, decision: 'reject' }, headers)).status).toBe(403);
    expect(await stateOf(hold.id)).toBe('pending');
  });

  it('decides nothing without any word on where it comes from', async () => {
    const { hold, token } = await linkFor('maya');
    const { fields } = await opened(token);
    const response = await web.app.request(`${origin}/review/decision`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ ...fields, decision: 'reject' }).toString(),
    });
    expect(response.status).toBe(403);
    expect(await stateOf(hold.id)).toBe('pending');
  });

  it('takes the plain form of a browser without script, whose origin is hidden', async () => {
    const { hold, token } = await linkFor('maya');
    const { fields } = await opened(token);
    const headers = { origin: 'null', 'sec-fetch-site': 'same-origin' };
    expect((await browser.post('/review/decision', { ...fields, decision: 'reject' }, headers)).status).toBe(200);
    expect(await stateOf(hold.id)).toBe('rejected');
  });
});

describe('a link that does not work', () => {
  it.each<{ name: string; status: number; make: (token: string) => string | Promise<string> }>([
    { name: 'missing', status: 400, make: () => '' },
    { name: 'cut', status: 400, make: (token) => token.slice(0, -3) },
    { name: 'altered', status: 400, make: (token) => token.slice(0, -1) + (token.endsWith('0') ? '1' : '0') },
    { name: 'far too long', status: 400, make: (token) => token + 'x'.repeat(5000) },
    { name: 'unknown', status: 404, make: linkOfAnotherBastion },
    {
      name: 'expired',
      status: 410,
      make: (token) => {
        web.pass(901_000);
        return token;
      },
    },
    {
      name: 'used',
      status: 410,
      make: async (token) => {
        await web.links.use(token);
        return token;
      },
    },
  ])('gets its own page and an event when it is $name', async ({ status, make }) => {
    const { hold, token } = await linkFor('maya');
    const broken = await make(token);
    for (const path of ['/review', '/review/decision']) {
      const response = await browser.post(path, { code: broken, decision: 'reject', digest: hold.digest });
      expect(response.status).toBe(status);
      const html = await response.text();
      expect(html).not.toContain('nginx');
      if (broken !== '') expect(html).not.toContain(broken);
    }
    expect(refusals()).toHaveLength(2);
    expect(JSON.stringify(web.events)).not.toContain(token);
    expect((await web.desk.get(hold.id))?.decisions).toEqual([]);
  });

  it('decides once: a replay of the same form gets the page for used links', async () => {
    const { hold, token } = await linkFor('maya', { quorum: 2 });
    const { fields, answer } = await opened(token);
    const form = { ...fields, decision: 'approve', answer };
    expect((await browser.post('/review/decision', form)).status).toBe(200);
    const replay = await browser.post('/review/decision', form);
    expect(replay.status).toBe(410);
    const said = await replay.text();
    expect(said).toContain('This link has been used');
    // It waits for others: whoever wants to see it again, signs in.
    expect(said).toContain(`href="/holds/${hold.id}"`);
    expect((await web.desk.get(hold.id))?.decisions).toHaveLength(1);
    expect(refusals()).toMatchObject([{ hold: hold.id }]);
  });

  it('lets one of many racing posts through', async () => {
    const first = await linkFor('maya');
    const page = await opened(first.token);
    await browser.post('/review/decision', { ...page.fields, decision: 'approve', answer: page.answer });
    const { hold, token } = await linkFor('maya', { quorum: 3 });
    const { fields } = await opened(token);
    const racing = Array.from({ length: 20 }, () =>
      browser.post('/review/decision', { ...fields, decision: 'approve' }),
    );
    const statuses = (await Promise.all(racing)).map((response) => response.status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect((await web.desk.get(hold.id))?.decisions).toHaveLength(1);
  });

  it('slows down who tries many', async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 40; n++) statuses.push((await browser.post('/review', { code: `guess-${n}` })).status);
    expect(statuses.slice(-5)).toEqual([429, 429, 429, 429, 429]);
    expect(refusals().length).toBeLessThanOrEqual(30);
    web.pass(60_000);
    expect((await browser.post('/review', { code: 'guess' })).status).toBe(400);
  });
});

async function linkOfAnotherBastion(): Promise<string> {
  const other = testWeb();
  return other.links.issue(other.desk.put(holdOf(other.nowMs())), 'maya');
}

describe('a failure', () => {
  it('of the audit log is ours to tell the log about, and the page says nothing of it', async () => {
    web = testWeb({ audit: { append: () => Promise.reject(new Error('CANARY-disk-full /var/lib')) } });
    browser = new Browser(web.app);
    const response = await browser.post('/review', { code: 'nonsense' });
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('CANARY');
    expect(web.failures).toHaveLength(1);
  });
});
