/**
 * The `store:` section: where holds and jobs live. The address holds no password; those come from files or the
 * environment, the sentinels' own apart from that of the Redis they watch.
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { StoreConfig } from './config.ts';
import type { SecretReader } from './config-notify.ts';
import { errorCode } from './errors.ts';

const source = z.string().min(1).optional();

/** Without a password: that comes from a file or the environment. */
const redisUrl = z
  .string()
  .regex(
    /^rediss?(\+(sentinel|cluster|unix))?:\/\/[^\s:@]*(@|(?=[^@]*$))[^\s@]+$/,
    'must be redis://…, without a password in it',
  );

const redisStore = z.strictObject({
  url: redisUrl,
  password_file: source,
  password_env: source,
  ca_file: source,
  replicas: z.int({ error: 'must be a whole number of replicas, 0 to 5' }).min(0).max(5).optional(),
  sentinel: z
    .strictObject({
      account: z.string().min(1).optional(),
      password_file: source,
      password_env: source,
    })
    .optional(),
});

export const storeSchema = z
  .union([z.literal('embedded'), redisUrl.transform((url): z.infer<typeof redisStore> => ({ url })), redisStore], {
    error:
      'must be embedded, or an address like redis://redis.example.com, or { url, password_file, ca_file, replicas, sentinel }',
  })
  .default('embedded');

type StoreDocument = z.output<typeof storeSchema>;

export interface StoreReading {
  readonly resolve: (path: string) => string;
  /** `part`: the section below `store` whose fields are read. */
  readonly secret: (part: readonly string[]) => SecretReader;
  readonly report: (field: string, message: string) => void;
}

export function toStore(store: StoreDocument, reading: StoreReading): StoreConfig {
  if (store === 'embedded') return { kind: 'embedded' };
  const password = passwordOf(store, reading.secret([]));
  return {
    kind: 'redis',
    url: store.url,
    password,
    ca: authorityOf(store, reading),
    replicas: store.replicas,
    ...(store.sentinel === undefined ? {} : { sentinel: sentinelOf(store.url, store.sentinel, reading) }),
  };
}

/** Environment variables that this section names. */
export function storeVariables(store: StoreDocument | undefined): readonly (string | undefined)[] {
  return store === undefined || store === 'embedded' ? [] : [store.password_env, store.sentinel?.password_env];
}

function passwordOf(
  from: { readonly password_file?: string | undefined; readonly password_env?: string | undefined },
  read: SecretReader,
): string | undefined {
  if (from.password_file === undefined && from.password_env === undefined) return undefined;
  return read({ file: from.password_file, env: from.password_env }, 'password_file');
}

function sentinelOf(
  url: string,
  sentinel: NonNullable<Exclude<StoreDocument, 'embedded'>['sentinel']>,
  { secret, report }: StoreReading,
): NonNullable<Extract<StoreConfig, { kind: 'redis' }>['sentinel']> {
  if (!/^rediss?\+sentinel:/.test(url))
    report('sentinel', 'is for an address like rediss+sentinel://HOST,HOST/NAME only');
  const password = passwordOf(sentinel, secret(['sentinel']));
  if (password === undefined) report('sentinel', 'needs a password: set password_file or password_env');
  return { account: sentinel.account, password: password ?? '' };
}

/** Public, so its mode does not matter; that it is a certificate does. */
function authorityOf(
  store: { readonly url: string; readonly ca_file?: string | undefined },
  { resolve, report }: StoreReading,
): string | undefined {
  if (store.ca_file === undefined) return undefined;
  const problem = (message: string) => report('ca_file', message);
  if (!store.url.startsWith('rediss')) problem('is for TLS only: write the address as rediss://… or rediss+…://…');
  const path = resolve(store.ca_file);
  try {
    const pem = readFileSync(path, 'utf8');
    new X509Certificate(pem);
    return pem;
  } catch (error) {
    problem(`cannot read ${path} as a certificate in PEM: ${errorCode(error) ?? 'unknown error'}`);
    return undefined;
  }
}
