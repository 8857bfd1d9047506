import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { connectRaw, runRaw } from '../support/rawclient.ts';
import { finish, startTestSession } from '../support/testsession.ts';

describe('an agent that is disabled while connected', async () => {
  const session = await startTestSession();

  it('is told, and gone within a second', async () => {
    const child = session.spawnSsh('echo up; sleep 30');
    await once(child.stdout, 'data');
    const from = Date.now();
    session.agents.replace([{ ...session.agent, isDisabled: true }]);
    const result = await finish(child);
    expect(Date.now() - from).toBeLessThan(1_500);
    expect(result.stderr).toContain('access of this agent has ended');
    expect(result.status).toBe(70);
    await session.event('session.closed', (event) => event.reason === 'agent is no longer valid');
    session.agents.replace([session.agent]);
  });

  it('is gone without any channel too, when its key is taken away', async () => {
    const { closed } = await connectRaw(session);
    session.agents.replace([]);
    await closed;
    session.agents.replace([session.agent]);
  });

  it('may no longer use a target that was taken away, in the same session', async () => {
    const master = ['-o', 'ControlMaster=auto', '-o', `ControlPath=${session.directory}/cm`, '-o', 'ControlPersist=20'];
    expect((await session.ssh('echo one', { args: master })).status).toBe(0);
    session.agents.replace([{ ...session.agent, targets: {} }]);
    const result = await session.ssh('echo two', { args: master });
    session.agents.replace([session.agent]);
    expect(result).toMatchObject({ status: 69, stderr: expect.stringContaining('is not available') });
  });
});

describe('shutdown', () => {
  it('lets a running command finish within the grace time', async () => {
    const session = await startTestSession();
    const child = session.spawnSsh('echo up; sleep 0.5; echo done');
    await once(child.stdout, 'data');
    const [result] = await Promise.all([finish(child), session.server.close(5_000)]);
    expect(result).toMatchObject({ status: 0 });
    expect(result.stdout.toString()).toContain('done');
    expect(result.stderr).toBe('sallyport: Sallyport is shutting down; what runs has 5 s to finish\n');
  });

  it('tells what is left and ends it after the grace time', async () => {
    const session = await startTestSession();
    const child = session.spawnSsh('echo up; sleep 30');
    await once(child.stdout, 'data');
    const [result] = await Promise.all([finish(child), session.server.close(300)]);
    expect(result.status).toBe(70);
    expect(result.stderr).toContain('Sallyport is shutting down');
    expect(session.server.sessionCount).toBe(0);
  });
});

describe('a login', () => {
  it('connects to the target ahead of the first command', async () => {
    const session = await startTestSession();
    const { client, closed } = await connectRaw(session);
    await eventually(() => session.pool.connectionCount('web-1')).toBe(1);
    client.end();
    await closed;
  });

  it('connects to nothing the agent may not use', async () => {
    const session = await startTestSession({ agent: { targets: {} } });
    const { client } = await connectRaw(session);
    expect((await runRaw(client, 'true')).status).toBe(69);
    expect(session.pool.connectionCount('web-1')).toBe(0);
    client.end();
  });
});

describe('the audit log', () => {
  it('has the session before anything runs in it, and its end', async () => {
    const session = await startTestSession();
    await session.ssh('true');
    const closed = await session.event('session.closed');
    const opened = session.events.find((event) => event.event === 'session.opened');
    expect(opened).toMatchObject({
      agent: 'robot',
      username: 'web-1',
      keyFingerprint: session.key.fingerprint,
      clientVersion: expect.stringMatching(/^SSH-2.0-OpenSSH/),
    });
    expect(closed).toMatchObject({ agent: 'robot', channels: 1 });
  });
});
