import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Gate } from '../../src/gate/gate.ts';
import type { HoldRequest } from '../../src/gate/ports.ts';
import { createMasking } from '../../src/mask/masking.ts';
import { type SceneOptions, scene } from '../support/gate-parts.ts';

const approved: SceneOptions['outcome'] = (hold) => ({ kind: 'approved', hold });

async function play(options: SceneOptions) {
  const stage = scene(options);
  const ending = await new Gate(stage.parts).run(stage.request);
  return { ...stage, ending };
}

describe('an allowed command', () => {
  it('is decided, written down, recorded, and only then run; output is recorded before it is sent', async () => {
    const { effects, ending, sent } = await play({ output: 'a SECRET' });
    expect(effects).toEqual([
      'decide ls allow',
      'audit command.decided',
      'recorder open',
      'audit command.started',
      'run canonical ls',
      'record stdout a *',
      'send stdout a *',
      'recorder close',
      'audit command.ended',
    ]);
    expect(ending).toEqual({ kind: 'exit', status: 3 });
    expect(sent.stdout).toBe('a *');
  });

  it('tells the agent at the end how many secrets it does not see, once the end is written', async () => {
    const { notices, events, ending } = await play({ output: 'SECRET and SECRET' });
    expect(notices).toEqual([expect.objectContaining({ event: 'masked', masked: { demo: 2 } })]);
    expect(notices[0]?.message).toContain('2 secrets were replaced by marks (demo 2)');
    expect(events.at(-1)).toMatchObject({ event: 'command.ended', masked: { demo: 2 } });
    expect(ending).toEqual({ kind: 'exit', status: 3 });
    expect((await play({ output: 'nothing' })).notices).toEqual([]);
  });

  it('that passes over hidden files is the one that runs, and the agent is told', async () => {
    const { effects, notices, events } = await play({ leavesOut: 'hidden' });
    expect(effects).toContain('run narrower ls');
    expect(effects.filter((effect) => effect.startsWith('run'))).toHaveLength(1);
    expect(events[0]).toMatchObject({ event: 'command.decided', canonical: 'narrower ls' });
    expect(notices).toEqual([
      { event: 'narrowed', message: expect.stringContaining('hidden files'), leavesOut: 'hidden' },
    ]);
    const approval = await play({ verdicts: ['approve'], outcome: approved });
    expect(approval.effects).toContain('run ls');
    expect(approval.notices.map(({ event }) => event)).not.toContain('narrowed');
  });

  it('ends with the signal of the target', async () => {
    const end = { kind: 'signal', signal: 'KILL', coreDumped: false, message: '' } as const;
    expect((await play({ end })).ending).toEqual(end);
  });

  it('gets no stdin unless its stdin is data', async () => {
    const closed = await play({ stdin: 'CANARY' });
    expect(await closed.targetStdin).toBe('');
    const data = await play({ stdin: 'some data', stdinUse: 'data' });
    expect(await data.targetStdin).toBe('some data');
  });
});

describe('after a rejection', () => {
  const respelling = { hold: 'h-1', command: 'rm x', reviewer: 'maya', atMs: 1, isSame: false };
  const standing = (change: Partial<NonNullable<ReturnType<typeof scene>['parts']['standings']>>) => ({
    lockOf: () => undefined,
    look: async () => ({ lock: undefined, respelling }),
    ...change,
  });
  const playWith = async (options: SceneOptions, standings: ReturnType<typeof standing>) => {
    const stage = scene(options);
    const ending = await new Gate({ ...stage.parts, standings }).run(stage.request);
    return { ...stage, ending };
  };

  it('a locked agent gets nothing run, not even what is allowed, and is told to stop', async () => {
    const { ending, effects, events, notices } = await playWith({}, standing({ lockOf: () => ({ count: 3 }) }));
    expect(ending).toEqual({ kind: 'exit', status: 77 });
    expect(effects).toEqual(['audit command.refused']);
    expect(events).toMatchObject([{ event: 'command.refused', code: 'AGENT_LOCKED' }]);
    expect(notices).toMatchObject([{ verdict: 'deny', retry: false, message: expect.stringContaining('locked') }]);
  });

  it('what is asked again locks before it is held', async () => {
    const look = async () => ({ lock: { count: 3 }, respelling });
    const { ending, effects, held } = await playWith({ verdicts: ['approve'] }, standing({ look }));
    expect(ending).toEqual({ kind: 'exit', status: 77 });
    expect(effects).toEqual(['decide ls approve', 'audit command.decided', 'audit command.refused']);
    expect(held).toEqual([]);
  });

  it('what is denied counts too', async () => {
    const asked: unknown[] = [];
    const look = async (what: unknown) => {
      asked.push(what);
      return { lock: undefined, respelling };
    };
    const { ending } = await playWith({ verdicts: ['deny'] }, standing({ look }));
    expect(ending).toEqual({ kind: 'exit', status: 77 });
    expect(asked).toMatchObject([{ action: { command: 'ls' } }]);
  });

  it('an approval from before the lock runs nothing', async () => {
    let isLocked = false;
    const outcome: SceneOptions['outcome'] = (hold) => {
      isLocked = true;
      return { kind: 'approved', hold };
    };
    const lockOf = () => (isLocked ? { count: 3 } : undefined);
    const { ending, effects } = await playWith({ verdicts: ['approve'], outcome }, standing({ lockOf }));
    expect(ending).toEqual({ kind: 'exit', status: 77 });
    expect(effects).not.toContain('hold release');
  });

  it('nothing is held while the count cannot be read', async () => {
    const look = async () => {
      throw new Error('CANARY');
    };
    const { ending, held } = await playWith({ verdicts: ['approve'] }, standing({ look }));
    expect(ending).toEqual({ kind: 'exit', status: 70 });
    expect(held).toEqual([]);
  });
});

describe('nothing runs', () => {
  it.each([
    { name: 'when it is denied', options: { verdicts: ['deny'] }, status: 77 },
    { name: 'when the decision cannot be written', options: { failing: 'audit command.decided' }, status: 70 },
    { name: 'when the start cannot be written', options: { failing: 'audit command.started' }, status: 70 },
    { name: 'when the recorder cannot be opened', options: { failing: 'recorder open' }, status: 70 },
    { name: 'when the policy throws', options: { failing: 'decide' }, status: 70 },
    { name: 'when holds are down', options: { verdicts: ['approve'], failing: 'hold open' }, status: 70 },
    { name: 'when the answer is lost', options: { verdicts: ['approve'], failing: 'hold wait' }, status: 70 },
    {
      name: 'when it is rejected',
      options: {
        verdicts: ['approve'],
        outcome: (hold) => ({ kind: 'rejected', hold, reviewer: 'kim', reason: 'not on a Friday' }),
      },
      status: 77,
    },
    {
      name: 'when nobody answers',
      options: { verdicts: ['approve'], outcome: (hold) => ({ kind: 'expired', hold }) },
      status: 75,
    },
    {
      name: 'when it is withdrawn',
      options: { verdicts: ['approve'], outcome: (hold) => ({ kind: 'withdrawn', hold }) },
      status: 75,
    },
    {
      name: 'when the approval was used already',
      options: { verdicts: ['approve'], outcome: approved, release: false },
      status: 75,
    },
    {
      name: 'when the policy denies by now',
      options: { verdicts: ['approve', 'deny'], outcome: approved },
      status: 77,
    },
    { name: 'when the agent may not use the target', options: { mayUse: () => false }, status: 69 },
    { name: 'when the bytes are no text', options: { command: Buffer.from([0x6c, 0x73, 0xff]) }, status: 77 },
    { name: 'when the bytes hold a NUL', options: { command: 'ls\0rm' }, status: 77 },
  ] as readonly { name: string; options: SceneOptions; status: number }[])('$name', async ({ options, status }) => {
    const { effects, ending, notices } = await play(options);
    expect(effects.filter((effect) => effect.startsWith('run '))).toEqual([]);
    expect(ending).toEqual({ kind: 'exit', status });
    expect(notices.length).toBeGreaterThan(0);
    expect(JSON.stringify(notices)).not.toMatch(/CANARY/);
  });

  it('when the approval was used already, and its recording does not stay open', async () => {
    const { effects } = await play({ verdicts: ['approve'], outcome: approved, release: false });
    expect(effects.slice(-3)).toEqual(['hold release', 'recorder close', 'audit command.refused']);
  });

  it('when the agent lost its target between approval and release', async () => {
    let asked = 0;
    const { effects, ending } = await play({ verdicts: ['approve'], outcome: approved, mayUse: () => asked++ === 0 });
    expect(effects.filter((effect) => effect.startsWith('run '))).toEqual([]);
    expect(ending).toEqual({ kind: 'exit', status: 69 });
  });

  it('when the agent leaves while it waits; the hold goes on', async () => {
    const stage = scene({ verdicts: ['approve'] });
    const running = new Gate(stage.parts).run(stage.request);
    stage.leave.abort(new Error('gone'));
    expect(await running).toEqual({ kind: 'exit', status: 75 });
    expect(stage.events.at(-1)).toMatchObject({ event: 'command.refused', code: 'AGENT_LEFT' });
  });
});

describe('the audit log', () => {
  it.each(['allow', 'approve', 'deny'] as const)('holds no secret of a command with verdict %s', async (verdict) => {
    const secret = `ghp_${'Ab3'.repeat(12)}`;
    const command = `curl -H 'Authorization: Bearer ${secret}' https://example.com`;
    const stage = scene({ verdicts: [verdict], command, outcome: approved });
    await new Gate({ ...stage.parts, masking: createMasking() }).run(stage.request);
    expect(JSON.stringify(stage.events)).not.toContain(secret);
    expect(stage.events.find(({ event }) => event === 'command.decided')).toMatchObject({
      command: expect.stringMatching(/^curl -H .* https:\/\/example\.com$/),
      commandSha256: createHash('sha256').update(command).digest('hex'),
    });
    // What runs is not masked.
    expect(stage.effects.some((effect) => effect.startsWith('run') && effect.includes(secret))).toBe(
      verdict !== 'deny',
    );
  });
});

describe('a held command', () => {
  it('tells the agent when no reviewer could be reached, and goes on waiting', async () => {
    const { notices, ending } = await play({ verdicts: ['approve'], outcome: approved, isUnreached: true });
    expect(notices).toContainEqual(expect.objectContaining({ event: 'info', retry: true }));
    expect(ending).toEqual({ kind: 'exit', status: 3 });
    const reached = await play({ verdicts: ['approve'], outcome: approved });
    expect(reached.notices.map(({ event }) => event)).not.toContain('info');
  });
});

describe('an approved command', () => {
  it('is sent byte for byte as the reviewer saw it, after the recorder is open and the approval is used up', async () => {
    const { effects, ending } = await play({ verdicts: ['approve'], outcome: approved });
    expect(effects).toEqual([
      'decide ls approve',
      'audit command.decided',
      'hold open',
      'hold wait',
      'decide ls approve',
      'recorder open',
      'hold release',
      'audit command.started',
      'run ls',
      'record stdout out',
      'send stdout out',
      'recorder close',
      'audit command.ended',
    ]);
    expect(ending).toEqual({ kind: 'exit', status: 3 });
  });
});

describe('the data of a held command', () => {
  const held = { verdicts: ['approve'], outcome: approved, stdinUse: 'data' } as const;

  it('is shown, bound and sent exactly, where all of it came', async () => {
    const { targetStdin, held: actions } = await play({ ...held, stdin: 'server { listen 80; }\n' });
    expect(actions[0]).toMatchObject({ stdin: 'server { listen 80; }\n', stdinUse: 'reviewed' });
    expect(await targetStdin).toBe('server { listen 80; }\n');
  });

  it('is bound by its digest when it is not text', async () => {
    const { held: actions } = await play({ ...held, stdin: Buffer.from([0, 1, 2]) });
    expect(actions[0]?.stdin).toMatch(/^\(3 bytes that are not text, SHA-256 [0-9a-f]{64}\)$/);
  });

  it('flows unreviewed when it is long, and the reviewer is told so', async () => {
    const long = 'x'.repeat(100_000);
    const { targetStdin, held: actions } = await play({ ...held, stdin: long });
    expect(actions[0]).toMatchObject({ stdin: undefined, stdinUse: 'streamed' });
    expect(await targetStdin).toBe(long);
  });
});

describe('a program on stdin', () => {
  const program = { stdinUse: 'code', stdinLanguage: 'shell' } as const;

  it('is never allowed by itself, and the target gets exactly what was reviewed', async () => {
    const { events, targetStdin, effects } = await play({ ...program, stdin: 'id\n', outcome: approved });
    expect(effects.filter((effect) => effect.startsWith('decide'))).toContain('decide id\n allow');
    expect(events.find((event) => event.event === 'command.decided')).toMatchObject({ verdict: 'approve' });
    expect(await targetStdin).toBe('id\n');
  });

  it('is denied when its text is denied', async () => {
    const { ending, effects } = await play({ ...program, verdicts: ['approve', 'deny'], stdin: 'rm -rf /\n' });
    expect(ending).toEqual({ kind: 'exit', status: 77 });
    expect(effects.filter((effect) => effect.startsWith('hold'))).toEqual([]);
  });

  it('is asked of whoever has to agree to what it does', async () => {
    const stage = scene({ ...program, stdin: 'rm x\n', outcome: approved });
    const { judge } = stage.parts;
    const terms = { quorum: 1, expiresInMs: 60_000, reason: 'optional', minReasonLength: 0 } as const;
    const held: HoldRequest[] = [];
    await new Gate({
      ...stage.parts,
      judge: {
        ...judge,
        decide: (model, context) => ({
          ...judge.decide(model, context),
          verdict: 'approve',
          review: model.text === 'rm x\n' ? { ...terms, groups: ['dba'], quorum: 2 } : { ...terms, groups: [] },
        }),
      },
      holds: {
        ...stage.parts.holds,
        open: (request) => {
          held.push(request);
          return stage.parts.holds.open(request);
        },
      },
    }).run(stage.request);
    expect(held).toMatchObject([{ groups: ['dba'], quorum: 2 }]);
  });

  it('is denied when it is too long to review', async () => {
    const { ending, notices } = await play({ ...program, stdin: 'x'.repeat(70_000) });
    expect(ending).toEqual({ kind: 'exit', status: 77 });
    expect(notices[0]?.message).toMatch(/more than 64 KiB/);
  });

  it('that does not come leaves the command without stdin', async () => {
    const { targetStdin, ending } = await play({ ...program });
    expect(await targetStdin).toBe('');
    expect(ending).toEqual({ kind: 'exit', status: 3 });
  });
});

describe('a budget of one', () => {
  it('is spent once by commands that come at the same time', async () => {
    const { parts, request, events } = scene();
    const { judge } = parts;
    const gate = new Gate({
      ...parts,
      judge: {
        ...judge,
        decide: (model, context) => ({
          ...judge.decide(model, context),
          verdict: (context.session.lastHour.r1 ?? 0) < 1 ? 'allow' : 'deny',
        }),
      },
    });
    await Promise.all(['1', '2', '3', '4'].map((channel) => gate.run({ ...request, channel })));
    const verdicts = events.flatMap((event) => (event.event === 'command.decided' ? [event.verdict] : []));
    expect(verdicts.sort()).toEqual(['allow', 'deny', 'deny', 'deny']);
  });
});
