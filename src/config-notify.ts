/**
 * The `notify:` section: places several people look at. Their addresses let anybody write there, so they are secrets
 * and come from files or the environment, like tokens.
 */
import { z } from 'zod';
import { holdEvents } from './approval/delivery.ts';
import type { ChannelConfig } from './config.ts';
import { hoursSchema } from './config-schedule.ts';

const source = z.string().min(1).optional();

function place<Kind extends ChannelConfig['kind'], Shape extends z.ZodRawShape>(kind: Kind, more: Shape) {
  return z.strictObject({
    kind: z.literal(kind),
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/i, 'use letters, digits, dot, dash and underscore (63 at most)'),
    url_file: source,
    url_env: source,
    groups: z.array(z.string().min(1)).default([]),
    hours: hoursSchema,
    allow_private: z.boolean({ error: 'must be true or false' }).default(false),
    ...more,
  });
}

export const notifySchema = z
  .array(
    z.discriminatedUnion(
      'kind',
      [
        place('webhook', {
          secret_file: source,
          secret_env: source,
          events: z.array(z.enum(holdEvents, { error: `must be of ${holdEvents.join(', ')}` })).default([]),
        }),
        place('ntfy', { token_file: source, token_env: source }),
        place('slack', {
          signing_secret_file: source,
          signing_secret_env: source,
          bot_token_file: source,
          bot_token_env: source,
        }),
        place('teams', {}),
      ],
      { error: 'must be webhook, ntfy, slack or teams' },
    ),
  )
  .default([]);

export type NotifyDocument = z.output<typeof notifySchema>;

/** Reads a secret from a file or the environment; reports and returns '' when there is none. */
export type SecretReader = (
  from: { readonly file: string | undefined; readonly env: string | undefined },
  field: string,
) => string;

/** `read` is given the index of the entry, so that a problem names its line. */
export function toChannels(
  entries: NotifyDocument,
  read: (at: number) => SecretReader,
  report: (at: number, field: string, message: string) => void,
): readonly ChannelConfig[] {
  return entries.map((entry, at) => {
    const secret = read(at);
    const url = secret({ file: entry.url_file, env: entry.url_env }, 'url_file');
    // Never the value itself: it is a secret.
    if (url !== '' && !isHttp(url, entry.allow_private))
      report(at, 'url_file', 'must hold an https address (http only with allow_private: true)');
    const common = {
      name: entry.name,
      groups: entry.groups,
      url,
      allowPrivate: entry.allow_private,
      ...(entry.hours === undefined ? {} : { hours: entry.hours }),
    };
    switch (entry.kind) {
      case 'webhook': {
        const from = { file: entry.secret_file, env: entry.secret_env };
        const signing = secret(from, 'secret_file');
        if (signing !== '' && signing.length < 16) report(at, 'secret_file', 'must hold at least 16 characters');
        return { kind: 'webhook', ...common, secret: signing, events: entry.events };
      }
      case 'ntfy': {
        const from = { file: entry.token_file, env: entry.token_env };
        if (isHttp(url, true) && new URL(url).pathname === '/')
          report(at, 'url_file', 'must hold the address of a topic, like https://ntfy.sh/our-topic');
        const hasToken = from.file !== undefined || from.env !== undefined;
        return { kind: 'ntfy', ...common, token: hasToken ? secret(from, 'token_file') : undefined };
      }
      case 'slack': {
        const signing = { file: entry.signing_secret_file, env: entry.signing_secret_env };
        const bot = { file: entry.bot_token_file, env: entry.bot_token_env };
        const given = [signing, bot].filter(({ file, env }) => file !== undefined || env !== undefined);
        if (given.length === 0) return { kind: 'slack', ...common, app: undefined };
        // With one of them only, the button would be there and do nothing.
        const signingSecret = secret(signing, 'signing_secret_file');
        const botToken = secret(bot, 'bot_token_file');
        if (signingSecret !== '' && signingSecret.length < 16)
          report(at, 'signing_secret_file', 'must hold at least 16 characters');
        if (botToken !== '' && !/^xox[a-z]?[a-z.-]*-[\w-]+$/.test(botToken))
          report(at, 'bot_token_file', 'must hold a bot token, which starts with xoxb-');
        return { kind: 'slack', ...common, app: { signingSecret, botToken } };
      }
      default:
        return { kind: entry.kind, ...common };
    }
  });
}

/** Names of environment variables the section reads. */
export function notifyVariables(entries: NotifyDocument): readonly (string | undefined)[] {
  return entries.flatMap((entry) => [
    entry.url_env,
    entry.kind === 'webhook' ? entry.secret_env : undefined,
    entry.kind === 'ntfy' ? entry.token_env : undefined,
    ...(entry.kind === 'slack' ? [entry.signing_secret_env, entry.bot_token_env] : []),
  ]);
}

function isHttp(text: string, allowsPlain: boolean): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === 'https:' || (protocol === 'http:' && allowsPlain)) && username === '' && password === '';
}
