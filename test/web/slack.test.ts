import { describe, expect, it } from 'vitest';
import type { SlackInteractions } from '../../src/web/ports.ts';
import { connection, testWeb } from '../support/web.ts';

function slackWeb(change: Partial<SlackInteractions> = {}) {
  const asked: unknown[] = [];
  const slack: SlackInteractions = {
    isOpen: () => true,
    answer: async (request) => {
      asked.push(request);
      return request.signature === 'v0=ours' ? { kind: 'answered', body: { said: 'yes' } } : { kind: 'refused' };
    },
    ...change,
  };
  const { app } = testWeb({ slack });
  const send = (body: string, signature = 'v0=ours', method = 'POST') =>
    app.request(
      '/slack/interactions',
      {
        method,
        headers: {
          'Content-Type': 'application/x-www-form-urlencoded',
          'X-Slack-Request-Timestamp': '17',
          'X-Slack-Signature': signature,
        },
        ...(method === 'POST' ? { body } : {}),
      },
      connection,
    );
  return { send, asked };
}

describe('where Slack sends clicks', () => {
  it('hands on the raw body with what it is signed by, larger than a form of ours', async () => {
    const { send, asked } = slackWeb();
    const body = `payload=${'%7B+'.repeat(30_000)}`;
    const response = await send(body);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ said: 'yes' });
    expect(asked).toEqual([{ body, timestamp: '17', signature: 'v0=ours' }]);
    expect(response.headers.get('cache-control')).toContain('no-store');
  });

  it('answers nothing with an empty 200', async () => {
    const { send } = slackWeb({ answer: async () => ({ kind: 'answered', body: undefined }) });
    const response = await send('payload=x');
    expect([response.status, await response.text()]).toEqual([200, '']);
  });

  it('refuses what is not signed, and more of it ever faster', async () => {
    const { send } = slackWeb();
    const statuses = [];
    for (let at = 0; at < 40; at++) statuses.push((await send('payload=x', 'v0=theirs')).status);
    expect(statuses.slice(0, 30)).toEqual(Array(30).fill(401));
    expect(statuses.slice(30)).toContain(429);
    // All of Slack comes from a few addresses: what is signed still passes.
    expect((await send('payload=x')).status).toBe(200);
  });

  it('reads no endless body', async () => {
    const { send, asked } = slackWeb();
    expect((await send('x'.repeat(1_100_000))).status).toBe(413);
    expect(asked).toEqual([]);
  });

  it('is not there without a configured app, and never for GET', async () => {
    const { send, asked } = slackWeb({ isOpen: () => false });
    expect([403, 404]).toContain((await send('payload=x')).status);
    expect((await slackWeb().send('', 'v0=ours', 'GET')).status).toBe(404);
    expect(asked).toEqual([]);
  });
});
