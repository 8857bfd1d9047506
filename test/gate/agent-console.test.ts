import { describe, expect, it } from 'vitest';
import type { Hold } from '../../src/approval/hold.ts';
import { AgentConsole } from '../../src/gate/agent-console.ts';
import { parseAgentWish } from '../../src/gate/agent-wish.ts';
import { scene } from '../support/gate-parts.ts';

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
        const ending = await new AgentConsole({ ...parts, holds }).run({
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
