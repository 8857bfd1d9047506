import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { finish, poll, startProgram } from '../support/program.ts';

it('breaking the glass runs the command over ssh, says so to the agent, and mails everybody', async () => {
  const program = await startProgram();
  const reason = 'production is down, sre asleep';
  const { apiToken } = program.run.reviewer;
  const tokenFile = join(program.directory, 'token');
  writeFileSync(tokenFile, apiToken, { mode: 0o600 });
  const asked = finish(program.spawnSsh('touch broken-glass && rm broken-glass && echo done'));
  const { id } = await program.pendingHold();
  const way = ['--reason', reason, '--break-glass', '--url', program.run.web.url, '--token-file', tokenFile];
  const off = await program.cli('hold', 'approve', id, ...way);
  expect(off).toMatchObject({ status: 1, stderr: expect.stringContaining('No break_glass group is configured') });

  const config = join(program.directory, 'sallyport.yaml');
  const text = readFileSync(config, 'utf8');
  const reviewer = /^reviewers:\n {2}- name: (\S+)\n/m.exec(text)?.[1] ?? '';
  const named = text.replace(`- name: ${reviewer}\n`, `- name: ${reviewer}\n    groups: [incident]\n`);
  // `start` puts its own mailbox in the place of this mail server; the file alone has to say that somebody is told.
  const smtp = 'smtp: { host: 127.0.0.1, security: none, from: gate@sallyport.test }';
  writeFileSync(config, `${named}\n${smtp}\nbreak_glass: { group: incident, min_reason: 20 }\n`);
  await poll(async () => {
    const { status } = await program.cli('hold', 'approve', id, ...way);
    return status === 0 ? true : undefined;
  });

  expect(await asked).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('done'),
    stderr: expect.stringContaining(`outside the rule by ${reviewer}`),
  });
  const subject = /^OUTSIDE THE RULE: /;
  const told = await poll(async () => {
    const answer = await fetch(`${program.run.mailbox.url}/api/mails`);
    const mails = ((await answer.json()) as { to: string[]; subject: string; text: string }[]).filter((mail) =>
      subject.test(mail.subject),
    );
    return mails.length === 2 ? mails : undefined;
  });
  // The owner too.
  expect(told.flatMap(({ to }) => to)).toContain('sam@sallyport.test');
  for (const mail of told) expect(mail.text).toContain(reason);
  const marked = program.auditRecords().filter(({ breakGlass }) => breakGlass === true);
  expect(marked.map(({ event }) => event)).toEqual(['hold.decided', 'hold.approved']);
  const shown = await program.cli('session', 'list', '--dir', program.directory);
  expect(shown.stdout).toContain('OUTSIDE THE RULE');
});
