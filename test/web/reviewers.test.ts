import { describe, expect, it } from 'vitest';
import { reviewerListShape } from '../../src/web/api-read-schema.ts';
import { Browser, connection, origin, people, testWeb } from '../support/web.ts';

const figures = { approvals: 24, rejections: 0, medianMs: 3_000, approvesEverything: true };

function webWithFigures() {
  return testWeb({
    reviewerFigures: (name) =>
      name === 'maya' ? figures : { ...figures, approvals: 0, medianMs: undefined, approvesEverything: false },
    onCall: () => [
      { schedule: 'sre', person: 'tom', until: '2026-03-09 09:00', timezone: 'Europe/Berlin', next: 'maya' },
    ],
  });
}

async function pageFor(query = '') {
  const browser = new Browser(webWithFigures().app);
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

describe('GET /api/v1/reviewers', () => {
  it('says the same to programs, and no address and no token', async () => {
    const headers = { authorization: 'Bearer token-of-aud' };
    const answer = await webWithFigures().app.request(`${origin}/api/v1/reviewers`, { headers }, connection);
    const text = await answer.text();
    const { reviewers } = reviewerListShape.parse(JSON.parse(text));
    expect(reviewers.map(({ name }) => name)).toEqual(Object.keys(people));
    expect(reviewers.find(({ name }) => name === 'maya')).toMatchObject({ onCall: [], lately: figures });
    expect(reviewers.find(({ name }) => name === 'tom')).toMatchObject({ onCall: ['sre'], lately: { medianMs: null } });
    expect(text).not.toMatch(/@example\.com|token-of|[0-9a-f]{64}/);
  });

  it('knows no figures where there is no history', async () => {
    const headers = { authorization: 'Bearer token-of-aud' };
    const answer = await testWeb().app.request(`${origin}/api/v1/reviewers`, { headers }, connection);
    expect(reviewerListShape.parse(await answer.json()).reviewers[0]?.lately).toBeNull();
  });
});
