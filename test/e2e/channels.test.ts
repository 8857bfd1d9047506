import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { finish, poll, startProgram } from '../support/program.ts';
import { receiver } from '../support/receiver.ts';

describe('channels of the running program', () => {
  it('are told of what waits, with a link that asks for a sign-in, and how that went is written down', async () => {
    const hook = await receiver();
    const dead = await receiver((_request, response) => response.writeHead(410).end());
    const first = await startProgram();
    await first.stop();
    const secret = (name: string, value: string) => writeFileSync(join(first.directory, name), value, { mode: 0o600 });
    secret('ops-url', `${hook.url}/CANARY`);
    secret('dead-url', `${dead.url}/CANARY`);
    secret('ops-secret', 'CANARY-0123456789');
    const entry = (name: string) =>
      `  - { name: ${name}, kind: webhook, url_file: ${name}-url, secret_file: ops-secret, allow_private: true }\n`;
    appendFileSync(join(first.directory, 'sallyport.yaml'), `notify:\n${entry('ops')}${entry('dead')}`);
    const program = await startProgram({ directory: first.directory });

    const child = program.spawnSsh('touch told-by-webhook');
    child.stdin?.end();
    const finished = finish(child);
    const message = JSON.parse((await poll(() => hook.received[0])).body);
    expect(message.hold).toMatchObject({ command: 'touch told-by-webhook', target: 'sandbox' });
    const page = await fetch(message.hold.url, { redirect: 'manual' });
    expect(page.status).toBe(303);
    expect(page.headers.get('location')).toContain('/sign-in');

    const outcome = await poll(() => {
      const ends = program.auditRecords().filter(({ event }) => String(event).startsWith('notice.'));
      return ends.length === 2 ? ends : undefined;
    });
    expect(outcome.find(({ to }) => to === 'ops')).toMatchObject({ event: 'notice.sent', attempts: 1 });
    expect(outcome.find(({ to }) => to === 'dead')).toMatchObject({
      event: 'notice.failed',
      reason: 'it refused it (410)',
    });
    expect((await program.decide(message.hold.id, 'approve')).status).toBe(200);
    expect((await finished).status).toBe(0);
    expect(program.output + JSON.stringify(program.auditRecords())).not.toContain('CANARY');
  });
});
