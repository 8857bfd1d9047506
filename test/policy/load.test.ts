import { describe, expect, it } from 'vitest';
import type { ToolNames } from '../../src/command/tools/index.ts';
import { load, loaded, problemsOf } from '../support/policies.ts';

const one = (rule: string) => `version: 1\nrules:\n  - ${rule}`;

describe('a policy is refused', () => {
  it.each([
    [
      'an unknown key',
      'version: 1\nruls: []',
      'policy.yaml:2:1: unknown key `ruls` in a policy (did you mean `rules`?)',
    ],
    [
      'an unknown key of a rule',
      one('{ id: a, alow: { effects: [read] } }'),
      'unknown key `alow` in a rule (did you mean `allow`?)',
    ],
    [
      'an unknown effect',
      one('{ id: a, allow: { effects: [raed] } }'),
      '`raed` is not one of `effects` (did you mean `read`?)',
    ],
    ['an unknown tool', one('{ id: a, allow: { tools: [gti] } }'), 'no tool `gti` is described (did you mean `git`?)'],
    [
      'an unknown class of tools',
      one('{ id: a, allow: { tools: library/readonly } }'),
      'did you mean `library/read-only`?',
    ],
    ['an unknown set', one('{ id: a, deny: { paths: [$secret] } }'), 'there is no set `secret`'],
    ['a bad glob', one('{ id: a, deny: { paths: [etc/passwd] } }'), 'a path pattern starts with `/`'],
    ['a class in a glob', one('{ id: a, deny: { paths: ["/e[t]c/**"] } }'), 'there are no classes of characters'],
    ['a bad pattern', one('{ id: a, deny: { commands: ["a | b"] } }'), 'a pattern is one simple command'],
    ['a bad host', one('{ id: a, deny: { hosts: ["10.0.0.0/40"] } }'), '`10.0.0.0/40` is not a host'],
    ['a bad port', one('{ id: a, deny: { hosts: ["*"], ports: ["70000"] } }'), '`70000` is not a port'],
    ['a pattern of addresses', one('{ id: a, deny: { hosts: ["10.0.0.*"] } }'), 'a network, for example `10.0.0.0/24`'],
    ['every address', one('{ id: a, deny: { hosts: ["0.0.0.0/0"] } }'), '`0.0.0.0/0` is every address and no name'],
    [
      'a variable that is refused',
      one('{ id: a, deny: { environment: [LD_PRELOAD] } }'),
      '`environment` says what an allow rule covers besides',
    ],
    [
      'arguments nobody has seen, as an exception',
      one('{ id: a, allow: { effects: [read] }, except: { unseen_arguments: true } }'),
      '`unseen_arguments` says what an allow rule covers besides',
    ],
    ['an empty condition', one('{ id: a, deny: { tools: [ls] }, when: {} }'), '`when` names nothing'],
    ['empty labels', one('{ id: a, deny: { tools: [ls] }, when: { targets: {} } }'), '`targets` names nothing'],
    ['an empty session', one('{ id: a, deny: { tools: [ls] }, when: { session: {} } }'), '`session` names nothing'],
    [
      'a window of all time',
      one('{ id: a, deny: { tools: [ls] }, when: { time: { zone: UTC } } }'),
      '`time` names nothing',
    ],
    ['an empty limit', one('{ id: a, allow: { tools: [ls] }, limit: {} }'), '`limit` names nothing'],
    ['an empty size', one('{ id: a, deny: { size: {} } }'), '`size` names nothing'],
    [
      'bounds that exclude each other',
      one('{ id: a, deny: { tools: [ls] }, when: { session: { min_commands: 5, max_commands: 2 } } }'),
      '`min_commands` is over `max_commands`',
    ],
    ['a bad zone', 'version: 1\ntimezone: Europe/Berln\nrules: []', 'there is no time zone `Europe/Berln`'],
    [
      'a bad day',
      one('{ id: a, deny: { effects: [read] }, when: { time: { days: funday } } }'),
      '`funday` is not a day',
    ],
    [
      'an empty window',
      one('{ id: a, deny: { effects: [read] }, when: { time: { from: "09:00", to: "09:00" } } }'),
      'the window is empty',
    ],
    [
      'a bad duration',
      one('{ id: a, approve: { effects: [read] }, review: { expires_in: 15 minutes } }'),
      'must be a duration',
    ],
    [
      'an unknown scope',
      one('{ id: a, approve: { effects: [read] }, review: { scopes: [ever] } }'),
      '`ever` is not one of `scopes`',
    ],
    [
      'a scope for too long',
      one('{ id: a, approve: { effects: [read] }, review: { scopes: [time], max_scope: 9h } }'),
      '`max_scope` is longer than 8 hours',
    ],
    [
      'a time for no scope',
      one('{ id: a, approve: { effects: [read] }, review: { max_scope: 1h } }'),
      '`max_scope` without `scopes`',
    ],
    [
      'all of nothing',
      one('{ id: a, approve: { effects: [read] }, review: { all_of: [] } }'),
      '`all_of` has 0 entries (from one to 8)',
    ],
    [
      'all of them, and a quorum of its own',
      one('{ id: a, approve: { effects: [read] }, review: { quorum: 2, all_of: [{ groups: sre }] } }'),
      '`all_of` stands in place of `groups` and `quorum`',
    ],
    [
      'an unknown key of a clause',
      one('{ id: a, approve: { effects: [read] }, review: { all_of: [{ group: sre }] } }'),
      'unknown key `group` in an entry of `all_of` (did you mean `groups`?)',
    ],
    [
      'a clause for nobody',
      one('{ id: a, approve: { effects: [read] }, review: { all_of: [{ groups: sre, quorum: 0 }] } }'),
      '`quorum` must be a whole number from 1',
    ],
    [
      'reminders without end',
      one('{ id: a, approve: { effects: [read] }, review: { remind_after: 5s } }'),
      '`remind_after` is shorter than a minute',
    ],
    [
      'a reminder after the end',
      one('{ id: a, approve: { effects: [read] }, review: { remind_after: 30m, expires_in: 15m } }'),
      '`remind_after` never comes',
    ],
    [
      'an escalation after the end',
      one(
        '{ id: a, approve: { effects: [read] }, review: { groups: [a], expires_in: 9m, escalate: { after: 9m, groups: [b] } } }',
      ),
      '`after` never comes',
    ],
    [
      'an escalation from everybody',
      one('{ id: a, approve: { effects: [read] }, review: { escalate: { after: 9m, groups: [b] } } }'),
      'everybody may decide already',
    ],
    [
      'an escalation to the same people',
      one('{ id: a, approve: { effects: [read] }, review: { groups: [a, b], escalate: { after: 9m, groups: [b] } } }'),
      '`b` decides from the start',
    ],
    [
      'half an escalation',
      one('{ id: a, approve: { effects: [read] }, review: { groups: [a], escalate: { after: 9m } } }'),
      '`escalate` needs `after` and `groups`',
    ],
    [
      'an escalation with a typo',
      one('{ id: a, approve: { effects: [read] }, review: { groups: [a], escalate: { afer: 9m, groups: [b] } } }'),
      'unknown key `afer` in `escalate`',
    ],
    ['an empty list', one('{ id: a, allow: { effects: [] } }'), '`effects` is empty, so nothing can match'],
    ['an empty matcher', one('{ id: a, deny: {} }'), '`deny` names nothing'],
    [
      'an exception of nothing',
      one('{ id: a, deny: { effects: [write] }, except: { reason: so } }'),
      '`except` names nothing',
    ],
    ['a reason in a matcher', one('{ id: a, deny: { effects: [write], reason: so } }'), '`reason`'],
    ['allowing everything', one('{ id: a, allow: everything }'), 'would switch the gate off'],
    [
      'allowing any effect on paths',
      one('{ id: a, allow: { paths: ["/srv/**"] } }'),
      'name `effects`, `tools` or `commands`',
    ],
    [
      'two verdicts',
      one('{ id: a, allow: { effects: [read] }, deny: { effects: [write] } }'),
      'one of `allow`, `approve` and `deny`',
    ],
    ['no id', one('{ allow: { effects: [read] } }'), 'a rule has no `id`'],
    [
      'one id twice',
      `${one('{ id: a, allow: { effects: [read] } }')}\n  - { id: a, deny: { effects: [write] } }`,
      'there are two rules `a`',
    ],
    [
      'a rule that another covers',
      `${one('{ id: a, deny: { tools: [rm] } }')}\n  - { id: b, allow: { tools: [rm] } }`,
      '`b` never decides: `a` covers all of it',
    ],
    ['a lone helper', one('{ id: a, deny: { access: [write] } }'), '`access` sharpens `paths`'],
    [
      'a condition that is no condition',
      one('{ id: a, deny: { effects: [read] }, when: { cel: "1 + 1" } }'),
      'it is int, not true or false',
    ],
    [
      'a condition with `matches`',
      one(`{ id: a, deny: { effects: [read] }, when: { cel: 'account.matches("(a+)+$")' } }`),
      '`matches` can be made to hang',
    ],
    [
      'a condition with `matches`, called as a function',
      one(`{ id: a, deny: { effects: [read] }, when: { cel: 'matches(account, "(a+)+$")' } }`),
      '`matches` can be made to hang',
    ],
    [
      'a condition about nothing',
      one('{ id: a, deny: { effects: [read] }, when: { cel: "agnet.name == \'x\'" } }'),
      'the condition cannot be used',
    ],
    [
      'a rule id that is not there',
      one('{ id: a, deny: { effects: [read] }, when: { session: { fired: [b] } } }'),
      'there is no rule `b`',
    ],
    [
      'a failing example',
      one('{ id: a, allow: { commands: ["ls **"] }, match: ["rm x"] }'),
      '`a` does not match its example `rm x`: `rm`: commands',
    ],
    [
      'a counter-example that matches',
      one('{ id: a, allow: { commands: ["ls **"] }, not_match: ["ls x"] }'),
      '`a` matches `ls x`',
    ],
    [
      'a failing case',
      `${one('{ id: a, allow: { commands: ["ls **"] } }')}\ncases:\n  - { command: ls, expect: deny }`,
      '`ls` comes out as allow by a, not deny',
    ],
    ['an alias', 'version: 1\nsets: { a: &x [a] }\nrules: []', 'anchors (`&name`) are not read'],
    ['a duplicate key', 'version: 1\nversion: 1\nrules: []', 'unique'],
    ['no version', 'rules:\n  - { id: a, deny: { effects: [read] } }', 'there is no `version`'],
    ['no rules', 'version: 1', 'there are no rules'],
    ['an empty file', '', 'the file is empty'],
    ['a broken file', 'version: [', 'policy.yaml:1:'],
    ['a missing file', 'version: 1\nextends: gone.yaml\nrules: []', 'cannot read `gone.yaml`'],
    ['a loop', 'version: 1\ninclude: [policy.yaml]\nrules: []', 'is read already'],
  ])('for %s', async (_, text, wanted) => {
    const tools = new Set(['git', 'ls', 'rm']);
    const toolNames: ToolNames = {
      tools,
      subcommands: () => [],
      spellings: (_, words) => [words],
      describedAs: () => undefined,
      options: () => [],
      languages: () => new Set(),
    };
    const problems = await problemsOf(text, { toolNames, files: { 'policy.yaml': text } });
    expect(problems.join('\n')).toContain(wanted);
  });

  it('with all its problems at once, each in its place', async () => {
    const text =
      'version: 2\nunmatched: allow\nrules:\n  - { id: A, deny: { effects: [raed], paths: [x] }, when: { agnts: [a] } }';
    const problems = await problemsOf(text);
    expect(problems.map((problem) => problem.split(':').slice(1, 3).join(':'))).toEqual(
      expect.arrayContaining(['1:10', '2:12', '4:11', '4:32', '4:47', '4:61']),
    );
  });
});

describe('a policy of several files', () => {
  const base =
    'version: 1\nunmatched: deny\nreview: { groups: [sre] }\nrules:\n  - { id: a, deny: { tools: [rm] } }\n  - { id: b, allow: { commands: ["ls"] } }';
  const files = { 'base.yaml': base, 'sets.yaml': 'sets: { web: [nginx, caddy] }' };

  it('takes over what it extends, and replaces a rule that it drops', async () => {
    const text = 'version: 1\nextends: base.yaml\ndrop: [a]\nrules:\n  - { id: a, approve: { tools: [rm] } }';
    const policy = await loaded(text, { files });
    expect(policy.unmatched).toBe('deny');
    expect(policy.rules.map(({ id, verdict }) => `${id} ${verdict}`)).toEqual(['b allow', 'a approve']);
    expect(policy.review.groups).toEqual(['sre']);
    expect(policy.files).toEqual(['policy.yaml', 'base.yaml']);
  });

  it('can drop a rule, and only one that is there', async () => {
    const text = (id: string) => `version: 1\nextends: base.yaml\ndrop: [${id}]\nrules: []`;
    expect((await loaded(text('b'), { files })).rules.map(({ id }) => id)).toEqual(['a']);
    expect(await problemsOf(text('c'), { files })).toHaveLength(1);
  });

  it('replaces no rule by having its id', async () => {
    const text = 'version: 1\nextends: base.yaml\nrules:\n  - { id: a, approve: { tools: [rm] } }';
    expect(await problemsOf(text, { files })).toEqual([
      'policy.yaml:4:11: `a` would take the place of a rule that this policy extends (another id, or `drop: [a]` if that is meant)',
    ]);
  });

  it('asks for no rule that it drops', async () => {
    const rule = '{ id: c, deny: { tools: [ls] }, when: { session: { fired: [b] } } }';
    const text = `version: 1\nextends: base.yaml\ndrop: [b]\nrules:\n  - ${rule}`;
    expect(await problemsOf(text, { files })).toEqual(['policy.yaml:5:64: there is no rule `b` (did you mean `a`?)']);
  });

  describe('with a set by which the other refuses', () => {
    const guarded = `version: 1
sets: { keys: [/srv/keys/**, /srv/more/**], own: [/srv/own/**] }
rules:
  - { id: a, deny: { paths: [$keys] } }
  - { id: b, allow: { effects: [read], paths: [$own] } }`;
    const above = (sets: string) =>
      problemsOf(`version: 1\nextends: guarded.yaml\nsets: { ${sets} }\nrules: []`, {
        files: { 'guarded.yaml': guarded },
      });

    it('takes nothing from it', async () => {
      expect(await above('keys: [/opt/keys/**]')).toEqual([
        'policy.yaml:3:15: the set `keys` is what the rule `a` refuses in what this policy extends, and loses `/srv/keys/**` (begin it with `$keys`, or give it another name)',
      ]);
      expect(await above('keys: [$keys, /opt/keys/**]')).toEqual([]);
      expect(await above('keys: [/srv/more/**, /srv/keys/**, /opt/keys/**]')).toEqual([]);
    });

    it('may say of others what they are', async () => {
      expect(await above('own: [/opt/own/**]')).toEqual([]);
    });
  });

  it('keeps its windows in the zone it was written in', async () => {
    const night = `version: 1
timezone: Asia/Tokyo
rules:
  - { id: a, deny: { commands: ["rm x"] }, when: { time: { from: "09:00", to: "10:00" } } }`;
    const text = `version: 1
extends: night.yaml
timezone: Europe/Berlin
rules:
  - { id: b, deny: { commands: ["mv x"] }, when: { time: { from: "09:00", to: "10:00" } } }
cases:
  - { command: rm x, expect: deny, at: "2026-01-07T00:30:00Z" }
  - { command: rm x, expect: approve, at: "2026-01-07T08:30:00Z" }
  - { command: mv x, expect: deny, at: "2026-01-07T08:30:00Z" }`;
    expect(await problemsOf(text, { files: { 'night.yaml': night } })).toEqual([]);
  });

  it('uses the sets of a file it includes', async () => {
    const text = 'version: 1\ninclude: [sets.yaml]\nrules:\n  - { id: a, deny: { services: [$web, sshd] } }';
    expect((await load(text, { files })).kind).toBe('loaded');
  });

  it('has a hash over all of them and over the library', async () => {
    const text = 'version: 1\ninclude: [sets.yaml]\nrules:\n  - { id: a, deny: { services: [$web] } }';
    const first = await loaded(text, { files });
    const same = await loaded(text, { files });
    const other = await loaded(text, { files: { 'sets.yaml': 'sets: { web: [nginx] }' } });
    expect(first.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(same.hash).toBe(first.hash);
    expect(other.hash).not.toBe(first.hash);
  });

  it('runs the cases of a case file', async () => {
    const text = 'version: 1\nrules:\n  - { id: a, allow: { commands: ["ls"] } }\ncases: [cases.yaml]';
    const good = await load(text, {
      files: { 'cases.yaml': '- { commands: [ls], expect: allow, rule: a }\n- { command: rm, expect: approve }' },
    });
    expect(good.examples.map(({ name, problem }) => [name, problem])).toEqual([
      ['allow by a: ls', undefined],
      ['approve: rm', undefined],
    ]);
    const bad = await problemsOf(text, { files: { 'cases.yaml': '- { command: ls, expect: approve }' } });
    expect(bad).toEqual(['cases.yaml:1:14: `ls` comes out as allow by a, not approve: allowed by a']);
  });
});
