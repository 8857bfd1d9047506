/**
 * The shape of `sallyport.yaml`. Durations are written with a unit (`90s`, `15m`), sizes too (`64KiB`): a bare number
 * would have to be guessed.
 */
import { z } from 'zod';
import { notifySchema } from './config-notify.ts';
import { hoursSchema, schedulesSchema } from './config-schedule.ts';
import { storeSchema } from './config-store.ts';
import { apiTokenSchema } from './config-tokens.ts';
import { oidcSchema, tlsSchema } from './config-web.ts';
import { minAgentRsaBits, minHostRsaBits, publicKeyProblem } from './public-key.ts';

const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const sizes = { B: 1, KiB: 1_024, MiB: 1_048_576, GiB: 1_073_741_824 } as const;

const scaled = (table: Readonly<Record<string, number>>, example: string, min: number, max: number) =>
  z
    .union([z.string(), z.number()], { error: `write a number with a unit, like ${example}` })
    .transform((raw, context) => {
      const match = /^(\d{1,12})\s*([A-Za-z]+)$/.exec(String(raw));
      const factor =
        match?.[2] === undefined ? undefined : Object.hasOwn(table, match[2]) ? table[match[2]] : undefined;
      if (match === null || factor === undefined) {
        context.addIssue({
          code: 'custom',
          message: `write a number with a unit (${Object.keys(table).join(', ')}), like ${example}`,
        });
        return z.NEVER;
      }
      const value = Number(match[1]) * factor;
      if (value < min || value > max) {
        context.addIssue({ code: 'custom', message: `out of range; a sane value is ${example}` });
        return z.NEVER;
      }
      return value;
    });

const duration = (example: string, min = 1, max = 30 * units.d) => scaled(units, example, min, max);
const size = (example: string, min = 1, max = 1024 * sizes.GiB) => scaled(sizes, example, min, max);
const count = (max: number) => z.int({ error: 'must be a whole number' }).min(1).max(max);

const name = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,62}$/i,
    'use letters, digits, dot, dash and underscore (63 at most), starting with a letter or digit',
  );
const account = z.string().regex(/^[a-z_][a-z0-9_.-]{0,31}$/i, 'must be an account name of the target, like `deploy`');
const labels = z.record(name, z.string().max(200)).default({});

const listen = z.string().transform((text, context) => {
  const match = /^(\[[0-9a-f:.]+\]|[^:\s]+):(\d{1,5})$/i.exec(text);
  const port = Number(match?.[2]);
  if (match?.[1] === undefined || port > 65_535) {
    context.addIssue({ code: 'custom', message: 'write HOST:PORT, like 0.0.0.0:2222 or [::]:2222' });
    return z.NEVER;
  }
  return { host: match[1].replace(/^\[|\]$/g, ''), port };
});

const keyLine = (minRsaBits: number, fix: string) =>
  z.string().superRefine((line, context) => {
    const problem = publicKeyProblem(line, minRsaBits);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: `${problem}; ${fix}` });
  });
const publicKey = keyLine(minAgentRsaBits, 'give one line of a .pub file (ssh-keygen -t ed25519 makes one)');
const hostKey = keyLine(minHostRsaBits, '`sallyport target add` fetches the right one');

/** A date alone is the last day that counts: it ends when that day is over (UTC). */
const expiry = z.union([z.string(), z.date()]).transform((raw, context) => {
  const isDay = typeof raw === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(raw);
  const ms = raw instanceof Date ? raw.getTime() : Date.parse(raw) + (isDay ? units.d : 0);
  if (Number.isNaN(ms)) {
    context.addIssue({ code: 'custom', message: 'must be a date, like 2027-01-31 or 2027-01-31T18:00:00Z' });
    return z.NEVER;
  }
  return ms;
});

const limits = z.strictObject({
  login_grace: duration('20s', 1_000, 600_000).default(20_000),
  max_auth_tries: count(100).default(6),
  max_unauthenticated: count(10_000).default(200),
  max_unauthenticated_per_address: count(10_000).default(50),
  max_sessions_per_agent: count(10_000).default(50),
  max_channels_per_session: count(1_000).default(10),
  max_channels_per_agent: count(10_000).default(100),
  max_command_bytes: size('64KiB', 1_024, 256 * sizes.KiB).default(64 * sizes.KiB),
  idle: duration('30m', 1_000).default(30 * units.m),
  max_session: duration('12h', 1_000).default(12 * units.h),
  keepalive: duration('15s', 1_000).default(15_000),
  keepalive_count: count(100).default(4),
  rekey_bytes: size('1GiB', sizes.MiB).default(sizes.GiB),
  rekey_after: duration('1h', 60_000).default(units.h),
});

const accountEntry = z
  .strictObject({
    key_file: z.string().min(1).optional(),
    ssh_agent: z.string().min(1).optional(),
    fingerprint: z.string().startsWith('SHA256:', 'must be a fingerprint like SHA256:…').optional(),
    home: z.string().startsWith('/', 'must be an absolute path').optional(),
  })
  .refine((entry) => (entry.key_file === undefined) !== (entry.ssh_agent === undefined), {
    message: 'needs exactly one of key_file and ssh_agent',
  });

const domainName = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;

export const configSchema = z.strictObject({
  version: z.literal(1, { error: 'must be 1' }),
  state_directory: z.string().min(1).default('.sallyport'),
  policy: z.string().min(1).default('policies/default.yaml'),
  tools: z.array(z.string().min(1)).default([]),
  ssh: z
    .strictObject({
      listen: listen.default({ host: '127.0.0.1', port: 2222 }),
      host_key_file: z.string().min(1).optional(),
      limits: limits.prefault({}),
    })
    .prefault({}),
  web: z
    .strictObject({
      listen: listen.default({ host: '127.0.0.1', port: 8080 }),
      public_url: z
        .url({ protocol: /^https?$/, error: 'must be the address reviewers open, like https://sallyport.example.com' })
        .transform((url) => url.replace(/\/+$/, ''))
        .optional(),
      trusted_proxies: z
        .array(z.union([z.ipv4(), z.ipv6()], { error: 'must be the address of a proxy, like 10.0.0.7' }))
        .default([]),
      oidc: oidcSchema,
      tls: tlsSchema,
    })
    .prefault({}),
  smtp: z
    .strictObject({
      host: z.string().min(1),
      port: z.int().min(1).max(65_535).optional(),
      security: z.enum(['starttls', 'tls', 'none'], { error: 'must be starttls, tls or none' }).default('starttls'),
      from: z
        .string()
        .regex(/^[^\r\n]*[^\s@]+@[^\s@]+>?$/, 'must be an address, like Sallyport <sallyport@example.com>'),
      account: z.string().min(1).optional(),
      password_file: z.string().min(1).optional(),
      password_env: z.string().min(1).optional(),
      ca_file: z.string().min(1).optional(),
      dkim: z
        .strictObject({
          domain: z.string().regex(domainName, 'must be a domain, like example.com'),
          selector: z.string().regex(domainName, 'must be the name before ._domainkey, like sallyport'),
          key_file: z.string().min(1),
        })
        .optional(),
    })
    .optional(),
  notify: notifySchema,
  schedules: schedulesSchema,
  store: storeSchema,
  node: name.optional(),
  holds: z
    .strictObject({
      grant: duration('30m', 10_000, 7 * units.d).default(30 * units.m),
      max_pending_per_agent: count(10_000).default(20),
      max_per_hour_per_agent: count(100_000).default(120),
      max_size: size('256KiB', 1_024, 4 * sizes.MiB).default(256 * sizes.KiB),
      respelling: z
        .strictObject({
          within: duration('30m', 60_000, 7 * units.d).default(30 * units.m),
          lock_after: z.int({ error: 'must be a whole number; 0 locks nobody' }).min(0).max(1_000).default(3),
        })
        .prefault({}),
    })
    .prefault({}),
  break_glass: z
    .strictObject({
      group: name,
      min_reason: z.int({ error: 'must be a whole number of characters' }).min(1).max(1_000).default(20),
    })
    .optional(),
  pool: z
    .strictObject({
      max_channels_per_connection: count(10).default(10),
      max_connections_per_target: count(1_000).default(20),
      connect_timeout: duration('10s', 500, 120_000).default(10_000),
      idle_close: duration('5m', 1_000).default(5 * units.m),
      keepalive: duration('15s', 1_000).default(15_000),
    })
    .prefault({}),
  agents: z
    .array(
      z.strictObject({
        name,
        owner: name,
        keys: z.array(publicKey).min(1, 'needs at least one public key'),
        keys_changed_by: z.array(name).optional(),
        expires: expiry.optional(),
        labels,
        targets: z.record(name, z.array(account)).default({}),
        unlocked: z.strictObject({ at: expiry, by: name }).optional(),
        disabled: z.boolean({ error: 'must be true or false' }).default(false),
      }),
    )
    .default([]),
  targets: z
    .array(
      z.strictObject({
        name,
        host: z.string().regex(/^[A-Za-z0-9.:_-]+$/, 'must be a host name or an address'),
        port: z.int().min(1).max(65_535).default(22),
        host_key: hostKey,
        shell: z
          .enum(['bash', 'posix', 'busybox', 'unknown'], { error: 'must be bash, posix, busybox or unknown' })
          .default('unknown'),
        labels,
        default_account: account.optional(),
        accounts: z
          .record(account, accountEntry)
          .refine((accounts) => Object.keys(accounts).length > 0, 'needs at least one account'),
      }),
    )
    .default([]),
  reviewers: z
    .array(
      z.strictObject({
        name,
        email: z.email({ error: 'must be an e-mail address' }),
        groups: z.array(name).default([]),
        roles: z
          .array(z.enum(['reviewer', 'auditor', 'admin'], { error: 'must be reviewer, auditor or admin' }))
          .min(1, 'must name at least one role')
          .optional(),
        hours: hoursSchema,
        slack_user: z
          .string()
          .regex(/^[UW][A-Z0-9]{5,30}$/, 'must be a member id of Slack, like U012AB3CD (profile, Copy member ID)')
          .optional(),
        api_tokens: z.array(apiTokenSchema(expiry)).default([]),
      }),
    )
    .default([]),
});

export type ConfigDocument = z.output<typeof configSchema>;
