import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ssh2, { type AuthContext, type ConnectConfig } from 'ssh2';
import { describe, expect, it } from 'vitest';
import { type AgentDirectory, ConfiguredAgents } from '../../src/ssh/agents.ts';
import { Authenticator } from '../../src/ssh/auth.ts';
import { makeKey } from '../support/keys.ts';
import { connectRaw, sshString } from '../support/rawclient.ts';
import { finish, startTestSession } from '../support/testsession.ts';

const session = await startTestSession();
const keys = {
  ecdsa: makeKey(session.directory, 'ecdsa', 'ecdsa', 256),
  ecdsa521: makeKey(session.directory, 'ecdsa521', 'ecdsa', 521),
  rsa3072: makeKey(session.directory, 'rsa3072', 'rsa', 3072),
  stranger: makeKey(session.directory, 'stranger'),
  disabled: makeKey(session.directory, 'disabled'),
  expired: makeKey(session.directory, 'expired'),
};
const { agent } = session;
session.agents.replace([
  { ...agent, keys: [...agent.keys, keys.ecdsa.publicLine, keys.ecdsa521.publicLine, keys.rsa3072.publicLine] },
  { ...agent, name: 'sleeper', keys: [keys.disabled.publicLine], isDisabled: true },
  { ...agent, name: 'old', keys: [keys.expired.publicLine], expiresAtMs: 1 },
]);
const withKey = (file: string, options: readonly string[] = []) => {
  const args = session.sshArguments(options).map((argument) => (argument === session.key.file ? file : argument));
  return finish(spawn('ssh', [...args, 'echo in'], { env: { PATH: process.env.PATH ?? '', HOME: session.directory } }));
};
const login = (config: Partial<ConnectConfig>) => connectRaw(session, config).then(({ client }) => client.end());

describe('who gets in', () => {
  it.each(['ecdsa', 'ecdsa521', 'rsa3072'] as const)('an agent with its %s key', async (name) => {
    expect(await withKey(keys[name].file)).toMatchObject({ status: 0, stderr: '' });
    const opened = await session.event('session.opened', (event) => event.keyFingerprint === keys[name].fingerprint);
    expect(opened.agent).toBe('robot');
  });

  it.each([
    { name: 'stranger', reason: 'unknown key' },
    { name: 'disabled', reason: 'agent is disabled' },
    { name: 'expired', reason: 'agent has expired' },
  ] as const)('not a $name, who is told nothing while the log is told why', async ({ name, reason }) => {
    const result = await withKey(keys[name].file);
    expect(result.status).toBe(255);
    expect(result.stderr).toContain('Permission denied (publickey).');
    expect(result.stderr).not.toMatch(/disabled|expired|unknown/);
    const refused = await session.event('login.refused', (e) => e.keyFingerprint === keys[name].fingerprint);
    expect(refused).toMatchObject({ reason, username: 'web-1' });
  });

  it.each(['password', 'keyboard-interactive', 'none', 'hostbased'] as const)('nobody by %s', async (method) => {
    const config: Partial<ConnectConfig> = {
      password: 'CANARY-password',
      tryKeyboard: true,
      ...(method === 'hostbased' ? { localHostname: 'h', localUsername: 'u' } : {}),
      authHandler: [method],
    };
    await expect(login(config)).rejects.toThrow(/authentication methods failed/i);
  });

  it('nobody with an RSA signature made with SHA-1', async () => {
    const result = await withKey(keys.rsa3072.file, ['-o', 'PubkeyAcceptedAlgorithms=ssh-rsa']);
    expect(result.status).toBe(255);
    await expect(
      login({ privateKey: readFileSync(keys.rsa3072.file), authHandler: sha1Only(keys.rsa3072.file) }),
    ).rejects.toThrow();
  });

  it('nobody by a probe alone: channels are refused until a signature has verified', async () => {
    const client = new ssh2.Client();
    const outcome = new Promise<string>((resolve) => {
      client.on('error', (error) => resolve(error.message));
      client.on('close', () => resolve('closed'));
      client.on('ready', () => resolve('ready'));
    });
    client.connect({
      host: '127.0.0.1',
      port: session.port,
      username: 'web-1',
      authHandler: () => false,
    });
    // The handshake is done; now a probe for a key that is known, followed by a channel open without a signature.
    client.on('handshake', () => {
      const { _protocol: protocol } = client as unknown as { _protocol: { session(...args: number[]): void } & Pro };
      const blob = Buffer.from(session.key.publicLine.split(' ')[1] ?? '', 'base64');
      protocol._handlers.SERVICE_ACCEPT = () => {
        protocol._authsQueue.push('publickey');
        raw(
          protocol,
          Buffer.concat([
            Buffer.from([50]),
            sshString('web-1'),
            sshString('ssh-connection'),
            sshString('publickey'),
            Buffer.from([0]),
            sshString('ssh-ed25519'),
            sshString(blob),
          ]),
        );
      };
      protocol._handlers.USERAUTH_PK_OK = () => protocol.session(0, 1 << 20, 32_768);
      protocol._handlers.CHANNEL_OPEN_FAILURE = () => client.emit('error', new Error('channel refused'));
    });
    expect(await outcome).toBe('channel refused');
    client.destroy();
  });

  it('nobody with the signature of another key', async () => {
    const known = ssh2.utils.parseKey(session.key.publicLine);
    const stranger = ssh2.utils.parseKey(readFileSync(keys.stranger.file));
    if (known instanceof Error || stranger instanceof Error || Array.isArray(known) || Array.isArray(stranger))
      throw known;
    const forged = Object.create(stranger, { getPublicSSH: { value: () => known.getPublicSSH() } });
    await expect(
      login({
        privateKey: undefined as never,
        authHandler: [{ type: 'publickey', username: 'web-1', key: forged }] as never,
      }),
    ).rejects.toThrow(/authentication methods failed/i);
    await session.event('login.refused', (event) => event.reason === 'signature does not verify');
  });

  it('nobody by a certificate, even one over a known key', async () => {
    const authority = makeKey(session.directory, 'authority');
    const copy = join(session.directory, 'agent-copy');
    execFileSync('cp', [session.key.file, copy]);
    execFileSync('cp', [`${session.key.file}.pub`, `${copy}.pub`]);
    execFileSync('ssh-keygen', ['-q', '-s', authority.file, '-I', 'x', '-n', 'web-1', `${copy}.pub`]);
    const result = await withKey(copy, [
      '-o',
      `CertificateFile=${copy}-cert.pub`,
      '-o',
      'PubkeyAcceptedAlgorithms=ssh-ed25519-cert-v01@openssh.com',
    ]);
    expect(result.status).toBe(255);
  });
});

describe('refusals look alike', () => {
  it.each(['ecdsa521', 'rsa3072', 'disabled'] as const)('cost the same for a key like %s, known or not', (name) => {
    const line = keys[name].publicLine;
    const [type = '', base64 = ''] = line.split(' ');
    const disabled = new ConfiguredAgents([{ ...agent, keys: [line], isDisabled: true }]);
    const hashAlgo = type === 'ssh-ed25519' ? undefined : 'sha512';
    const own = ssh2.utils.parseKey(readFileSync(keys[name].file));
    if (own instanceof Error || Array.isArray(own)) throw own;
    const blob = Buffer.from('what is signed');
    const signature = own.sign(blob, hashAlgo);
    const key = { algo: type, data: Buffer.from(base64, 'base64') };
    const refused = { method: 'publickey', username: 'x', key, blob, signature, hashAlgo };
    const costOf = (agents: AgentDirectory) => {
      const rounds = 60;
      let rejections = 0;
      const from = process.cpuUsage();
      for (let n = 0; n < rounds; n += 1) {
        const authenticator = new Authenticator({
          agents,
          maxTries: 6,
          now: Date.now,
          onLogin: () => expect.unreachable(),
          onTooManyTries: () => {},
        });
        const context = { ...refused, accept: () => expect.unreachable(), reject: () => (rejections += 1) };
        authenticator.handle(context as unknown as AuthContext);
      }
      expect(rejections).toBe(rounds);
      return process.cpuUsage(from).user;
    };
    costOf(disabled);
    const [known, unknown] = [costOf(disabled), costOf(new ConfiguredAgents([]))];
    expect(Math.max(known, unknown) / Math.min(known, unknown)).toBeLessThan(3);
  });

  it('takes about as long for an unknown agent as for a disabled one', async () => {
    const time = async (file: string) => {
      const took: number[] = [];
      for (let round = 0; round < 15; round += 1) {
        const from = performance.now();
        await login({ privateKey: readFileSync(file) }).catch(() => {});
        took.push(performance.now() - from);
      }
      return took.sort((a, b) => a - b)[7] ?? 0;
    };
    const [unknown, disabled] = [await time(keys.stranger.file), await time(keys.disabled.file)];
    expect(Math.abs(unknown - disabled)).toBeLessThan(Math.max(unknown, disabled) * 0.8);
  });
});

interface Pro {
  _handlers: Record<string, () => void>;
  _authsQueue: string[];
  _cipher: { encrypt(packet: Buffer): void };
  _packetRW: { write: { finalize(packet: Buffer): Buffer; allocStart: number; alloc(length: number): Buffer } };
}

function raw(protocol: Pro, payload: Buffer): void {
  const at = protocol._packetRW.write.allocStart;
  const packet = protocol._packetRW.write.alloc(payload.length);
  packet.set(payload, at);
  protocol._cipher.encrypt(protocol._packetRW.write.finalize(packet));
}

/** A key that signs with SHA-1 whatever it is asked for. */
function sha1Only(file: string): never {
  const parsed = ssh2.utils.parseKey(readFileSync(file));
  if (parsed instanceof Error || Array.isArray(parsed)) throw parsed;
  const weak = Object.create(parsed, { sign: { value: (data: Buffer) => parsed.sign(data, 'sha1') } });
  return [{ type: 'publickey', username: 'web-1', key: weak }] as never;
}
