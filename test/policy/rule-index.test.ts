import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EffectKind, PathAccess, Redirect } from '../../src/command/model.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import { command, deletesAll, host, model } from '../support/models.ts';
import { context, loaded } from '../support/policies.ts';

const text = `version: 1
rules:
  - { id: a, allow: { commands: ["ls **", "/opt/x/run *"] } }
  - { id: b, deny: { commands: ["{rm,mv} **"] } }
  - { id: c, approve: { tools: [git, "kubectl get"] } }
  - { id: d, allow: { effects: [read], tools: library/read-only } }
  - { id: e, deny: { commands: ["*sh -c *"] } }
  - { id: f, allow: { tools: [df], effects: [read] } }
  - { id: h, deny: { tools: ["python3", pip3.9] } }
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
      '/usr/bin/python3.11',
      'python3',
      'pip3.9',
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

  it('changes no decision by what a command has', async () => {
    const policy = await loaded(`version: 1
rules:
  - { id: a, deny: { access: [write], paths: ["/etc/**"] } }
  - { id: b, approve: { effects: [delete], paths: ["/data/**"] } }
  - { id: c, deny: { sql: { verbs: [delete] } } }
  - { id: d, approve: { hosts: ["*.example.com"] } }
  - { id: e, deny: { code: [python] } }
  - { id: f, deny: { redirects: { ops: [">"] } } }
  - { id: g, allow: { effects: [read, network], hosts: ["*"], paths: ["/**"] } }
  - { id: h, allow: { effects: [write, delete], paths: ["/tmp/**"] } }
  - { id: i, allow: { sql: { read_only: true }, commands: ["**"] }, shadow: true }`);
    const slow = { ...policy, index: { rulesFor: () => policy.rules } };
    const kind = fc.constantFrom<EffectKind>('read', 'write', 'delete', 'network', 'execute-code', 'unknown');
    const place = fc.record({
      access: fc.constantFrom<PathAccess>('read', 'write', 'delete', 'execute'),
      path: fc.constantFrom('/etc/x', '/data/x', '/tmp/x'),
      isPrefix: fc.boolean(),
      isRelative: fc.constant(false),
      hasParent: fc.boolean(),
    });
    const redirect: Redirect = { op: '>', fd: 1, target: undefined, body: undefined };
    const one = fc.record({
      effects: fc.array(kind, { maxLength: 2 }),
      paths: fc.array(place, { maxLength: 2 }),
      hosts: fc.constantFrom([], [host('a.example.com')]),
      sql: fc.constantFrom([], [deletesAll], [{ ...deletesAll, verbs: ['select'], readOnly: true }]),
      code: fc.constantFrom([], [{ language: 'python', text: undefined, why: 'x' }]),
      redirects: fc.constantFrom([], [redirect]),
      hasUnseenArguments: fc.boolean(),
      unknowns: fc.constantFrom([], [{ code: 'X', reason: 'x', span: undefined }]),
      tool: fc.constantFrom('ls', undefined),
    });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 3 }), (list) => {
        const commands = list.map((has) => command('ls', has));
        expect(evaluate(policy, model(commands), context())).toEqual(evaluate(slow, model(commands), context()));
      }),
      { numRuns: 2_000 },
    );
  });

  it('changes no decision by where its paths lie', async () => {
    const policy = await loaded(`version: 1
rules:
  - { id: a, deny: { access: [write], paths: ["/etc/**", "/opt/{a,b}/*.conf"] } }
  - { id: b, deny: { paths: ["**/.ssh/**"] } }
  - { id: c, approve: { effects: [delete], paths: ["/data/**/x", "~/x"] } }
  - { id: d, deny: { paths: ["/s*v/x/**", "/srv"] }, uncertain: approve }
  - { id: e, deny: { paths: ["/"] } }
  - { id: f, allow: { effects: [read, write], paths: ["/tmp/**", "/srv/*"] } }
  - { id: g, allow: { effects: [read, delete], paths: ["/data/**", "/home/*/y"] } }`);
    const slow = { ...policy, index: { rulesFor: () => policy.rules } };
    const path = fc
      .array(
        fc.constantFrom('etc', 'opt', 'a', 'x', 'y.conf', 'data', 'srv', 'sxv', 'tmp', 'home', '.ssh', '~', '..'),
        {
          maxLength: 4,
        },
      )
      .map((segments) => `/${segments.join('/')}`);
    const seldom = fc.constantFrom(true, false, false, false);
    const place = fc.record({
      access: fc.constantFrom<PathAccess>('read', 'write', 'delete'),
      path: fc.oneof(
        path,
        path,
        fc.constantFrom('', '/~/x', '/~/etc/x', '~/x', '~maya/x', 'etc/x', `/srv/${'x'.repeat(5_000)}`),
      ),
      isPrefix: seldom,
      isRelative: seldom,
      hasParent: seldom,
      pattern: fc.oneof(
        fc.constant(undefined),
        fc.constantFrom('/etc/*', '/*/x', '/e*', '/[es]rv/x', '/srv/?', '/data/*/x', `/srv/${'?'.repeat(2_000)}`),
      ),
      isTree: fc.constantFrom(undefined, true as const),
      isEntry: fc.constantFrom(undefined, true as const),
    });
    // What the model says of a path hangs together: only a prefix has a pattern, and begins it.
    const real = place.map((one) => {
      const pattern = one.isPrefix ? one.pattern : undefined;
      const known = pattern?.slice(0, pattern.search(/[*?[]/));
      return { ...one, pattern, path: known ?? one.path, isRelative: one.isRelative || !one.path.startsWith('/') };
    });
    const one = fc.record({
      effects: fc.array(fc.constantFrom<EffectKind>('read', 'write', 'delete'), { maxLength: 2 }),
      paths: fc.array(real, { maxLength: 3 }),
      hasUnseenArguments: seldom,
      placesUnseen: fc.constantFrom(undefined, true as const),
    });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 2 }), (list) => {
        const commands = list.map((has) => command('ls', has));
        expect(evaluate(policy, model(commands), context())).toEqual(evaluate(slow, model(commands), context()));
      }),
      { numRuns: 5_000 },
    );
  });
});
