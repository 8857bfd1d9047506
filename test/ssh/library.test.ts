/**
 * The defects of ssh2 1.17.0 that we know of, each from the outside. A row that fails means that a patch or a habit that
 * closes the defect was lost.
 */
import { execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { running, startListener } from '../support/listener.ts';
import { passthrough } from '../support/passthrough.ts';
import { connectRaw, execRaw, runRaw, sshString, uint32 } from '../support/rawclient.ts';
import { finish, startTestSession } from '../support/testsession.ts';

const commands: Buffer[] = [];
const session = await startTestSession({
  run: (pool) => (request) => {
    commands.push(request.command);
    return passthrough(pool)(request);
  },
});
const works = async () => expect((await session.ssh('echo works')).stdout.toString()).toBe('works\n');
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const megabyte = 1 << 20;

describe('window and streams', () => {
  it('both streams arrive whole when the client reads more slowly than the target writes', async () => {
    const files = ['one', 'two'].map((name) => {
      const bytes = randomBytes(20_000_000);
      writeFileSync(join(session.directory, name), bytes);
      return sha256(bytes);
    });
    const [one, two] = [join(session.directory, 'one'), join(session.directory, 'two')];
    const child = session.spawnSsh(`cat ${one} & cat ${two} >&2; wait`);
    const slowly = async (stream: NodeJS.ReadableStream) => {
      const hash = createHash('sha256');
      for await (const chunk of stream) {
        hash.update(chunk);
        await new Promise((resolve) => setImmediate(resolve));
      }
      return hash.digest('hex');
    };
    const [stdout, stderr] = await Promise.all([slowly(child.stdout), slowly(child.stderr)]);
    expect([stdout, stderr]).toEqual(files);
  });

  it('a client whose window never opens while both streams wait gets everything once it does', async () => {
    const { client, protocol, socket } = await connectRaw(session);
    const got = { stdout: 0, stderr: 0 };
    const done = new Promise<void>((resolve) => {
      protocol._handlers.CHANNEL_OPEN_CONFIRMATION = () =>
        protocol.exec(0, 'head -c 300000 /dev/zero & head -c 300000 /dev/zero >&2; wait', true);
      protocol._handlers.CHANNEL_DATA = ((_p: unknown, _to: number, data: Buffer) => {
        got.stdout += data.length;
        protocol.channelWindowAdjust(0, data.length);
      }) as never;
      protocol._handlers.CHANNEL_EXTENDED_DATA = ((_p: unknown, _to: number, data: Buffer) => {
        got.stderr += data.length;
        protocol.channelWindowAdjust(0, data.length);
      }) as never;
      protocol._handlers.CHANNEL_CLOSE = () => resolve();
    });
    protocol.session(0, 2_000, 32_768);
    await done;
    expect(got).toEqual({ stdout: 300_000, stderr: 300_000 });
    client.destroy();
    socket.destroy();
  });

  it('a maximum packet size of 0 ends that connection, and nobody else notices', async () => {
    const raw = await connectRaw(session);
    raw.client.on('error', () => {});
    raw.protocol.session(0, 2 * megabyte, 0);
    await raw.closed;
    await works();
  });

  it('a client that ignores its window is disconnected', async () => {
    const raw = await connectRaw(session);
    raw.client.on('error', () => {});
    const channel = await execRaw(raw.client, 'sleep 60');
    channel.on('error', () => {});
    const window = (channel as unknown as { outgoing: { window: number } }).outgoing;
    window.window = Number.MAX_SAFE_INTEGER;
    const before = process.memoryUsage().rss;
    const flood = () => {
      if (!raw.socket.writable) return;
      channel.write(Buffer.alloc(megabyte), () => setImmediate(flood));
    };
    flood();
    await raw.closed;
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * megabyte);
    await works();
  });

  it('a client with a huge window that stops reading its socket costs no memory', async () => {
    const raw = await connectRaw(session);
    raw.protocol._handlers.CHANNEL_OPEN_CONFIRMATION = () => {
      raw.protocol.exec(0, 'head -c 400000000 /dev/zero', true);
      raw.socket.pause();
    };
    const before = process.memoryUsage().rss;
    raw.protocol.session(0, 0xffff_ffff, 32_768);
    await quiet(() => process.memoryUsage().rss);
    expect(process.memoryUsage().rss - before).toBeLessThan(60 * megabyte);
    raw.socket.destroy();
    await works();
  });

  it('a client that starts a key exchange and never finishes it costs no memory', async () => {
    const raw = await connectRaw(session);
    raw.protocol._handlers.CHANNEL_OPEN_CONFIRMATION = () => {
      raw.protocol.exec(0, 'head -c 400000000 /dev/zero', true);
      raw.protocol.rekey();
      // Our KEXINIT is on its way; nothing after it is.
      raw.socket.write = () => true;
    };
    const before = process.memoryUsage().rss;
    raw.protocol.session(0, 0xffff_ffff, 32_768);
    await quiet(() => process.memoryUsage().rss);
    expect(process.memoryUsage().rss - before).toBeLessThan(60 * megabyte);
    raw.socket.destroy();
    await works();
  });

  it('a client that renews its keys without end is disconnected', async () => {
    const raw = await connectRaw(session);
    raw.client.on('error', () => {});
    raw.client.on('handshake', () => setImmediate(() => raw.socket.writable && raw.protocol.rekey()));
    raw.protocol.rekey();
    await raw.closed;
    await session.event('session.closed', (event) => event.reason === 'keys were renewed far too often');
    await works();
  });

  it('a client that asks and never reads the answers is disconnected', async () => {
    const raw = await connectRaw(session);
    raw.client.on('error', () => {});
    raw.socket.pause();
    const flood = () => {
      if (raw.socket.destroyed) return;
      for (let n = 0; n < 2_000; n += 1) raw.protocol.ping();
      if (raw.socket.writableLength > 0) raw.socket.once('drain', flood);
      else setImmediate(flood);
    };
    flood();
    await raw.closed;
    await works();
  }, 60_000);
});

describe('protocol', () => {
  it('garbage after a valid identification ends that connection only', async () => {
    const socket = createConnection(session.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.resume();
    socket.write(Buffer.concat([Buffer.from('SSH-2.0-x\r\n'), randomBytes(2_000)]));
    await once(socket, 'close');
    await works();
  });

  it('a client whose guess of the key exchange is right gets in', async () => {
    const result = await dbclient();
    expect({ ...result, stdout: result.stdout.toString() }).toMatchObject({ status: 5, stdout: 'works\n' });
  });

  it.each([
    {
      name: 'by their opcodes, IUTF8 and unknown ones included',
      // Opcodes 3 (VERASE), 42 (IUTF8), 43 (not assigned), 53 (ECHO), 0 (end), each with its value.
      bytes: [3, 0, 0, 0, 127, 42, 0, 0, 0, 1, 43, 0, 0, 0, 9, 53, 0, 0, 0, 0, 0],
      modes: { VERASE: 127, IUTF8: 1, ECHO: 0 },
    },
    {
      name: 'up to the first opcode whose value has no defined form',
      // SPEC: RFC 4254 section 8: opcodes 160 to 255 stop the parsing.
      bytes: [53, 0, 0, 0, 1, 160, 7],
      modes: { ECHO: 1 },
    },
  ])('terminal modes are read $name', async ({ bytes, modes }) => {
    const asked: unknown[] = [];
    const listener = await startListener(session.directory, {
      onSession: (accept) => {
        const channel = running(accept, (opened) => {
          opened.exit(0);
          opened.end();
        });
        channel.on('pty', (acceptPty, _reject, info) => {
          asked.push(info.modes);
          acceptPty();
        });
      },
    });
    const raw = await connectRaw(session, { port: listener.port });
    const pty = [uint32(0), sshString('pty-req'), Buffer.from([1]), sshString('xterm')];
    const sizes = [80, 24, 0, 0].map(uint32);
    const answered = new Promise<void>((resolve) => {
      raw.protocol._handlers.CHANNEL_OPEN_CONFIRMATION = () =>
        raw.send(Buffer.concat([Buffer.from([98]), ...pty, ...sizes, sshString(Buffer.from(bytes))]));
      raw.protocol._handlers.CHANNEL_SUCCESS = () => resolve();
    });
    raw.protocol.session(0, megabyte, 32_768);
    await Promise.race([answered, raw.closed]);
    expect(asked).toEqual([modes]);
    raw.client.end();
    listener.stop();
  });

  it('only SHA-2 signature algorithms are advertised, each by its own name', async () => {
    const result = await session.ssh('true', { args: ['-vv'] });
    const line = /server-sig-algs=<([^>]*)>/.exec(result.stderr)?.[1] ?? '';
    expect(line.split(',').sort()).toEqual(
      [
        'ssh-ed25519',
        'ecdsa-sha2-nistp256',
        'ecdsa-sha2-nistp384',
        'ecdsa-sha2-nistp521',
        'rsa-sha2-256',
        'rsa-sha2-512',
      ].sort(),
    );
  });

  it('a client that waits for our KEXINIT before sending its own gets one, though not at once', async () => {
    const socket = createConnection(session.port, '127.0.0.1');
    socket.on('error', () => {});
    const from = performance.now();
    socket.write('SSH-2.0-patient\r\n');
    let received = Buffer.alloc(0);
    while (received.indexOf('curve25519-sha256') < 0) {
      received = Buffer.concat([received, (await once(socket, 'data'))[0]]);
    }
    // Sent before the client's, it would cost every honest client a delayed acknowledgement.
    expect(performance.now() - from).toBeGreaterThan(140);
    socket.destroy();
  });

  it('a command reaches the gate as exactly the bytes the client sent', async () => {
    const raw = await connectRaw(session);
    commands.length = 0;
    const bytes = Buffer.concat([Buffer.from('printf x; : '), Buffer.from([0xff, 0xfe, 0x80])]);
    const done = new Promise<void>((resolve) => {
      raw.protocol._handlers.CHANNEL_OPEN_CONFIRMATION = () =>
        raw.send(Buffer.concat([Buffer.from([98]), uint32(0), sshString('exec'), Buffer.from([1]), sshString(bytes)]));
      raw.protocol._handlers.CHANNEL_CLOSE = () => resolve();
    });
    raw.protocol.session(0, megabyte, 32_768);
    await done;
    expect(commands).toEqual([bytes]);
    raw.client.end();
  });

  it('a command of 200 kB is one packet and no protocol error', async () => {
    const raw = await connectRaw(session);
    const result = await runRaw(raw.client, `: ${'x'.repeat(200_000)}`);
    expect(result.stderr).toContain('at most 65536 are taken');
    raw.client.end();
  });

  it('input and its end sent together with the request are not lost', async () => {
    const raw = await connectRaw(session);
    let output = '';
    const done = new Promise<void>((resolve) => {
      raw.protocol._handlers.CHANNEL_OPEN_CONFIRMATION = () => {
        raw.protocol.exec(0, 'cat; echo end', true);
        raw.protocol.channelData(0, Buffer.from('early '));
        raw.protocol.channelEOF(0);
      };
      raw.protocol._handlers.CHANNEL_DATA = ((_p: unknown, _to: number, data: Buffer) => {
        output += data;
      }) as never;
      raw.protocol._handlers.CHANNEL_CLOSE = () => resolve();
    });
    raw.protocol.session(0, megabyte, 32_768);
    await done;
    expect(output).toBe('early end\n');
    raw.client.end();
  });

  it('input after its end ends nothing but that channel', async () => {
    const raw = await connectRaw(session);
    const closed = new Promise<void>((resolve) => {
      raw.protocol._handlers.CHANNEL_CLOSE = () => resolve();
    });
    raw.protocol._handlers.CHANNEL_OPEN_CONFIRMATION = () => {
      raw.protocol.exec(0, 'cat; sleep 0.3; head -c 300000 /dev/zero', true);
      raw.protocol.channelEOF(0);
      for (let n = 0; n < 3; n += 1) raw.protocol.channelData(0, Buffer.from('late'));
    };
    raw.protocol.session(0, megabyte, 32_768);
    await closed;
    expect(raw.socket.destroyed).toBe(false);
    raw.client.end();
    await works();
  });

  it('an end of input before any request hurts nobody', async () => {
    const raw = await connectRaw(session);
    raw.protocol._handlers.CHANNEL_OPEN_CONFIRMATION = () => {
      raw.protocol.channelEOF(0);
      raw.protocol.exec(0, 'true', true);
      raw.protocol.channelClose(0);
    };
    const closed = new Promise<void>((resolve) => {
      raw.protocol._handlers.CHANNEL_CLOSE = () => resolve();
    });
    raw.protocol.session(0, megabyte, 32_768);
    await closed;
    raw.client.end();
    await works();
  });

  it('a channel closed before any request is closed by us too and gives its slot back', async () => {
    const raw = await connectRaw(session);
    let closed = 0;
    let id = 0;
    const all = new Promise<void>((resolve) => {
      raw.protocol._handlers.CHANNEL_OPEN_CONFIRMATION = ((_p: unknown, info: { sender: number }) =>
        raw.protocol.channelClose(info.sender)) as never;
      raw.protocol._handlers.CHANNEL_CLOSE = () => {
        closed += 1;
        if (closed === 100) resolve();
        else raw.protocol.session(++id, megabyte, 32_768);
      };
    });
    raw.protocol.session(id, megabyte, 32_768);
    await all;
    raw.client.end();
  });

  it('a channel closed before any request leaves nothing behind in the library', async () => {
    const connections = new Set<object>();
    const listener = await startListener(session.directory, {
      onSession: (accept, _reject, connection) => {
        connections.add(connection);
        accept();
      },
    });
    const raw = await connectRaw(session, { port: listener.port });
    const closed = new Promise<void>((resolve) => {
      raw.protocol._handlers.CHANNEL_OPEN_CONFIRMATION = ((_p: unknown, info: { sender: number }) =>
        raw.protocol.channelClose(info.sender)) as never;
      raw.protocol._handlers.CHANNEL_CLOSE = () => resolve();
    });
    raw.protocol.session(0, megabyte, 32_768);
    await closed;
    const [connection] = [...connections] as { _chanMgr: { _count: number } }[];
    expect(connection?._chanMgr._count).toBe(0);
    raw.client.end();
    listener.stop();
  });

  it('the tail of standard error is not lost when the channel closes at once', async () => {
    const raw = await connectRaw(session);
    const result = await runRaw(raw.client, 'head -c 3000000 /dev/zero >&2; exit 4');
    expect({ bytes: result.stderr.length, status: result.status }).toEqual({ bytes: 3_000_000, status: 4 });
    raw.client.end();
  });

  it('writing to a command that has ended fails instead of waiting for ever', async () => {
    const command = await session.pool.run(
      'web-1',
      session.target.account,
      { command: 'true', environment: {} },
      new AbortController().signal,
    );
    command.stdout.resume();
    command.stderr.resume();
    await command.ended;
    const error = await new Promise((resolve) => command.stdin.write(Buffer.alloc(10), resolve));
    expect(error).toMatchObject({ code: 'EPIPE' });
  });
});

function dbclient() {
  const key = join(session.directory, 'dropbear-key');
  execFileSync('dropbearconvert', ['openssh', 'dropbear', session.key.file, key], { stdio: 'pipe' });
  return finish(
    spawn('dbclient', ['-y', '-y', '-i', key, '-p', String(session.port), 'web-1@127.0.0.1', 'echo works; exit 5'], {
      env: { PATH: process.env.PATH ?? '', HOME: session.directory },
    }),
  );
}

/** Waits until a measure stops growing. */
async function quiet(measure: () => number): Promise<void> {
  let last = -1;
  for (let still = 0; still < 5; ) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const now = measure();
    still = now <= last + megabyte ? still + 1 : 0;
    last = now;
  }
}
