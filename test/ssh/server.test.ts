import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { ConfiguredAgents } from '../../src/ssh/agents.ts';
import { SshServer, type SshServerOptions } from '../../src/ssh/server.ts';
import { eventually } from '../support/eventually.ts';
import { makeKey } from '../support/keys.ts';
import { sshLimits } from '../support/limits.ts';
import { connectRaw, runRaw } from '../support/rawclient.ts';
import { startTestSession } from '../support/testsession.ts';

const directory = mkdtempSync(join(tmpdir(), 'sallyport-server-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const options = (change: Partial<SshServerOptions> = {}): SshServerOptions => ({
  listen: { host: '127.0.0.1', port: 0 },
  hostKeys: [readFileSync(makeKey(directory, `host-${Math.random()}`).file)],
  limits: sshLimits,
  agents: new ConfiguredAgents([]),
  targets: { find: () => undefined, defaultAccount: () => undefined },
  audit: { append: async () => {} },
  run: async () => ({ kind: 'exit', status: 0 }),
  onFatal: () => {},
  ...change,
});

describe('starting', () => {
  it('says which address is taken', async () => {
    const taken = createServer();
    taken.listen(0, '127.0.0.1');
    await once(taken, 'listening');
    onTestFinished(() => {
      taken.close();
    });
    const address = taken.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    await expect(new SshServer(options({ listen: { host: '127.0.0.1', port } })).listen()).rejects.toMatchObject({
      code: 'SSH_LISTEN_FAILED',
      message: expect.stringContaining(`127.0.0.1:${port}`),
    });
  });

  it('refuses a host key that is none, without quoting it', () => {
    const start = () => new SshServer(options({ hostKeys: ['CANARY'] }));
    expect(start).toThrow(expect.objectContaining({ code: 'SSH_HOST_KEY_UNUSABLE' }));
    expect(start).not.toThrow(/CANARY/);
  });
});

describe('a dead audit log', async () => {
  const problem = new Error('disk full');
  let isDead = false;
  const session = await startTestSession({ isAuditDead: () => (isDead ? problem : undefined) });

  it('lets nothing run, and is reported as fatal', async () => {
    const before = await connectRaw(session);
    expect((await runRaw(before.client, 'echo ok')).stdout.toString()).toBe('ok\n');
    isDead = true;
    const raw = await connectRaw(session);
    let output = '';
    raw.client.exec('echo must not run', (_error, channel) =>
      channel?.on('data', (chunk: Buffer) => (output += chunk)),
    );
    await eventually(() => session.fatal).toEqual([problem]);
    raw.client.destroy();
    await raw.closed;
    expect(output).toBe('');
    before.client.end();
  });
});
