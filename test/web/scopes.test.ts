import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { HoldKeeper } from '../../src/approval/keeper.ts';
import { defaultHoldLimits } from '../../src/approval/opening.ts';
import { choiceProblem } from '../../src/approval/scope.ts';
import { ScopeBook } from '../../src/approval/scopes.ts';
import { patternProblem } from '../../src/policy/scope-pattern.ts';
import { openDatabase } from '../../src/store/sqlite/database.ts';
import { SqliteHoldStore } from '../../src/store/sqlite/holds.ts';
import { SqliteScopeStore } from '../../src/store/sqlite/scopes.ts';
import { temporaryDirectory } from '../support/directory.ts';
import { MemoryAudit, requestFor } from '../support/holds.ts';
import { Browser, formFields, people, type TestWeb, testWeb } from '../support/web.ts';

const general = { words: ['rm', '-f', '/srv/app/7'], tool: 'rm', subcommand: [], effects: ['delete'] } as const;
const offer = { kinds: ['once', 'session', 'time', 'pattern'], maxMs: 3_600_000, general } as const;

let web: TestWeb;
let keeper: HoldKeeper;
let scopes: ScopeBook;
let browser: Browser;
beforeEach(async () => {
  const database = openDatabase(temporaryDirectory());
  const audit = new MemoryAudit();
  scopes = new ScopeBook({ store: new SqliteScopeStore(database), audit, isReviewer: () => true });
  keeper = new HoldKeeper({
    store: new SqliteHoldStore(database),
    audit,
    reviewers: () => Object.values(people),
    limits: defaultHoldLimits,
    grantMs: 60_000,
    scopes: {
      grant: (hold) => scopes.grant(hold),
      problem: (hold, choice) => choiceProblem(hold, choice, patternProblem),
    },
    onProblem: (error) => {
      throw error;
    },
  });
  onTestFinished(() => {
    keeper.close();
    database.close();
  });
  web = testWeb({ desk: keeper, scopes, audit, clock: Date.now });
  browser = await signedIn('maya');
});

async function signedIn(who: string): Promise<Browser> {
  const made = new Browser(web.app);
  await made.post('/sign-in/token', { token: `token-of-${who}` });
  return made;
}

/** Opens the page of a hold; the fields of its form as a browser would send them unchanged. */
async function opened(change: Parameters<typeof requestFor>[1] = { scopes: offer }) {
  const { hold } = await keeper.open(requestFor('rm -f /srv/app/7', change));
  const html = await (await browser.get(`/holds/${hold.id}`)).text();
  const fields = { ...formFields(html, `/holds/${hold.id}/decision`), decision: 'approve', scope: 'once' };
  const send = (more: Record<string, string>) => browser.post(`/holds/${hold.id}/decision`, { ...fields, ...more });
  return { hold, html, send };
}
const stateOf = async (id: string) => (await keeper.get(id))?.state;

describe('the review page', () => {
  it('offers nothing where the policy does not, and once first where it does', async () => {
    expect((await opened({})).html).not.toContain('name="scope"');
    await keeper.withdraw((await opened()).hold.id, 'builder');
    const { html, hold, send } = await opened();
    expect(html).toMatch(/value="once" checked/);
    expect(html).toContain('rm -f /srv/app/*');
    expect(html).toContain('rm -f /srv/app/../elsewhere');
    expect((await send({})).status).toBe(200);
    expect(await stateOf(hold.id)).toBe('approved');
    expect(await scopes.live()).toEqual([]);
  });

  it('gives exactly this for the minutes that were chosen', async () => {
    await (await opened()).send({ scope: 'time', minutes: '15' });
    const [scope] = await scopes.live();
    expect(scope).toMatchObject({ kind: 'time', createdBy: ['maya'] });
    expect((scope?.expiresAtMs ?? 0) - (scope?.createdAtMs ?? 0)).toBe(900_000);
  });

  it.each<[string, Record<string, string>]>([
    ['minutes beyond the policy', { scope: 'time', minutes: '61' }],
    ['no minutes', { scope: 'time', minutes: '' }],
    ['another scope', { scope: 'forever' }],
    ['a pattern that was not shown', { scope: 'pattern', minutes: '5', pattern: 'rm -f /srv/*' }],
    ['a pattern of something else', { scope: 'pattern', minutes: '5', pattern: 'rm -f /etc/*' }],
    ['a pattern of everything', { scope: 'pattern', minutes: '5', pattern: '**', 'pattern-shown': '**' }],
  ])('with %s is shown again, and nothing is decided', async (_name, more) => {
    const { hold, send } = await opened();
    expect((await send(more)).status).toBe(422);
    expect(await stateOf(hold.id)).toBe('pending');
    expect(await scopes.live()).toEqual([]);
  });

  it('grants an edited pattern once it was shown with its examples', async () => {
    const { hold, send } = await opened();
    const again = await send({ scope: 'pattern', minutes: '5', pattern: 'rm -f /srv/*' });
    const html = await again.text();
    expect(html).toContain('rm -f /srv/example');
    const shown = formFields(html, `/holds/${hold.id}/decision`)['pattern-shown'] ?? '';
    expect((await send({ scope: 'pattern', minutes: '5', pattern: shown, 'pattern-shown': shown })).status).toBe(200);
    expect(await scopes.live()).toMatchObject([{ kind: 'pattern', pattern: { text: 'rm -f /srv/*' } }]);
  });
});

describe('the list', () => {
  it('revokes with one POST, which needs its nonce and the right', async () => {
    await (await opened()).send({ scope: 'session' });
    const [scope] = await scopes.live();
    const path = `/scopes/${scope?.id}/revoke`;
    const fields = formFields(await (await browser.get('/scopes')).text(), path);
    expect((await browser.post(path, {})).status).toBe(400);
    expect((await browser.get(path)).status).toBe(303);
    const auditor = await signedIn('aud');
    expect(await (await auditor.get('/scopes')).text()).not.toContain('Revoke</button>');
    expect((await auditor.post(path, fields)).status).toBe(403);
    expect(await scopes.live()).toHaveLength(1);
    expect((await browser.post(path, fields)).status).toBe(200);
    expect(await scopes.live()).toEqual([]);
    expect((await browser.post(path, fields)).status).toBe(410);
  });
});
