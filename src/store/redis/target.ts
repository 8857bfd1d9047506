/** Where a Redis is, as the configuration says it, and the clients that are opened towards it. */
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { StoreError } from '../errors.ts';

const commandTimeoutMs = 1_500;
export const connectTimeoutMs = 5_000;
/** While it is away we ask again every second at most. */
const maxRetryMs = 1_000;

export type RedisClient = Redis | Cluster;

interface Address {
  readonly host: string;
  readonly port: number;
}

/** With `cluster`, its nodes to begin with. How to behave towards it, each client adds. */
export type RedisTarget = Omit<RedisOptions, 'replyMapping'> & { readonly cluster?: readonly Address[] };

const forms = 'redis://HOST, rediss://HOST, redis+sentinel://HOST,…/NAME or redis+cluster://HOST,…';

/**
 * `redis://` and `rediss://` (TLS), a Unix socket as `redis+unix:///path`, Sentinel as `redis+sentinel://h1,h2/name`, a
 * cluster as `redis+cluster://h1,h2`; the last two with TLS as `rediss+…`.
 */
export function redisTarget(url: string): RedisTarget {
  const several = /^redis(s?)\+(sentinel|cluster):\/\/(?:([^@/]*)@)?([^@/]+)(?:\/([\w.-]+))?$/.exec(url);
  if (several !== null) return severalHosts(several);
  const socket = /^redis\+unix:\/\/(\/.+)$/.exec(url);
  if (socket !== null) return { path: socket[1] ?? '' };
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^rediss?:$/.test(parsed.protocol) || parsed.hostname === '')
    throw new StoreError('STORE_UNUSABLE', `store: wants ${forms}`);
  const database = parsed.pathname.replace(/^\//, '');
  if (!/^\d*$/.test(database))
    throw new StoreError('STORE_UNUSABLE', 'store: the path of a redis:// address is a number');
  return {
    ...addressOf(parsed, 6_379),
    ...(database === '' ? {} : { db: Number(database) }),
    ...(parsed.username === '' ? {} : { username: decodeURIComponent(parsed.username) }),
    ...(parsed.password === '' ? {} : { password: decodeURIComponent(parsed.password) }),
    ...(parsed.protocol === 'rediss:' ? { tls: {} } : {}),
  };
}

function severalHosts([, tls, kind, credentials = '', hosts = '', name]: RegExpExecArray): RedisTarget {
  if ((kind === 'sentinel') !== (name !== undefined))
    throw new StoreError('STORE_UNUSABLE', `store: wants ${forms}; NAME is what the sentinels call the primary`);
  const addresses = hosts.split(',').map((host) => {
    if (!URL.canParse(`redis://${host}`)) throw new StoreError('STORE_UNUSABLE', `store: wants ${forms}`);
    return addressOf(new URL(`redis://${host}`), kind === 'sentinel' ? 26_379 : 6_379);
  });
  const [username = '', password] = credentials.split(':').map(decodeURIComponent);
  return {
    ...(name === undefined ? { cluster: addresses } : { name, sentinels: addresses }),
    ...(username === '' ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    // The sentinels are asked over TLS too: whoever answers for one names the primary.
    ...(tls !== 's' ? {} : { tls: {} }),
    ...(tls === 's' && kind === 'sentinel' ? { enableTLSForSentinelMode: true, sentinelTLS: {} } : {}),
  };
}

function addressOf({ hostname, port }: URL, defaultPort: number): Address {
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || defaultPort) };
}

/** What comes beside the address: a password, and who signed the server's certificate. */
export interface RedisSecrets {
  readonly password?: string | undefined;
  /** PEM. Absent: those that Node trusts. */
  readonly ca?: string | undefined;
  /** What the sentinels want to hear before they say where the primary is. */
  readonly sentinel?: { readonly account: string | undefined; readonly password: string };
}

export interface RedisTerms extends RedisSecrets {
  /** How many replicas must have a change before it counts; absent: one, when there is any at the start. */
  readonly replicas?: number | undefined;
}

export function withSecrets(target: RedisTarget, { password, ca, sentinel }: RedisSecrets): RedisTarget {
  const tls = ca === undefined || target.tls === undefined ? {} : { tls: { ca } };
  return {
    ...target,
    ...(password === undefined ? {} : { password }),
    ...tls,
    ...('tls' in tls && target.sentinels !== undefined ? { sentinelTLS: tls.tls } : {}),
    ...(sentinel === undefined ? {} : { sentinelPassword: sentinel.password }),
    ...(sentinel?.account === undefined ? {} : { sentinelUsername: sentinel.account }),
  };
}

/** What a node that the address of a cluster names says when it is asked alone; undefined when it answers. */
export async function troubleOf({ cluster, ...options }: RedisTarget): Promise<unknown> {
  const client = new Redis({
    ...options,
    ...cluster?.[0],
    connectTimeout: commandTimeoutMs,
    commandTimeout: commandTimeoutMs,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let trouble: unknown;
  client.on('error', (error: unknown) => {
    trouble ??= error;
  });
  try {
    await client.ping();
  } catch (error) {
    trouble ??= error;
  } finally {
    client.disconnect();
  }
  return trouble;
}

type Behaviour = Pick<
  RedisOptions,
  'connectTimeout' | 'commandTimeout' | 'maxRetriesPerRequest' | 'autoResendUnfulfilledCommands' | 'autoResubscribe'
> & { readonly enableOfflineQueue: boolean };

/** Fails within seconds: for what somebody waits for. What it could not send is not sent later. */
export function openHastyClient(target: RedisTarget): RedisClient {
  return open(target, {
    connectTimeout: connectTimeoutMs,
    commandTimeout: commandTimeoutMs,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    // Sent again to another primary, an answer would be about another history.
    autoResendUnfulfilledCommands: false,
  });
}

/** Waits through any outage: for workers and subscriptions. Who subscribes does so again whenever it is ready. */
export function openPatientClient(target: RedisTarget): RedisClient {
  return open(target, { enableOfflineQueue: true, maxRetriesPerRequest: null, autoResubscribe: false });
}

function open(target: RedisTarget, behaviour: Behaviour): RedisClient {
  const { cluster, ...options } = target;
  const { enableOfflineQueue, ...perConnection } = behaviour;
  const retryStrategy = (times: number) => Math.min(times * 100, maxRetryMs);
  if (cluster === undefined) {
    return new Redis({
      ...options,
      ...behaviour,
      retryStrategy,
      // A sentinel that hangs takes connections and answers nothing: ask the next one.
      sentinelCommandTimeout: commandTimeoutMs,
      // A replica that was asked to be the primary: look for the real one.
      reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
    });
  }
  const { username, password, tls } = options;
  return new Cluster([...cluster], {
    enableOfflineQueue,
    clusterRetryStrategy: retryStrategy,
    redisOptions: { ...perConnection, username, password, tls },
    // Certificates are for names: leave the looking up to the connection.
    dnsLookup: (address, callback) => callback(null, address),
  });
}
