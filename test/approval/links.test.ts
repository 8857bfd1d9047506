import { describe, expect, it, onTestFinished } from 'vitest';
import type { Hold } from '../../src/approval/hold.ts';
import type { Reviewer } from '../../src/approval/keeper.ts';
import { MailLinks } from '../../src/approval/links.ts';
import { openDatabase } from '../../src/store/sqlite/database.ts';
import { SqliteProofStore } from '../../src/store/sqlite/proofs.ts';
import { temporaryDirectory } from '../support/directory.ts';
import { action, holdFor, MemoryAudit, reviewers } from '../support/holds.ts';

function office(key = Buffer.alloc(32, 7)) {
  const database = openDatabase(temporaryDirectory());
  onTestFinished(() => database.close());
  const audit = new MemoryAudit();
  const stored = { hold: holdFor() as Hold | undefined, nowMs: 2_000, reviewers: reviewers as readonly Reviewer[] };
  const links = new MailLinks({
    key,
    store: new SqliteProofStore(database),
    audit,
    getHold: async (id) => (stored.hold?.id === id ? stored.hold : undefined),
    reviewers: () => stored.reviewers,
    now: () => stored.nowMs,
  });
  return { links, audit, stored, database };
}

describe('a mail link', () => {
  it('is valid as often as it is looked at, and used once', async () => {
    const { links, audit } = office();
    const token = await links.issue(holdFor(), 'maya');
    for (let look = 0; look < 3; look++)
      expect(await links.check(token)).toMatchObject({ kind: 'valid', reviewer: 'maya', hold: { id: holdFor().id } });
    const uses = await Promise.all(Array.from({ length: 20 }, () => links.use(token)));
    expect(uses.filter(({ kind }) => kind === 'valid')).toHaveLength(1);
    expect(await links.check(token)).toMatchObject({ kind: 'refused', why: 'used' });
    expect(audit.events.every((event) => event.event === 'hold.refused' && event.reason === 'link used')).toBe(true);
  });

  it('takes its twin from a repeated mail with it', async () => {
    const { links } = office();
    const [first, second] = [await links.issue(holdFor(), 'maya'), await links.issue(holdFor(), 'maya')];
    expect(first).not.toBe(second);
    await links.use(first);
    expect(await links.use(second)).toMatchObject({ why: 'used' });
  });

  it('is stored as a hash only', async () => {
    const { links, database } = office();
    const token = await links.issue(holdFor(), 'maya');
    expect(JSON.stringify(database.all('SELECT * FROM link'))).not.toContain(token.slice(-20));
  });

  const refusals: readonly {
    readonly name: string;
    readonly why: string;
    readonly change?: Partial<ReturnType<typeof office>['stored']>;
    readonly token?: (token: string) => string;
  }[] = [
    { name: 'nothing', why: 'malformed', token: () => '' },
    { name: 'a text', why: 'malformed', token: () => 'approve please' },
    { name: 'a megabyte', why: 'malformed', token: (token) => token.repeat(5_000) },
    { name: 'another signature', why: 'altered', token: (token) => `${token.slice(0, -43)}${'A'.repeat(43)}` },
    { name: 'its end cut off', why: 'malformed', token: (token) => token.slice(0, -1) },
    { name: 'its time over', why: 'expired', change: { nowMs: 901_000 } },
    { name: 'the hold gone', why: 'unknown', change: { hold: undefined } },
    { name: 'another digest', why: 'foreign', change: { hold: holdFor({ digest: 'f'.repeat(64) }) } },
    { name: 'a reviewer who left', why: 'foreign', change: { reviewers: [] } },
    {
      name: 'the agent’s new owner',
      why: 'foreign',
      change: { hold: holdFor({ action: { ...action, agentOwner: 'maya' }, digest: holdFor().digest }) },
    },
    { name: 'a hold that is decided', why: 'expired', change: { hold: holdFor({ state: 'approved' }) } },
  ];

  it.each(refusals)('is refused with $name, and that is audited', async ({ why, change, token: alter }) => {
    const { links, audit, stored } = office();
    const token = await links.issue(holdFor(), 'maya');
    Object.assign(stored, change);
    expect(await links.use(alter?.(token) ?? token)).toMatchObject({ kind: 'refused', why });
    expect(audit.events).toMatchObject([{ event: 'hold.refused', reason: `link ${why}` }]);
    expect(JSON.stringify(audit.events)).not.toContain(token.slice(-20));
  });

  it('is refused with any one character changed', async () => {
    const { links } = office();
    const token = await links.issue(holdFor(), 'maya');
    for (let at = 0; at < token.length - 1; at++) {
      const changed = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
      expect((await links.check(changed)).kind).toBe('refused');
    }
    expect((await links.check(token)).kind).toBe('valid');
  });

  it('is refused by a bastion with another key', async () => {
    const token = await office(Buffer.alloc(32, 8)).links.issue(holdFor(), 'maya');
    expect(await office().links.check(token)).toMatchObject({ why: 'altered' });
  });

  it('does not let strangers fill the audit log', async () => {
    const { links, audit, stored } = office();
    for (let number = 0; number < 500; number++) await links.check(`garbage ${number}`);
    expect(audit.events).toHaveLength(60);
    stored.nowMs += 60_000;
    await links.check('garbage');
    expect(audit.events).toHaveLength(61);
  });
});
