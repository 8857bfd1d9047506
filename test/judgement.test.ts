import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createJudgement, type Judgement, withJudgement } from '../src/judgement.ts';
import { ordinarySituation } from '../src/policy/case.ts';
import { evaluate } from '../src/policy/evaluate.ts';
import { loadPolicyFile } from '../src/policy-file.ts';
import { WorkerUnderstander } from '../src/worker-understander.ts';

const context = ordinarySituation.understand;

describe('understanding', () => {
  let judgement: Judgement;
  beforeAll(async () => {
    judgement = await createJudgement();
  });
  afterAll(() => judgement.close());

  it('gives the same model in this thread and in the other', async () => {
    const padding = `# ${'x'.repeat(5_000)}`;
    const [small, large] = [
      await judgement.understand('ls -la /srv', context),
      await judgement.understand(`ls -la /srv ${padding}`, context),
    ];
    expect(large.unknowns).toEqual([]);
    expect(large.commands).toEqual(small.commands);
  });

  it('reads SQL at the first meeting', async () => {
    const model = await judgement.understand(`psql -c 'select 1'`, context);
    const codes = [...model.unknowns, ...model.commands.flatMap(({ unknowns }) => unknowns)].map(({ code }) => code);
    expect(codes).not.toContain('SQL_PARSER_NOT_LOADED');
  });

  it.each(['git log', 'git status', 'git diff', 'bash -c "git log"', 'git log; sh -c "git log"'])(
    'sends %s only with the options that make it safe, or counts it as not understood',
    async (text) => {
      const { canonical, commands, unknowns } = await judgement.understand(text, context);
      const count = text.split('git ').length - 1;
      if (canonical !== undefined)
        expect(canonical.split("'core.fsmonitor=false'").length - 1).toBeGreaterThanOrEqual(count);
      else expect([...unknowns, ...commands.flatMap((command) => command.unknowns)]).not.toEqual([]);
    },
  );
});

describe('on a target whose home nobody knows', () => {
  const nowhere = { ...context, workingDirectory: undefined, homeDirectory: undefined };
  it.each([
    ['cat README.md', 'allow'],
    ['ls -la', 'allow'],
    ['cat etc/shadow', 'approve'],
    ['cat .ssh/config', 'deny'],
    ['cat ~/.ssh/id_ed25519', 'deny'],
    ['cd /etc && cat shadow', 'deny'],
    ['cd ~/app && cat notes', 'approve'],
    ['cd "$X" && cat shadow', 'approve'],
  ])('%s is %s by default', async (text, verdict) => {
    await withJudgement(async (judgement) => {
      const result = await loadPolicyFile('default', judgement.policyParts);
      if (result.kind === 'refused') throw new Error('the default policy is refused');
      const model = await judgement.understand(text, nowhere);
      expect(evaluate(result.policy, model, ordinarySituation.policy).verdict).toBe(verdict);
    });
  });

  it('prints nothing made up', async () => {
    await withJudgement(async (judgement) => {
      for (const text of ['echo $PWD', 'cd sub && echo "$PWD/x"', 'echo ~', 'cat ./x']) {
        const { canonical } = await judgement.understand(text, nowhere);
        expect(`${text}: ${canonical}`).not.toContain('/~');
      }
    });
  });
});

describe('the thread for large texts', () => {
  it('gives up at its deadline, and the next text is read', async () => {
    const understander = new WorkerUnderstander([], { deadlineMs: 1, startMs: 0 });
    const model = await understander.understand('ls', context);
    expect(model.unknowns.map(({ code }) => code)).toEqual(['JUDGEMENT_TIMED_OUT']);
    await understander.close();
  });

  it('may take its time to load, and a text may not: the deadline begins when it is loaded', async () => {
    const understander = new WorkerUnderstander([], { deadlineMs: 1, startMs: 60_000 });
    const model = await understander.understand('ls | '.repeat(3_000), context);
    expect(model.unknowns.map(({ code }) => code)).toEqual(['JUDGEMENT_TIMED_OUT']);
    await understander.close();
  });

  it('takes only so many at once', async () => {
    const understander = new WorkerUnderstander();
    const models = Array.from({ length: 40 }, () => understander.understand('ls', context));
    const last = await models[39];
    expect(last?.unknowns.map(({ code }) => code)).toEqual(['JUDGEMENT_BUSY']);
    expect((await models[0])?.unknowns).toEqual([]);
    await understander.close();
    const all = await Promise.all(models);
    expect(all.every(({ unknowns, canonical }) => unknowns.length > 0 || canonical !== undefined)).toBe(true);
  });
});
