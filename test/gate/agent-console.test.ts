import { describe, expect, it } from 'vitest';
import type { Hold } from '../../src/approval/hold.ts';
import { AgentConsole } from '../../src/gate/agent-console.ts';
import { parseAgentWish } from '../../src/gate/agent-wish.ts';
import { Gate } from '../../src/gate/gate.ts';
import { type SceneOptions, scene } from '../support/gate-parts.ts';

describe('words to the bastion', () => {
  it.each([
    { words: 'sallyport', want: { kind: 'help', asJson: false } },
    { words: 'sallyport holds --json', want: { kind: 'holds', asJson: true } },
    { words: 'sallyport wait h-1 --timeout 5', want: { kind: 'wait', id: 'h-1', timeoutMs: 5_000 } },
    { words: 'sallyport wait h-1', want: { kind: 'wait', timeoutMs: 600_000 } },
    { words: 'sallyport wait h-1 --timeout 9999', want: { kind: 'wrong' } },
    { words: 'sallyport wait h-1 --timeout 0', want: { kind: 'wrong' } },
    { words: 'sallyport withdraw', want: { kind: 'wrong' } },
    { words: 'sallyport withdraw h-1 h-2', want: { kind: 'wrong' } },
    { words: 'sallyport withdraw \u001b[2J', want: { kind: 'wrong' } },
    { words: 'sallyport holds; id', want: { kind: 'wrong' } },
    { words: 'id', want: { kind: 'wrong' } },
    { words: 'sallyport explain --target web-1', want: { kind: 'wrong' } },
    { words: 'sallyport explain -- ls', want: { kind: 'wrong' } },
    { words: 'sallyport explain --target web-1 -- ', want: { kind: 'wrong' } },
    { words: 'sallyport explain --target a --target b -- ls', want: { kind: 'wrong' } },
    { words: 'sallyport explain --target web-1 --fast yes -- ls', want: { kind: 'wrong' } },
    {
      words: 'sallyport explain --json --target web-1 --account root -- grep --  -x --json',
      want: {
        kind: 'explain',
        target: 'web-1',
        account: 'root',
        asJson: true,
        command: Buffer.from('grep --  -x --json'),
      },
    },
    {
      words: `sallyport explain --target web-1 -- ls ${'x'.repeat(5_000)}`,
      want: { kind: 'explain', account: undefined, asJson: false },
    },
    { words: `sallyport explain --target ${'x'.repeat(1_000)} -- ls`, want: { kind: 'wrong' } },
    { words: `sallyport holds ${' '.repeat(1_000)}`, want: { kind: 'wrong', problem: 'too long' } },
  ])('$words', ({ words, want }) => {
    expect(parseAgentWish(Buffer.from(words))).toMatchObject(want);
  });
});

describe('a hold of another agent', () => {
  it.each(['wait', 'withdraw'])('looks to %s like one that does not exist', async (verb) => {
    const answers = await Promise.all(
      [true, false].map(async (exists) => {
        const { parts, request, sent } = scene();
        const foreign = {
          id: 'h-1',
          state: 'pending',
          action: { agent: 'other', command: 'CANARY' },
        } as unknown as Hold;
        const untouched = () => Promise.reject(new Error('must not be reached'));
        const holds = {
          get: async () => (exists ? foreign : undefined),
          list: async () => ({ holds: exists ? [foreign] : [] }),
          withdraw: untouched,
          wait: untouched,
        };
        const ending = await new AgentConsole({ ...parts, holds, explain: untouched }).run({
          ...request,
          command: Buffer.from(`sallyport ${verb} h-1`),
        });
        return { ending, sent };
      }),
    );
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]?.ending).toEqual({ kind: 'exit', status: 69 });
  });
});

describe('explain', () => {
  const unused = () => Promise.reject(new Error('must not be reached'));
  const holds = { get: unused, list: unused, withdraw: unused, wait: unused };

  function ask(options: SceneOptions) {
    const stage = scene(options);
    const gate = new Gate(stage.parts);
    const bastion = new AgentConsole({ ...stage.parts, holds, explain: (request) => gate.explain(request) });
    const say = (words: string) =>
      bastion.run({ ...stage.request, command: Buffer.from(`sallyport explain ${words}`) });
    return { ...stage, say };
  }

  it.each([
    { verdict: 'allow', status: 0 },
    { verdict: 'approve', status: 75 },
    { verdict: 'deny', status: 77 },
  ] as const)('says $verdict, is written down before, and holds and runs nothing', async ({ verdict, status }) => {
    const { say, sent, effects, events } = ask({ verdicts: [verdict] });
    expect(await say('--target web-1 --account deploy --json -- rm x')).toEqual({ kind: 'exit', status });
    expect(JSON.parse(sent.stdout)).toEqual({ verdict, rule: 'r1', reason: 'because' });
    expect(effects.slice(0, 2)).toEqual([`decide rm x ${verdict}`, 'audit command.explained']);
    expect(effects.slice(2)).toEqual([expect.stringMatching(/^send stdout/)]);
    expect(events).toMatchObject([{ event: 'command.explained', command: 'rm x', verdict, account: 'deploy' }]);
  });

  it('answers nothing that could not be written down', async () => {
    const { say, sent } = ask({ failing: 'audit command.explained' });
    await expect(say('--target web-1 --account deploy -- ls')).rejects.toThrow('CANARY');
    expect(sent.stdout).toBe('');
  });

  it('tells a target of others from none by nothing', async () => {
    const foreign = ask({ mayUse: () => false });
    const missing = ask({});
    const endings = [
      await foreign.say('--target web-1 --account deploy -- ls'),
      await missing.say('--target web-2 --account deploy -- ls'),
    ];
    expect(endings[0]).toEqual({ kind: 'exit', status: 69 });
    expect(endings[1]).toEqual(endings[0]);
    expect(missing.sent.stdout.replace('web-2', 'web-1')).toBe(foreign.sent.stdout);
    expect(foreign.events).toMatchObject([{ event: 'target.refused', wanted: 'deploy@web-1' }]);
    expect(foreign.effects.some((effect) => effect.startsWith('decide'))).toBe(false);
  });

  it('has an end: the twenty-first in a minute is asked to come later', async () => {
    const { say, events } = ask({});
    for (let at = 0; at < 20; at++)
      expect(await say('--target web-1 --account deploy -- ls')).toMatchObject({ status: 0 });
    expect(await say('--target web-1 --account deploy -- ls')).toEqual({ kind: 'exit', status: 75 });
    expect(events).toHaveLength(20);
  });

  it('does not help a locked agent to find a spelling that passes', async () => {
    const stage = scene();
    const standings = { lockOf: () => ({ count: 3 }), look: unused };
    const gate = new Gate({ ...stage.parts, standings });
    const bastion = new AgentConsole({ ...stage.parts, holds, explain: (request) => gate.explain(request) });
    const command = Buffer.from('sallyport explain --target web-1 --account deploy -- ls');
    expect(await bastion.run({ ...stage.request, command })).toEqual({ kind: 'exit', status: 77 });
    expect(stage.effects.some((effect) => effect.startsWith('decide'))).toBe(false);
  });
});
