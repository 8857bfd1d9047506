import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { AgentConfig } from '../../src/config.ts';
import { ConfiguredAgents, parseAgentKey } from '../../src/ssh/agents.ts';
import { type KeyFile, makeKey } from '../support/keys.ts';

const directory = mkdtempSync(join(tmpdir(), 'sallyport-agents-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const key = makeKey(directory, 'key');
const other = makeKey(directory, 'other');
const certificate = (() => {
  execFileSync('ssh-keygen', ['-q', '-s', makeKey(directory, 'ca').file, '-I', 'x', '-n', 'robot', `${key.file}.pub`]);
  return readFileSync(`${key.file}-cert.pub`, 'utf8');
})();
const blobOf = ({ publicLine }: KeyFile) => Buffer.from(publicLine.split(' ')[1] ?? '', 'base64');
const agent = (change: Partial<AgentConfig> = {}): AgentConfig => ({
  name: 'robot',
  owner: 'olga',
  keys: [key.publicLine],
  expiresAtMs: undefined,
  labels: {},
  targets: { 'web-1': ['deploy'], 'web-2': [] },
  isDisabled: false,
  ...change,
});

describe('parseAgentKey', () => {
  it.each([
    {
      name: 'an RSA key of 2048 bits',
      line: makeKey(directory, 'rsa', 'rsa', 2048).publicLine,
      why: /3072 bits.*2048/,
    },
    { name: 'a certificate, whose nonce ssh2 would take for the key', line: certificate, why: /cert-v01/ },
    {
      name: 'a hardware key',
      line: `sk-ssh-ed25519@openssh.com ${key.publicLine.split(' ')[1]}`,
      why: /sk-ssh-ed25519/,
    },
    { name: 'DSA', line: 'ssh-dss AAAAB3NzaC1kc3MAAACB', why: /ssh-dss/ },
    { name: 'a private key', line: readFileSync(key.file, 'utf8'), why: /type/ },
    { name: 'options before the key', line: `command="x" ${key.publicLine}`, why: /type/ },
    { name: 'garbage', line: 'ssh-ed25519 AAAA', why: /not an OpenSSH public key/ },
    { name: 'nothing', line: '', why: /type/ },
  ])('refuses $name', ({ line, why }) => {
    expect(() => parseAgentKey(line)).toThrow(expect.objectContaining({ code: 'AGENT_KEY_UNUSABLE' }));
    expect(() => parseAgentKey(line)).toThrow(why);
  });
});

describe('ConfiguredAgents', () => {
  it('finds an agent by the exact bytes of its key only', () => {
    const agents = new ConfiguredAgents([agent()]);
    expect(agents.find(blobOf(key))?.identify()).toMatchObject({
      name: 'robot',
      owner: 'olga',
      keyFingerprint: key.fingerprint,
    });
    expect(agents.find(blobOf(other))).toBeUndefined();
    expect(agents.find(Buffer.concat([blobOf(key), Buffer.from([0])]))).toBeUndefined();
    expect(agents.find(blobOf(key).subarray(0, -1))).toBeUndefined();
  });

  it('refuses two agents with one key, and keeps what was before', () => {
    const agents = new ConfiguredAgents([agent()]);
    expect(() => agents.replace([agent(), agent({ name: 'twin' })])).toThrow(
      expect.objectContaining({ code: 'AGENT_KEY_SHARED' }),
    );
    expect(agents.find(blobOf(key))).toBeDefined();
  });

  it.each([
    { name: 'listed', target: 'web-1', account: 'deploy', may: true },
    { name: 'another account', target: 'web-1', account: 'root', may: false },
    { name: 'a target without accounts', target: 'web-2', account: 'deploy', may: false },
    { name: 'an unknown target', target: 'db', account: 'deploy', may: false },
    { name: 'a property every object has', target: 'toString', account: 'deploy', may: false },
  ])('may use a target and account: $name', ({ target, account, may }) => {
    expect(new ConfiguredAgents([agent()]).find(blobOf(key))?.identify().mayUse(target, account)).toBe(may);
  });

  it.each([
    { name: 'disabled', next: [agent({ isDisabled: true })] },
    { name: 'removed', next: [] },
    { name: 'without this key', next: [agent({ keys: [other.publicLine] })] },
    { name: 'renamed: the key names somebody else now', next: [agent({ name: 'somebody-else' })] },
  ])('an identity is not valid any more when the agent is $name', ({ next }) => {
    const agents = new ConfiguredAgents([agent()]);
    const identity = agents.find(blobOf(key))?.identify();
    expect(identity?.isStillValid()).toBe(true);
    agents.replace(next);
    expect(identity?.isStillValid()).toBe(false);
    if (!next.some((one) => one.name === 'robot' && one.keys.includes(key.publicLine))) {
      expect(identity?.mayUse('web-1', 'deploy')).toBe(false);
    }
  });

  it('an identity expires by the clock', () => {
    let nowMs = 0;
    const agents = new ConfiguredAgents([agent({ expiresAtMs: 1_000 })], () => nowMs);
    const known = agents.find(blobOf(key));
    const identity = known?.identify();
    expect(identity?.isStillValid()).toBe(true);
    nowMs = 1_000;
    expect(identity?.isStillValid()).toBe(false);
    expect(known?.refusal(nowMs)).toBe('agent has expired');
  });
});
