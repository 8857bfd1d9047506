import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createJudgement, type Judgement } from '../src/judgement.ts';
import { ordinarySituation } from '../src/policy/case.ts';
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

describe('the thread for large texts', () => {
  it('gives up at its deadline, and the next text is read', async () => {
    const understander = new WorkerUnderstander([], { deadlineMs: 1 });
    const model = await understander.understand('ls', context);
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
