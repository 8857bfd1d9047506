import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { ChannelMessage, NoticeChannel } from '../../src/approval/delivery.ts';
import type { ChannelParts, ChannelPlace } from '../../src/notify/channel.ts';
import { ntfyChannel } from '../../src/notify/ntfy.ts';
import { slackChannel } from '../../src/notify/slack.ts';
import { teamsChannel } from '../../src/notify/teams.ts';
import { action, holdFor } from '../support/holds.ts';
import { receiver } from '../support/receiver.ts';

const page = 'https://gate.example.test/holds/h-000000000000';
const parts: ChannelParts = { publicUrl: () => 'https://gate.example.test/', now: () => 1_000 };

/** The vendors' documented shapes and limits, as far as we use them; anything else would be refused. */
const ntfyShape = z.strictObject({
  topic: z.literal('CANARY-topic'),
  title: z.string(),
  message: z.string().refine((text) => Buffer.byteLength(text) <= 4_096),
  priority: z.int().min(1).max(5),
  tags: z.array(z.string()),
  click: z.literal(page),
  actions: z
    .array(z.strictObject({ action: z.literal('view'), label: z.string(), url: z.literal(page), clear: z.boolean() }))
    .max(3),
});
const slackPlain = z.strictObject({
  type: z.literal('plain_text'),
  text: z.string().min(1).max(3_000),
  emoji: z.literal(false),
});
const slackLink = z.strictObject({
  type: z.literal('mrkdwn'),
  text: z.literal([`<${page}|Look at it and decide>`, `<${page}|Look at it>`]),
});
const slackShape = z.strictObject({
  text: z.string().regex(/^[^<>]*$/),
  unfurl_links: z.literal(false),
  blocks: z
    .array(
      z.union([
        z.strictObject({ type: z.literal('section'), text: z.union([slackPlain, slackLink]) }),
        z.strictObject({ type: z.literal('context'), elements: z.array(slackPlain).max(10) }),
        z.strictObject({
          type: z.literal('rich_text'),
          elements: z.array(
            z.strictObject({
              type: z.enum(['rich_text_section', 'rich_text_preformatted']),
              elements: z.array(z.strictObject({ type: z.literal('text'), text: z.string().min(1).max(3_000) })),
            }),
          ),
        }),
      ]),
    )
    .max(50),
});
const teamsShape = z.strictObject({
  type: z.literal('message'),
  attachments: z.tuple([
    z.strictObject({
      contentType: z.literal('application/vnd.microsoft.card.adaptive'),
      contentUrl: z.null(),
      content: z.strictObject({
        $schema: z.string(),
        type: z.literal('AdaptiveCard'),
        version: z.literal('1.4'),
        body: z.array(
          z.strictObject({
            type: z.literal('RichTextBlock'),
            inlines: z.array(
              z.strictObject({ type: z.literal('TextRun'), text: z.string().min(1), weight: z.string() }),
            ),
          }),
        ),
        actions: z.tuple([
          z.strictObject({ type: z.literal('Action.OpenUrl'), title: z.string(), url: z.literal(page) }),
        ]),
      }),
    }),
  ]),
});

const kinds: readonly {
  readonly kind: string;
  readonly make: (place: ChannelPlace) => NoticeChannel;
  readonly shape: z.ZodType;
  readonly path: string;
  /** Teams gets a link only. */
  readonly showsCommand: boolean;
}[] = [
  {
    kind: 'ntfy',
    make: (place) => ntfyChannel({ ...place, token: 'CANARY-TOKEN' }, parts),
    shape: ntfyShape,
    path: '/base/',
    showsCommand: true,
  },
  {
    kind: 'slack',
    make: (place) => slackChannel(place, parts),
    shape: slackShape,
    path: '/base/CANARY-topic',
    showsCommand: true,
  },
  {
    kind: 'teams',
    make: (place) => teamsChannel(place, parts),
    shape: teamsShape,
    path: '/base/CANARY-topic',
    showsCommand: false,
  },
];

const held = (command: string, change = {}): ChannelMessage => ({
  kind: 'review',
  hold: holdFor({ action: { ...action, command, ...change } }),
});

describe.each(kinds)('$kind', ({ make, shape, path, showsCommand }) => {
  const sent = async (message: ChannelMessage) => {
    const { url, received } = await receiver();
    await make({ name: 'ops', groups: [], url: `${url}/base/CANARY-topic`, allowPrivate: true }).send(message);
    expect(received).toMatchObject([{ method: 'POST', path, headers: { 'content-type': 'application/json' } }]);
    const body: unknown = JSON.parse(received[0]?.body ?? '');
    expect(shape.safeParse(body).error).toBeUndefined();
    return { text: received[0]?.body ?? '', headers: received[0]?.headers };
  };

  it.each([
    { name: 'plain', command: 'systemctl restart nginx' },
    {
      name: 'mentions and links',
      command: 'echo <!channel> <https://evil.example|ok> <@U1> &lt; *bold* [x](http://e)',
    },
    { name: 'code fences', command: 'echo ```\n*Approved already* `x` ```' },
    { name: 'quotes and backslashes', command: `printf "%s\\n" '"'` },
    { name: 'nothing', command: '' },
  ])('says it in the documented shape: $name', async ({ command }) => {
    const { text } = await sent(held(command));
    if (showsCommand) expect(text).toContain(JSON.stringify(command).slice(1, -1));
    expect(text).toContain(page);
  });

  it('names what cannot be seen', async () => {
    const { text } = await sent(held('echo \u202egpj.exe'));
    expect(text).not.toContain('\u202e');
    if (showsCommand) expect(text).toContain('U+202E');
  });

  it('shows a long command not in part: it says that it is longer', async () => {
    const { text } = await sent(held(`echo ${'é'.repeat(5_000)} ; rm -rf /srv`));
    expect(text).not.toContain('éé');
    if (showsCommand) expect(text).toContain('5019 characters long');
  });

  it.each(['review', 'alarm'] as const)(
    'stays within what the service takes, whatever there is to say: %s',
    async (kind) => {
      const long = Array.from({ length: 5 }, (_, at) => `${'group-of-the-platform-team-'.repeat(2)}${at}`);
      const broken = {
        reviewer: 'r'.repeat(63),
        verdict: 'approve',
        reason: '€'.repeat(1_000),
        atMs: 0,
        channel: 'web',
      } as const;
      const hold = holdFor({
        action: { ...action, command: `echo ${'x'.repeat(2_890)}`, agent: 'a'.repeat(63), target: 't'.repeat(63) },
        quorum: 12,
        allOf: Array.from({ length: 12 }, () => ({ groups: long, quorum: 1 })),
        decisions: kind === 'alarm' ? [{ ...broken, breakGlass: true }] : [],
      });
      const { text } = await sent({ kind, hold });
      expect(Buffer.byteLength(text)).toBeLessThan(28_000);
      expect(text).toContain(page);
      expect(text).toContain(kind === 'alarm' ? 'OUTSIDE THE RULE' : 'wants to run a command');
    },
  );

  it('marks a reminder, and carries no token and no answer', async () => {
    const { text } = await sent({ ...held('true'), kind: 'reminder' });
    expect(text).toContain('Still waiting');
    expect(text).not.toMatch(/review#|sp1\.|decision|CANARY-TOKEN/);
  });

  it('fails without the address in its words', async () => {
    const { url } = await receiver((_request, response) => response.writeHead(403).end('CANARY'));
    const place = { name: 'ops', groups: [], url: `${url}/base/CANARY-topic`, allowPrivate: true };
    const error: unknown = await make(place)
      .send(held('true'))
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'DELIVERY_REJECTED' });
    expect(String(error)).not.toMatch(/CANARY|127\.0\.0\.1/);
  });
});

describe('ntfy', () => {
  it('sends its token in a header', async () => {
    const { url, received } = await receiver();
    const place = { name: 'ops', groups: [], url: `${url}/topic`, allowPrivate: true };
    await ntfyChannel({ ...place, token: 'CANARY-TOKEN' }, parts).send(held('true'));
    await ntfyChannel({ ...place, token: undefined }, parts).send(held('true'));
    expect(received.map(({ headers }) => headers.authorization)).toEqual(['Bearer CANARY-TOKEN', undefined]);
  });

  it.each(['/topic', '/topic/', '/topic?up=1', '/deep/er/topic'])(
    'posts to the server of the topic %s',
    async (path) => {
      const { url, received } = await receiver();
      const place = { name: 'ops', groups: [], url: `${url}${path}`, allowPrivate: true, token: undefined };
      await ntfyChannel(place, parts).send(held('true'));
      expect(received[0]?.path).toBe(path.startsWith('/deep') ? '/deep/er/' : '/');
      expect(JSON.parse(received[0]?.body ?? '').topic).toBe('topic');
    },
  );
});
