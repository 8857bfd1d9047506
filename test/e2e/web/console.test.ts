import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createJudgement, type Judgement } from '../../../src/judgement.ts';
import { ActivePolicy } from '../../../src/policy-file.ts';
import {
  accessibilityProblems,
  desktop,
  expectNoSidewaysScroll,
  type LiveWeb,
  launch,
  liveWeb,
  phone,
  screenshot,
  watchErrors,
} from '../../support/chromium.ts';
import { holdOf } from '../../support/desk.ts';
import { evidence } from '../../support/web-evidence.ts';

let judgement: Judgement;
let policy: ActivePolicy;
let chromium: Browser;
let web: LiveWeb;
let context: BrowserContext;
let page: Page;
let errors: readonly string[];
let disabled: string[];
let locks: readonly { readonly agent: string; readonly atMs: number; readonly hold: string; readonly count: number }[];
beforeAll(async () => {
  judgement = await createJudgement();
  policy = await ActivePolicy.open('default', judgement.policyParts, {
    onLoaded: () => undefined,
    onRefused: () => undefined,
  });
  chromium = await launch();
});
afterAll(() => chromium.close());
beforeEach(async () => {
  disabled = [];
  locks = [{ agent: 'old-bot', atMs: Date.now() - 120_000, hold: 'h-7k2m9', count: 3 }];
  web = await liveWeb({
    sessions: evidence(),
    judgement: { understand: judgement.understand, decide: (model, context) => policy.decide(model, context) },
    changeAgent: () => Promise.resolve(),
    breakGlass: () => ({ group: 'sre', minReasonLength: 20 }),
    locks: {
      list: () => locks,
      unlock: (agent) => {
        locks = locks.filter((lock) => lock.agent !== agent);
        return Promise.resolve(true);
      },
    },
    checkPolicy: () => Promise.resolve({ problems: [], hash: '', rules: 1, examples: 2 }),
    history: {
      policies: () => [{ kind: 'loaded', hash: 'ab'.repeat(32), file: 'default.yaml', atMs: Date.now() - 3_600_000 }],
      agentSeenAtMs: (name) => (name === 'deploy-bot' ? Date.now() - 60_000 : undefined),
      tokenUsedAtMs: () => undefined,
    },
    disableAgent: (agent) => {
      disabled.push(agent);
      return Promise.resolve();
    },
    health: () =>
      Promise.resolve([
        { name: 'Audit log', state: 'ok', detail: 'Written a moment ago; 12,408 records, chain unbroken.' },
        { name: 'Mail', state: 'warn', detail: 'The last mail took 41 s. Look at the mail server mail.example.com.' },
        { name: 'Target web-2', state: 'fail', detail: 'It offers another host key than the pinned one: refused.' },
      ]),
  });
});
afterEach(async () => {
  await context.close();
  await web.close();
});

async function device(options: BrowserContextOptions): Promise<void> {
  context = await chromium.newContext(options);
  page = await context.newPage();
  errors = watchErrors(page);
}

async function signIn(who = 'maya'): Promise<void> {
  await page.goto(`${web.url}/sign-in`);
  await page.getByText('Sign in with an API token instead').click();
  await page.getByLabel('API token').fill(`token-of-${who}`);
  await page.getByRole('button', { name: 'Sign in', exact: true }).first().click();
  await page.waitForURL('**/waiting');
}

const sizes = [
  { on: 'phone', options: phone },
  { on: 'desktop', options: desktop },
];

describe.each(sizes)('on a $on', ({ on, options }) => {
  it('signing in by mail: the link opened in the browser that asked', async () => {
    await device(options);
    await page.goto(`${web.url}/policy`);
    await page.waitForURL('**/sign-in**');
    expect(await accessibilityProblems(page)).toEqual([]);
    await screenshot(page, `sign-in-${on}`);
    await page.getByLabel('Your mail address').fill('maya@example.com');
    await page.getByRole('button', { name: 'Send me a code' }).click();
    await page.getByRole('heading', { name: 'Look into your mail' }).waitFor();
    await screenshot(page, `sign-in-code-${on}`);
    // A mail program opens a tab of its own.
    page = await context.newPage();
    errors = watchErrors(page);
    await page.goto(web.mails[0]?.link ?? '');
    await page.waitForURL('**/waiting');
    await page.getByText('Nothing is waiting.').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await screenshot(page, `waiting-empty-${on}`);
    expect(errors).toEqual([]);
  });

  it('what waits appears by itself, and goes when somebody else decides', async () => {
    await device(options);
    await signIn();
    await page.getByText('live', { exact: true }).waitFor();
    const hold = web.desk.put(holdOf(web.nowMs()));
    web.desk.put(
      holdOf(web.nowMs() - 60_000, {
        action: { agent: 'batch-bot', target: 'db-1', command: `psql -c "${'SELECT 1; '.repeat(60)}"` },
        parts: [],
        quorum: 2,
        reason: 'It reaches a production database.',
      }),
    );
    await page.getByRole('link', { name: 'deploy-bot on web-1' }).waitFor();
    await page.getByRole('link', { name: 'batch-bot on db-1' }).waitFor();
    // What waits is seen at once; who wants to search opens the form.
    const first = await page.locator('.hold-card').first().boundingBox();
    expect(first?.y).toBeLessThan(320);
    await expectNoSidewaysScroll(page);
    expect(await accessibilityProblems(page)).toEqual([]);
    await screenshot(page, `waiting-${on}`);
    await web.desk.decide(hold.id, {
      reviewer: 'tom',
      verdict: 'reject',
      reason: '',
      channel: 'api',
      remote: undefined,
      digest: hold.digest,
    });
    await page.getByRole('link', { name: 'deploy-bot on web-1' }).waitFor({ state: 'detached' });
    expect(errors).toEqual([]);
  });

  it('a search is opened when it is wanted, and stays open with what it found', async () => {
    await device(options);
    for (const agent of ['deploy-bot', 'batch-bot']) web.desk.put(holdOf(web.nowMs(), { action: { agent } }));
    await signIn();
    await page.getByText('Search and sort').click();
    await page.getByLabel('Find by agent, target, command or rule').fill('batch');
    expect(await accessibilityProblems(page)).toEqual([]);
    await screenshot(page, `waiting-search-${on}`);
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await page.getByRole('link', { name: 'deploy-bot on web-1' }).waitFor({ state: 'detached' });
    expect(await page.getByLabel('Find by agent, target, command or rule').inputValue()).toBe('batch');
    await page.getByLabel('Find by agent, target, command or rule').waitFor({ state: 'visible' });
    expect(errors).toEqual([]);
  });

  it('several are decided together', async () => {
    await device(options);
    const respelling = { hold: 'h-0', command: 'rm -rf /srv/x', reviewer: 'tom', atMs: web.nowMs(), isSame: false };
    const holds = [1, 2, 3].map((n) =>
      web.desk.put(
        holdOf(web.nowMs() + n, {
          action: { target: `web-${n}`, ...(n === 2 ? { command: 'bash -s', stdin: 'rm -rf /srv/\u0430pp\n' } : {}) },
          ...(n === 3 ? { respelling } : {}),
        }),
      ),
    );
    await signIn();
    for (const box of await page.getByRole('checkbox', { name: /^Pick/ }).all()) await box.check();
    await page.getByRole('button', { name: 'Decide the picked ones together' }).click();
    await page.getByRole('heading', { name: 'Decide 3 requests together' }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await expectNoSidewaysScroll(page);
    await screenshot(page, `batch-${on}`);
    await page.getByRole('button', { name: 'Approve all 3' }).click();
    await page.getByRole('heading', { name: 'What became of them' }).waitFor();
    await screenshot(page, `batch-result-${on}`);
    const states = await Promise.all(holds.map(async (hold) => (await web.desk.get(hold.id))?.state));
    expect(states).toEqual(['approved', 'approved', 'approved']);
    expect(errors).toEqual([]);
  });

  it('in an emergency the glass is broken, with a reason and on purpose', async () => {
    await device(options);
    const hold = web.desk.put(holdOf(web.nowMs(), { quorum: 2 }));
    await signIn();
    await page.goto(`${web.url}/holds/${hold.id}`);
    await page.getByText('Emergency: break the glass').click();
    await page.getByLabel('What is the emergency?').fill('Production is down, and nobody else answers.');
    expect(await accessibilityProblems(page)).toEqual([]);
    await expectNoSidewaysScroll(page);
    await screenshot(page, `glass-${on}`);
    const breakIt = page.getByRole('button', { name: 'Approve outside the rule' });
    // The browser itself asks for the tick first.
    await breakIt.click();
    expect((await web.desk.get(hold.id))?.state).toBe('pending');
    await page.getByLabel('I have read the command').check();
    await breakIt.click();
    await page.getByRole('heading', { name: 'Approved outside the rule' }).waitFor();
    await screenshot(page, `glass-broken-${on}`);
    expect(await web.desk.get(hold.id)).toMatchObject({ state: 'approved', decisions: [{ breakGlass: true }] });
    await page.goto(`${web.url}/holds/${hold.id}`);
    await page.getByText('Outside the rule: maya approved this alone').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(errors).toEqual([]);
  });

  it('a session is read and its recording plays', async () => {
    await device(options);
    await signIn();
    await page.getByRole('link', { name: 'Sessions' }).click();
    await page.getByRole('link', { name: 'deploy-bot' }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await expectNoSidewaysScroll(page);
    await screenshot(page, `sessions-${on}`);
    await page.getByRole('link', { name: 'deploy-bot' }).click();
    await page.getByRole('heading', { name: 'What it did' }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await expectNoSidewaysScroll(page);
    await screenshot(page, `session-${on}`);
    await page.getByRole('link', { name: 'Replay' }).click();
    await page.locator('.ap-player').waitFor();
    await page.getByText('load average').first().waitFor({ timeout: 10_000 });
    await screenshot(page, `replay-${on}`);
    await expectNoSidewaysScroll(page);
    expect(web.events).toContainEqual({ event: 'recording.viewed', recording: 'recordings/a-1.cast', by: 'maya' });
    expect(errors).toEqual([]);
  });

  it('agents, targets, policy, health and the own sessions can be read', async () => {
    await device(options);
    await signIn('adm');
    for (const name of ['agents', 'targets', 'scopes', 'policy', 'health', 'me']) {
      await page.goto(`${web.url}/${name}`);
      expect(await accessibilityProblems(page)).toEqual([]);
      await expectNoSidewaysScroll(page);
      await screenshot(page, `${name}-${on}`);
    }
    await page.goto(`${web.url}/health`);
    const place: { x: number; width: number } | null = await page.locator('.places [aria-current]').boundingBox();
    expect((place?.x ?? 0) + (place?.width ?? 0)).toBeLessThanOrEqual(page.viewportSize()?.width ?? 0);
    await page.goto(`${web.url}/policy`);
    await page
      .getByLabel('Command', { exact: true })
      .fill('sudo sh -c "rm -rf /srv/app" > /tmp/out && ls $HOME | wc -l');
    await page.getByLabel('Target').selectOption('web-1');
    await page.getByRole('button', { name: 'Explain' }).click();
    await page.getByRole('heading', { name: 'It is held for people' }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await expectNoSidewaysScroll(page);
    await screenshot(page, `policy-explained-${on}`);
    await page.goto(`${web.url}/agents?show=active`);
    await page.getByLabel(/End its sessions/).check();
    await page.getByRole('button', { name: 'Disable deploy-bot now' }).click();
    await page.getByRole('heading', { name: 'deploy-bot is disabled' }).waitFor();
    expect(disabled).toEqual(['deploy-bot']);
    await page.goto(`${web.url}/agents?show=disabled`);
    await page.getByLabel('I know why it asked again').check();
    await page.getByRole('button', { name: 'Unlock old-bot' }).click();
    await page.getByRole('heading', { name: 'old-bot is not locked' }).waitFor();
    expect(locks).toEqual([]);
    expect(errors).toEqual([]);
  });
});

it('moves through what waits by keyboard, and decides from there', async () => {
  await device(desktop);
  web.desk.put(holdOf(web.nowMs(), { id: 'h-second' }));
  web.desk.put(holdOf(web.nowMs() + 1, { id: 'h-first' }));
  await signIn();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/holds/h-second');
  await page.keyboard.press('a');
  await screenshot(page, 'hold-signed-in-desktop');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Approved' }).waitFor();
  expect((await web.desk.get('h-second'))?.state).toBe('approved');
  expect((await web.desk.get('h-first'))?.state).toBe('pending');
  expect(errors).toEqual([]);
});

/** A browser without a screen shows and plays nothing: these only write down that they were asked to. */
const recordNews = `
  window.news = [];
  window.Notification = class {
    static permission = 'default';
    static requestPermission() { return Promise.resolve((this.permission = 'granted')); }
    constructor(title, { body }) { window.news.push(title + ' / ' + body); }
  };
  const createOscillator = AudioContext.prototype.createOscillator;
  AudioContext.prototype.createOscillator = function () { window.news.push('sound'); return createOscillator.call(this); };
`;

it('tells of something new only to who asked for it, once, and without the command', async () => {
  await device(desktop);
  await context.addInitScript(recordNews);
  await signIn();
  await page.getByText('live', { exact: true }).waitFor();
  web.desk.put(holdOf(web.nowMs(), { id: 'h-quiet' }));
  await page.locator('[href="/holds/h-quiet"]').waitFor();
  expect(await page.evaluate('news')).toEqual([]);
  await page.getByText('Tell me when something new waits').click();
  await page.getByLabel('Show a notification').check();
  await page.getByLabel('Play a short sound').check();
  const hold = web.desk.put(holdOf(web.nowMs(), { id: 'h-loud' }));
  await page.locator('[href="/holds/h-loud"]').waitFor();
  web.desk.put({ ...hold, version: 2 });
  await expect.poll(() => page.evaluate('news.length')).toBe(2);
  expect(await page.evaluate('news.toSorted()')).toEqual([
    'Sallyport: a command waits / deploy-bot asks for a decision.',
    'sound',
  ]);
  // It stays as it was chosen.
  await page.reload();
  expect(await page.getByLabel('Play a short sound').isChecked()).toBe(true);
  expect(errors).toEqual([]);
});

it('can be read in the dark', async () => {
  await device({ ...desktop, colorScheme: 'dark' });
  web.desk.put(holdOf(web.nowMs()));
  await signIn('adm');
  for (const name of ['waiting', 'agents', 'policy', 'health']) {
    await page.goto(`${web.url}/${name}`);
    expect(await accessibilityProblems(page)).toEqual([]);
  }
  await page.goto(`${web.url}/waiting`);
  await screenshot(page, 'waiting-dark-desktop');
});
