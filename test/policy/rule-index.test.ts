import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluate } from '../../src/policy/evaluate.ts';
import { command, model } from '../support/models.ts';
import { context, loaded } from '../support/policies.ts';

const text = `version: 1
rules:
  - { id: a, allow: { commands: ["ls **", "/opt/x/run *"] } }
  - { id: b, deny: { commands: ["{rm,mv} **"] } }
  - { id: c, approve: { tools: [git, "kubectl get"] } }
  - { id: d, allow: { effects: [read], tools: library/read-only } }
  - { id: e, deny: { commands: ["*sh -c *"] } }
  - { id: f, allow: { tools: [df], effects: [read] } }
  - { id: g, deny: { commands: ["dd **"] }, shadow: true }`;

describe('the index of rules', () => {
  it('changes no decision', async () => {
    const policy = await loaded(text);
    const slow = { ...policy, index: { rulesFor: () => policy.rules } };
    const name = fc.constantFrom(
      'ls',
      '/bin/ls',
      '/opt/x/run',
      './rm',
      'rm',
      'git',
      'kubectl',
      'bash',
      'df',
      'dd',
      '$x',
      'r$x',
      'toString',
    );
    const one = fc.record({
      name,
      rest: fc.constantFrom('', ' a', ' -c x', ' get'),
      isKnown: fc.boolean(),
      reads: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 3 }), (list) => {
        const commands = list.map(({ name: first, rest, isKnown, reads }) =>
          command(first + rest, { effects: [reads ? 'read' : 'write'], ...(isKnown ? {} : { tool: undefined }) }),
        );
        expect(evaluate(policy, model(commands), context())).toEqual(evaluate(slow, model(commands), context()));
      }),
      { numRuns: 1_000 },
    );
  });
});
