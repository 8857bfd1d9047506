import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { launch } from '../support/chromium.ts';
import { finish, type Program, poll, startProgram } from '../support/program.ts';

async function reviewLink(program: Program): Promise<string> {
  const mail = await poll(async () => {
    const mails = (await (await fetch(`${program.run.mailbox.url}/api/mails`)).json()) as { text: string }[];
    return mails[0];
  });
  return /http\S+\/review#\S+/.exec(mail.text)?.[0] ?? '';
}

describe.each([
  { name: 'phone', width: 390, height: 844 },
  { name: 'desktop', width: 1280, height: 900 },
])('from the mail to the end of the ssh, on a $name', ({ width, height }) => {
  it('shows the whole command, asks a new device for its challenge, and runs it once it is approved', async () => {
    const program = await startProgram();
    const browser = await launch();
    onTestFinished(() => browser.close());
    const context = await browser.newContext({ viewport: { width, height } });
    const page = await context.newPage();
    const command = `touch approved-${'x'.repeat(150)}; echo done`;
    const child = program.spawnSsh(command);
    child.stdin?.end();
    const finished = finish(child);

    await page.goto(await reviewLink(program));
    await page.getByRole('button', { name: 'Approve' }).waitFor();
    const shown = await page.locator('main').innerText();
    expect(shown.replaceAll(/\s/g, '')).toContain(command.replaceAll(/\s/g, ''));
    const overflow = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    expect(overflow).toBe(0);
    expect(existsSync(join(program.directory, 'sandbox', `approved-${'x'.repeat(150)}`))).toBe(false);

    const challenge = /Type (\w+ \d+)/.exec(shown)?.[1] ?? '';
    await page.locator('input[type=text]:visible').first().fill(challenge);
    await page.getByRole('button', { name: 'Approve' }).click();
    expect(await finished).toMatchObject({ status: 0, stdout: 'done\n' });

    // The device is known now: the next one is a single tap.
    const second = program.spawnSsh('touch again');
    second.stdin?.end();
    const secondFinished = finish(second);
    const hold = await program.pendingHold();
    const link = await poll(async () => {
      const mails = (await (await fetch(`${program.run.mailbox.url}/api/mails`)).json()) as { text: string }[];
      return mails.find((mail) => mail.text.includes(hold.id))?.text.match(/http\S+\/review#\S+/)?.[0];
    });
    await page.goto('about:blank');
    await page.goto(link);
    await page.getByRole('button', { name: 'Approve' }).click();
    expect((await secondFinished).status).toBe(0);
  });
});
