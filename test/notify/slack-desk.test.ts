/** Slack's side is a local server that answers as its documentation says; no account of Slack is at hand. */
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Hold } from '../../src/approval/hold.ts';
import { SlackDesk } from '../../src/notify/slack-desk.ts';
import { SeenRequests } from '../../src/notify/slack-request.ts';
import { MemoryDesk } from '../support/desk.ts';
import { holdFor } from '../support/holds.ts';
import { receiver } from '../support/receiver.ts';

const signingSecret = 'CANARY-signing-secret';
const app = { signingSecret, botToken: 'xoxb-CANARY-token' };
const nowMs = 20_000;
const people = [
  { name: 'maya', email: 'maya@example.test', groups: ['sre'], slackUser: 'U0MAYA' },
  { name: 'pete', email: 'pete@example.test', groups: ['dba'], slackUser: 'U0PETE' },
  { name: 'olga', email: 'olga@example.test', groups: ['sre'], slackUser: 'U0OLGA' },
  { name: 'noor', email: 'noor@example.test', groups: ['sre'] },
];

async function slack(answer: unknown = { ok: true }) {
  const api = await receiver((_request, response) => response.end(JSON.stringify(answer)));
  const desk = new MemoryDesk(() => nowMs, Object.fromEntries(people.map(({ name, groups }) => [name, groups])));
  const problems: unknown[] = [];
  const slackDesk = new SlackDesk({
    desk,
    apps: () => [app],
    reviewers: () => people,
    publicUrl: () => 'https://gate.example.test',
    onProblem: (error) => void problems.push(error),
    now: () => nowMs,
    apiUrl: `${api.url}/api/`,
  });
  const views = () => api.received.filter(({ path }) => path === '/api/views.open').map(({ body }) => JSON.parse(body));
  return { slackDesk, desk, api, views, problems };
}

let count = 0;
function signed(payload: unknown, { secret = signingSecret, atMs = nowMs, change = (body: string) => body } = {}) {
  count += 1;
  const body = new URLSearchParams({ payload: JSON.stringify(payload), count: String(count) }).toString();
  const timestamp = String(Math.floor(atMs / 1_000));
  const hex = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex');
  return { body: change(body), timestamp, signature: `v0=${hex}` };
}

const click = (hold: string, user = 'U0MAYA', responseUrl?: string) => ({
  type: 'block_actions',
  user: { id: user, name: 'HOSTILE-NAME' },
  trigger_id: '12.34.abc',
  ...(responseUrl === undefined ? {} : { response_url: responseUrl }),
  actions: [{ action_id: 'sallyport-review', value: hold, type: 'button' }],
});

function dialogue(
  hold: Hold,
  decision: string,
  { user = 'U0MAYA', reason = null as string | null, metadata = {} } = {},
) {
  return {
    type: 'view_submission',
    user: { id: user },
    view: {
      callback_id: 'sallyport-decision',
      private_metadata: JSON.stringify({ hold: hold.id, digest: hold.digest, reviewer: 'maya', ...metadata }),
      state: {
        values: {
          decision: { decision: { type: 'radio_buttons', selected_option: { value: decision } } },
          reason: { reason: { type: 'plain_text_input', value: reason } },
        },
      },
    },
  };
}

const textOf = (answer: unknown) => JSON.stringify(answer);

describe('a request of Slack', () => {
  it.each([
    { name: 'signed with another secret', request: signed(click('h'), { secret: 'another-secret-of-somebody' }) },
    { name: 'with another body', request: signed(click('h'), { change: (body) => `${body}&x=1` }) },
    { name: 'five minutes and a second old', request: signed(click('h'), { atMs: nowMs - 301_000 }) },
    { name: 'from the future', request: signed(click('h'), { atMs: nowMs + 302_000 }) },
    { name: 'without a signature', request: { ...signed(click('h')), signature: undefined } },
    { name: 'without a time', request: { ...signed(click('h')), timestamp: undefined } },
    { name: 'with half a signature', request: { ...signed(click('h')), signature: 'v0=ab' } },
    { name: 'with a time that is none', request: { ...signed(click('h')), timestamp: '1e3' } },
  ])('$name is refused and does nothing', async ({ request }) => {
    const { slackDesk, api } = await slack();
    expect(await slackDesk.answer(request)).toEqual({ kind: 'refused' });
    expect(api.received).toEqual([]);
  });

  it('is taken once', async () => {
    const { slackDesk, desk, views } = await slack();
    const request = signed(click(desk.put(holdFor()).id));
    expect((await slackDesk.answer(request)).kind).toBe('answered');
    expect((await slackDesk.answer(request)).kind).toBe('refused');
    expect(views()).toHaveLength(1);
  });

  it('is remembered for as long as it could be repeated, and no longer', () => {
    const seen = new SeenRequests();
    const request = { body: '', timestamp: '1', signature: 'v0=a' };
    expect([seen.add(request, 0), seen.add(request, 600_000), seen.add(request, 600_001)]).toEqual([true, false, true]);
  });

  it.each([['nothing'], ['{"type":"view_closed"}'], ['[]'], ['{"type":"block_actions","user":{"id":7}}']])(
    'of %s does nothing',
    async (payload) => {
      const { slackDesk, api } = await slack();
      const body = new URLSearchParams({ payload }).toString();
      const hex = createHmac('sha256', signingSecret).update(`v0:20:${body}`).digest('hex');
      const answer = await slackDesk.answer({ body, timestamp: '20', signature: `v0=${hex}` });
      expect(answer).toEqual({ kind: 'answered', body: undefined });
      expect(api.received).toEqual([]);
    },
  );
});

describe('the button', () => {
  it('opens a dialogue with the whole command and decides nothing', async () => {
    const { slackDesk, desk, views, api } = await slack();
    const command = `echo ${'x'.repeat(7_000)}\u202e; rm -rf /srv`;
    const hold = desk.put(holdFor({ action: { ...holdFor().action, command } }));
    await slackDesk.answer(signed(click(hold.id)));
    expect(api.received[0]?.headers.authorization).toBe('Bearer xoxb-CANARY-token');
    const [{ trigger_id, view }] = views();
    expect(trigger_id).toBe('12.34.abc');
    const shown = view.blocks
      .filter(({ type }: { type: string }) => type === 'rich_text')
      .map((block: { elements: [{ elements: [{ text: string }] }] }) => block.elements[0].elements[0].text);
    for (const text of shown) expect(text.length).toBeLessThanOrEqual(3_000);
    expect(shown.slice(0, 3).join('')).toBe(`echo ${'x'.repeat(7_000)}⟨U+202E right-to-left override⟩; rm -rf /srv`);
    expect(textOf(view)).toContain('The command, part 1 of 3:');
    expect(JSON.parse(view.private_metadata)).toEqual({ hold: hold.id, digest: hold.digest, reviewer: 'maya' });
    expect(view.blocks.length).toBeLessThanOrEqual(100);
    expect(textOf(view)).not.toContain('initial_option');
    expect((await desk.get(hold.id))?.decisions).toEqual([]);
  });

  it('shows program, environment and what nobody has seen', async () => {
    const { slackDesk, desk, views } = await slack();
    const action = {
      ...holdFor().action,
      stdin: 'import os',
      stdinUse: 'streamed',
      environment: { LC_ALL: 'C' },
    } as const;
    await slackDesk.answer(signed(click(desk.put(holdFor({ action, quorum: 2 })).id)));
    const text = textOf(views()[0]);
    for (const part of ['import os', 'LC_ALL=C', 'nobody has seen', 'restarts the service nginx', 'Needs 2 of sre'])
      expect(text).toContain(part);
  });

  it('offers only the page when the command does not fit', async () => {
    const { slackDesk, desk, views } = await slack();
    const action = { ...holdFor().action, command: `echo ${'x'.repeat(120_000)}` };
    await slackDesk.answer(signed(click(desk.put(holdFor({ action })).id)));
    const text = textOf(views()[0]);
    expect(text).toContain('https://gate.example.test/holds/h-000000000000');
    expect(text).not.toMatch(/xxx|radio_buttons|submit/);
  });

  it.each([
    { name: 'a stranger', user: 'U0NOBODY', change: {}, want: 'does not know this Slack account' },
    { name: 'the owner', user: 'U0OLGA', change: {}, want: 'may not decide' },
    { name: 'another group', user: 'U0PETE', change: {}, want: 'may not decide' },
    { name: 'who comes late', user: 'U0MAYA', change: { state: 'rejected' as const }, want: 'already rejected' },
  ])('gives $name a sentence and no fields', async ({ user, change, want }) => {
    const { slackDesk, desk, views } = await slack();
    await slackDesk.answer(signed(click(desk.put(holdFor(change)).id, user)));
    expect(textOf(views()[0])).toContain(want);
    expect(textOf(views()[0])).not.toMatch(/radio_buttons|systemctl/);
  });

  it('says in private where to go when Slack opens nothing, and logs no token', async () => {
    const { slackDesk, desk, api, problems } = await slack({ ok: false, error: 'expired_trigger_id' });
    const hold = desk.put(holdFor());
    await slackDesk.answer(signed(click(hold.id, 'U0MAYA', `${api.url}/response`)));
    const [, whisper] = api.received;
    expect(whisper?.path).toBe('/response');
    expect(JSON.parse(whisper?.body ?? '')).toMatchObject({ response_type: 'ephemeral', replace_original: false });
    expect(String(problems[0])).toContain('expired_trigger_id');
    expect(String(problems[0])).not.toContain('CANARY');
  });
});

describe('a sent dialogue', () => {
  it.each([
    { decision: 'approve', state: 'approved', want: 'Approved. It runs once' },
    { decision: 'reject', state: 'rejected', want: 'Rejected.' },
  ])('decides: $decision', async ({ decision, state, want }) => {
    const { slackDesk, desk } = await slack();
    const hold = desk.put(holdFor());
    const answer = await slackDesk.answer(signed(dialogue(hold, decision, { reason: 'known deploy' })));
    expect(await desk.get(hold.id)).toMatchObject({
      state,
      decisions: [{ reviewer: 'maya', channel: 'slack', reason: 'known deploy' }],
    });
    expect(answer).toMatchObject({ body: { response_action: 'update', view: { type: 'modal' } } });
    expect(textOf(answer)).toContain(want);
  });

  it('keeps the dialogue open when a reason is missing', async () => {
    const { slackDesk, desk } = await slack();
    const hold = desk.put(holdFor({ reasonRequired: true }));
    const answer = await slackDesk.answer(signed(dialogue(hold, 'approve')));
    expect(answer).toMatchObject({ body: { response_action: 'errors', errors: { reason: expect.any(String) } } });
    expect((await desk.get(hold.id))?.state).toBe('pending');
  });

  it.each([
    { name: 'by somebody else than it was opened for', over: { user: 'U0PETE' }, want: 'not opened for you' },
    { name: 'by a stranger', over: { user: 'U0NOBODY' }, want: 'not opened for you' },
    {
      name: 'by the owner, opened for her',
      over: { user: 'U0OLGA', metadata: { reviewer: 'olga' } },
      want: 'Nothing was decided',
    },
    { name: 'about something else', over: { metadata: { digest: 'f'.repeat(64) } }, want: 'Nothing was decided' },
    { name: 'about no hold', over: { metadata: { hold: 'h-none' } }, want: 'Nothing was decided' },
  ])('$name decides nothing', async ({ over, want }) => {
    const { slackDesk, desk } = await slack();
    const hold = desk.put(holdFor());
    const answer = await slackDesk.answer(signed(dialogue(hold, 'approve', { reason: 'x', ...over })));
    expect(textOf(answer)).toContain(want);
    expect(await desk.get(hold.id)).toMatchObject({ state: 'pending', decisions: [] });
  });

  it('sent again, freshly signed, counts once', async () => {
    const { slackDesk, desk } = await slack();
    const hold = desk.put(holdFor({ quorum: 2 }));
    for (let at = 0; at < 2; at++) await slackDesk.answer(signed(dialogue(hold, 'approve', { reason: 'x' })));
    expect(await desk.get(hold.id)).toMatchObject({ state: 'pending', decisions: [{ reviewer: 'maya' }] });
  });
});
