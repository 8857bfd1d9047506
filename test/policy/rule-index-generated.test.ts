/** The index of rules against the plain list, on policies and commands made by chance: it may leave nothing out that speaks. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EffectKind, PathAccess, PathObject, Redirect, SimpleCommand } from '../../src/command/model.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import { command, deletesAll, host, model, word } from '../support/models.ts';
import { context, load } from '../support/policies.ts';

const kinds = ['read', 'write', 'delete', 'execute-code', 'network', 'privilege', 'identity'] as const;
const accesses = ['read', 'write', 'delete', 'execute'] as const;
const globs = ['/etc/**', '/srv/*/x', '**/.env', '~/work/**', '/{etc,srv}/y*', '/**', '/s*v/x', '/'];
const places = [
  '/etc/x',
  '/srv/a/x',
  '/srv/.env',
  '/home/maya/work/a',
  '/etc/y',
  '/',
  '/~/work/a',
  'work/a',
  '~maya/x',
];
const names = ['ls', 'git', 'curl', 'psql', 'run'];

const some = <T>(from: readonly T[], maxLength = 3) =>
  fc.uniqueArray(fc.constantFrom(...from), { minLength: 1, maxLength });
const list = (texts: fc.Arbitrary<readonly string[]>) => texts.map((all) => JSON.stringify(all));
const key = (name: string, values: fc.Arbitrary<string>) => values.map((value) => `${name}: ${value}`);

/** Each a key of a matcher, written as YAML. */
const criteria = [
  key('effects', list(some(kinds))),
  key('tools', list(some(['ls', 'git status', 'git', 'curl', 'psql', 'library/read-only', 'library/known']))),
  key('commands', list(some(['ls **', 'git status', '/opt/x/run *', '{curl,psql} **', '*', '** -c **']))),
  key('paths', list(some(globs))),
  key('hosts', list(some(['*.example.com', '10.0.0.0/8', '*']))),
  key('scopes', list(some(['public', 'private', 'unknown']))),
  key('sql', fc.constantFrom('{ verbs: [delete] }', '{ read_only: true }', '{ where: missing }')),
  key('code', list(some(['python', 'shell', '*']))),
  key('redirects', fc.constantFrom('{ ops: [">"] }', '{ paths: ["/etc/**"] }')),
  key('privilege', fc.constantFrom('true', 'false')),
  key('runs_as', list(some(['root', '*']))),
  key('services', list(some(['nginx', '*']))),
];
/** Keys that say something in an allow rule only, or only beside `paths`. */
const helpers = ['', '', 'unseen_arguments: true', 'unknown_names_pass: true'];
const keysOf = (maxLength: number) =>
  fc
    .uniqueArray(fc.integer({ min: 0, max: criteria.length - 1 }), { minLength: 1, maxLength })
    .chain((indexes) => fc.tuple(...indexes.map((index) => criteria[index] ?? fc.constant(''))));
const rule = fc.record({
  verdict: fc.constantFrom('allow', 'approve', 'deny'),
  keys: keysOf(3),
  helper: fc.constantFrom(...helpers),
  except: fc.option(keysOf(2), { freq: 3 }),
  uncertain: fc.constantFrom('deny', 'approve'),
  isShadow: fc.nat({ max: 7 }).map((n) => n === 0),
});
const helped = (verdict: string, keys: readonly string[], helper: string) => {
  const isSaid = verdict === 'allow' || (helper.startsWith('unknown') && keys.some((one) => one.startsWith('paths')));
  return helper !== '' && isSaid ? [helper] : [];
};
const policyText = fc
  .array(rule, { minLength: 1, maxLength: 6 })
  .map((rules) =>
    [
      'version: 1',
      'rules:',
      ...rules.map(
        ({ verdict, keys, helper, except, uncertain, isShadow }, at) =>
          `${[
            `  - { id: r${at}, ${verdict}: { ${[...keys, ...helped(verdict, keys, helper)].join(', ')} }`,
            ...(except === null ? [] : [`except: { ${except.join(', ')} }`]),
            ...(verdict === 'deny' ? [`uncertain: ${uncertain}`] : []),
            ...(isShadow ? ['shadow: true'] : []),
          ].join(', ')} }`,
      ),
    ].join('\n'),
  );

const seldom = fc.nat({ max: 4 }).map((n) => n === 0);
const flag = seldom.map((is) => (is ? (true as const) : undefined));
const place: fc.Arbitrary<PathObject> = fc
  .record({
    access: fc.constantFrom<PathAccess>(...accesses),
    path: fc.constantFrom(...places),
    isPrefix: seldom,
    hasParent: seldom,
    isTree: flag,
    isEntry: flag,
    glob: fc.constantFrom(undefined, '*', '?x', '[ab]/*'),
  })
  .map(({ glob, ...one }) => ({
    ...one,
    isRelative: !one.path.startsWith('/') && !one.path.startsWith('~'),
    pattern: one.isPrefix && glob !== undefined ? `${one.path}${glob}` : undefined,
  }));
const redirect: Redirect = { op: '>', fd: 1, target: word('/etc/x'), body: undefined };
const asked: fc.Arbitrary<SimpleCommand> = fc
  .record({
    first: fc.constantFrom(...names, '/bin/ls', '/opt/x/run', './run', '$x', 'r$x', 'toString', ''),
    rest: fc.constantFrom('', ' status', ' -c x', ' $y'),
    tool: fc.constantFrom(...names, undefined, undefined),
    subcommand: fc.constantFrom([], [], ['status']),
    effects: fc.array(fc.constantFrom<EffectKind>(...kinds, 'unknown'), { maxLength: 2 }),
    paths: fc.array(place, { maxLength: 2 }),
    hosts: fc.constantFrom(
      [],
      [],
      [host('a.example.com')],
      [host('10.0.0.1', { scope: 'private', isFollowed: true })],
      [host('', { scope: 'unknown' })],
    ),
    sql: fc.constantFrom([], [], [deletesAll], [{ ...deletesAll, verbs: ['select'], readOnly: true }]),
    code: fc.constantFrom([], [], [{ language: 'python', text: undefined, why: 'x' }]),
    redirects: fc.constantFrom([], [], [redirect]),
    services: fc.constantFrom([], [], ['nginx'], ['']),
    runsAs: fc.constantFrom(undefined, undefined, 'root', ''),
    hasUnseenArguments: seldom,
    placesUnseen: flag,
    isRead: fc.nat({ max: 5 }).map((n) => n > 0),
  })
  .map(({ first, rest, isRead, ...has }) =>
    command(first + rest, { ...has, unknowns: isRead ? [] : [{ code: 'X', reason: 'x', span: undefined }] }),
  );

describe('the index of rules', () => {
  it('changes no decision of any policy', async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(
        policyText,
        fc.array(fc.array(asked, { minLength: 1, maxLength: 3 }), { minLength: 20, maxLength: 20 }),
        async (text, texts) => {
          const result = await load(text);
          if (result.kind === 'refused') return;
          count += 1;
          const { policy } = result;
          const plain = { ...policy, index: { rulesFor: () => policy.rules } };
          for (const commands of texts) {
            expect(evaluate(policy, model(commands), context())).toEqual(evaluate(plain, model(commands), context()));
          }
        },
      ),
      { numRuns: 400 },
    );
    // The rest is refused: a rule that another one covers, an allow rule that says nothing.
    expect(count).toBeGreaterThan(100);
  });
});
