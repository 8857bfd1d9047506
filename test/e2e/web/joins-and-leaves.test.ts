import { dirname, join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, it, onTestFinished } from 'vitest';
import { desktop, expectNoSidewaysScroll, launch, phone } from '../../support/chromium.ts';
import { hangMs } from '../../support/hang.ts';
import { makeKey } from '../../support/keys.ts';
import { poll, startProgram } from '../../support/program.ts';

const journey =
  'an agent joins, works, is disabled while it waits, let in again and ends: on a phone and on a desktop, others unharmed';
// One start of the program for both: a dozen ssh clients, and two browsers.
it(journey, { timeout: 240_000 }, async () => {
  const program = await startProgram();
  const config = join(program.directory, 'sallyport.yaml');
  const [first] = JSON.parse((await program.cli('agent', 'list', '-c', config, '--json')).stdout) as [
    { readonly owner: string; readonly targets: { readonly sandbox: readonly string[] } },
  ];
  const chromium = await launch();
  onTestFinished(() => chromium.close());

  async function goThrough(name: string, page: Page): Promise<void> {
    await page.goto(`${program.run.web.url}/sign-in`);
    await page.getByText('Sign in with an API token instead').click();
    await page.getByLabel('API token').fill(program.run.reviewer.apiToken);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.waitForURL('**/waiting');

    const key = makeKey(dirname(config), name);
    const its = ['--key-file', `${key.file}.pub`, '--target', `sandbox=${first.targets.sandbox[0]}`];
    const who = ['--owner', first.owner, '--by', first.owner];
    expect(await program.cli('agent', 'add', name, '-c', config, ...who, ...its)).toMatchObject({ status: 0 });
    const ask = (command: string) => program.ssh(command, { key: key.file });
    await poll(async () => ((await ask('id')).status === 0 ? true : undefined));

    const waiting = ask(`touch never-${name}`);
    await page.getByRole('link', { name: `${name} on` }).waitFor();
    const card = page.locator('.hold-card', { has: page.getByRole('heading', { name, exact: true }) });
    await page.goto(`${program.run.web.url}/agents`);
    await expectNoSidewaysScroll(page);
    await card.getByLabel(/End its sessions/).check();
    const startMs = performance.now();
    await card.getByRole('button', { name: `Disable ${name} now` }).click();
    await page.getByRole('heading', { name: `${name} is disabled` }).waitFor();
    expect((await waiting).status).not.toBe(0);
    expect(performance.now() - startMs).toBeLessThan(hangMs);
    expect((await ask('id')).status).toBe(255);
    expect((await program.ssh('id')).status).toBe(0);

    await page.goto(`${program.run.web.url}/agents`);
    await card.locator('.chip', { hasText: 'disabled' }).waitFor();
    await card.getByLabel('Let it in again').check();
    await card.getByRole('button', { name: `Enable ${name}` }).click();
    await page.getByRole('heading', { name: `${name} is enabled` }).waitFor();
    await poll(async () => ((await ask('id')).status === 0 ? true : undefined));

    await page.goto(`${program.run.web.url}/agents`);
    const soon = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10);
    await card.getByLabel(`Day on which ${name} ends`).fill(soon);
    await card.getByRole('button', { name: `Set the end of ${name}` }).click();
    await page.getByRole('heading', { name: `${name} ends on ${soon}` }).waitFor();
    await poll(async () => {
      await page.goto(`${program.run.web.url}/agents`);
      return (await card.locator('.chip', { hasText: 'expires soon' }).count()) === 1 ? true : undefined;
    });
  }
  for (const [name, options] of [
    ['bot-phone', phone],
    ['bot-desktop', desktop],
  ] as const) {
    const context = await chromium.newContext(options);
    await goThrough(name, await context.newPage());
    await context.close();
  }
  const changes = program
    .auditRecords()
    .filter(({ event, agent }) => event === 'agent.changed' && agent === 'bot-phone');
  expect(changes.map(({ change }) => change)).toEqual(
    expect.arrayContaining(['disabled on the console', 'enabled on the console']),
  );
});
