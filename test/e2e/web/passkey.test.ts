import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { PasskeyFile } from '../../../src/web/passkey-file.ts';
import {
  accessibilityProblems,
  type LiveWeb,
  launch,
  liveWeb,
  phone,
  screenshot,
  watchErrors,
} from '../../support/chromium.ts';
import { holdOf } from '../../support/desk.ts';
import { temporaryDirectory } from '../../support/directory.ts';

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
  const passkeys = new PasskeyFile(join(temporaryDirectory(), 'passkeys.json'));
  web = await liveWeb({ passkeys, hostname: 'localhost' });
  context = await chromium.newContext(phone);
  page = await context.newPage();
  errors = watchErrors(page);
  // The browser's own virtual authenticator: the ceremony and the signatures are real.
  const devtools = await context.newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
});
afterEach(async () => {
  await context.close();
  await web.close();
});

it('a passkey is added, approves from a device that is not known, signs in, and is removed', async () => {
  await page.goto(`${web.url}/sign-in`);
  await page.getByText('Sign in with an API token instead').click();
  await page.getByLabel('API token').fill('token-of-maya');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.goto(`${web.url}/me`);
  await page.getByLabel('What to call this device').fill('My phone');
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByText('not used yet').waitFor();
  expect(await accessibilityProblems(page)).toEqual([]);
  await screenshot(page, 'passkeys-phone');
  await page.getByRole('button', { name: 'Sign out here' }).click();
  await page.waitForURL('**/sign-in');

  const hold = web.desk.put(holdOf(web.nowMs()));
  await page.goto(`${web.url}/review#${await web.links.issue(hold, 'maya')}`);
  await page.getByRole('button', { name: 'Approve with a passkey' }).waitFor();
  expect(await accessibilityProblems(page)).toEqual([]);
  await screenshot(page, 'review-passkey-phone');
  await page.getByRole('button', { name: 'Approve with a passkey' }).click();
  await page.getByRole('heading', { name: 'Approved' }).waitFor();
  expect((await web.desk.get(hold.id))?.state).toBe('approved');

  await page.goto(`${web.url}/sign-in`);
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.waitForURL('**/waiting');
  expect(web.events).toContainEqual(
    expect.objectContaining({ event: 'reviewer.signed-in', reviewer: 'maya', how: 'passkey' }),
  );
  await page.goto(`${web.url}/me`);
  await page.getByRole('button', { name: 'Remove My phone' }).click();
  await page.getByText('None yet.').waitFor();
  expect(errors).toEqual([]);
});
