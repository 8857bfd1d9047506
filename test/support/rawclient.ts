/**
 * A client that misbehaves: ssh2's own, with its protocol object in the open so that tests can send what no honest client
 * sends.
 */
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import ssh2, { type Client, type ClientChannel, type ConnectConfig } from 'ssh2';
import type { TestSession } from './testsession.ts';

export interface RawProtocol {
  _onWrite(data: Buffer): void;
  _kexinit: unknown;
  session(channel: number, window: number, packetSize: number): void;
  exec(channel: number, command: string, wantReply: boolean): void;
  shell(channel: number, wantReply: boolean): void;
  channelData(channel: number, data: Buffer): void;
  channelEOF(channel: number): void;
  channelClose(channel: number): void;
  channelWindowAdjust(channel: number, bytes: number): void;
  ping(): void;
  rekey(): void;
  _cipher: { encrypt(packet: Buffer): void; allocPacket(length: number): Buffer };
  _packetRW: { write: { finalize(packet: Buffer): Buffer; allocStart: number; alloc(length: number): Buffer } };
  /** Handlers of incoming messages; replace one to see what the library would swallow. */
  _handlers: Record<string, (...args: never[]) => void>;
}

export interface RawClient {
  readonly client: Client;
  readonly socket: Socket;
  readonly protocol: RawProtocol;
  /** Sends any payload as one packet. */
  send(payload: Buffer): void;
  readonly closed: Promise<void>;
}

/** Logs in with the agent's key. Rejects when the server refuses. */
export async function connectRaw(session: TestSession, config: Partial<ConnectConfig> = {}): Promise<RawClient> {
  const client = new ssh2.Client();
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    client.once('ready', resolve);
    client.on('error', reject);
    client.once('close', () => reject(new Error('closed before ready')));
    client.connect({
      host: '127.0.0.1',
      port: session.port,
      username: 'web-1',
      privateKey: readFileSync(session.key.file),
      authHandler: ['publickey'],
      ...config,
    });
  });
  const { _protocol: protocol, _sock: socket } = client as unknown as { _protocol: RawProtocol; _sock: Socket };
  return {
    client,
    socket,
    protocol,
    closed,
    send: (payload) => {
      const at = protocol._packetRW.write.allocStart;
      const packet = protocol._packetRW.write.alloc(payload.length);
      packet.set(payload, at);
      protocol._cipher.encrypt(protocol._packetRW.write.finalize(packet));
    },
  };
}

export function execRaw(client: Client, command: string): Promise<ClientChannel> {
  return new Promise((resolve, reject) =>
    client.exec(command, (error, channel) => (error === undefined ? resolve(channel) : reject(error))),
  );
}

export interface RawResult {
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly status: number | null | undefined;
  readonly signal: string | undefined;
}

/** Runs a command to its end. Listens before the next packet is read, so nothing is missed. */
export function runRaw(client: Client, command: string, input?: string): Promise<RawResult> {
  return new Promise((resolve, reject) =>
    client.exec(command, (error, channel) => {
      if (error !== undefined) reject(error);
      else {
        resolve(readAll(channel));
        channel.end(input);
      }
    }),
  );
}

async function readAll(channel: ClientChannel): Promise<RawResult> {
  const stdout: Buffer[] = [];
  let stderr = '';
  let status: number | null | undefined;
  let signal: string | undefined;
  channel.on('data', (chunk: Buffer) => stdout.push(chunk));
  channel.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  channel.on('exit', (code: number | null, name?: string) => {
    status = code;
    signal = name;
  });
  await Promise.all([
    new Promise((resolve) => channel.once('close', resolve)),
    new Promise((resolve) => channel.stderr.once('end', resolve)),
  ]);
  return { stdout: Buffer.concat(stdout), stderr, status, signal };
}

/** RFC 4251 section 5 `string`. */
export function sshString(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
