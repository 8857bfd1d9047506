import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { look, signIn } from '../support/nodes.ts';
import { finish, startProgram } from '../support/program.ts';

it('what was rejected is shown when it is asked in another form, and locks the agent at the third', async () => {
  const program = await startProgram();
  const rejectNext = async (command: string) => {
    const asked = finish(program.spawnSsh(command));
    const hold = await program.pendingHold();
    await program.decide(hold.id, 'reject', 'not this');
    expect((await asked).status).toBe(77);
    return hold;
  };
  const first = await rejectNext('rm -rf /srv/x');
  expect(first).not.toHaveProperty('respelling');

  const asked = { hold: first.id, command: 'rm -rf /srv/x', isSame: false };
  expect(await rejectNext("r''m -rf /srv/x")).toMatchObject({ respelling: asked });
  const { id } = await rejectNext('find /srv/x -delete');
  const page = await program.api(`/holds/${id}`);
  expect(await page.json()).toMatchObject({ respelling: { isSame: false } });

  const third = await program.ssh('rm -rf /srv/x');
  expect(third).toMatchObject({ status: 77, stderr: expect.stringContaining('locked') });
  // Not even what the policy allows.
  expect(await program.ssh('id')).toMatchObject({ status: 77, stderr: expect.stringContaining('locked') });
  const events = program.auditRecords().filter(({ event }) => String(event).startsWith('agent.'));
  expect(events.filter(({ event }) => event === 'agent.respelled')).toMatchObject([
    { isSame: false, count: 1 },
    { isSame: false, count: 2 },
    { isSame: true, count: 3 },
  ]);
  const cookie = await signIn(program);
  const sessions = (await (await program.api('/sessions')).json()) as { sessions: { id: string }[] };
  const pages = await Promise.all(sessions.sessions.map((session) => look(program, `/sessions/${session.id}`, cookie)));
  expect(pages.filter((html) => html.includes('respelled after a no'))).toHaveLength(2);
  expect(pages.filter((html) => html.includes('rejected before'))).toHaveLength(1);
  expect(events.at(-1)).toMatchObject({ event: 'agent.locked', agent: program.run.agent.name, count: 3 });
});

it('a lock survives a restart, and ends when somebody unlocks the agent', async () => {
  const program = await startProgram();
  const name = program.run.agent.name;
  for (const command of ['rm -rf /srv/x', 'find /srv/x -delete', 'rm -r /srv/x']) {
    const asked = finish(program.spawnSsh(command));
    const hold = await program.pendingHold();
    await program.decide(hold.id, 'reject');
    await asked;
  }
  expect((await program.ssh('rm -f -r /srv/x')).status).toBe(77);
  await program.stop();
  const again = await startProgram({ directory: program.directory });
  expect(await again.ssh('id')).toMatchObject({ status: 77, stderr: expect.stringContaining('locked') });
  const config = join(program.directory, 'sallyport.yaml');
  const reviewer = /- name: (\S+)/.exec(readFileSync(config, 'utf8').split('reviewers:')[1] ?? '')?.[1] ?? '';
  expect(await again.cli('agent', 'unlock', name, '--by', reviewer, '-c', config)).toMatchObject({ status: 0 });
  await expect.poll(() => again.auditRecords().some(({ event }) => event === 'agent.unlocked')).toBe(true);
  expect(await again.ssh('id')).toMatchObject({ status: 0 });
});
