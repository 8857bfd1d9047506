import { afterEach, beforeEach, expect, it } from 'vitest';
import { KnownDevices } from '../../src/approval/devices.ts';
import { HoldKeeper } from '../../src/approval/keeper.ts';
import { MailLinks } from '../../src/approval/links.ts';
import { defaultHoldLimits } from '../../src/approval/opening.ts';
import { type Database, openDatabase } from '../../src/store/sqlite/database.ts';
import { SqliteHoldStore } from '../../src/store/sqlite/holds.ts';
import { SqliteProofStore } from '../../src/store/sqlite/proofs.ts';
import { temporaryDirectory } from '../support/directory.ts';
import { MemoryAudit, requestFor } from '../support/holds.ts';
import { Browser, connection, formFields, origin, people, type TestWeb, testWeb } from '../support/web.ts';

let database: Database;
let keeper: HoldKeeper;
let links: MailLinks;
let audit: MemoryAudit;
let web: TestWeb;
beforeEach(() => {
  database = openDatabase(temporaryDirectory());
  audit = new MemoryAudit();
  const proofs = new SqliteProofStore(database);
  const reviewers = () => Object.values(people);
  keeper = new HoldKeeper({
    store: new SqliteHoldStore(database),
    audit,
    reviewers,
    limits: defaultHoldLimits,
    grantMs: 60_000,
    onProblem: (error) => {
      throw error;
    },
  });
  links = new MailLinks({ key: Buffer.alloc(32, 3), store: proofs, audit, getHold: (id) => keeper.get(id), reviewers });
  web = testWeb({ desk: keeper, links, devices: new KnownDevices(proofs), audit, clock: Date.now });
});
afterEach(async () => {
  await keeper.close();
  database.close();
});

async function mailed(reviewer: string) {
  const { hold } = await keeper.open(requestFor(`systemctl restart nginx # ${Math.random()}`));
  return { hold, token: await links.issue(hold, reviewer) };
}

it('approves from a new device with the real challenge, then from the same device with one POST', async () => {
  const browser = new Browser(web.app);
  const first = await mailed('maya');
  const html = await (await browser.post('/review', { code: first.token })).text();
  const answer = /first time: <b>Type ([^<]*)<\/b>/.exec(html)?.[1] ?? '';
  const form = { ...formFields(html, '/review/decision'), decision: 'approve' };
  expect((await browser.post('/review/decision', { ...form, answer: 'nonsense' })).status).toBe(403);
  expect((await keeper.get(first.hold.id))?.state).toBe('pending');
  expect((await browser.post('/review/decision', { ...form, answer })).status).toBe(200);
  expect((await keeper.get(first.hold.id))?.state).toBe('approved');

  const second = await mailed('maya');
  const again = formFields(await (await browser.post('/review', { code: second.token })).text(), '/review/decision');
  expect((await browser.post('/review/decision', { ...again, decision: 'approve' })).status).toBe(200);
  expect((await keeper.get(second.hold.id))?.state).toBe('approved');
  expect(audit.named('hold.decided')).toMatchObject([
    { reviewer: 'maya', verdict: 'approve', by: 'web', remote: '192.0.2.7' },
    { reviewer: 'maya', verdict: 'approve', by: 'web' },
  ]);
});

it('writes each refused link down once, with where it came from', async () => {
  const browser = new Browser(web.app);
  const { hold, token } = await mailed('maya');
  await browser.post('/review', { code: `${token.slice(0, -2)}xx` });
  const form = formFields(await (await browser.post('/review', { code: token })).text(), '/review/decision');
  await browser.post('/review/decision', { ...form, decision: 'reject' });
  await browser.post('/review/decision', { ...form, decision: 'approve' });
  expect(audit.named('hold.refused')).toMatchObject([
    { reason: 'link altered', remote: '192.0.2.7' },
    { hold: hold.id, reviewer: 'maya', reason: 'link used', remote: '192.0.2.7' },
  ]);
  expect((await keeper.get(hold.id))?.state).toBe('rejected');
});

it('lets one of twenty racing posts of one link through, and the API sees the same hold', async () => {
  const browser = new Browser(web.app);
  const { hold, token } = await mailed('maya');
  const form = formFields(await (await browser.post('/review', { code: token })).text(), '/review/decision');
  const racing = Array.from({ length: 20 }, () => browser.post('/review/decision', { ...form, decision: 'reject' }));
  const statuses = (await Promise.all(racing)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(1);
  const headers = { authorization: 'Bearer token-of-tom' };
  const response = await web.app.request(`${origin}/api/v1/holds/${hold.id}`, { headers }, connection);
  expect(await response.json()).toMatchObject({
    state: 'rejected',
    decisions: [{ reviewer: 'maya', verdict: 'reject' }],
  });
  expect(audit.named('hold.decided')).toHaveLength(1);
});
