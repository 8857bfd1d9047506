import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SimpleCommand } from '../../src/command/model.ts';
import { ordinarySituation } from '../../src/policy/case.ts';
import type { SessionFacts } from '../../src/policy/decision.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import { command, host, model, path, word } from '../support/models.ts';
import { context, loaded } from '../support/policies.ts';

async function judge(rules: string, commands: readonly SimpleCommand[], now: Partial<SessionFacts> = {}) {
  const policy = await loaded(`version: 1\nrules:\n${rules}`);
  const session = { ...ordinarySituation.policy.session, ...now };
  return evaluate(policy, model(commands), context({ session }));
}

const reads =
  '  - { id: reads, allow: { effects: [read], tools: library/read-only }, except: { paths: ["**/.ssh/**"] } }';
const cat = (file: string, more: Parameters<typeof path>[2] = {}) =>
  command(`cat ${file}`, { effects: ['read'], paths: [path('read', file, more)] });
const unknown = { code: 'X', reason: 'a thing nobody knows', span: undefined };

describe('an allow rule covers a command only whole', () => {
  const rows: readonly { name: string; rules?: string; command: SimpleCommand; want: string }[] = [
    { name: 'a plain read', command: cat('/var/log/syslog'), want: 'allow' },
    { name: 'an exception', command: cat('/root/.ssh/id'), want: 'approve' },
    { name: 'a second effect', command: command('cat x', { effects: ['read', 'write'] }), want: 'approve' },
    {
      name: 'a written path without its effect',
      command: command('cat x', { effects: ['read'], paths: [path('write', '/x')] }),
      want: 'approve',
    },
    {
      name: 'a program of a project, where no paths are named',
      rules: '  - { id: builds, allow: { effects: [execute-code], tools: [cat] } }',
      command: command('/tmp/node_modules/.bin/cat', {
        effects: ['execute-code'],
        tool: 'cat',
        paths: [path('execute', '/tmp/node_modules/.bin/cat', { isProgram: true })],
      }),
      want: 'approve',
    },
    {
      name: 'a program of a project, where it lies',
      rules: '  - { id: builds, allow: { effects: [execute-code], tools: [cat], paths: ["/srv/**"] } }',
      command: command('/srv/node_modules/.bin/cat', {
        effects: ['execute-code'],
        tool: 'cat',
        paths: [path('execute', '/srv/node_modules/.bin/cat', { isProgram: true })],
      }),
      want: 'allow',
    },
    {
      name: 'something not understood',
      command: command('cat x', { effects: ['read'], unknowns: [unknown] }),
      want: 'approve',
    },
    {
      name: 'a tool nobody described',
      command: command('cat x', { effects: ['read'], tool: undefined }),
      want: 'approve',
    },
    {
      name: 'arguments nobody has seen',
      command: command('cat', { effects: ['read'], hasUnseenArguments: true }),
      want: 'approve',
    },
    { name: 'another account', command: { ...cat('/x'), runsAs: 'root' }, want: 'approve' },
    { name: 'another machine', command: { ...cat('/x'), runsOn: 'db-1' }, want: 'approve' },
    {
      name: 'code',
      command: { ...cat('/x'), code: [{ language: 'awk', text: 'x', why: 'it runs' }] },
      want: 'approve',
    },
    { name: 'a host', command: { ...cat('/x'), hosts: [host('example.com')] }, want: 'approve' },
    { name: 'a path that is not known', command: cat('/srv/', { isPrefix: true }), want: 'approve' },
    {
      name: 'a glob that stays clear of the exception',
      command: cat('/srv/', { isPrefix: true, pattern: '/srv/*.log' }),
      want: 'allow',
    },
    {
      name: 'a glob that meets the exception',
      command: cat('/root/', { isPrefix: true, pattern: '/root/.*' }),
      want: 'approve',
    },
    { name: 'a parent that a link can falsify', command: cat('/srv/x', { hasParent: true }), want: 'approve' },
    { name: 'a directory nobody knows', command: cat('x', { isRelative: true }), want: 'approve' },
    {
      name: 'a variable that executes',
      command: { ...cat('/x'), assignments: [{ name: 'LESSOPEN', value: word('x'), isExported: true }] },
      want: 'approve',
    },
    {
      name: 'a variable that only changes looks',
      command: { ...cat('/x'), assignments: [{ name: 'LC_ALL', value: word('C'), isExported: true }] },
      want: 'allow',
    },
    {
      name: 'an argv that redirects',
      rules: '  - { id: echo, allow: { commands: ["echo **"] } }',
      command: command('echo x', {
        effects: ['write'],
        paths: [path('write', '/x')],
        redirects: [{ op: '>', fd: 1, target: word('/x'), body: undefined }],
      }),
      want: 'approve',
    },
    {
      name: 'an argv that redirects to nowhere',
      rules: '  - { id: echo, allow: { commands: ["echo **"] } }',
      command: command('echo x', { redirects: [{ op: '>', fd: 1, target: word('/dev/null'), body: undefined }] }),
      want: 'allow',
    },
    {
      name: 'an argv that runs code without saying so',
      rules: '  - { id: script, allow: { commands: ["python3 /opt/x.py"] } }',
      command: command('python3 /opt/x.py', {
        effects: ['execute-code'],
        code: [{ language: 'python', text: undefined, why: 'a script' }],
      }),
      want: 'approve',
    },
    {
      name: 'an argv that runs code and says so',
      rules: '  - { id: script, allow: { commands: ["python3 /opt/x.py"], code: [python] } }',
      command: command('python3 /opt/x.py', {
        effects: ['execute-code'],
        code: [{ language: 'python', text: undefined, why: 'a script' }],
      }),
      want: 'allow',
    },
    {
      name: 'the metadata service, unnamed',
      rules: '  - { id: net, allow: { effects: [read, network], tools: [curl] } }',
      command: command('curl x', { effects: ['network'], hosts: [host('169.254.169.254', { scope: 'metadata' })] }),
      want: 'approve',
    },
    {
      name: 'a public host',
      rules:
        '  - { id: net, allow: { effects: [read, network], tools: [curl], hosts: ["*.example.com"], ports: ["443"] } }',
      command: command('curl x', { effects: ['network'], hosts: [host('a.example.com')] }),
      want: 'allow',
    },
    {
      name: 'a named host that is followed where it sends the client',
      rules: '  - { id: net, allow: { effects: [read, network], tools: [curl], hosts: ["*.example.com"] } }',
      command: command('curl x', { effects: ['network'], hosts: [host('a.example.com', { isFollowed: true })] }),
      want: 'allow',
    },
    {
      name: 'a host that is followed and only of the right scope',
      rules: '  - { id: net, allow: { effects: [read, network], tools: [curl], scopes: [public] } }',
      command: command('curl x', { effects: ['network'], hosts: [host('a.example.com', { isFollowed: true })] }),
      want: 'approve',
    },
    {
      name: 'a host that is followed and of which nothing is said',
      rules: '  - { id: net, allow: { effects: [read, network], tools: [curl] } }',
      command: command('curl x', { effects: ['network'], hosts: [host('a.example.com', { isFollowed: true })] }),
      want: 'approve',
    },
    {
      name: 'a host that is followed in a command that is written out',
      rules: '  - { id: net, allow: { commands: ["curl x"] } }',
      command: command('curl x', { effects: ['network'], hosts: [host('a.example.com', { isFollowed: true })] }),
      want: 'allow',
    },
    {
      name: 'two hosts of which one is named',
      rules: '  - { id: net, allow: { effects: [read, network], tools: [curl], hosts: ["*.example.com"] } }',
      command: command('curl x', { effects: ['network'], hosts: [host('a.example.com'), host('evil.com')] }),
      want: 'approve',
    },
    {
      name: 'writes below its directory',
      rules: '  - { id: w, allow: { effects: [read, write], paths: ["/srv/app/**"] } }',
      command: command('cp a b', {
        effects: ['read', 'write'],
        paths: [path('read', '/srv/app/a'), path('write', '/srv/app/b')],
      }),
      want: 'allow',
    },
    {
      name: 'a write beside its directory',
      rules: '  - { id: w, allow: { effects: [read, write], paths: ["/srv/app/**"] } }',
      command: command('cp a b', {
        effects: ['read', 'write'],
        paths: [path('read', '/srv/app/a'), path('write', '/srv/appendix')],
      }),
      want: 'approve',
    },
    {
      name: 'a write nobody can place',
      rules: '  - { id: w, allow: { effects: [read, write], paths: ["/srv/app/**"] } }',
      command: command('git stash', { effects: ['read', 'write'] }),
      want: 'approve',
    },
    {
      name: 'an effect of another kind',
      rules: '  - { id: w, allow: { effects: [read, write] } }',
      command: command('x', { effects: ['write', 'service'] }),
      want: 'approve',
    },
  ];
  it.each(rows)('$name', async ({ rules, command: one, want }) => {
    expect((await judge(rules ?? reads, [one])).verdict).toBe(want);
  });
});

describe('a deny rule is touched by any part', () => {
  const never =
    '  - { id: never, deny: { access: [write], paths: ["/etc/**"] }, reason: Ask the owners., instead: Open a change. }';
  const write = (file: string, more = {}) =>
    command(`tee ${file}`, { effects: ['write'], paths: [path('write', file, more)] });
  it.each([
    { name: 'a written path', one: write('/etc/passwd'), want: 'deny' },
    { name: 'a read of the same path', one: cat('/etc/passwd'), want: 'allow' },
    { name: 'a prefix that may become one', one: write('/e', { isPrefix: true }), want: 'deny' },
    { name: 'a prefix that needs `..` to become one', one: write('/srv/', { isPrefix: true }), want: 'approve' },
    { name: 'a path from a directory nobody knows', one: write('etc/x', { isRelative: true }), want: 'deny' },
    { name: 'a partial model', one: { ...write('/etc/x'), unknowns: [unknown] }, want: 'deny' },
  ])('$name', async ({ one, want }) => {
    const decision = await judge(`${reads}\n${never}`, [one]);
    expect(decision.verdict).toBe(want);
  });

  it('says why and what else to do', async () => {
    const decision = await judge(never, [write('/etc/passwd')]);
    expect(decision).toMatchObject({ rule: 'never', reason: 'Ask the owners.', instead: 'Open a change.' });
  });

  it('asks instead when it is not sure and says so', async () => {
    const soft = '  - { id: soft, deny: { paths: ["/etc/shadow"] }, uncertain: approve }';
    expect((await judge(soft, [cat('/etc/', { isPrefix: true })])).verdict).toBe('approve');
    expect((await judge(soft, [cat('/etc/shadow')])).verdict).toBe('deny');
  });

  it('leaves out only what all keys of an exception cover', async () => {
    const rule =
      '  - { id: etc, deny: { access: [write], paths: ["/etc/**"] }, except: { paths: ["/etc/myapp/**"], tools: [cp] } }';
    const writes = (tool: string, to: string) =>
      command(`${tool} x`, { tool, effects: ['write'], paths: [path('write', to)] });
    expect((await judge(rule, [writes('cp', '/etc/myapp/x')])).verdict).toBe('approve');
    expect((await judge(rule, [writes('cp', '/etc/x')])).verdict).toBe('deny');
    expect((await judge(rule, [writes('tee', '/etc/myapp/x')])).verdict).toBe('deny');
  });

  it('leaves out what is surely an exception', async () => {
    const rule = '  - { id: etc, deny: { access: [write], paths: ["/etc/**"] }, except: { paths: ["/etc/myapp/**"] } }';
    expect((await judge(rule, [write('/etc/myapp/x')])).verdict).toBe('approve');
    expect((await judge(rule, [write('/etc/myapp/', { isPrefix: true })])).verdict).toBe('deny');
    const both = command('tee', {
      effects: ['write'],
      paths: [path('write', '/etc/myapp/x'), path('write', '/etc/passwd')],
    });
    expect((await judge(rule, [both])).verdict).toBe('deny');
  });

  it('counts an error in its condition as a match, and an allow rule counts it as none', async () => {
    const cel = 'when: { cel: "command.words[9] == \'x\'" }';
    expect((await judge(`  - { id: d, deny: { effects: [read] }, ${cel} }`, [cat('/x')])).verdict).toBe('deny');
    expect((await judge(`  - { id: a, allow: { effects: [read] }, ${cel} }`, [cat('/x')])).verdict).toBe('approve');
  });
});

describe('the whole text', () => {
  it.each([
    { name: 'nothing in it', of: model([]), want: 'approve' },
    {
      name: 'only an assignment',
      of: model([command('', { assignments: [{ name: 'x', value: word('1'), isExported: false }] })]),
      want: 'approve',
    },
    {
      name: 'an assignment before a read',
      of: model([command('', { assignments: [{ name: 'x', value: word('1'), isExported: false }] }), cat('/x')]),
      want: 'allow',
    },
    {
      name: 'HOME set before a read',
      of: model([command('', { assignments: [{ name: 'HOME', value: word('/tmp'), isExported: false }] }), cat('/x')]),
      want: 'approve',
    },
    { name: 'a part not understood', of: model([cat('/x')], { unknowns: [unknown] }), want: 'approve' },
    { name: 'stdin that is run', of: model([cat('/x')], { stdin: 'code', stdinLanguage: 'python' }), want: 'approve' },
    { name: 'stdin that is data', of: model([cat('/x')], { stdin: 'data' }), want: 'allow' },
  ])('with $name: $want', async ({ of, want }) => {
    const policy = await loaded(`version: 1\nrules:\n${reads}`);
    expect(evaluate(policy, of, context()).verdict).toBe(want);
  });

  it('takes the strictest of its parts, whatever their order', async () => {
    const rules = `${reads}\n  - { id: no, deny: { tools: [rm] } }\n  - { id: ask, approve: { tools: [cp] } }`;
    const policy = await loaded(`version: 1\nrules:\n${rules}`);
    const parts = {
      allow: cat('/x'),
      approve: command('cp a b', { effects: ['write'] }),
      deny: command('rm a', { effects: ['delete'] }),
    };
    const rank = ['allow', 'approve', 'deny'] as const;
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...rank), { minLength: 1, maxLength: 6 }), (verdicts) => {
        const strictest = rank[Math.max(...verdicts.map((verdict) => rank.indexOf(verdict)))];
        expect(evaluate(policy, model(verdicts.map((verdict) => parts[verdict])), context()).verdict).toBe(strictest);
      }),
    );
  });

  it('is denied when nothing matches and the policy says so', async () => {
    const policy = await loaded(`version: 1\nunmatched: deny\nrules:\n${reads}`);
    expect(evaluate(policy, model([command('rm x', { effects: ['delete'] })]), context()).verdict).toBe('deny');
    expect(evaluate(policy, model([cat('/x')], { unknowns: [unknown] }), context()).verdict).toBe('deny');
  });
});

describe('what a session did before', () => {
  const rules = `
  - { id: sends, allow: { effects: [network], tools: [curl], hosts: ["*"] } }
  - id: after-secret
    deny: { hosts: ["*"], directions: [upload] }
    when: { session: { read: ["**/.env"] } }`;
  const upload = command('curl x', { effects: ['network'], hosts: [host('example.com', { direction: 'upload' })] });

  it('turns an upload after a secret into a denial', async () => {
    expect((await judge(rules, [upload])).verdict).toBe('allow');
    expect((await judge(rules, [upload], { readPaths: ['/srv/app/.env'] })).verdict).toBe('deny');
  });

  it.each([
    { now: {}, want: 'allow' },
    { now: { lastHour: { few: 1 } }, want: 'allow' },
    { now: { lastHour: { few: 2 } }, want: 'approve' },
    { now: { fired: { few: 5 } }, want: 'approve' },
  ])('spends a budget: $now is $want', async ({ now, want }) => {
    const limited = '  - { id: few, allow: { effects: [read] }, limit: { per_hour: 2, per_session: 5 } }';
    expect((await judge(limited, [cat('/x')], now)).verdict).toBe(want);
  });

  it('spends a budget for every command of a text', async () => {
    const limited = '  - { id: few, allow: { effects: [read] }, limit: { per_hour: 2, per_session: 5 } }';
    expect((await judge(limited, [cat('/x'), cat('/y')])).verdict).toBe('allow');
    expect((await judge(limited, [cat('/x'), cat('/y'), cat('/z')])).verdict).toBe('approve');
  });

  it('lets no budget cover what may run more often than it is listed', async () => {
    const limited = '  - { id: few, allow: { effects: [read] }, limit: { per_hour: 2, per_session: 5 } }';
    const verdict = async (rule: string) =>
      evaluate(await loaded(`version: 1\nrules:\n${rule}`), model([cat('/x')], { mayRepeat: true }), context()).verdict;
    expect(await verdict(limited)).toBe('approve');
    expect(await verdict(reads)).toBe('allow');
  });

  const reads = '  - { id: reads, allow: { effects: [read] } }';

  it('includes what another command of the same text does', async () => {
    const both = `${reads}${rules}`;
    expect((await judge(both, [cat('/srv/app/.env'), upload])).verdict).toBe('deny');
    expect((await judge(both, [cat('/srv/app/notes'), upload])).verdict).toBe('allow');
  });

  it('includes what the agent did on other connections', async () => {
    const policy = await loaded(`version: 1\nrules:${rules}`);
    const { session } = context();
    const recent = () => ({ ...session, readPaths: ['/srv/app/.env'] });
    expect(evaluate(policy, model([upload]), { ...context(), recent }).verdict).toBe('deny');
    expect(evaluate(policy, model([upload]), { ...context(), recent: () => session }).verdict).toBe('allow');
  });

  it.each(['{ session: { max_commands: 3 } }', "{ cel: 'session.commands < 4' }"])(
    'lets %s hold only when it does over all connections',
    async (when) => {
      const policy = await loaded(`version: 1\nrules:\n  - { id: reads, allow: { effects: [read] }, when: ${when} }`);
      const { session } = context();
      const recent = () => ({ ...session, commands: 9 });
      expect(evaluate(policy, model([cat('/x')]), context()).verdict).toBe('allow');
      expect(evaluate(policy, model([cat('/x')]), { ...context(), recent }).verdict).toBe('approve');
    },
  );

  it.each([
    { name: 'a search', read: '**/.env', touched: path('read', '/srv', { isTree: true }), want: 'deny' },
    {
      name: 'a search that passes over what is hidden',
      read: '**/.env{,.local}',
      touched: path('read', '/srv', { isTree: true, isShown: true }),
      want: 'allow',
    },
    {
      name: 'a search that passes over what is hidden, for others',
      read: '**/{.env,*.pem}',
      touched: path('read', '/srv', { isTree: true, isShown: true }),
      want: 'deny',
    },
    {
      name: 'a glob',
      read: '**/*.pem',
      touched: path('read', '/srv/', { isPrefix: true, pattern: '/srv/*' }),
      want: 'deny',
    },
    {
      name: 'a glob that leaves out what is hidden',
      read: '**/.env',
      touched: path('read', '/srv/', { isPrefix: true, pattern: '/srv/*' }),
      want: 'allow',
    },
    {
      name: 'a glob of another ending',
      read: '**/*.pem',
      touched: path('read', '/srv/', { isPrefix: true, pattern: '/srv/*.md' }),
      want: 'allow',
    },
  ])('counts a file of any directory as read by $name', async ({ read, touched, want }) => {
    const anywhere = rules.replace('**/.env', read);
    expect((await judge(anywhere, [upload], { unsurePaths: [touched] })).verdict).toBe(want);
  });

  it.each([
    { name: 'a directory above it', touched: path('read', '/srv', { isTree: true }), want: 'deny' },
    {
      name: 'a glob that it fits',
      touched: path('read', '/srv/se', { isPrefix: true, pattern: '/srv/se*/key' }),
      want: 'deny',
    },
    { name: 'a word nobody knew', touched: path('read', '', { isPrefix: true }), want: 'deny' },
    { name: 'another directory', touched: path('read', '/opt', { isTree: true }), want: 'allow' },
    { name: 'another glob', touched: path('read', '/opt/', { isPrefix: true, pattern: '/opt/*.log' }), want: 'allow' },
    { name: 'a directory that was written', touched: path('write', '/srv', { isTree: true }), want: 'allow' },
  ])('counts as read what may have been, by $name', async ({ touched, want }) => {
    const inside = rules.replace('["**/.env"]', '["/srv/secrets/**"]');
    expect((await judge(inside, [upload], { unsurePaths: [touched] })).verdict).toBe(want);
    const together = [command('grep -r x', { paths: [touched] }), upload];
    expect((await judge(`${reads}\n  - { id: writes, allow: { effects: [write] } }${inside}`, together)).verdict).toBe(
      want,
    );
  });

  it('counts as done what may have been, when not all of it is known', async () => {
    expect((await judge(rules, [upload], { isPartial: true })).verdict).toBe('deny');
    const inCel = rules.replace('session: { read: ["**/.env"] }', 'cel: \'session.read.exists(p, p == "/x")\'');
    expect((await judge(inCel, [upload])).verdict).toBe('allow');
    expect((await judge(inCel, [upload], { isPartial: true })).verdict).toBe('deny');
  });
});

describe('review terms', () => {
  const rule = (id: string, tool: string, review: string) =>
    `  - { id: ${id}, approve: { tools: [${tool}] }, review: { ${review} } }`;
  const rm = command('rm x', { effects: ['delete'] });
  const cp = command('cp x', { effects: ['write'] });

  it('join to the strictest', async () => {
    const rules = [
      rule('a', 'rm', 'groups: [sre, dba], quorum: 2, expires_in: 1h'),
      rule('b', 'cp', 'groups: [dba], min_reason: 10'),
    ];
    expect((await judge(rules.join('\n'), [rm, cp])).review).toEqual({
      groups: ['dba'],
      quorum: 2,
      expiresInMs: 1_800_000,
      reason: 'required',
      minReasonLength: 10,
    });
  });

  it('let reviewers choose only the scopes that every part offers, for the shortest time', async () => {
    const rules = [
      rule('a', 'rm', 'scopes: [session, time], max_scope: 8h'),
      rule('b', 'cp', 'scopes: [time, pattern]'),
    ];
    const joined = (await judge(rules.join('\n'), [rm, cp])).review;
    expect(joined).toMatchObject({ scopes: ['once', 'time'], maxScopeMs: 3_600_000 });
    const without = [rules[0], rule('b', 'cp', 'quorum: 1')].join('\n');
    expect((await judge(without, [rm, cp])).review?.scopes).toBeUndefined();
  });

  it.each([
    {
      name: 'asks nobody whom another rule would not accept',
      a: 'groups: [sre, dba], escalate: { after: 5m, groups: [managers] }',
      b: 'groups: [dba]',
      want: { groups: ['dba'], escalation: undefined },
    },
    {
      name: 'waits as long as the most patient rule says',
      a: 'groups: [dba], escalate: { after: 5m, groups: [managers, leads] }',
      b: 'groups: [dba, leads], escalate: { after: 9m, groups: [managers] }, remind_after: 3m',
      want: {
        groups: ['dba'],
        escalation: { afterMs: 540_000, groups: ['managers', 'leads'] },
        remindAfterMs: 180_000,
      },
    },
    {
      name: 'stands when the other rule accepts anybody',
      a: 'groups: [dba], escalate: { after: 5m, groups: [managers] }, remind_after: 4m',
      b: 'quorum: 2, remind_after: 2m',
      want: { quorum: 2, escalation: { afterMs: 300_000, groups: ['managers'] }, remindAfterMs: 120_000 },
    },
  ])('escalation $name', async ({ a, b, want }) => {
    for (const rules of [
      [rule('a', 'rm', a), rule('b', 'cp', b)],
      [rule('a', 'rm', b), rule('b', 'cp', a)],
    ]) {
      const review = (await judge(rules.join('\n'), [rm, cp])).review;
      expect({ ...review, escalation: review?.escalation }).toMatchObject(want);
    }
  });

  it('of different groups ask both, by different people', async () => {
    const rules = [rule('a', 'rm', 'groups: [sre]'), rule('b', 'cp', 'groups: [dba], quorum: 2')].join('\n');
    expect(await judge(rules, [rm, cp])).toMatchObject({
      verdict: 'approve',
      review: {
        groups: ['sre', 'dba'],
        quorum: 3,
        allOf: [
          { groups: ['sre'], quorum: 1 },
          { groups: ['dba'], quorum: 2 },
        ],
      },
    });
    expect((await judge(rules, [rm])).review).toMatchObject({ groups: ['sre'], quorum: 1 });
  });

  it('that ask more people than anybody finds refuse the text and say what to do', async () => {
    const tools = Array.from({ length: 9 }, (_, at) => `tool${at}`);
    const rules = tools.map((tool) => rule(tool, tool, `groups: [${tool}]`)).join('\n');
    const commands = tools.map((tool) => command(tool, { effects: ['write'] }));
    expect(await judge(rules, commands)).toMatchObject({
      verdict: 'deny',
      instead: 'send the parts as separate commands',
    });
    expect((await judge(rules, commands.slice(1))).verdict).toBe('approve');
  });

  it('name several clauses, which a rule that names its own people replaces', async () => {
    const rules = rule('a', 'rm', 'all_of: [{ groups: sre }, { groups: [security, dba], quorum: 2 }, { quorum: 1 }]');
    expect((await judge(rules, [rm])).review).toMatchObject({
      groups: [],
      quorum: 4,
      allOf: [
        { groups: ['sre'], quorum: 1 },
        { groups: ['security', 'dba'], quorum: 2 },
        { groups: [], quorum: 1 },
      ],
    });
  });
});

describe('shadow', () => {
  it('of a rule is told and not enforced', async () => {
    const deny = await judge(`${reads}\n  - { id: later, deny: { tools: [cat] }, shadow: true }`, [cat('/x')]);
    expect(deny).toMatchObject({ verdict: 'allow', shadow: [{ verdict: 'deny', rule: 'later' }] });
    const allow = await judge('  - { id: soon, allow: { effects: [read] }, shadow: true }', [cat('/x')]);
    expect(allow).toMatchObject({ verdict: 'approve', shadow: [{ verdict: 'allow', rule: 'soon' }] });
  });

  it('of a policy lets run what is understood, and nothing else', async () => {
    const policy = await loaded('version: 1\nshadow: true\nrules:\n  - { id: no, deny: { effects: [delete] } }');
    const rm = command('rm x', { effects: ['delete'] });
    expect(evaluate(policy, model([rm]), context())).toMatchObject({
      verdict: 'allow',
      shadow: [{ verdict: 'deny', rule: 'no' }],
    });
    expect(evaluate(policy, model([rm], { unknowns: [unknown], canonical: undefined }), context()).verdict).toBe(
      'deny',
    );
    expect(evaluate(policy, model([rm], { canonical: undefined }), context()).verdict).toBe('deny');
  });
});

it('says of each command which rules had a say, those included that another one speaks for', async () => {
  const rules = `${reads}
  - { id: all-reads, approve: { effects: [read], paths: ["/srv/**"] } }
  - { id: secrets, approve: { paths: ["/srv/secret/**"] } }
  - { id: later, deny: { paths: ["/srv/secret/**"] }, shadow: true }`;
  const decision = await judge(rules, [cat('/srv/secret/a'), cat('/srv/b'), cat('/opt/c')]);
  expect(decision.fired).toEqual(['all-reads', 'secrets', 'all-reads', 'reads']);
});
