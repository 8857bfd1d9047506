import { describe, expect, it, onTestFinished } from 'vitest';
import { HoldKeeper } from '../../src/approval/keeper.ts';
import { defaultHoldLimits } from '../../src/approval/opening.ts';
import { addHoldCommands } from '../../src/cli/hold.ts';
import { openDatabase } from '../../src/store/sqlite/database.ts';
import { SqliteHoldStore } from '../../src/store/sqlite/holds.ts';
import { holdShape } from '../../src/web/api-schema.ts';
import { startWeb } from '../../src/web/server.ts';
import { runCli } from '../support/cli.ts';
import { temporaryDirectory } from '../support/directory.ts';
import { MemoryAudit, requestFor } from '../support/holds.ts';
import { Browser, formFields, people, testWeb } from '../support/web.ts';

const reason = 'production is down, sre asleep';

async function gate(group = 'dba', quorum = 2) {
  const database = openDatabase(temporaryDirectory());
  const audit = new MemoryAudit();
  const keeper = new HoldKeeper({
    store: new SqliteHoldStore(database),
    audit,
    reviewers: () => Object.values(people),
    limits: defaultHoldLimits,
    grantMs: 60_000,
    breakGlass: () => (group === 'none' ? undefined : { group, minReasonLength: 20 }),
    onProblem: (error) => {
      throw error;
    },
  });
  const breakGlass = () => (group === 'none' ? undefined : { group, minReasonLength: 20 });
  const { app } = testWeb({ desk: keeper, clock: Date.now, breakGlass });
  const web = await startWeb(app, { host: '127.0.0.1', port: 0 });
  onTestFinished(async () => {
    await web.close();
    keeper.close();
    database.close();
  });
  const { hold } = await keeper.open(requestFor('systemctl restart nginx', { quorum }));
  const post = (body: unknown, token = 'token-of-dan') =>
    fetch(`${web.url}/api/v1/holds/${hold.id}/decisions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const run = (args: readonly string[], token = 'token-of-dan') =>
    runCli(addHoldCommands, ['hold', ...args, '--url', web.url], { SALLYPORT_TOKEN: token });
  const state = async () => (await keeper.get(hold.id))?.state;
  return { hold, post, run, state, audit, app };
}

describe('breaking the glass by API', () => {
  it('needs to be said, and is marked in the answer', async () => {
    const { post, state } = await gate();
    expect((await post({ decision: 'approve', reason })).status).toBe(403);
    expect((await post({ decision: 'approve', reason, breakGlass: false })).status).toBe(403);
    expect(await state()).toBe('pending');
    const answer = await post({ decision: 'approve', reason, breakGlass: true });
    expect(answer.status).toBe(200);
    expect(holdShape.parse(await answer.json())).toMatchObject({
      state: 'approved',
      decisions: [{ reviewer: 'dan', reason, breakGlass: true }],
    });
  });

  it.each([
    { name: 'the owner', group: 'sre', token: 'token-of-olga', body: {}, status: 403, code: 'REVIEWER_IS_OWNER' },
    { name: 'an administrator', group: 'sre', token: 'token-of-adm', body: {}, status: 403, code: 'ROLE_NOT_ALLOWED' },
    { name: 'another group', token: 'token-of-maya', body: {}, status: 403, code: 'BREAK_GLASS_NOT_ALLOWED' },
    { name: 'no group', group: 'none', body: {}, status: 403, code: 'BREAK_GLASS_OFF' },
    { name: 'a short reason', body: { reason: 'urgent' }, status: 422, code: 'REASON_REQUIRED' },
    { name: 'a rejection', body: { decision: 'reject' }, status: 422, code: 'BREAK_GLASS_ONLY_ONCE' },
    { name: 'a scope', body: { scope: { kind: 'session' } }, status: 422, code: 'BREAK_GLASS_ONLY_ONCE' },
    { name: 'a word for true', body: { breakGlass: 'yes' }, status: 422, code: 'REQUEST_INVALID' },
    { name: 'another digest', body: { digest: 'f'.repeat(64) }, status: 409, code: 'HOLD_CHANGED' },
  ])('is refused for $name', async ({ group, token, body, status, code }) => {
    const { post, state } = await gate(group);
    const answer = await post({ decision: 'approve', reason, breakGlass: true, ...body }, token);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ code });
    expect(await state()).toBe('pending');
  });
});

describe('sallyport hold approve --break-glass', () => {
  it('approves, says so, and marks the hold wherever it is printed', async () => {
    const { hold, run, audit } = await gate();
    const done = await run(['approve', hold.id, '--break-glass', '--reason', reason]);
    expect(done.status).toBe(0);
    expect(done.stdout).toContain(`${hold.id} is approved OUTSIDE THE RULE; everybody is being told`);
    expect(audit.named('hold.decided')).toMatchObject([{ by: 'cli', reviewer: 'dan', breakGlass: true }]);
    const shown = (await run(['show', hold.id])).stdout;
    expect(shown).toContain('is approved OUTSIDE THE RULE');
    expect(shown).toContain('approve  OUTSIDE THE RULE dan');
    const listed = (await run(['list', '--state', 'all'])).stdout;
    expect(listed).toContain('approved!');
    expect(listed).toContain('! approved outside the rule');
  });

  it('wants the reason, and is not an option of reject', async () => {
    const { hold, run, state } = await gate();
    const short = await run(['approve', hold.id, '--break-glass']);
    expect(short).toMatchObject({ status: 1 });
    expect(short.stderr).toContain('at least 20 characters');
    await expect(run(['reject', hold.id, '--break-glass', '--reason', reason])).rejects.toThrow(/break-glass/);
    expect(await state()).toBe('pending');
  });
});

describe('the console', () => {
  it('marks the hold in red on its page and in the list, and nothing else', async () => {
    const { hold, post, app } = await gate();
    const browser = new Browser(app);
    await browser.post('/sign-in/token', { token: 'token-of-maya' });
    const read = async (path: string) => (await browser.get(path)).text();
    expect(await read(`/holds/${hold.id}`)).not.toMatch(/outside the rule/i);
    await post({ decision: 'approve', reason, breakGlass: true });
    const page = await read(`/holds/${hold.id}`);
    expect(page).toMatch(/class="warning"[^>]*data-outside-rule[\s\S]*Outside the rule: dan approved this alone/);
    expect(page).toContain(reason);
    expect(page).toContain('2 of sre');
    expect(await read('/waiting?state=all')).toContain('<span class="chip deny">outside the rule</span>');
  });
});

describe('breaking the glass on the console', () => {
  async function opened(who: string, ...terms: Parameters<typeof gate>) {
    const parts = await gate(...terms);
    const browser = new Browser(parts.app);
    await browser.post('/sign-in/token', { token: `token-of-${who}` });
    const page = `/holds/${parts.hold.id}`;
    const html = await (await browser.get(page)).text();
    const fields = formFields(html, `${page}/break-glass`);
    const send = (change: Record<string, string> = {}) =>
      browser.post(`${page}/break-glass`, { ...fields, sure: 'yes', reason, ...change });
    return { ...parts, browser, page, html, send };
  }

  it('approves with a reason and the box ticked, in so many words, and is marked', async () => {
    const { html, send, state, audit, browser, page } = await opened('dan');
    expect(html).toMatch(/<details class="glass"[^>]*data-glass(?![^>]* open)/);
    expect(html).toContain('alone and outside the rule');
    const answer = await send();
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('Approved outside the rule');
    expect(await state()).toBe('approved');
    expect(audit.named('hold.decided')).toMatchObject([{ by: 'web', reviewer: 'dan', breakGlass: true, reason }]);
    expect(await (await browser.get(page)).text()).not.toContain('data-glass');
    expect((await send()).status).toBe(410);
  });

  it.each([
    { name: 'a short reason', change: { reason: 'urgent' }, status: 422, says: 'at least 20 characters' },
    { name: 'blanks for a reason', change: { reason: ' '.repeat(40) }, status: 422, says: 'at least 20 characters' },
    { name: 'the box not ticked', change: { sure: '' }, status: 422, says: 'Tick the box' },
    { name: 'an enormous reason', change: { reason: 'x'.repeat(2_001) }, status: 422, says: 'too long' },
    { name: 'another digest', change: { digest: 'f'.repeat(64) }, status: 400, says: 'Nothing was done' },
    { name: 'no nonce', change: { nonce: '' }, status: 400, says: 'Nothing was done' },
  ])('does nothing with $name', async ({ change, status, says }) => {
    const { send, state } = await opened('dan');
    const answer = await send(change);
    expect(answer.status).toBe(status);
    const text = await answer.text();
    expect(text).toContain(says);
    // What was typed is still there.
    if (status === 422 && change.sure === '') expect(text).toContain(reason);
    expect(await state()).toBe('pending');
  });

  it('is not reached by the form for a plain decision, nor by looking', async () => {
    const { browser, page, state } = await opened('maya', 'sre');
    const html = await (await browser.get(page)).text();
    const { nonce = '', digest = '' } = formFields(html, `${page}/decision`);
    const sent = { nonce, digest, sure: 'yes', reason };
    expect((await browser.post(`${page}/break-glass`, sent)).status).toBe(400);
    const glass = formFields(html, `${page}/break-glass`);
    expect((await browser.post(`${page}/decision`, { ...glass, reason, decision: 'approve' })).status).toBe(400);
    const looked = await browser.get(`${page}/break-glass?${new URLSearchParams({ ...glass, reason, sure: 'yes' })}`);
    expect(looked.headers.get('location')).toBe(page);
    expect(await state()).toBe('pending');
  });

  it.each([
    { name: 'another group', who: 'maya', group: 'dba', quorum: 2 },
    { name: 'the owner', who: 'olga', group: 'sre', quorum: 2 },
    { name: 'an auditor', who: 'aud', group: 'sre', quorum: 2 },
    { name: 'an administrator', who: 'adm', group: 'sre', quorum: 2 },
    { name: 'anybody where no group is configured', who: 'maya', group: 'none', quorum: 2 },
    { name: 'one whose plain approval is enough', who: 'maya', group: 'sre', quorum: 1 },
  ])('is not offered to $name', async ({ who, group, quorum }) => {
    const { html, state } = await opened(who, group, quorum);
    expect(html).not.toContain('data-glass');
    expect(await state()).toBe('pending');
  });
});
