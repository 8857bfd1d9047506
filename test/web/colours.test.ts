import { describe, expect, it } from 'vitest';
import { createLocalUnderstander } from '../../src/local-understander.ts';
import { holdOf } from '../support/desk.ts';
import { Browser, testWeb } from '../support/web.ts';

const judgement = {
  understand: createLocalUnderstander().understand,
  decide: () => {
    throw new Error('looking judges nothing');
  },
};

async function pageOf(
  actions: readonly NonNullable<Parameters<typeof holdOf>[1]>['action'][],
  more: Parameters<typeof holdOf>[1] = {},
) {
  const web = testWeb({ judgement });
  const holds = actions.map((action, at) =>
    web.desk.put(holdOf(web.nowMs() + at, { ...more, parts: [], action: action ?? {} })),
  );
  const browser = new Browser(web.app);
  await browser.post('/sign-in/token', { token: 'token-of-maya' });
  const [first] = holds;
  const path = holds.length === 1 ? `/holds/${first?.id}` : `/batch?${holds.map(({ id }) => `id=${id}`).join('&')}`;
  return (await browser.get(path)).text();
}
const legendOf = (html: string) =>
  [...(/<p class="legend[\s\S]*?<\/p>/.exec(html)?.[0] ?? '').matchAll(/class="t-(\w+)"/g)].map(([, kind]) => kind);

describe('the colours on a page', () => {
  it('are those of a shell’s program on stdin too', async () => {
    const html = await pageOf([{ kind: 'stdin', command: 'bash -s', stdin: 'rm -rf "$(cat x)"\n' }]);
    expect(html).toContain('<span class="t-tool">rm</span>');
    expect(legendOf(html)).toEqual(['tool', 'option', 'changing']);
  });

  it('are not those of a shell for a program in another language, nor for data', async () => {
    for (const command of ['python3 -', 'tee /srv/x'])
      expect(await pageOf([{ command, stdin: 'rm -rf /srv\n' }])).not.toContain('<span class="t-tool">rm</span>');
  });

  it('stand beside the same warnings on the page of several as on that of one', async () => {
    const action = { command: 'rm -rf /srv/\u0430pp' };
    const respelling = { hold: 'h-no', command: 'rm -rf /srv/app', reviewer: 'tom', atMs: 1, isSame: false };
    const html = await pageOf([action, { command: 'uptime' }], { respelling });
    expect(html).toContain('could be missed or misread');
    expect(html.match(/data-respelling/g)).toHaveLength(2);
    expect(html).toContain('A respelling of what tom rejected');
  });

  it('are on the page of several, and each legend names only what occurs', async () => {
    const html = await pageOf([{ command: 'uptime' }, { command: 'systemctl restart nginx > /tmp/out' }]);
    expect(html).toContain('<span class="t-tool">uptime</span>');
    expect(html).toContain('<span class="t-redirect">/tmp/out</span>');
    expect(html.match(/class="legend/g)).toHaveLength(1);
    expect(legendOf(html)).toEqual(['tool', 'redirect']);
  });
});
