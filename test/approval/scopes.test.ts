import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { digestOf } from '../../src/approval/digest.ts';
import type { HeldAction, Hold } from '../../src/approval/hold.ts';
import { HoldKeeper } from '../../src/approval/keeper.ts';
import { defaultHoldLimits } from '../../src/approval/opening.ts';
import { type AskedScope, agreedChoice, choiceProblem, covers, type ScopeChoice } from '../../src/approval/scope.ts';
import { ScopeBook } from '../../src/approval/scopes.ts';
import { openDatabase } from '../../src/store/sqlite/database.ts';
import { SqliteHoldStore } from '../../src/store/sqlite/holds.ts';
import { SqliteScopeStore } from '../../src/store/sqlite/scopes.ts';
import { temporaryDirectory } from '../support/directory.ts';
import { decisionOf, holdFor, MemoryAudit, requestFor, reviewers } from '../support/holds.ts';

const general = { words: ['systemctl', 'restart', 'nginx'], tool: 'systemctl', subcommand: ['restart'], effects: [] };
const offer = { kinds: ['once', 'session', 'time', 'pattern'], maxMs: 600_000, general } as const;
const by = { session: 's-2', channel: 's-2/0', agent: 'builder', target: 'web-1', account: 'deploy', action: 'a-2' };

function desk() {
  const database = openDatabase(temporaryDirectory());
  const audit = new MemoryAudit();
  const clock = { nowMs: 1_000_000, gone: [] as string[] };
  const now = () => clock.nowMs;
  const scopes = new ScopeBook({
    store: new SqliteScopeStore(database),
    audit,
    now,
    isReviewer: (name) => !clock.gone.includes(name),
  });
  const keeper = new HoldKeeper({
    store: new SqliteHoldStore(database),
    audit,
    reviewers: () => reviewers,
    limits: defaultHoldLimits,
    grantMs: 600_000,
    now,
    scopes: {
      grant: (hold) => scopes.grant(hold),
      problem: (hold, choice) => choiceProblem(hold, choice, () => undefined),
    },
    onProblem: (error) => {
      throw error;
    },
  });
  onTestFinished(() => {
    keeper.close();
    database.close();
  });
  return { keeper, audit, clock, scopes };
}

const askedFor = (action: HeldAction, change: Partial<AskedScope> = {}): AskedScope => ({
  action,
  session: 's-2',
  isCovered: () => false,
  ...change,
});

async function approved(at: ReturnType<typeof desk>, scope: ScopeChoice, quorum = 1, second: ScopeChoice = scope) {
  const { hold } = await at.keeper.open(requestFor('systemctl restart nginx', { scopes: offer, quorum }));
  const outcome = await at.keeper.decide(hold.id, decisionOf(hold, 'maya', { scope }));
  if (quorum > 1) await at.keeper.decide(hold.id, decisionOf(hold, 'noor', { scope: second }));
  return { hold, outcome };
}

describe('granting', () => {
  it('writes the grant down, then covers the same action of another session, and counts', async () => {
    const at = desk();
    const { hold } = await approved(at, { kind: 'time', forMs: 60_000 });
    const asked = askedFor(hold.action);
    const scope = await at.scopes.find(asked);
    expect(scope).toMatchObject({ kind: 'time', createdBy: ['maya'], expiresAtMs: 1_060_000, uses: 0 });
    expect(await at.scopes.use(scope?.id ?? '', asked, by)).toBe(true);
    expect(await at.scopes.live()).toMatchObject([{ uses: 1 }]);
    expect(at.audit.named('scope.granted')).toHaveLength(1);
    expect(at.audit.named('scope.used')).toMatchObject([{ action: 'a-2', uses: 1 }]);
  });

  it.each<[string, ScopeChoice, ScopeChoice, ScopeChoice['kind'] | undefined]>([
    ['both for a time', { kind: 'time' }, { kind: 'time', forMs: 60_000 }, 'time'],
    ['one for once', { kind: 'time' }, { kind: 'once' }, undefined],
    ['one for this session', { kind: 'session' }, { kind: 'time' }, 'session'],
    ['two patterns', { kind: 'pattern', pattern: 'a *' }, { kind: 'pattern', pattern: 'b *' }, 'time'],
  ])('of two people, the narrowest counts: %s', async (_name, first, second, kind) => {
    const at = desk();
    await approved(at, first, 2, second);
    expect((await at.scopes.live()).map((scope) => scope.kind)).toEqual(kind === undefined ? [] : [kind]);
  });

  it('grants nothing before the quorum, and nothing for a rejection', async () => {
    const at = desk();
    const { hold } = await at.keeper.open(requestFor('systemctl restart nginx', { scopes: offer, quorum: 2 }));
    await at.keeper.decide(hold.id, decisionOf(hold, 'maya', { scope: { kind: 'time' } }));
    expect(await at.scopes.live()).toEqual([]);
    await at.keeper.decide(hold.id, decisionOf(hold, 'noor', { verdict: 'reject', scope: { kind: 'time' } }));
    expect(await at.scopes.live()).toEqual([]);
  });

  it.each<[string, ScopeChoice, Partial<Hold>]>([
    ['what the policy does not offer', { kind: 'time' }, {}],
    ['another kind', { kind: 'time' }, { scopes: { kinds: ['once', 'session'], maxMs: 600_000 } }],
    ['longer than allowed', { kind: 'time', forMs: 600_001 }, { scopes: offer }],
    ['a time that is none', { kind: 'time', forMs: Number.NaN }, { scopes: offer }],
    [
      'a pattern for a command that has none',
      { kind: 'pattern', pattern: 'x *' },
      { scopes: { kinds: ['pattern'], maxMs: 1 } },
    ],
    ['no pattern', { kind: 'pattern' }, { scopes: offer }],
  ])('refuses %s', async (_name, scope, change) => {
    const at = desk();
    const { hold } = await at.keeper.open(requestFor('systemctl restart nginx', change));
    const outcome = await at.keeper.decide(hold.id, decisionOf(hold, 'maya', { scope }));
    expect(outcome).toMatchObject({ kind: 'refused', code: 'SCOPE_NOT_OFFERED' });
    expect((await at.keeper.get(hold.id))?.decisions).toEqual([]);
  });
});

describe('covering', () => {
  it.each<[string, Partial<HeldAction>]>([
    ['another command', { command: 'systemctl restart nginx ' }],
    ['more words', { command: 'systemctl restart nginx postgresql' }],
    ['another agent', { agent: 'other' }],
    ['another key', { keyFingerprint: 'SHA256:other' }],
    ['another target', { target: 'web-2' }],
    ['another host key', { targetHostKey: 'SHA256:other' }],
    ['another account', { account: 'root' }],
    ['another environment', { environment: {} }],
    ['another stdin', { stdin: 'x', stdinUse: 'reviewed' }],
    ['streamed stdin', { stdinUse: 'streamed' }],
    ['another policy', { policyHash: 'b'.repeat(64) }],
  ])('never %s', async (_name, change) => {
    const at = desk();
    const { hold } = await approved(at, { kind: 'time' });
    const asked = askedFor({ ...hold.action, ...change });
    expect(await at.scopes.find(asked)).toBeUndefined();
    const [scope] = await at.scopes.live();
    expect(await at.scopes.use(scope?.id ?? '', asked, by)).toBe(false);
    expect(at.audit.named('scope.used')).toEqual([]);
  });

  it('of a session, never another session', async () => {
    const at = desk();
    const { hold } = await approved(at, { kind: 'session' });
    expect(await at.scopes.find(askedFor(hold.action))).toBeUndefined();
    expect(await at.scopes.find(askedFor(hold.action, { session: 's-1' }))).toMatchObject({ kind: 'session' });
  });

  it('ends with its time, also for whoever found it before', async () => {
    const at = desk();
    const { hold } = await approved(at, { kind: 'time', forMs: 60_000 });
    const asked = askedFor(hold.action);
    const scope = await at.scopes.find(asked);
    at.clock.nowMs += 60_000;
    expect(await at.scopes.use(scope?.id ?? '', asked, by)).toBe(false);
    expect(await at.scopes.find(asked)).toBeUndefined();
  });

  it('ends when it is revoked, once, in the audit log', async () => {
    const at = desk();
    const { hold } = await approved(at, { kind: 'time' });
    const asked = askedFor(hold.action);
    const scope = await at.scopes.find(asked);
    expect(await at.scopes.revoke(scope?.id ?? '', 'noor')).toBe(true);
    expect(await at.scopes.revoke(scope?.id ?? '', 'noor')).toBe(false);
    expect(await at.scopes.use(scope?.id ?? '', asked, by)).toBe(false);
    expect(at.audit.named('scope.revoked')).toMatchObject([{ reviewer: 'noor' }]);
  });

  it('ends with the reviewer who gave it', async () => {
    const at = desk();
    const { hold } = await approved(at, { kind: 'time' });
    const id = (await at.scopes.find(askedFor(hold.action)))?.id ?? '';
    at.clock.gone.push('maya');
    expect(await at.scopes.find(askedFor(hold.action))).toBeUndefined();
    expect(await at.scopes.use(id, askedFor(hold.action), by)).toBe(false);
  });

  it('never an agent whose owner is by now whoever gave it', async () => {
    const at = desk();
    const pattern = { kind: 'pattern', pattern: 'systemctl restart *' } as const;
    const { hold } = await approved(at, pattern);
    const covered = { isCovered: () => true };
    expect(await at.scopes.find(askedFor(hold.action, covered))).toBeDefined();
    expect(await at.scopes.find(askedFor({ ...hold.action, agentOwner: 'maya' }, covered))).toBeUndefined();
    expect(await at.scopes.find(askedFor({ ...hold.action, policyHash: 'b' }, covered))).toBeUndefined();
    expect(await at.scopes.find(askedFor({ ...hold.action, environment: {} }, covered))).toBeUndefined();
    expect(await at.scopes.find(askedFor({ ...hold.action, agent: 'other' }, covered))).toBeUndefined();
    expect(await at.scopes.find(askedFor({ ...hold.action, target: 'other' }, covered))).toBeUndefined();
    expect(
      await at.scopes.find(askedFor({ ...hold.action, stdin: 'x', stdinUse: 'reviewed' }, covered)),
    ).toBeUndefined();
  });

  it('counts every use of a race, and lets nothing run after the revocation that won', async () => {
    const at = desk();
    const { hold } = await approved(at, { kind: 'time' });
    const asked = askedFor(hold.action);
    const id = (await at.scopes.find(asked))?.id ?? '';
    const won = await Promise.all([
      ...Array.from({ length: 20 }, () => at.scopes.use(id, asked, by)),
      at.scopes.revoke(id, 'noor'),
    ]);
    expect(at.audit.named('scope.used')).toHaveLength(won.slice(0, 20).filter(Boolean).length);
    expect(await at.scopes.use(id, asked, by)).toBe(false);
  });

  it('covers no action with another digest, whatever differs', async () => {
    const hold = holdFor({ state: 'approved', scopes: offer, decisions: [] });
    const scope = {
      id: 's-1',
      version: 1,
      ...hold.action,
      kind: 'time',
      digest: hold.digest,
      createdBy: ['maya'],
      hold: hold.id,
      createdAtMs: 0,
      expiresAtMs: 100,
      uses: 0,
    } as const;
    fc.assert(
      fc.property(
        fc.constantFrom(
          'command',
          'agent',
          'target',
          'account',
          'keyFingerprint',
          'targetHostKey',
          'policyHash',
          'stdin',
        ),
        fc.string({ unit: 'grapheme' }),
        fc.integer({ min: -100, max: 300 }),
        (field, text, nowMs) => {
          const action = { ...hold.action, [field]: text };
          const isSame = digestOf(action) === hold.digest;
          const isNow = nowMs >= 0 && nowMs < 100;
          expect(covers(scope, askedFor(action), digestOf(action), nowMs)).toBe(isSame && isNow);
        },
      ),
    );
  });
});

it('agrees on once when nobody chose anything', () => {
  expect(agreedChoice(holdFor({ scopes: offer }))).toMatchObject({ kind: 'once' });
});

it('covers nothing that others would have to agree to', () => {
  const hold = holdFor({ state: 'approved', scopes: { ...offer, terms: 'sre' }, decisions: [] });
  for (const kind of ['session', 'time'] as const) {
    const scope = {
      id: 's-1',
      version: 1,
      ...hold.action,
      kind,
      session: 'c-1',
      digest: hold.digest,
      terms: 'sre',
      createdBy: ['maya'],
      hold: hold.id,
      createdAtMs: 0,
      expiresAtMs: 100,
      uses: 0,
    };
    const asked = { ...askedFor(hold.action), session: 'c-1' };
    expect(covers(scope, { ...asked, terms: 'sre' }, hold.digest, 50)).toBe(true);
    expect(covers(scope, { ...asked, terms: 'two of security' }, hold.digest, 50)).toBe(false);
    expect(covers(scope, asked, hold.digest, 50)).toBe(false);
  }
});
