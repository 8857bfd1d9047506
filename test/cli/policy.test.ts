import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addPolicyCommands } from '../../src/cli/policy.ts';
import { runCli } from '../support/cli.ts';

const policy = (words: readonly string[], more: Parameters<typeof runCli>[3] = {}) =>
  runCli(addPolicyCommands, ['policy', ...words], {}, more);

let directory = '';
const write = (name: string, text: string) => {
  const file = join(directory, name);
  writeFileSync(file, text);
  return file;
};
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'policy-cli-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const rule = (text: string) => `version: 1\nrules:\n  - ${text}\n`;

describe('policy check', () => {
  it('says what a good policy is', async () => {
    const { stdout, status } = await policy(['check', 'default']);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /default: good\. \d+ rules, \d+ examples as written.*held for review\nsha256 [0-9a-f]{64}\n$/,
    );
  });

  it('names place and fix of every problem', async () => {
    const file = write('bad.yaml', rule('{ id: a, alow: { effects: [read] }, match: ["ls"] }'));
    const { stderr, status } = await policy(['check', file]);
    expect(status).toBe(65);
    expect(stderr).toContain(`${file}:3:14: unknown key \`alow\` in a rule (did you mean \`allow\`?)`);
    expect(stderr).toMatch(/not loaded, 2 problems\n$/);
  });

  it('has the problems as JSON', async () => {
    const { stdout, status } = await policy(['check', write('bad2.yaml', 'version: 2\nrules: []'), '--json']);
    expect(status).toBe(65);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      problems: expect.arrayContaining([expect.objectContaining({ line: 1 })]),
    });
  });
});

describe('policy test', () => {
  const file = () =>
    write(
      'tested.yaml',
      `${rule('{ id: a, allow: { commands: ["ls"] }, match: ["ls"], not_match: ["ls"] }')}cases:\n  - { command: 'rm "<x>" # y', expect: approve }\n`,
    );

  it('passes for every shipped policy', async () => {
    const { stdout, status } = await policy(['test']);
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/^\d+ of \d+ as written\n$/) });
  });

  it('speaks TAP', async () => {
    const { stdout, status } = await policy(['test', file(), '--tap']);
    expect(status).toBe(1);
    expect(stdout.split('\n')).toEqual([
      'TAP version 13',
      '1..4',
      'ok 1 - loads',
      'ok 2 - a matches ls',
      'not ok 3 - a does not match ls',
      '  ---',
      '  message: "`a` matches `ls`, which is under `not_match`"',
      expect.stringMatching(/^ {2}at: ".*tested.yaml:3"$/),
      '  ...',
      'ok 4 - approve: rm "<x>" \\# y',
      '',
    ]);
  });

  it('speaks JUnit', async () => {
    const { stdout } = await policy(['test', file(), '--junit']);
    expect(stdout).toContain('tests="4" failures="1"');
    expect(stdout).toContain('name="approve: rm &quot;&lt;x&gt;&quot; # y"');
  });
});

describe('policy explain', () => {
  it('reads like an answer', async () => {
    const { stdout } = await policy(['explain', '--', 'cat notes.txt | sort > /srv/out.txt']);
    expect(stdout.replace(/policy [0-9a-f]{12}/, 'policy HASH')).toMatchInlineSnapshot(`
      "This is held for review: no rule allows it: sort writes /srv/out.txt

      cat notes.txt | sort > /srv/out.txt
      ├─ allow cat notes.txt
      │        reads /home/agent/notes.txt
      │        look-around: It only reads.
      └─ ask   sort > /srv/out.txt
               writes /srv/out.txt
               no rule allows it

      One reviewer, never the agent's owner, would have to approve within 15 minutes.
      agent → agent@target (bash), policy HASH default.yaml
      "
    `);
  });

  it('says once what is not understood, and nothing about what it does', async () => {
    const { stdout } = await policy(['explain', '--', 'frobnicate --all']);
    expect(stdout.replace(/policy [0-9a-f]{12}/, 'policy HASH')).toMatchInlineSnapshot(`
      "This is held for review: not understood: Sallyport does not know the command frobnicate

      frobnicate --all
      └─ ask   frobnicate --all
               does something that is not understood
               as said above

      One reviewer, never the agent's owner, would have to approve within 15 minutes.
      agent → agent@target (bash), policy HASH default.yaml
      "
    `);
  });

  it.each([
    { name: 'a program in a variable', command: '$EDITOR file', not: /no effect on anything/ },
    { name: 'text no shell accepts', command: 'ls "x', not: /not understood: Not understood/ },
    {
      name: 'a long reason',
      command: 'find / -name id_rsa -exec cat {} +',
      not: /be what the rule[\s\S]*be what the rule/,
    },
  ])('does not say too much about $name', async ({ command, not }) => {
    expect((await policy(['explain', '--', command])).stdout).not.toMatch(not);
  });

  it('shows what hides in the text, and colours only when asked', async () => {
    const plain = await policy(['explain', '--', 'ls \u202e x']);
    expect(plain.stdout).not.toMatch(/[\u202e\u001b]/);
    expect((await policy(['explain', '--', 'ls'], { useColor: true })).stdout).toContain('\u001b[32m');
  });

  it('gives model and decision as JSON', async () => {
    const { stdout } = await policy(['explain', '--json', '--', 'cat /etc/shadow']);
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: 'deny',
      rule: 'credentials-stay-closed',
      model: { commands: [{ tool: 'cat' }] },
    });
  });

  it('asks for the agent and the target it is told', async () => {
    const file = write(
      'where.yaml',
      rule('{ id: a, deny: { tools: [cat] }, when: { agents: [bot], targets: [db-1], accounts: [root] } }'),
    );
    const of = async (...words: string[]) =>
      JSON.parse((await policy(['explain', '-p', file, '--json', ...words, '--', 'cat x'])).stdout).verdict;
    expect(await of('--agent', 'bot', '--target', 'db-1', '--account', 'root')).toBe('deny');
    expect(await of('--agent', 'bot', '--target', 'db-2', '--account', 'root')).toBe('approve');
  });
});

describe('policy eval', () => {
  it('adds verdict, rule, reason and time to every line, and tells the bad ones', async () => {
    const stdin = [
      '{"id":1,"command":"ls -la /"}',
      'nonsense',
      '{"argv":["cat","it\'s /etc/x"]}',
      '{"argv":["cat","/etc/shadow"]}',
      '[]',
      '{"command":5}',
      '',
    ].join('\n');
    const { stdout, stderr, status } = await policy(['eval', '--json'], { stdin });
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toEqual([
      {
        id: 1,
        command: 'ls -la /',
        verdict: 'allow',
        rule: 'look-around',
        reason: 'It only reads.',
        us: expect.any(Number),
      },
      expect.objectContaining({ argv: ['cat', "it's /etc/x"], verdict: 'allow' }),
      expect.objectContaining({ verdict: 'deny', rule: 'credentials-stay-closed' }),
    ]);
    expect(stderr).toMatch(
      /^line 2: not JSON\nline 5: not a JSON object\nline 6: neither .*\n3 commands: 2 allow, 0 approve, 1 deny; 3 bad lines/,
    );
    expect(status).toBe(65);
  });
});

describe('policy diff', () => {
  it('groups what differs', async () => {
    const [old, next] = [
      write('old.yaml', rule('{ id: a, allow: { commands: ["ls"] } }')),
      write('new.yaml', rule('{ id: b, deny: { commands: ["ls"] } }')),
    ];
    const stdin = '{"command":"ls"}\n{"command":"ls"}\n{"command":"rm x"}\n';
    const { stdout, stderr } = await policy(['diff', old, next], { stdin });
    expect(stdout).toBe('allow → deny  b: 2\n    ls\n');
    expect(stderr).toBe('3 commands, 2 differ; 1 would ask a reviewer\n');
  });
});
