import { beforeEach, describe, expect, it } from 'vitest';
import { SetupHistory } from '../../src/audit/setup-history.ts';
import { createJudgement, type Judgement } from '../../src/judgement.ts';
import { shippedPolicies } from '../../src/package-root.ts';
import { printProblem } from '../../src/policy/problem.ts';
import { ActivePolicy, checkProposal } from '../../src/policy-file.ts';
import { holdOf } from '../support/desk.ts';
import { Browser, formFields, type TestWeb, testWeb } from '../support/web.ts';

const file = `${shippedPolicies}/default.yaml`;
let judgement: Judgement;
let policy: ActivePolicy;
let web: TestWeb;
beforeEach(async () => {
  judgement ??= await createJudgement();
  policy ??= await ActivePolicy.open(file, judgement.policyParts, { onLoaded: () => {}, onRefused: () => {} });
  const history = new SetupHistory();
  const at = (hour: number) => ({ seq: hour, prev: '', at: `2026-03-01T0${hour}:00:00.000Z` });
  const load = (hour: number, policyHash: string) =>
    history.add({ ...at(hour), event: 'policy.loaded', policyHash, previousHash: undefined, file: 'mine.yaml' });
  load(1, 'a'.repeat(64));
  load(2, 'a'.repeat(64));
  history.add({
    ...at(3),
    event: 'policy.refused',
    file: 'mine.yaml',
    problems: ['mine.yaml:3:1: <b>unknown</b> key'],
  });
  load(4, 'b'.repeat(64));
  web = testWeb({
    history,
    judgement: { understand: judgement.understand, decide: (model, context) => policy.decide(model, context) },
    checkPolicy: async (text) => {
      const result = await checkProposal('mine.yaml', text, policy.policy.files, judgement.policyParts);
      return result.kind === 'refused'
        ? { problems: result.problems.map(printProblem), hash: '', rules: 0, examples: 0 }
        : {
            problems: [],
            hash: result.policy.hash,
            rules: result.policy.rules.length,
            examples: result.examples.length,
          };
    },
  });
});

async function signedIn(who: string): Promise<Browser> {
  const browser = new Browser(web.app);
  await browser.post('/sign-in/token', { token: `token-of-${who}` });
  return browser;
}
const textOf = (html: string) => html.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');

async function ask(browser: Browser, command: string, more: Record<string, string> = {}) {
  const { nonce = '' } = formFields(await (await browser.get('/policy')).text(), '/policy/explain#explain');
  return browser.post('/policy/explain', {
    nonce,
    command,
    agent: 'deploy-bot',
    target: 'web-1',
    account: '',
    ...more,
  });
}

describe('the explain box', () => {
  it.each([
    { command: 'ls -la /var/log', says: 'It runs' },
    { command: 'systemctl restart nginx', says: 'It is held for people' },
    { command: 'cat /etc/shadow', says: 'It is denied' },
    { command: 'ls; cat /etc/shadow', says: 'It is denied' },
  ])('says of $command: $says, as the live path does', async ({ command, says }) => {
    const browser = await signedIn('maya');
    const response = await ask(browser, command);
    expect(response.status).toBe(200);
    const text = textOf(await response.text());
    expect(text).toContain(says);
    const model = await judgement.understand(command, {
      dialect: 'bash',
      homeDirectory: '/home/deploy',
      workingDirectory: '/home/deploy',
    });
    const { session } = (await import('../../src/policy/case.ts')).ordinarySituation.policy;
    const live = policy.decide(model, {
      agent: { name: 'deploy-bot', owner: 'olga', labels: { team: 'platform' } },
      target: { name: 'web-1', labels: { env: 'prod' } },
      account: 'deploy',
      nowMs: web.nowMs(),
      session,
    });
    const words = { allow: 'It runs', approve: 'It is held for people', deny: 'It is denied' };
    expect(words[live.verdict]).toBe(says);
    if (live.rule !== undefined) expect(text).toContain(live.rule);
    expect(web.events.filter(({ event }) => event !== 'reviewer.signed-in' && event !== 'token.used')).toEqual([]);
  });

  it('shows the tree of what a wrapped command does, with its text as text', async () => {
    const html = await (await ask(await signedIn('aud'), 'sudo sh -c "rm -rf \'/srv/<b>x\'"')).text();
    expect(html).toContain('class="depth-2"');
    expect(html).not.toContain('<b>x');
    expect(textOf(html)).toMatch(/deletes/);
    expect(await (await ask(await signedIn('aud'), 'ls \u202e')).text()).toContain('U+202E');
  });

  it('needs the page’s nonce, and somebody who may look', async () => {
    const browser = await signedIn('maya');
    expect((await browser.post('/policy/explain', { command: 'ls' })).status).toBe(400);
    expect((await new Browser(web.app).post('/policy/explain', { command: 'ls' })).status).toBe(403);
  });

  it('is asked so many times only', async () => {
    const browser = await signedIn('maya');
    const statuses: number[] = [];
    for (let n = 0; n < 22; n++) statuses.push((await ask(browser, 'ls')).status);
    expect(statuses.slice(-2)).toEqual([429, 429]);
  });
});

describe('a proposed policy', () => {
  async function propose(browser: Browser, text: string) {
    const { nonce = '' } = formFields(await (await browser.get('/policy')).text(), '/policy/propose#proposed');
    return browser.post('/policy/propose', { nonce, text });
  }

  it('is read as the gate would, and changes nothing', async () => {
    const browser = await signedIn('adm');
    const before = policy.policyHash;
    const good = `version: 1\nextends: default\nrules:\n  - id: mine\n    allow: { commands: ["systemctl restart nginx"] }\n    match: ["systemctl restart nginx"]\n    reason: "It is ours."\n`;
    expect(textOf(await (await propose(browser, good)).text())).toContain('It would be accepted.');
    const bad = textOf(await (await propose(browser, good.replace('allow:', 'alow:'))).text());
    expect(bad).toMatch(/It would be refused: \d+ problems?/);
    expect(bad).toContain('alow');
    expect(policy.policyHash).toBe(before);
  });

  it.each([
    'extends: /etc/passwd',
    'extends: ../../../../etc/passwd',
    'include: [/etc/passwd]',
    'include: [../package.json]',
  ])('does not read other files: %s', async (line) => {
    const html = await (await propose(await signedIn('adm'), `version: 1\n${line}\nrules: []\n`)).text();
    expect(textOf(html)).toContain('It would be refused');
    expect(html).not.toMatch(/root:x:|"sallyport"/);
  });

  it('of 100 kB is taken, one of a megabyte is not', async () => {
    const browser = await signedIn('adm');
    const big = `version: 1\nrules: []\n# ${'x'.repeat(100_000)}\n`;
    expect((await propose(browser, big)).status).toBe(200);
    expect((await propose(browser, 'x'.repeat(1_000_000))).status).toBe(413);
  });

  it.each(['maya', 'aud'])('is not for %s', async (who) => {
    const browser = await signedIn(who);
    expect(await (await browser.get('/policy')).text()).not.toContain('/policy/propose');
    expect((await browser.post('/policy/propose', { nonce: '', text: 'version: 1' })).status).toBe(403);
  });
});

describe('the history', () => {
  it('says what was in force since when, and what was refused', async () => {
    const html = await (await (await signedIn('aud')).get('/policy')).text();
    const text = textOf(html.slice(html.indexOf('What was in force when')));
    expect(text).toMatch(/04:00:00 UTC .*bbbbbbbbbbbb .*03:00:00 UTC .*refused .*01:00:00 UTC .*aaaaaaaaaaaa/);
    expect(text).not.toContain('02:00:00');
    expect(html).not.toContain('<b>unknown</b>');
  });
});

it('a held command is coloured from the model, and shown even when it cannot be read now', async () => {
  const hold = web.desk.put(holdOf(web.nowMs(), { action: { command: 'rm -rf "$X" > /tmp/out' }, parts: [] }));
  const html = await (await (await signedIn('maya')).get(`/holds/${hold.id}`)).text();
  expect(html).toContain('<span class="t-tool">rm</span> <span class="t-option">-rf</span>');
  web = testWeb({
    judgement: { understand: () => Promise.reject(new Error('busy')), decide: (m, c) => policy.decide(m, c) },
  });
  const again = web.desk.put(hold);
  const plain = await (await signedIn('maya')).get(`/holds/${again.id}`);
  expect(plain.status).toBe(200);
  expect(await plain.text()).not.toContain('t-tool');
});
