/**
 * How the bastion logs in to a target. The agent never sees a credential, and no error quotes one.
 */
import { readFile, stat } from 'node:fs/promises';
import ssh2, { type AuthenticationType, type BaseAgent } from 'ssh2';
import type { TargetCredential } from '../config.ts';
import { fingerprintOf } from '../fingerprint.ts';
import { TargetError } from './errors.ts';

const { OpenSSHAgent, utils } = ssh2;

/** Tells apart connections that must not be shared. */
export function credentialId(credential: TargetCredential): string {
  switch (credential.kind) {
    case 'key':
      return `key:${credential.file}`;
    case 'ssh-agent':
      return `ssh-agent:${credential.socket}:${credential.fingerprint ?? ''}`;
  }
}

/** What ssh2's `connect` needs to log in. */
export interface LoginOptions {
  readonly privateKey?: Buffer;
  readonly agent?: BaseAgent;
  readonly authHandler: AuthenticationType[];
}

/** Reads the credential at the moment of use, so that a rotated key counts from the next connection. */
export async function loginOptions(credential: TargetCredential): Promise<LoginOptions> {
  switch (credential.kind) {
    case 'key':
      return { privateKey: await readKey(credential.file), authHandler: ['publickey'] };
    case 'ssh-agent':
      return { agent: sshAgent(credential.socket, credential.fingerprint), authHandler: ['agent'] };
  }
}

async function readKey(file: string): Promise<Buffer> {
  let bytes: Buffer;
  let mode: number;
  try {
    ({ mode } = await stat(file));
    bytes = await readFile(file);
  } catch (cause) {
    throw new TargetError('TARGET_CREDENTIAL_UNUSABLE', `cannot read the key file ${file}`, { cause });
  }
  // As ssh does it: whoever can read it can go around the bastion.
  if ((mode & 0o077) !== 0) {
    throw new TargetError('TARGET_CREDENTIAL_UNUSABLE', `${file} can be read by others; run: chmod 600 ${file}`, {
      publicMessage: 'the credential of the bastion for this target cannot be used',
    });
  }
  const parsed = utils.parseKey(bytes);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  // The library's message could quote the file; its content is a secret.
  if (key === undefined || key instanceof Error || !key.isPrivateKey()) {
    throw new TargetError(
      'TARGET_CREDENTIAL_UNUSABLE',
      `${file} is not an unencrypted private key; use an ssh-agent for a key with a passphrase`,
    );
  }
  return bytes;
}

function sshAgent(socket: string, fingerprint: string | undefined): BaseAgent {
  const agent = new OpenSSHAgent(socket);
  if (fingerprint === undefined) return agent;
  const all = agent.getIdentities.bind(agent);
  agent.getIdentities = (callback) =>
    all((error, keys) =>
      callback(
        error,
        keys?.filter((key) => isKey(key, fingerprint)),
      ),
    );
  return agent;
}

function isKey(key: unknown, fingerprint: string): boolean {
  if (typeof key !== 'object' || key === null || !('getPublicSSH' in key)) return false;
  const blob = typeof key.getPublicSSH === 'function' ? key.getPublicSSH() : undefined;
  return Buffer.isBuffer(blob) && fingerprintOf(blob) === fingerprint;
}
