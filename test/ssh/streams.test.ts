import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connectRaw, runRaw } from '../support/rawclient.ts';
import { finish, startTestSession } from '../support/testsession.ts';

const megabyte = 1 << 20;
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('streams', async () => {
  const session = await startTestSession();

  it('100 MB both ways at once survive a client that renews its keys every 10 MB', async () => {
    const input = randomBytes(100 * megabyte);
    const result = await session.ssh('cat', { input, args: ['-o', 'RekeyLimit=10M'] });
    expect(result.stdout.length).toBe(input.length);
    expect(sha256(result.stdout)).toBe(sha256(input));
  }, 60_000);

  it.each(['aes128-gcm@openssh.com', 'chacha20-poly1305@openssh.com', 'aes256-ctr'])('%s', async (cipher) => {
    const input = randomBytes(3 * megabyte);
    const result = await session.ssh('cat', { input, args: ['-c', cipher, '-o', 'RekeyLimit=1M'] });
    expect(result.stdout.equals(input)).toBe(true);
  });

  it('memory stays flat while a client does not read', async () => {
    const child = session.spawnSsh('head -c 200000000 /dev/zero');
    child.stdout.pause();
    await once(child.stdout, 'readable');
    const before = process.memoryUsage().rss;
    let peak = before;
    for (let round = 0; round < 10; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      peak = Math.max(peak, process.memoryUsage().rss);
    }
    expect(peak - before).toBeLessThan(40 * megabyte);
    let bytes = 0;
    for await (const chunk of child.stdout) bytes += chunk.length;
    expect(bytes).toBe(200_000_000);
  });

  it('memory stays flat while a command does not read its input', async () => {
    const before = process.memoryUsage().rss;
    const child = session.spawnSsh('sleep 1; wc -c');
    const chunk = Buffer.alloc(megabyte);
    let peak = before;
    child.stdin.on('error', () => {});
    for (let sent = 0; sent < 100; sent += 1) {
      if (!child.stdin.write(chunk)) await once(child.stdin, 'drain');
      peak = Math.max(peak, process.memoryUsage().rss);
    }
    const result = await finish(child);
    expect(result.stdout.toString().trim()).toBe(String(100 * megabyte));
    expect(peak - before).toBeLessThan(60 * megabyte);
  });

  it('half-close: the command answers after the end of its input', async () => {
    const result = await session.ssh('cat >/dev/null; echo got all; exit 2', { input: randomBytes(megabyte) });
    expect(result).toMatchObject({ status: 2 });
    expect(result.stdout.toString()).toBe('got all\n');
  });

  it('a command that does not want its input ends all the same', async () => {
    const result = await session.ssh('head -c 5 >/dev/null; exit 6', { input: randomBytes(5 * megabyte) });
    expect(result.status).toBe(6);
  });

  it('standard output and standard error keep the order in which they were written', async () => {
    const { client } = await connectRaw(session);
    const order: string[] = [];
    await new Promise<void>((resolve, reject) =>
      client.exec('for i in 1 2 3 4 5; do echo o$i; sleep 0.1; echo e$i >&2; sleep 0.1; done', (error, channel) => {
        if (error) return reject(error);
        channel.on('data', (chunk: Buffer) => order.push(chunk.toString().trim()));
        channel.stderr.on('data', (chunk: Buffer) => order.push(chunk.toString().trim()));
        channel.on('close', resolve);
        return undefined;
      }),
    );
    expect(order).toEqual([1, 2, 3, 4, 5].flatMap((n) => [`o${n}`, `e${n}`]));
    client.end();
  });

  it('a command killed by a signal is reported as that signal', async () => {
    const { client } = await connectRaw(session);
    const result = await runRaw(client, 'kill -KILL $$');
    expect(result).toMatchObject({ signal: 'SIGKILL' });
    client.end();
    expect((await session.ssh('kill -TERM $$')).status).toBe(255);
  });

  it('an agent that leaves takes its command with it', async () => {
    const marker = join(session.directory, 'marker');
    const child = session.spawnSsh(`echo up; while sleep 0.1; do echo tick; done; touch ${marker}`);
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await session.event('session.closed', () => session.pool.connectionCount('web-1') > 0);
    // The connection to the target lives on and carries the next command.
    expect((await session.ssh('echo next')).stdout.toString()).toBe('next\n');
  });

  it('ControlMaster: many commands over one connection of the client', async () => {
    const args = ['-o', 'ControlMaster=auto', '-o', `ControlPath=${session.directory}/cm-%C`, '-o', 'ControlPersist=5'];
    expect((await session.ssh('echo first', { args })).status).toBe(0);
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, n) => session.ssh(`echo ${n}; exit ${n}`, { args })),
    );
    expect(results.map((result) => result.status)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    const sessions = session.events.filter((event) => event.event === 'session.opened').length;
    await session.ssh('true', { args });
    expect(session.events.filter((event) => event.event === 'session.opened').length).toBe(sessions);
    await finish(session.spawnSsh('', { args: [...args, '-O', 'exit'] }));
  });
});

describe('keys', async () => {
  const session = await startTestSession({
    limits: { rekeyBytes: 2 * megabyte },
    pool: { rekeyBytes: 2 * megabyte },
    sshd: ['RekeyLimit 5M'],
  });

  it('are renewed by us on both legs, and by the target, under load', async () => {
    const input = randomBytes(60 * megabyte);
    const file = join(session.directory, 'input');
    writeFileSync(file, input);
    const client = session.spawnSsh(`cat; cat ${file}; sleep 1.2; cat ${file}`, { args: ['-v'] });
    const result = await finish(client, input);
    expect(sha256(result.stdout)).toBe(sha256(Buffer.concat([input, input, input])));
    const exchanges = result.stderr.match(/SSH2_MSG_KEXINIT received/g) ?? [];
    expect(exchanges.length).toBeGreaterThan(1);
  }, 60_000);
});
