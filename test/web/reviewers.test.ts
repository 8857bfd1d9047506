import { describe, expect, it } from 'vitest';
import { Browser, people, testWeb } from '../support/web.ts';

const figures = { approvals: 24, rejections: 0, medianMs: 3_000, approvesEverything: true };

async function pageFor(query = '') {
  const web = testWeb({
    reviewerFigures: (name) =>
      name === 'maya' ? figures : { ...figures, approvals: 0, medianMs: undefined, approvesEverything: false },
    onCall: () => [
      { schedule: 'sre', person: 'tom', until: '2026-03-09 09:00', timezone: 'Europe/Berlin', next: 'maya' },
    ],
  });
  const browser = new Browser(web.app);
  await browser.post('/sign-in/token', { token: 'token-of-aud' });
  return (await browser.get(`/reviewers${query}`)).text();
}

describe('the page of reviewers', () => {
  it('says who is on call, how people decided, and who approves everything', async () => {
    const html = await pageFor();
    expect(html).toContain('<b>tom</b> is on call (sre) until 2026-03-09 09:00 Europe/Berlin, then maya.');
    expect(html).toContain('24 approved, 0 rejected');
    expect(html).toContain('within 3 s');
    expect(html.match(/Approves everything/g)).toHaveLength(1);
    for (const name of Object.keys(people)) expect(html).toContain(`<h2>${name}</h2>`);
    expect(html).not.toContain('token-of');
  });

  it('finds and sorts', async () => {
    const html = await pageFor('?q=dba');
    expect(html).toContain('<h2>dan</h2>');
    expect(html).not.toContain('<h2>maya</h2>');
  });
});
