import { beforeEach, describe, expect, it } from 'vitest';
import { Browser, formFields, type TestWeb, testWeb } from '../support/web.ts';

let web: TestWeb;
let browser: Browser;
beforeEach(() => {
  web = testWeb();
  browser = new Browser(web.app);
});
const isSignedIn = async (visitor: Browser) => (await visitor.get('/waiting')).status === 200;

describe('signing in by mail', () => {
  it('takes the code, once, and goes where the visitor wanted to', async () => {
    await browser.post('/sign-in', { email: ' Maya@Example.com ', next: '/policy' });
    const [mail] = web.mails;
    expect(mail).toMatchObject({
      reviewer: { name: 'maya' },
      link: expect.stringMatching(/^https:\/\/bastion\.example\/sign-in#\w{10}$/),
    });
    const typed = (mail?.code ?? '').toLowerCase();
    const answer = await browser.post('/sign-in/code', { code: typed, next: '/policy' });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/policy']);
    expect(await isSignedIn(browser)).toBe(true);
    expect(web.events).toMatchObject([
      { event: 'reviewer.signed-in', reviewer: 'maya', how: 'mail', remote: '192.0.2.7' },
    ]);
    expect((await browser.post('/sign-in/code', { code: typed })).status).toBe(403);
  });

  it('is of no use to a scanner, which has the link but not the browser', async () => {
    await browser.post('/sign-in', { email: 'maya@example.com' });
    const scanner = new Browser(web.app);
    const code = web.mails[0]?.code ?? '';
    expect((await scanner.post('/sign-in/code', { code })).status).toBe(403);
    await scanner.post('/sign-in', { email: 'nobody@example.com' });
    expect((await scanner.post('/sign-in/code', { code })).status).toBe(403);
    expect(await isSignedIn(scanner)).toBe(false);
    expect((await browser.post('/sign-in/code', { code })).status).toBe(303);
  });

  it('looks the same for an address that nobody has', async () => {
    const pages = await Promise.all(
      ['maya@example.com', 'nobody@example.com'].map(async (email) => {
        const response = await new Browser(web.app).post('/sign-in', { email });
        return [response.status, await response.text(), [...response.headers.keys()]];
      }),
    );
    expect(pages[0]).toEqual(pages[1]);
    expect(web.mails).toHaveLength(1);
  });

  it('ends after a few wrong codes, or ten minutes', async () => {
    await browser.post('/sign-in', { email: 'maya@example.com' });
    for (let n = 0; n < 6; n++) await browser.post('/sign-in/code', { code: `WRONG-000${n}` });
    expect((await browser.post('/sign-in/code', { code: web.mails[0]?.code ?? '' })).status).toBe(403);
    const late = new Browser(web.app);
    await late.post('/sign-in', { email: 'maya@example.com' });
    web.pass(10 * 60_000);
    expect((await late.post('/sign-in/code', { code: web.mails[1]?.code ?? '' })).status).toBe(403);
    expect(web.events.filter(({ event }) => event === 'sign-in.refused')).toHaveLength(8);
  });

  it('does not fill a mailbox', async () => {
    for (let n = 0; n < 10; n++) await browser.post('/sign-in', { email: 'maya@example.com' });
    expect(web.mails).toHaveLength(3);
  });

  it('says nothing of a mail that could not be sent, and tells the log', async () => {
    web = testWeb({ sendSignInMail: () => Promise.reject(new Error('no server')) });
    const response = await new Browser(web.app).post('/sign-in', { email: 'maya@example.com' });
    expect(response.status).toBe(200);
    await Promise.resolve();
    expect(web.failures).toHaveLength(1);
  });
});

describe('signing in with a token', () => {
  it('works for a known one only', async () => {
    expect((await browser.post('/sign-in/token', { token: 'token-of-nobody' })).status).toBe(403);
    expect(await isSignedIn(browser)).toBe(false);
    expect((await browser.post('/sign-in/token', { token: ' token-of-maya\n' })).status).toBe(303);
    expect(await isSignedIn(browser)).toBe(true);
  });

  it.each(['https://evil.example/', '//evil.example', '/\\evil.example', 'javascript:alert(1)', '/waiting?x=<b>', ''])(
    'leads nowhere else: %j',
    async (next) => {
      const response = await browser.post('/sign-in/token', { token: 'token-of-maya', next });
      expect(response.headers.get('location')).toBe('/waiting');
    },
  );
});

describe('a session', () => {
  const signIn = (visitor: Browser, who: string) => visitor.post('/sign-in/token', { token: `token-of-${who}` });

  it('is a __Host- cookie, sealed', async () => {
    const cookie = (await signIn(browser, 'maya')).headers.getSetCookie()[0] ?? '';
    expect(cookie).toMatch(/^__Host-sallyport=/);
    for (const part of ['HttpOnly', 'Secure', 'SameSite=Lax', 'Path=/']) expect(cookie).toContain(part);
    expect(cookie).not.toMatch(/domain/i);
  });

  it.each([
    { name: 'altered', change: (cookie: string) => cookie.slice(0, -1) + (cookie.endsWith('A') ? 'B' : 'A') },
    { name: 'with another id', change: (cookie: string) => `${'A'.repeat(32)}${cookie.slice(32)}` },
    { name: 'without a seal', change: (cookie: string) => cookie.split('.')[0] ?? '' },
    { name: 'empty', change: () => '' },
  ])('is nothing when $name', async ({ change }) => {
    await signIn(browser, 'maya');
    const cookie = change(browser.cookies.get('__Host-sallyport') ?? '');
    const headers = { cookie: `__Host-sallyport=${cookie}` };
    expect((await new Browser(web.app).get('/waiting', headers)).status).toBe(303);
  });

  it('ends by itself, by sign-out, by revocation, and with its reviewer', async () => {
    await signIn(browser, 'maya');
    web.pass(12 * 3_600_000);
    expect(await isSignedIn(browser)).toBe(false);

    await signIn(browser, 'maya');
    const replayed = `__Host-sallyport=${browser.cookies.get('__Host-sallyport')}`;
    const me = await (await browser.get('/me')).text();
    expect((await browser.post('/sign-out', formFields(me, '/sign-out'))).status).toBe(303);
    expect((await new Browser(web.app).get('/waiting', { cookie: replayed })).status).toBe(303);

    const other = new Browser(web.app);
    await signIn(other, 'maya');
    await signIn(browser, 'maya');
    const revoke = formFields(await (await browser.get('/me')).text(), '/me/revoke');
    await browser.post('/me/revoke', revoke);
    expect([await isSignedIn(browser), await isSignedIn(other)]).toEqual([true, false]);
  });

  it('of somebody else cannot be revoked', async () => {
    const victim = new Browser(web.app);
    await signIn(victim, 'tom');
    await signIn(browser, 'maya');
    const nonce = formFields(await (await browser.get('/me')).text(), '/sign-out').nonce ?? '';
    expect((await browser.post('/me/revoke', { key: '0'.repeat(64), nonce })).status).toBe(400);
    expect(await isSignedIn(victim)).toBe(true);
  });
});
