import { expect, it, onTestFinished } from 'vitest';
import { desktop, launch } from '../../support/chromium.ts';
import { hangMs } from '../../support/hang.ts';
import { finish, startProgram } from '../../support/program.ts';

it('an agent disabled on the console is gone at once: its waiting session ends and it cannot come back', async () => {
  const program = await startProgram();
  const browser = await launch();
  onTestFinished(() => browser.close());
  const page = await (await browser.newContext(desktop)).newPage();
  await page.goto(`${program.run.web.url}/sign-in`);
  await page.getByText('Sign in with an API token instead').click();
  await page.getByLabel('API token').fill(program.run.reviewer.apiToken);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.waitForURL('**/waiting');

  const child = program.spawnSsh('touch never');
  child.stdin?.end();
  const finished = finish(child);
  await page.getByRole('link', { name: `${program.run.agent.name} on` }).waitFor();

  await page.goto(`${program.run.web.url}/agents`);
  await page.getByLabel(/End its sessions/).check();
  await page.getByRole('button', { name: /^Disable/ }).click();
  const startMs = performance.now();
  await page.getByRole('heading', { name: /is disabled$/ }).waitFor();
  expect((await finished).status).not.toBe(0);
  expect(performance.now() - startMs).toBeLessThan(hangMs);
  const again = program.spawnSsh('true');
  again.stdin?.end();
  expect((await finish(again)).status).toBe(255);
  await page.goto(`${program.run.web.url}/agents`);
  await page.locator('.chip', { hasText: 'disabled' }).waitFor();
});
