import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { accessibilityProblems, desktop, expectNoSidewaysScroll, launch, phone } from '../support/chromium.ts';
import { type Program, poll, startProgram } from '../support/program.ts';

/** The program with a policy that offers scopes. */
async function withScopes(): Promise<Program> {
  const program = await startProgram();
  const file = join(program.directory, 'policies', 'default.yaml');
  const text = readFileSync(file, 'utf8');
  const changed = text.replace('  expires_in: 15m', '  expires_in: 15m\n  scopes: [session, time, pattern]');
  expect(changed).not.toBe(text);
  writeFileSync(file, changed);
  await poll(() =>
    program.auditRecords().filter(({ event }) => event === 'policy.loaded').length > 1 ? true : undefined,
  );
  return program;
}

async function approveFirst(program: Program, command: string, scope: Record<string, unknown>): Promise<void> {
  const finished = program.ssh(command);
  const hold = await program.pendingHold();
  const body = JSON.stringify({ decision: 'approve', scope });
  const response = await program.api(`/holds/${hold.id}/decisions`, { method: 'POST', body });
  expect(response.status).toBe(200);
  expect((await finished).status).toBe(0);
}

const names = (program: Program, ...wanted: string[]) =>
  program
    .auditRecords()
    .map(({ event }) => String(event))
    .filter((event) => wanted.includes(event));

describe('a scope', () => {
  it('for a time runs the same again without a person, in the log before it ran, and nothing else', async () => {
    const program = await withScopes();
    await approveFirst(program, 'touch a', { kind: 'time', minutes: 5 });
    const again = await program.ssh('touch a');
    expect(again.status).toBe(0);
    expect(again.stderr).toContain('approved this beforehand');
    expect(names(program, 'scope.granted')).toHaveLength(1);
    expect(names(program, 'scope.used', 'command.started')).toEqual([
      'command.started',
      'scope.used',
      'command.started',
    ]);
    const started = program.auditRecords().findLast(({ event }) => event === 'command.started');
    expect(readFileSync(join(program.directory, String(started?.recording)), 'utf8')).toMatch(
      /allowed by scope s-\w+ of /,
    );

    const other = program.spawnSsh('touch a b');
    other.stdin?.end();
    expect(await program.pendingHold()).toMatchObject({ action: { command: 'touch a b' } });
    other.kill();
  });

  it('of a pattern covers its directory and nothing that leaves it', async () => {
    const program = await withScopes();
    await approveFirst(program, 'mkdir -p builds/1', { kind: 'pattern', pattern: 'mkdir -p builds/*', minutes: 5 });
    expect((await program.ssh('mkdir -p builds/2')).status).toBe(0);
    const other = program.spawnSsh('mkdir -p builds/../elsewhere');
    other.stdin?.end();
    expect(await program.pendingHold()).toMatchObject({ action: { command: 'mkdir -p builds/../elsewhere' } });
    other.kill();
  });

  const journey =
    'is chosen on a phone and on a desktop, shows only what belongs to the choice, and ends with one click in the console';
  it(journey, { timeout: 240_000 }, async () => {
    const program = await withScopes();
    const browser = await launch();
    onTestFinished(() => browser.close());
    for (const [command, options] of [
      ['touch on-phone', phone],
      ['touch on-desktop', desktop],
    ] as const) {
      const context = await browser.newContext(options);
      await chooseAndRevoke(program, await context.newPage(), command);
      await context.close();
    }
    expect(names(program, 'scope.used', 'scope.revoked')).toEqual([
      ...['scope.used', 'scope.revoked'],
      ...['scope.used', 'scope.revoked'],
    ]);
  });
});

async function chooseAndRevoke(program: Program, page: Page, command: string): Promise<void> {
  await page.goto(`${program.run.web.url}/sign-in`);
  const token = page.locator('input[name=token]');
  if (!(await token.isVisible())) await page.locator('summary').first().click();
  await token.fill(program.run.reviewer.apiToken);
  await Promise.all([page.waitForURL('**/waiting'), token.press('Enter')]);

  const finished = program.ssh(command);
  const hold = await program.pendingHold();
  await page.goto(`${program.run.web.url}/holds/${hold.id}`);
  expect(await page.locator('#minutes').isVisible()).toBe(false);
  await page.locator('input[value=time]').check();
  expect(await page.locator('#minutes').isVisible()).toBe(true);
  expect(await page.locator('#pattern').isVisible()).toBe(false);
  await page.locator('input[value=pattern]').check();
  expect(await accessibilityProblems(page)).toEqual([]);
  await expectNoSidewaysScroll(page);
  await page.locator('input[value=time]').check();
  await page.getByRole('button', { name: 'Approve' }).click();
  expect((await finished).status).toBe(0);
  expect((await program.ssh(command)).status).toBe(0);

  await page.goto(`${program.run.web.url}/scopes`);
  expect(await page.locator('main').innerText()).toContain('used once');
  expect(await accessibilityProblems(page)).toEqual([]);
  await page.getByRole('button', { name: 'Revoke' }).click();
  await page.getByText('is revoked').waitFor();
  const held = program.ssh(command);
  const again = await program.pendingHold();
  expect(again).toMatchObject({ action: { command } });
  await program.decide(again.id, 'reject');
  expect((await held).status).toBe(77);
}
