import { describe, expect, it } from 'vitest';
import type { HeldAction } from '../../src/approval/hold.ts';
import type { Scope } from '../../src/approval/scope.ts';
import type { CommandModel } from '../../src/command/model.ts';
import { Gate } from '../../src/gate/gate.ts';
import type { Scopes } from '../../src/gate/ports.ts';
import { offerOf } from '../../src/gate/scope.ts';
import { type SceneOptions, scene } from '../support/gate-parts.ts';

const scope: Scope = {
  id: 's-1',
  version: 1,
  kind: 'time',
  agent: 'builder',
  keyFingerprint: 'SHA256:k',
  target: 'web-1',
  targetHostKey: 'SHA256:h',
  account: 'deploy',
  digest: 'd',
  command: 'ls',
  createdBy: ['maya', 'noor'],
  hold: 'h-1',
  createdAtMs: 0,
  expiresAtMs: 9_000_000,
  uses: 0,
};

/** The gate with one scope that covers everything, unless it says no when it is used. */
async function play(options: SceneOptions, change: Partial<Scope> = {}, isUsable = true) {
  const stage = scene({ outcome: (hold) => ({ kind: 'approved', hold }), ...options });
  const scopes: Scopes = {
    find: async () => ({ ...scope, ...change }),
    use: async () => {
      stage.effects.push('scope use');
      return isUsable;
    },
  };
  const ending = await new Gate({ ...stage.parts, scopes }).run(stage.request);
  return { ...stage, ending };
}

describe('a command that a scope covers', () => {
  it('is decided by the policy first, uses the scope after the recorder is open, and runs the exact bytes', async () => {
    const { effects, notices } = await play({ verdicts: ['approve'] });
    expect(effects.slice(0, 6)).toEqual([
      'decide ls approve',
      'audit command.decided',
      'recorder open',
      'scope use',
      'audit command.started',
      'run ls',
    ]);
    expect(notices).toMatchObject([
      { event: 'approved', id: 's-1', message: expect.stringContaining('maya and noor') },
    ]);
  });

  it('of a pattern runs as it was understood', async () => {
    expect((await play({ verdicts: ['approve'] }, { kind: 'pattern' })).effects).toContain('run canonical ls');
  });

  it('is denied all the same when the policy denies', async () => {
    const { effects, ending } = await play({ verdicts: ['deny'] });
    expect(effects).toEqual(['decide ls deny', 'audit command.decided']);
    expect(ending).toEqual({ kind: 'exit', status: 77 });
  });

  it('does not run when the scope was revoked in between', async () => {
    const { effects, ending } = await play({ verdicts: ['approve'] }, {}, false);
    expect(effects.filter((effect) => effect.startsWith('run'))).toEqual([]);
    expect(effects).toContain('audit command.refused');
    expect(ending).toEqual({ kind: 'exit', status: 75 });
  });

  it('does not run for an agent that may not use the target any more', async () => {
    let asked = 0;
    const { effects } = await play({ verdicts: ['approve'], mayUse: () => ++asked === 1 });
    expect(effects.filter((effect) => effect.startsWith('run') || effect === 'scope use')).toEqual([]);
  });

  it('uses nothing when the policy allows it anyway', async () => {
    expect((await play({ verdicts: ['allow'] })).effects).not.toContain('scope use');
  });
});

describe('what is offered', () => {
  const review = { groups: [], quorum: 1, expiresInMs: 1, reason: 'optional', minReasonLength: 0 } as const;
  const model: CommandModel = {
    text: 'ls',
    dialect: 'bash',
    commands: [],
    unknowns: [],
    stdin: 'unused',
    stdinLanguage: undefined,
    canonical: 'ls',
  };
  const action: HeldAction = {
    kind: 'exec',
    command: 'ls',
    canonical: 'ls',
    stdin: undefined,
    stdinUse: 'closed',
    environment: {},
    pty: undefined,
    agent: 'builder',
    agentOwner: 'olga',
    keyFingerprint: 'SHA256:k',
    target: 'web-1',
    targetHostKey: 'SHA256:h',
    account: 'deploy',
    policyHash: 'p1',
  };

  it.each([
    ['nothing where the policy says nothing', review, {}, undefined],
    [
      'nothing when only a pattern is allowed and none can be made',
      { ...review, scopes: ['once', 'pattern'] as const },
      {},
      undefined,
    ],
    [
      'nothing for streamed stdin',
      { ...review, scopes: ['time'] as const },
      { stdinUse: 'streamed' as const },
      undefined,
    ],
    [
      'an hour by itself',
      { ...review, scopes: ['time'] as const },
      {},
      { kinds: ['time'], maxMs: 3_600_000, terms: expect.any(String) },
    ],
    [
      '8 hours at most',
      { ...review, scopes: ['time'] as const, maxScopeMs: 1e9 },
      {},
      { kinds: ['time'], maxMs: 28_800_000, terms: expect.any(String) },
    ],
  ])('%s', (_name, terms, change, want) => {
    expect(offerOf(terms, model, { ...action, ...change })).toEqual(want);
  });

  it('offers nothing for what is not understood: the same words may run something else by then', () => {
    const unread = {
      ...model,
      unknowns: [{ code: 'TOOL_UNKNOWN', reason: 'deploy.sh is not described', span: undefined }],
    };
    expect(offerOf({ ...review, scopes: ['time'] }, unread, action)).toBeUndefined();
  });
});
