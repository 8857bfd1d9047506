/**
 * Every state of every page, on a phone and a desktop, by day and by night: nothing for axe-core, nothing beyond the edge.
 *
 * A state is looked at by day on one and by night on the other, the next one the other way round; what pages share is so
 * seen in all four ways. `LOOKS=all` looks at each state in each way, in twice the time.
 */
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createJudgement, type Judgement } from '../../../src/judgement.ts';
import { ActivePolicy } from '../../../src/policy-file.ts';
import { PasskeyFile } from '../../../src/web/passkey-file.ts';
import type { WebOptions } from '../../../src/web/ports.ts';
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
import { temporaryDirectory } from '../../support/directory.ts';
import { evidence } from '../../support/web-evidence.ts';
import { fullOffice, type WebState, webStates } from '../../support/web-states.ts';

let judgement: Judgement;
let policy: ActivePolicy;
let chromium: Browser;
/** Closed at the end: a page that listens to its server is not told off for the server's going before the page does. */
const webs: LiveWeb[] = [];
beforeAll(async () => {
  judgement = await createJudgement();
  const ignored = () => undefined;
  policy = await ActivePolicy.open('default', judgement.policyParts, { onLoaded: ignored, onRefused: ignored });
  chromium = await launch();
});
afterAll(async () => {
  await chromium.close();
  for (const web of webs) await web.close();
});

function common(): Partial<WebOptions> {
  return {
    ...fullOffice,
    sessions: evidence(),
    judgement: { understand: judgement.understand, decide: (model, context) => policy.decide(model, context) },
    breakGlass: () => ({ group: 'sre', minReasonLength: 20 }),
    passkeys: new PasskeyFile(join(temporaryDirectory(), 'passkeys.json')),
    locks: {
      list: () => [{ agent: 'old-bot', atMs: Date.now(), hold: 'h-7k2m9', count: 3 }],
      unlock: async () => true,
    },
    checkPolicy: () => Promise.resolve({ problems: [], hash: '', rules: 1, examples: 2 }),
    history: {
      policies: () => [
        { kind: 'refused', problems: ['line 3: unknown key `alow`'], file: 'default.yaml', atMs: Date.now() - 60_000 },
        { kind: 'loaded', hash: 'ab'.repeat(32), file: 'default.yaml', atMs: Date.now() - 3_600_000 },
      ],
      agentSeenAtMs: (name) => (name === 'deploy-bot' ? Date.now() - 60_000 : undefined),
      tokenUsedAtMs: () => undefined,
    },
    disableAgent: async () => undefined,
    changeAgent: async () => undefined,
    revokeToken: async () => undefined,
    health: () =>
      Promise.resolve([
        { name: 'Audit log', state: 'ok', detail: 'Written a moment ago; 12,408 records, chain unbroken.' },
        { name: 'Mail', state: 'warn', detail: 'The last mail took 41 s. Look at the mail server mail.example.com.' },
        { name: 'Target web-2', state: 'fail', detail: 'It offers another host key than the pinned one: refused.' },
      ]),
  };
}

const looks = [
  { on: 'phone', viewport: phone.viewport },
  { on: 'desktop', viewport: desktop.viewport },
] as const;
/** A page of 16 KB, looked at four times, on a machine that does other things too. */
const slowMs = 180_000;
const wanted = process.env.STATES?.split(',');

const schemes = ['light', 'dark'] as const;
const isThorough = process.env.LOOKS === 'all';

/**
 * One page goes from state to state, for a new one is a new process of the browser, in which everything is compiled again.
 * Nothing goes along: each state has a server, and so an origin, of its own, and the cookies are cleared.
 */
let kept: { readonly context: BrowserContext; readonly page: Page } | undefined;

async function emptyPage(): Promise<{ readonly context: BrowserContext; readonly page: Page }> {
  if (kept === undefined) {
    const context = await chromium.newContext({ ...phone, reducedMotion: 'reduce' });
    kept = { context, page: await context.newPage() };
  }
  const { context, page } = kept;
  page.removeAllListeners();
  await context.clearCookies();
  if (phone.viewport) await page.setViewportSize(phone.viewport);
  await page.emulateMedia({ colorScheme: null });
  return kept;
}

/** Each state is reached once: a visit costs more than a look. */
async function examine(state: WebState, index: number): Promise<void> {
  const web = await liveWeb({ ...common(), hostname: 'localhost', ...state.options });
  webs.push(web);
  const { context, page } = await emptyPage();
  try {
    const errors = watchErrors(page);
    if (state.who !== undefined) {
      const headers = { origin: web.url };
      await context.request.post(`${web.url}/sign-in/token`, { form: { token: `token-of-${state.who}` }, headers });
    }
    await state.go({ web, page });
    for (const [turn, { on, viewport }] of looks.entries()) {
      if (viewport) await page.setViewportSize(viewport);
      for (const colorScheme of schemes.filter((_, scheme) => isThorough || scheme === (index + turn) % 2)) {
        await page.emulateMedia({ colorScheme });
        await screenshot(page, `${state.name}-${on}-${colorScheme}`);
        expect(await accessibilityProblems(page), `${on}, ${colorScheme}`).toEqual([]);
      }
      await expectNoSidewaysScroll(page);
    }
    expect(errors.filter((error) => !/status of 50[03]/.test(error))).toEqual([]);
  } catch (error) {
    kept = undefined;
    await context.close();
    throw error;
  }
}

const examined = webStates.map((state, index) => ({ ...state, index }));
it.each(examined.filter(({ name }) => wanted?.includes(name) ?? true))(
  '$name',
  (state) => examine(state, state.index),
  slowMs,
);
