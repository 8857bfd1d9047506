import type { Server } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Messenger } from '../../src/approval/delivery.ts';
import type { Hold } from '../../src/approval/hold.ts';
import { channelOf } from '../../src/notify/channels.ts';
import { MailMessenger } from '../../src/notify/mail.ts';
import { embeddedStore } from '../../src/store/open.ts';
import { openDatabase } from '../../src/store/sqlite/database.ts';
import { temporaryDirectory } from '../support/directory.ts';
import { eventually } from '../support/eventually.ts';
import type { HoldChange } from '../support/hold-parts.ts';
import { decisionOf, requestFor } from '../support/holds.ts';
import { testMailbox } from '../support/mailbox.ts';
import { openOffice } from '../support/office.ts';
import { receiver } from '../support/receiver.ts';

async function office({ directory = temporaryDirectory(), ...change }: HoldChange & { directory?: string } = {}) {
  const database = openDatabase(directory);
  return { database, ...(await openOffice(embeddedStore(database), { messenger: undefined, ...change })) };
}

function mailTo(port: number): MailMessenger {
  const smtp = {
    host: '127.0.0.1',
    port,
    security: 'none',
    from: 'gate@example.test',
    credentials: undefined,
  } as const;
  const messenger = new MailMessenger({ smtp, publicUrl: () => 'https://gate.example.test' });
  onTestFinished(() => messenger.close());
  return messenger;
}

const anybody = requestFor('systemctl restart nginx', { groups: [] });

describe('mail for a hold', () => {
  it('reaches each eligible reviewer, never the owner, with a link that works', async () => {
    const mailbox = await testMailbox();
    const { keeper, links, audit, deliveries } = await office({ messenger: mailTo(mailbox.smtp.port) });
    const { hold } = await keeper.open(requestFor('systemctl restart nginx'));
    expect(await deliveries(hold)).toEqual({ maya: 'queued', noor: 'queued' });
    await eventually(() => deliveries(hold)).toEqual({ maya: 'delivered', noor: 'delivered' });
    expect(
      mailbox
        .mails()
        .flatMap(({ to }) => to)
        .sort(),
    ).toEqual(['maya@example.test', 'noor@example.test']);
    for (const { text, to } of mailbox.mails()) {
      const token = /review#(\S+)/.exec(text)?.[1] ?? '';
      expect(await links.check(token)).toMatchObject({ kind: 'valid', reviewer: to[0]?.split('@')[0] });
    }
    expect(audit.named('mail.sent')).toMatchObject([
      { hold: hold.id, attempts: 1 },
      { hold: hold.id, attempts: 1 },
    ]);
    expect(JSON.stringify(audit.events)).not.toContain('sp1.');
  });

  it('is not sent again for an agent that joins, or by a restart', async () => {
    const mailbox = await testMailbox();
    const directory = temporaryDirectory();
    const first = await office({ messenger: mailTo(mailbox.smtp.port), directory });
    const { hold } = await first.keeper.open(anybody);
    await first.keeper.open(anybody);
    await eventually(() => first.deliveries(hold)).toMatchObject({
      maya: 'delivered',
      noor: 'delivered',
      pete: 'delivered',
    });
    await first.close();
    const second = await office({ messenger: mailTo(mailbox.smtp.port), directory });
    await second.jobs.announce(hold);
    const other = await second.keeper.open(requestFor('touch later', { groups: [] }));
    await eventually(() => second.deliveries(other.hold)).toMatchObject({
      maya: 'delivered',
      noor: 'delivered',
      pete: 'delivered',
    });
    expect(mailbox.mails()).toHaveLength(6);
  });

  it('is sent after a restart when the crash came before', async () => {
    const directory = temporaryDirectory();
    const dead = await office({ messenger: { send: () => new Promise(() => undefined) }, directory });
    const { hold } = await dead.keeper.open(anybody);
    await eventually(() => dead.database.get(`SELECT count(*) AS n FROM job WHERE state = 'active'`)).toEqual({ n: 3 });
    await dead.close();
    const mailbox = await testMailbox();
    const { deliveries } = await office({ messenger: mailTo(mailbox.smtp.port), directory });
    await eventually(() => deliveries(hold)).toEqual({ maya: 'delivered', noor: 'delivered', pete: 'delivered' });
    expect(mailbox.mails()).toHaveLength(3);
  });

  it('is tried again while the server cannot take it', async () => {
    const refusals = new Map<string, number>();
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['AUTH', 'STARTTLS'],
      onRcptTo: ({ address }, _session, done) => {
        const refused = refusals.get(address) ?? 0;
        refusals.set(address, refused + 1);
        done(refused < 2 ? Object.assign(new Error('busy'), { responseCode: 451 }) : null);
      },
    });
    const { keeper, audit, deliveries } = await office({ messenger: mailTo(await portOf(server)) });
    const { hold } = await keeper.open(requestFor('systemctl restart nginx'));
    await eventually(() => deliveries(hold)).toEqual({ maya: 'delivered', noor: 'delivered' });
    expect(audit.named('mail.sent')).toMatchObject([{ attempts: 3 }, { attempts: 3 }]);
    expect(audit.named('mail.failed')).toEqual([]);
  });

  it.each([
    { name: 'at once when the server refuses for good', status: 550, attempts: 1 },
    { name: 'after the last try', status: 451, attempts: 3 },
  ])('fails $name, is audited, shown on the hold and told', async ({ status, attempts }) => {
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['AUTH', 'STARTTLS'],
      onRcptTo: (_to, _session, done) => done(Object.assign(new Error('SERVER-WORDS'), { responseCode: status })),
    });
    const { keeper, audit, deliveries, database } = await office({ messenger: mailTo(await portOf(server)) });
    const unreachable = new Promise<Hold>((resolve) => keeper.onUnreachable(resolve));
    const { hold } = await keeper.open(requestFor('systemctl restart nginx'));
    expect((await unreachable).id).toBe(hold.id);
    expect(await deliveries(hold)).toEqual({ maya: 'failed', noor: 'failed' });
    const reason = expect.stringContaining(String(status));
    expect(audit.named('mail.failed')).toMatchObject([
      { attempts, reason },
      { attempts, reason },
    ]);
    expect(JSON.stringify([audit.events, database.all('SELECT * FROM job')])).not.toMatch(/SERVER-WORDS|sp1\./);
    expect((await keeper.get(hold.id))?.state).toBe('pending');
  });

  it('that hangs holds up neither deciding nor expiry', async () => {
    const { keeper, audit } = await office({ messenger: { send: () => new Promise(() => undefined) } });
    const decided = (await keeper.open(anybody)).hold;
    const { hold } = await keeper.open(requestFor('touch x', { expiresInMs: 150, groups: [] }));
    await keeper.decide(decided.id, decisionOf(decided, 'maya'));
    expect((await keeper.get(decided.id))?.state).toBe('approved');
    // Nobody waits and nobody reads: only the job can write this down.
    await eventually(() => audit.named('hold.expired')).toMatchObject([{ hold: hold.id }]);
  });

  it('is not sent for what was decided meanwhile', async () => {
    const sent: string[] = [];
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const messenger: Messenger = {
      send: async ({ hold, reviewer }) => {
        sent.push(`${hold.id} ${reviewer.name}`);
        await gate;
      },
    };
    const { keeper, deliveries } = await office({ messenger });
    const busy = await Promise.all(['a', 'b'].map((name) => keeper.open(requestFor(`touch ${name}`))));
    await eventually(() => sent.length).toBe(4);
    const { hold } = await keeper.open(requestFor('touch c'));
    await keeper.decide(hold.id, decisionOf(hold, 'maya', { verdict: 'reject' }));
    open();
    for (const { hold: other } of busy)
      await eventually(() => deliveries(other)).toEqual({ maya: 'delivered', noor: 'delivered' });
    expect(sent.filter((line) => line.startsWith(hold.id))).toEqual([]);
  });
});

describe('a reminder', () => {
  it('goes once, at half time, to those who have not decided', async () => {
    const mailbox = await testMailbox();
    const { keeper } = await office({ messenger: mailTo(mailbox.smtp.port) });
    const { hold } = await keeper.open(requestFor('touch x', { groups: [], quorum: 2, expiresInMs: 1_000 }));
    await keeper.decide(hold.id, decisionOf(hold, 'maya'));
    const reminders = () => mailbox.mails().filter(({ messageId }) => messageId.startsWith('<reminder.'));
    await eventually(() =>
      reminders()
        .flatMap(({ to }) => to)
        .sort(),
    ).toEqual(['noor@example.test', 'pete@example.test']);
    const ids = mailbox.mails().map(({ messageId }) => messageId);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('without a mail server', () => {
  it('holds expire all the same, and nobody is called unreachable', async () => {
    const { keeper, audit } = await office();
    const { hold } = await keeper.open(requestFor('touch x', { expiresInMs: 50 }));
    expect(hold.deliveries).toBeUndefined();
    await eventually(() => audit.named('hold.expired')).toHaveLength(1);
  });
});

async function portOf({ server }: { readonly server: Server }): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('channels for a hold', () => {
  const secret = 'CANARY-SIGNING-SECRET';
  const webhookTo = (url: string, name = 'ops', groups: readonly string[] = []) =>
    channelOf(
      { kind: 'webhook', name, groups, url, allowPrivate: true, secret, events: [] },
      { publicUrl: () => 'https://gate.example.test' },
    );

  it('are told once, with the page and without a token, beside the mails', async () => {
    const mailbox = await testMailbox();
    const hook = await receiver();
    const channels = () => [webhookTo(hook.url), webhookTo(hook.url, 'maya'), webhookTo(hook.url, 'other', ['dba'])];
    const { keeper, jobs, audit, deliveries } = await office({ messenger: mailTo(mailbox.smtp.port), channels });
    const { hold } = await keeper.open(requestFor('systemctl restart nginx'));
    await jobs.announce(hold);
    await eventually(async () => (await keeper.get(hold.id))?.deliveries?.map(({ state }) => state)).toEqual(
      Array(4).fill('delivered'),
    );
    // A channel may be named like a reviewer; a group that does not decide is not told.
    expect(Object.keys(await deliveries(hold)).sort()).toEqual(['maya', 'noor', 'ops']);
    expect(hook.received.map(({ body }) => JSON.parse(body).id).sort()).toEqual([
      `review.${hold.id}.maya`,
      `review.${hold.id}.ops`,
    ]);
    expect(hook.received[0]?.body).toContain(`https://gate.example.test/holds/${hold.id}`);
    expect(JSON.stringify(hook.received)).not.toMatch(/sp1\.|review#/);
    expect(audit.named('notice.sent')).toHaveLength(2);
  });

  it('are tried again, and told as failed when it was no use', async () => {
    let status = 503;
    const hook = await receiver((_request, response) => response.writeHead(status).end('CANARY'));
    const { keeper, audit, database } = await office({ channels: () => [webhookTo(`${hook.url}/CANARY`)] });
    const unreachable: string[] = [];
    keeper.onUnreachable(({ id }) => void unreachable.push(id));
    const first = await keeper.open(anybody);
    await eventually(async () => (await keeper.get(first.hold.id))?.deliveries).toMatchObject([
      { channel: 'webhook', name: 'ops', state: 'failed', attempts: 3, reason: 'it could not take it now (503)' },
    ]);
    await eventually(async () => unreachable).toEqual([first.hold.id]);
    status = 404;
    const second = await keeper.open(requestFor('touch other', { groups: [] }));
    await eventually(async () => unreachable).toEqual([first.hold.id, second.hold.id]);
    expect(hook.received).toHaveLength(4);
    expect(audit.named('notice.failed')).toMatchObject([
      { to: 'ops', attempts: 3 },
      { to: 'ops', attempts: 1 },
    ]);
    const kept = JSON.stringify([audit.events, database.all('SELECT * FROM job')]);
    expect(kept).not.toContain('CANARY');
  });

  it('leave the agent nobody to wait for when none serves the group', async () => {
    const hook = await receiver();
    const { keeper } = await office({ channels: () => [webhookTo(hook.url, 'ops', ['dba'])] });
    const unreachable: string[] = [];
    keeper.onUnreachable(({ id }) => void unreachable.push(id));
    const { hold } = await keeper.open(requestFor('systemctl restart nginx'));
    expect(unreachable).toEqual([hold.id]);
    expect(hook.received).toEqual([]);
  });

  it('are given up when they left the configuration', async () => {
    const hook = await receiver((_request, response) => response.writeHead(503).end());
    let channels = [webhookTo(hook.url)];
    const { keeper, deliveries } = await office({
      channels: () => channels,
      retry: { attempts: 8, firstDelayMs: 20 },
    });
    const { hold } = await keeper.open(anybody);
    await eventually(() => deliveries(hold)).toEqual({ ops: 'retrying' });
    channels = [];
    await eventually(() => deliveries(hold)).toEqual({ ops: 'failed' });
  });
});
