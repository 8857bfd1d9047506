import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type RunningWeb, startWeb } from '../../src/web/server.ts';
import { testWeb } from '../support/web.ts';

const running: RunningWeb[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((web) => web.close()));
});

async function started(port = 0) {
  const web = await startWeb(testWeb().app, { host: '127.0.0.1', port });
  running.push(web);
  return web;
}

describe('the server', () => {
  it('answers on a free port and ends', async () => {
    const web = await started();
    expect(await (await fetch(`${web.url}/healthz`)).json()).toMatchObject({ status: 'ok' });
    await web.close();
    await expect(fetch(`${web.url}/healthz`)).rejects.toThrow();
  });

  it('names the flag when its port is taken', async () => {
    const { port } = await started();
    await expect(started(port)).rejects.toMatchObject({
      code: 'WEB_PORT_TAKEN',
      message: expect.stringContaining('--web-port'),
    });
  });

  it.each([
    {
      name: 'headers of 100 kB',
      request: `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`,
      status: '431',
    },
    { name: 'no HTTP', request: 'SSH-2.0-OpenSSH_9.2\r\n\r\n', status: '400' },
    {
      name: 'two lengths',
      request: 'POST /review HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      status: '400',
    },
  ])('refuses $name and lives on', async ({ request, status }) => {
    const web = await started();
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(web.port, '127.0.0.1', () => socket.write(request));
      let text = '';
      socket.on('data', (bytes) => {
        text += bytes.toString('latin1');
      });
      socket.on('close', () => resolve(text));
      socket.on('error', (error) => (text === '' ? reject(error) : resolve(text)));
    });
    expect(answer).toContain(`HTTP/1.1 ${status}`);
    expect((await fetch(`${web.url}/healthz`)).status).toBe(200);
  });
});
