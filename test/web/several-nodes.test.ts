/** Webs of two nodes with one store and one secret, behind a balancer that sends each request anywhere. */
import { expect, it } from 'vitest';
import { StoreError } from '../../src/store/errors.ts';
import { MemoryShelf } from '../support/shelf.ts';
import { Browser, connection, formFields, origin, type TestWeb, testWeb } from '../support/web.ts';

function nodes(): { readonly one: TestWeb; readonly two: TestWeb; readonly shelf: MemoryShelf } {
  const nowMs = Date.parse('2026-03-02T10:00:00Z');
  const shelf = new MemoryShelf(() => nowMs);
  return { one: testWeb({ shelf }), two: testWeb({ shelf }), shelf };
}

/** The same browser at another node: its cookies go along. */
function at(node: TestWeb, browser: Browser): Browser {
  const moved = new Browser(node.app);
  moved.adopt(browser.cookies);
  return moved;
}

const isSignedIn = async (browser: Browser) => (await browser.get('/waiting')).status === 200;

it('a mail asked for on one node signs in on the other, once', async () => {
  const { one, two } = nodes();
  const asking = new Browser(one.app);
  await asking.post('/sign-in', { email: 'maya@example.com' });
  const code = one.mails[0]?.code ?? '';
  const posts = [at(one, asking), at(two, asking), at(one, asking), at(two, asking)];
  const answers = await Promise.all(posts.map((browser) => browser.post('/sign-in/code', { code })));
  expect(answers.filter(({ status }) => status === 303)).toHaveLength(1);
});

it('wrong codes count over all nodes', async () => {
  const { one, two } = nodes();
  const asking = new Browser(one.app);
  await asking.post('/sign-in', { email: 'maya@example.com' });
  for (let n = 0; n < 6; n++) await at(n % 2 ? one : two, asking).post('/sign-in/code', { code: `WRONG-000${n}` });
  expect((await asking.post('/sign-in/code', { code: one.mails[0]?.code ?? '' })).status).toBe(403);
});

it('who signed in on one node is signed in on the other, listed there, and revoked from there', async () => {
  const { one, two } = nodes();
  const browser = new Browser(one.app);
  await browser.post('/sign-in/token', { token: 'token-of-maya' });
  expect(await isSignedIn(at(two, browser))).toBe(true);
  const other = new Browser(two.app);
  await other.post('/sign-in/token', { token: 'token-of-maya' });
  const me = await (await other.get('/me')).text();
  await other.post('/me/revoke', formFields(me, '/me/revoke'));
  expect([await isSignedIn(browser), await isSignedIn(at(two, browser))]).toEqual([false, false]);
  expect(await isSignedIn(at(one, other))).toBe(true);
  await at(one, other).post('/sign-out', formFields(await (await at(one, other).get('/me')).text(), '/sign-out'));
  expect(await isSignedIn(other)).toBe(false);
});

it('while the store is away nobody is signed in, and every answer says so', async () => {
  const away = () => Promise.reject(new StoreError('STORE_UNREACHABLE', 'no answer in time'));
  const { one, shelf } = nodes();
  const browser = new Browser(one.app);
  await browser.post('/sign-in/token', { token: 'token-of-maya' });
  Object.assign(shelf, { get: away, put: away, list: away, take: away });
  for (const answer of [
    await browser.get('/waiting'),
    await new Browser(one.app).post('/sign-in', { email: 'maya@example.com' }),
    await new Browser(one.app).post('/sign-in/token', { token: 'token-of-maya' }),
  ]) {
    expect(answer.status).toBe(503);
    expect(await answer.text()).toContain('cannot reach its store');
  }
  one.desk.list = away;
  const headers = { authorization: 'Bearer token-of-maya' };
  const answer = await one.app.request(`${origin}/api/v1/holds`, { headers }, connection);
  expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'STORE_UNREACHABLE' }]);
});
