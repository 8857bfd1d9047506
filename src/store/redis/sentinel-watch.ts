/**
 * Hears from the sentinels that the primary is another, and leaves the old one, which may hang and close nothing.
 *
 * The client has a detector of its own, which we do not use: what it hears while the client looks for the primary ends
 * that client for ever, and what its connections suffer it prints. Here a connection is closed, and nothing but that,
 * so that the client does what it does whenever a connection is lost: it asks for the primary again.
 *
 * INVARIANT: a sentinel that is behind costs one reconnect each time it is reached, never one after the other.
 */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { Redis, type RedisOptions, SentinelConnector } from 'ioredis';
import { sentinelAway } from './unreachable.ts';

const channel = '+switch-master';
/** What one sentinel says about the others may be anything. */
const maxSentinels = 10;
/** A sentinel that is back is listened to within this time. */
const maxRetryMs = 5_000;
/** A sentinel whose machine is gone closes no connection. */
const keepAliveMs = 10_000;

type Ask = ConstructorParameters<typeof SentinelConnector>[0];
type Emit = Parameters<SentinelConnector['connect']>[0];

export class SentinelWatch {
  /** For the `Connector` of the clients that are to be where the primary is. */
  readonly connector: NonNullable<RedisOptions['Connector']>;
  readonly #options: Omit<RedisOptions, 'replyMapping'>;
  readonly #onProblem: (error: unknown) => void;
  readonly #sentinels = new Map<string, Redis>();
  readonly #streams = new Set<Socket>();
  /** HOST:PORT of the primary, as a sentinel said it last. */
  #primary: string | undefined;
  /** How often a sentinel said that it is another. */
  #moves = 0;

  /** `options` name the primary and the sentinels, and what they want to hear. */
  constructor(options: Omit<RedisOptions, 'replyMapping'>, onProblem: (error: unknown) => void) {
    this.#options = options;
    this.#onProblem = onProblem;
    this.connector = connectorOf(
      () => this.#moves,
      (stream, moves) => this.#guard(stream, moves),
    );
    for (const { host, port } of options.sentinels ?? []) this.#listen(host, port);
  }

  close(): void {
    for (const sentinel of this.#sentinels.values()) sentinel.disconnect();
  }

  /** `moves` there were when somebody began to ask where the primary is: the answer may be older than what came since. */
  #guard(stream: Socket, moves: number): void {
    stream.once('connect', () => {
      this.#streams.add(stream);
      if (moves !== this.#moves) this.#leaveUnlessAtPrimary(stream);
    });
    stream.once('close', () => this.#streams.delete(stream));
  }

  #listen(host = '127.0.0.1', port = 26_379): void {
    const key = `${host}:${port}`;
    if (this.#sentinels.has(key) || this.#sentinels.size >= maxSentinels) return;
    const { sentinelUsername, sentinelPassword, sentinelTLS, family, sentinelCommandTimeout } = this.#options;
    const client = new Redis({
      host,
      port,
      ...(family === undefined ? {} : { family }),
      ...(sentinelUsername === undefined ? {} : { username: sentinelUsername }),
      ...(sentinelPassword === undefined ? {} : { password: sentinelPassword }),
      ...(sentinelTLS === undefined ? {} : { tls: sentinelTLS }),
      ...(sentinelCommandTimeout === undefined ? {} : { commandTimeout: sentinelCommandTimeout }),
      keepAlive: keepAliveMs,
      retryStrategy: (times) => Math.min(times * 100, maxRetryMs),
      enableReadyCheck: false,
      disableClientInfo: true,
      autoResubscribe: false,
      autoResendUnfulfilledCommands: false,
    });
    this.#sentinels.set(key, client);
    let isAway = false;
    const onAway = (error: unknown) => {
      // It is tried again and again; one line says it.
      if (!isAway) this.#onProblem(sentinelAway(error));
      isAway = true;
    };
    client.on('error', onAway);
    client.on('message', (_channel: string, message: string) => {
      const [name, , , to, toPort] = message.split(' ');
      if (name === this.#options.name) this.#move(`${to}:${toPort}`);
    });
    client.on('ready', () => {
      this.#hear(client).then(
        () => {
          isAway = false;
        },
        (error: unknown) => {
          if (client.status === 'end') return;
          onAway(error);
          // One that hangs takes connections and answers nothing.
          if (client.status === 'ready') client.disconnect(true);
        },
      );
    });
  }

  /** In one go, so that there is no moment between what it says and what it will say. */
  async #hear(client: Redis): Promise<void> {
    const name = this.#options.name ?? '';
    const [primary, others] = await Promise.all([
      client.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name),
      client.call('SENTINEL', 'SENTINELS', name),
      client.subscribe(channel),
    ]);
    const heard = Array.isArray(primary) ? primary.join(':') : undefined;
    if (heard !== undefined && this.#primary !== undefined && heard !== this.#primary) this.#move(heard);
    this.#primary ??= heard;
    for (const { ip, port } of Array.isArray(others) ? others.map(fieldsOf) : [])
      if (ip !== undefined && Number(port) > 0) this.#listen(ip, Number(port));
  }

  #move(primary: string): void {
    this.#primary = primary;
    this.#moves += 1;
    for (const stream of this.#streams) this.#leaveUnlessAtPrimary(stream);
  }

  /** Sentinels may say a name instead of an address; then nothing tells whether it is the same, and it is left. */
  #leaveUnlessAtPrimary(stream: Socket): void {
    if (`${stream.remoteAddress}:${stream.remotePort}` !== this.#primary) stream.destroy();
  }
}

function connectorOf(moves: () => number, guard: (stream: Socket, moves: number) => void) {
  return class extends SentinelConnector {
    constructor(options: unknown) {
      super(options as Ask);
    }

    override async connect(emit: Emit) {
      const before = moves();
      const stream = await super.connect(emit);
      guard(stream, before);
      // What named a primary that is there is asked first from now on.
      stream.once(stream instanceof TLSSocket ? 'secureConnect' : 'connect', () => this.sentinelIterator.reset(true));
      return stream;
    }
  };
}

function fieldsOf(flat: unknown): Readonly<Record<string, string | undefined>> {
  const words = Array.isArray(flat) ? flat.map(String) : [];
  return Object.fromEntries(words.flatMap((word, at) => (at % 2 === 0 ? [[word, words[at + 1]]] : [])));
}
