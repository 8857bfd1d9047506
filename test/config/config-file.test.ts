import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { configTemplate } from '../../src/cli/config-template.ts';
import { ConfigError, loadConfig } from '../../src/config-file.ts';
import { makeKey } from '../support/keys.ts';

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE5wYZmZ2V2lK4L0vFVDW0V7zjG9yKH0yq6dJ5Zs2m1f';
const directory = mkdtempSync(join(tmpdir(), 'sallyport-config-'));
afterAll(() => rmSync(directory, { recursive: true }));

function load(text: string, env: Record<string, string> = {}) {
  const file = join(directory, 'sallyport.yaml');
  writeFileSync(file, text);
  return loadConfig(file, env).config;
}

function problemsOf(text: string, env: Record<string, string> = {}): readonly string[] {
  try {
    load(text, env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((p) => `${p.line}:${p.column} ${p.field}: ${p.message}`);
  }
}

describe('the configuration file', () => {
  it('has strict defaults when it says nothing', () => {
    const config = load('version: 1\n');
    expect(config.ssh.listen).toEqual({ host: '127.0.0.1', port: 2222 });
    expect(config.ssh.limits).toMatchObject({ loginGraceMs: 20_000, maxAuthTries: 6, maxCommandBytes: 65_536 });
    expect(config.holds).toEqual({
      grantMs: 1_800_000,
      maxPendingPerAgent: 20,
      maxPerHourPerAgent: 120,
      maxActionBytes: 262_144,
      respelling: { withinMs: 1_800_000, lockAfter: 3 },
    });
    expect(config.stateDirectory).toBe(join(directory, '.sallyport'));
  });

  it('is frozen', () => {
    expect(Object.isFrozen(load('version: 1\n').ssh.limits)).toBe(true);
  });

  it('accepts what init writes', () => {
    expect(problemsOf(configTemplate)).toEqual([]);
  });

  it('accepts every setting that the template shows commented out', () => {
    const uncommented = configTemplate
      .split('\n')
      .map((line) =>
        line.replace(/^(\s*)# (?=\s*(limits|login_grace|max_|idle|keepalive|rekey|pool|connect_|idle_close))/, '$1'),
      )
      .join('\n');
    expect(uncommented).not.toBe(configTemplate);
    expect(problemsOf(uncommented)).toEqual([]);
  });

  it('reads the login service, with its secret from a file or the environment', () => {
    writeFileSync(join(directory, 'oidc-secret'), 'CANARY-file\n', { mode: 0o600 });
    const web = (more: string) =>
      `version: 1\nweb: { oidc: { issuer: "https://login.example.com/t", client_id: sallyport, ${more} } }`;
    const fromFile = load(web('client_secret_file: oidc-secret')).web.oidc;
    expect(fromFile).toEqual({
      issuer: 'https://login.example.com/t',
      clientId: 'sallyport',
      clientSecret: 'CANARY-file',
      claim: 'email',
    });
    const env = { SALLYPORT_OIDC_SECRET: 'CANARY-env' };
    const fromEnv = load(web('client_secret_env: SALLYPORT_OIDC_SECRET, claim: upn'), env).web.oidc;
    expect(fromEnv).toMatchObject({ clientSecret: 'CANARY-env', claim: 'upn' });
    expect(problemsOf(web('claim: email'))).toEqual([
      expect.stringContaining('needs exactly one of client_secret_file'),
    ]);
  });

  it.each([
    'http://login.example.com',
    'http://127.0.0.1.example.com',
    'https://me:secret@login.example.com',
    'https://login.example.com/?x=1',
    'login.example.com',
    'file:///etc/passwd',
  ])('believes no login service at %s', (issuer) => {
    const text = `version: 1\nweb: { oidc: { issuer: "${issuer}", client_id: x, client_secret_env: S } }`;
    expect(problemsOf(text, { S: 'x' })).toEqual([
      expect.stringContaining('web.oidc.issuer: must be the https address'),
    ]);
  });

  it('reads channels, with their secrets from files and the environment', () => {
    for (const [file, text] of [
      ['hook-url', 'https://hooks.example.com/CANARY\n'],
      ['hook-secret', 'CANARY-0123456789\n'],
    ] as const) {
      writeFileSync(join(directory, file), text);
      chmodSync(join(directory, file), 0o600);
    }
    const text = `version: 1
reviewers: [{ name: maya, email: maya@example.com, groups: [sre] }]
notify:
  - { name: pager, kind: webhook, url_file: hook-url, secret_file: hook-secret, events: [hold.approved] }
  - { name: ops, kind: ntfy, url_env: SALLYPORT_NTFY, groups: [sre], allow_private: true }
  - { name: room, kind: slack, url_file: hook-url }
  - { name: team, kind: teams, url_file: hook-url }
`;
    expect(load(text, { SALLYPORT_NTFY: 'http://ntfy.lan/ops' }).notify).toEqual([
      {
        kind: 'webhook',
        name: 'pager',
        groups: [],
        url: 'https://hooks.example.com/CANARY',
        allowPrivate: false,
        secret: 'CANARY-0123456789',
        events: ['hold.approved'],
      },
      { kind: 'ntfy', name: 'ops', groups: ['sre'], url: 'http://ntfy.lan/ops', allowPrivate: true, token: undefined },
      {
        kind: 'slack',
        name: 'room',
        groups: [],
        url: 'https://hooks.example.com/CANARY',
        allowPrivate: false,
        app: undefined,
      },
      { kind: 'teams', name: 'team', groups: [], url: 'https://hooks.example.com/CANARY', allowPrivate: false },
    ]);
  });

  it.each([
    { name: 'an address in the file itself', entry: 'kind: slack, url: "https://x"', want: 'url' },
    { name: 'no address', entry: 'kind: slack', want: 'needs exactly one of url_file and url_env' },
    { name: 'two addresses', entry: 'kind: slack, url_env: PLAIN, url_file: x', want: 'needs exactly one' },
    { name: 'a variable that is not set', entry: 'kind: slack, url_env: NOWHERE', want: 'NOWHERE is not set' },
    {
      name: 'a webhook without a secret',
      entry: 'kind: webhook, url_env: TLS',
      want: 'needs exactly one of secret_file',
    },
    {
      name: 'an event nobody knows',
      entry: 'kind: webhook, url_env: TLS, secret_env: TLS, events: [hold.aproved]',
      want: 'must be of hold.created',
    },
    { name: 'a short secret', entry: 'kind: webhook, url_env: TLS, secret_env: SHORT', want: '16 characters' },
    { name: 'plain http', entry: 'kind: slack, url_env: PLAIN', want: 'https address' },
    { name: 'an account in the address', entry: 'kind: slack, url_env: ACCOUNT', want: 'https address' },
    { name: 'no topic', entry: 'kind: ntfy, url_env: ROOT', want: 'address of a topic' },
    { name: 'a kind nobody knows', entry: 'kind: pigeon, url_env: TLS', want: 'webhook, ntfy, slack or teams' },
    { name: 'a token for Slack', entry: 'kind: slack, url_env: TLS, token_env: SHORT', want: 'token_env' },
    {
      name: 'half an app of Slack',
      entry: 'kind: slack, url_env: TLS, signing_secret_env: LONG',
      want: 'exactly one of bot_token_file',
    },
    {
      name: 'a token of Slack that is none',
      entry: 'kind: slack, url_env: TLS, signing_secret_env: LONG, bot_token_env: LONG',
      want: 'starts with xoxb-',
    },
    { name: 'a group of nobody', entry: 'kind: slack, url_env: TLS, groups: [srs]', want: 'no reviewer is in' },
  ])('refuses a channel with $name, without saying its secrets', ({ entry, want }) => {
    const env = {
      PLAIN: 'http://hooks.example.com/CANARY',
      TLS: 'https://hooks.example.com/CANARY',
      ACCOUNT: 'https://a:CANARY@hooks.example.com/',
      SHORT: 'CANARY',
      LONG: 'CANARY-0123456789',
      ROOT: 'https://ntfy.sh/',
    };
    const problems = problemsOf(`version: 1\nnotify:\n  - { name: ops, ${entry} }\n`, env).join('\n');
    expect(problems).toContain('3:');
    expect(problems).toContain(want);
    expect(problems).not.toContain('CANARY');
  });

  it('reads hours and who is on call', () => {
    const text = `version: 1
reviewers:
  - { name: maya, email: maya@example.com, hours: { timezone: Europe/Berlin, days: mon-fri, from: "09:00", to: "18:00" } }
schedules:
  - { name: sre, timezone: Europe/Berlin, rotation: [maya], handover: mon 09:30, starts: 2026-11-30 }
`;
    const { reviewers, schedules } = load(text);
    expect(reviewers[0]?.hours).toEqual({
      timezone: 'Europe/Berlin',
      days: [1, 2, 3, 4, 5],
      fromMinute: 540,
      toMinute: 1_080,
    });
    const startsOn = Date.parse('2026-11-30') / 86_400_000;
    expect(schedules).toEqual([
      { name: 'sre', timezone: 'Europe/Berlin', people: ['maya'], startsOn, handoverMinute: 570 },
    ]);
  });

  it.each([
    { name: 'a zone nobody knows', from: 'zone: Europe/Berlin', to: 'zone: Europe/Berln', want: 'IANA time zone' },
    { name: 'a day nobody knows', from: 'mon-fri', to: 'mon-fry', want: '`mon-fry` is not a day' },
    { name: 'an hour that is not there', from: '18:00', to: '25:00', want: 'must be a time of day' },
    { name: 'hours of no length', from: '18:00', to: '09:00', want: 'are the same' },
    { name: 'a handover at no time', from: 'mon 09:30', to: 'monday', want: 'must be a day and a time' },
    { name: 'a start on another day', from: '2026-11-30', to: '2026-12-01', want: 'is not on the day of the handover' },
    { name: 'a start that is no day', from: '2026-11-30', to: 'soon', want: 'must be a day, like' },
    { name: 'a stranger on call', from: '[maya]', to: '[maya, jo]', want: '`jo` is not a reviewer' },
    { name: 'somebody without hours on call', from: '[maya]', to: '[maya, kim]', want: 'changes nothing for `kim`' },
    { name: 'a typo', from: 'handover:', to: 'hand_over:', want: 'hand_over' },
  ])('refuses a schedule with $name', ({ from, to, want }) => {
    const text = `version: 1
reviewers:
  - { name: maya, email: maya@example.com, hours: { timezone: Europe/Berlin, days: mon-fri, from: "09:00", to: "18:00" } }
  - { name: kim, email: kim@example.com }
schedules:
  - { name: sre, timezone: Europe/Berlin, rotation: [maya], handover: mon 09:30, starts: 2026-11-30 }
`;
    expect(problemsOf(text)).toEqual([]);
    const found = problemsOf(text.replace(from, to));
    expect(found.join('\n')).toContain(want);
    expect(found.every((line) => /^[346]:/.test(line))).toBe(true);
  });

  it('refuses certificates for the mail server that are none', () => {
    writeFileSync(join(directory, 'ca.pem'), 'CANARY');
    const smtp = (file: string) => `version: 1\nsmtp: { host: h, from: a@example.com, ca_file: ${file} }\n`;
    expect(problemsOf(smtp('ca.pem')).join()).toMatch(/^2:.*smtp\.ca_file: cannot use .*must hold certificates in PEM/);
    expect(problemsOf(smtp('missing.pem')).join()).toContain('no such file');
  });

  it('reads a DKIM key, and refuses one that cannot sign', () => {
    const { privateKey: good } = generateKeyPairSync('rsa', {
      modulusLength: 2_048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const smtp = (file: string, domain = 'example.com') =>
      `version: 1\nsmtp: { host: h, from: a@example.com, dkim: { domain: ${domain}, selector: s1, key_file: ${file} } }\n`;
    writeFileSync(join(directory, 'dkim.pem'), good, { mode: 0o600 });
    writeFileSync(join(directory, 'not.pem'), 'CANARY', { mode: 0o600 });
    writeFileSync(join(directory, 'open.pem'), good);
    chmodSync(join(directory, 'open.pem'), 0o644);
    expect(load(smtp('dkim.pem')).smtp?.dkim).toEqual({
      domain: 'example.com',
      selector: 's1',
      privateKey: good.trim(),
    });
    expect(problemsOf(smtp('not.pem'))).toEqual([
      expect.stringMatching(/^2:.* smtp\.dkim\.key_file: must hold an RSA/),
    ]);
    expect(problemsOf(smtp('open.pem')).join()).toContain('can be read by others');
    expect(problemsOf(smtp('missing.pem')).join()).toContain('ENOENT');
    expect(problemsOf(smtp('dkim.pem', '"a b"')).join()).toContain('must be a domain');
  });

  it('reports every problem at once, each with its place', () => {
    const text = [
      'version: 1',
      'webb: {}',
      'ssh:',
      '  limits: { login_grace: 20 }',
      'agents:',
      '  - name: a b',
      '    owner: x',
      '    keys: [nope]',
    ];
    expect(problemsOf(text.join('\n'))).toEqual([
      '2:1 webb: unknown key `webb`; did you mean `web`?',
      expect.stringMatching(/^4:26 ssh\.limits\.login_grace: write a number with a unit/),
      expect.stringMatching(/^6:11 agents\[0\]\.name: use letters/),
      expect.stringMatching(/^8:12 agents\[0\]\.keys\[0\]: type "nope" is not .*; give one line of a \.pub file/),
    ]);
  });

  it.each([
    { name: 'a repeated key', text: 'version: 1\nversion: 1\n', want: /2:1 : Map keys must be unique/ },
    { name: 'an alias', text: 'version: 1\nssh: &a {}\nweb: *a\n', want: /aliases .* are not read/ },
    { name: 'two documents', text: 'version: 1\n---\nversion: 1\n', want: /more than one YAML document/ },
    { name: 'nothing', text: '', want: /the file is empty|expected object/ },
    { name: 'broken YAML', text: 'version: [1\n', want: /^\d+:\d+ : / },
    { name: 'an unknown version', text: 'version: 2\n', want: /version: must be 1/ },
    {
      name: 'a duration out of range',
      text: 'version: 1\nssh: { limits: { login_grace: 9999d } }\n',
      want: /out of range/,
    },
  ])('refuses $name', ({ text, want }) => {
    expect(problemsOf(text).join('\n')).toMatch(want);
  });

  it('reads who may do what on the web, and whose word on addresses counts', () => {
    const config = load(
      'version: 1\nweb: { trusted_proxies: [10.0.0.7, "2001:db8::7"] }\nreviewers: [{ name: a, email: a@b.example, roles: [auditor] }]\n',
    );
    expect(config.web.trustedProxies).toEqual(['10.0.0.7', '2001:db8::7']);
    expect(config.reviewers[0]?.roles).toEqual(['auditor']);
    const wrong =
      'version: 1\nweb: { trusted_proxies: [proxy] }\nreviewers: [{ name: a, email: a@b.example, roles: [owner] }]\n';
    expect(problemsOf(wrong).map((line) => line.replace(/^\d+:\d+ /, ''))).toEqual([
      'web.trusted_proxies[0]: must be the address of a proxy, like 10.0.0.7',
      'reviewers[0].roles[0]: must be reviewer, auditor or admin',
    ]);
  });

  it('reads who a reviewer is in Slack, and lets nobody be two people there', () => {
    const text = (second: string) => `version: 1
reviewers:
  - { name: maya, email: maya@example.com, slack_user: U012AB3CD }
  - { name: jo, email: jo@example.com, slack_user: ${second} }
`;
    expect(load(text('U012AB3CE')).reviewers.map(({ slackUser }) => slackUser)).toEqual(['U012AB3CD', 'U012AB3CE']);
    expect(problemsOf(text('U012AB3CD')).join()).toContain('is also the Slack account of maya');
    expect(problemsOf(text('"@jo"')).join()).toContain('must be a member id of Slack');
  });

  it('reads who may break the glass, and refuses a group without a member or an alarm that nobody hears', () => {
    const text = (glass: string, more = 'smtp: { host: mail, security: none, from: gate@example.com }') => `version: 1
reviewers: [{ name: maya, email: maya@example.com, groups: [incident] }]
break_glass: ${glass}
${more}
`;
    expect(load(text('{ group: incident }')).breakGlass).toEqual({ group: 'incident', minReasonLength: 20 });
    expect(load(text('{ group: incident, min_reason: 5 }')).breakGlass).toMatchObject({ minReasonLength: 5 });
    expect(problemsOf(text('{ group: incidnt }'))).toEqual([
      expect.stringContaining('3:23 break_glass.group: no reviewer is in the group `incidnt`'),
    ]);
    expect(problemsOf(text('{ group: incident }', '')).join()).toContain('configure `smtp` or `notify`');
    expect(problemsOf(text('{ group: incident, min_reason: 0 }'))).toHaveLength(1);
    expect(problemsOf(text('{ group: incident, quorum: 1 }'))).toHaveLength(1);
  });

  it('refuses names that lead nowhere or twice', () => {
    const text = `version: 1
reviewers:
  - { name: maya, email: maya@example.com }
  - { name: kim, email: MAYA@example.com }
targets:
  - { name: web-1, host: h, host_key: '${key}', accounts: { deploy: { key_file: k } } }
  - { name: WEB-1, host: h, host_key: '${key}', accounts: { deploy: { key_file: k } } }
agents:
  - { name: a, owner: nobody, keys: ['${key}'], targets: { web-1: [root], db: [x] } }
  - { name: b, owner: maya, keys: ['${key} again'] }
`;
    expect(problemsOf(text).map((line) => line.replace(/^\d+:\d+ /, ''))).toEqual([
      'targets[1].name: `WEB-1` is there twice',
      expect.stringMatching(/^agents\[0\]\.owner: `nobody` is not a reviewer/),
      'agents[0].targets.web-1: target `web-1` has no account `root`',
      'agents[0].targets.db: no target `db` is defined',
      'agents[1].keys[0]: is also a key of a',
      'reviewers[1].email: is also the address of maya',
    ]);
  });

  it.each([
    {
      name: 'RSA of 2048 bits',
      line: makeKey(directory, 'short', 'rsa', 2048).publicLine,
      want: /RSA needs 3072 bits/,
    },
    { name: 'a hardware key', line: `sk-ssh-ed25519@openssh.com ${key.split(' ')[1]}`, want: /sk-ssh-ed25519@openssh/ },
    {
      name: 'a type that is not in the bytes',
      line: `ssh-rsa ${key.split(' ')[1]}`,
      want: /not an OpenSSH public key/,
    },
    { name: 'a cut line', line: key.slice(0, -8), want: /not an OpenSSH public key/ },
  ])('refuses $name as the key of an agent, with the line, before anything starts', ({ line, want }) => {
    const text = `version: 1\nreviewers: [{ name: maya, email: maya@example.com }]\nagents:\n  - name: a\n    owner: maya\n    keys:\n      - ${line}\n`;
    expect(problemsOf(text)).toEqual([expect.stringMatching(/^7:9 agents\[0\]\.keys\[0\]: /)]);
    expect(problemsOf(text).join()).toMatch(want);
  });

  it('refuses a pinned host key that is none', () => {
    const text = `version: 1\ntargets: [{ name: a, host: h, host_key: '${key.slice(0, -8)}', accounts: { x: { key_file: k } } }]\n`;
    expect(problemsOf(text).join()).toMatch(/targets\[0\]\.host_key: it is not an OpenSSH public key line/);
  });

  it('lets an agent work on the last day it names', () => {
    const expiresAt = (expires: string) =>
      load(
        `version: 1\nreviewers: [{ name: maya, email: maya@example.com }]\nagents: [{ name: a, owner: maya, keys: ['${key}'], expires: ${expires} }]\n`,
      ).agents[0]?.expiresAtMs;
    expect(expiresAt('2027-01-31')).toBe(Date.parse('2027-02-01T00:00:00Z'));
    expect(expiresAt('2027-01-31T18:00:00Z')).toBe(Date.parse('2027-01-31T18:00:00Z'));
  });

  it('refuses unknown settings of the environment', () => {
    expect(problemsOf('version: 1\n', { SALLYPORT_CONFG: 'x' })).toEqual([
      expect.stringMatching(/^0:0 SALLYPORT_CONFG: unknown setting/),
    ]);
  });

  it('takes the mail password from a private file or the environment, and nowhere else', () => {
    const smtp = (rest: string) => `version: 1\nsmtp: { host: h, from: a@example.com, account: a, ${rest} }\n`;
    expect(problemsOf(smtp('password: CANARY-password')).join()).toMatch(/unknown key `password`/);
    expect(problemsOf(smtp('password: CANARY-password')).join()).not.toMatch(/CANARY/);
    expect(load(smtp('password_env: MAIL_PASSWORD'), { MAIL_PASSWORD: 'p' }).smtp?.credentials?.password).toBe('p');
    expect(problemsOf(smtp('password_env: MAIL_PASSWORD')).join()).toMatch(/MAIL_PASSWORD is not set/);
    writeFileSync(join(directory, 'open'), 'p', { mode: 0o644 });
    expect(problemsOf(smtp('password_file: open')).join()).toMatch(/can be read by others; run: chmod 600/);
    writeFileSync(join(directory, 'closed'), 'p\n', { mode: 0o600 });
    expect(load(smtp('password_file: closed')).smtp?.credentials?.password).toBe('p');
  });

  it.each([
    { yaml: '', want: { kind: 'embedded' } },
    { yaml: 'store: embedded', want: { kind: 'embedded' } },
    { yaml: 'store: redis://gate:6379/2', want: { kind: 'redis', url: 'redis://gate:6379/2', password: undefined } },
    {
      yaml: 'store: { url: rediss://me@gate, password_env: REDIS_PASSWORD }',
      want: { kind: 'redis', url: 'rediss://me@gate', password: 'p' },
    },
    {
      yaml: 'store: { url: redis://gate, replicas: 2 }',
      want: { kind: 'redis', url: 'redis://gate', password: undefined, replicas: 2 },
    },
  ])('keeps holds where $yaml says', ({ yaml, want }) => {
    expect(load(`version: 1\n${yaml}\n`, { REDIS_PASSWORD: 'p' }).store).toEqual(want);
  });

  it.each([
    'store: redis://:CANARY@gate',
    'store: redis://me:CANARY@gate',
    'store: { url: "redis://me:CANARY@gate" }',
    'store: { url: redis://gate, password: CANARY }',
    'store: { url: redis://gate, replicas: -1 }',
    'store: { url: redis://gate, replicas: "all" }',
    'store: postgres://gate',
    'store: sqlite',
  ])('refuses %s without repeating a password', (yaml) => {
    const problems = problemsOf(`version: 1\n${yaml}\n`);
    expect(problems).toHaveLength(1);
    expect(problems.join()).toMatch(/store/);
    expect(problems.join()).not.toMatch(/CANARY/);
  });
});
