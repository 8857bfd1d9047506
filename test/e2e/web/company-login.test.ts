import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import type { OidcConfig } from '../../../src/config.ts';
import { callbackPath } from '../../../src/web/oidc.ts';
import { startWeb } from '../../../src/web/server.ts';
import { accessibilityProblems, launch, phone, screenshot, watchErrors } from '../../support/chromium.ts';
import { clientId, clientSecret, loginService } from '../../support/login-service.ts';
import { testWeb } from '../../support/web.ts';

/** The login service has to know our address before we listen. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

it('a reviewer signs in with the company login, in a browser, and a stranger does not', async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const service = await loginService(`${url}${callbackPath}`);
  service.claims.set('maya', { email: 'maya@example.com', email_verified: true });
  service.claims.set('eve', { email: 'eve@example.com', email_verified: true });
  const oidc: OidcConfig = { issuer: service.issuer, clientId, clientSecret, claim: 'email' };
  const web = testWeb({ startMs: Date.now(), publicUrl: () => url, oidc: () => oidc });
  const running = await startWeb(web.app, { host: '127.0.0.1', port: Number(new URL(url).port) });
  onTestFinished(() => running.close());
  const chromium = await launch();
  onTestFinished(() => chromium.close());

  for (const account of ['eve', 'maya']) {
    const page = await (await chromium.newContext(phone)).newPage();
    const errors = watchErrors(page);
    await page.goto(`${url}/policy`);
    expect(await accessibilityProblems(page)).toEqual([]);
    await screenshot(page, 'sign-in-company-phone');
    await page.getByRole('link', { name: 'Sign in with 127.0.0.1' }).click();
    await page.getByLabel('Account').fill(account);
    await page.getByRole('button', { name: 'Continue' }).click();
    if (account === 'eve') {
      await page.getByRole('heading', { name: 'You are not signed in' }).waitFor();
      await page.getByText('belongs to no reviewer').waitFor();
      expect(await accessibilityProblems(page)).toEqual([]);
      await screenshot(page, 'company-stranger-phone');
      await page.goto(`${url}/policy`);
      expect(page.url()).toContain('/sign-in');
    } else {
      await page.waitForURL('**/policy');
      await page.getByRole('heading', { name: 'Policy in force' }).waitFor();
    }
    expect(errors).toEqual([]);
  }
  expect(web.failures).toEqual([]);
});
