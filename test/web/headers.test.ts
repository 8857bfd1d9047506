import { describe, expect, it } from 'vitest';
import { Browser, connection, origin, testWeb } from '../support/web.ts';

describe('every answer', () => {
  const { app } = testWeb();
  it.each([
    '/review',
    '/healthz',
    '/api/v1/openapi.json',
    '/api/v1/holds',
    '/assets/style.css',
    '/nowhere',
    '/api/nowhere',
  ])('of %s is private, inert and alone', async (path) => {
    const { headers } = await app.request(`${origin}${path}`, {}, connection);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('content-security-policy')).not.toMatch(/unsafe|https?:|\*/);
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-robots-tag')).toContain('noindex');
    expect(headers.get('strict-transport-security')).toMatch(/^max-age=\d{8}/);
    expect(headers.get('cache-control')).toBe(path.startsWith('/assets/') ? 'no-cache' : 'no-store');
    expect(headers.getSetCookie()).toEqual([]);
  });

  it('loads nothing from elsewhere and has nothing inline', async () => {
    const html = await (await app.request(`${origin}/review`)).text();
    expect(html).toMatch(/^<!doctype html>/);
    for (const [, address] of html.matchAll(/\b(?:src|href|action)="([^"]*)"/g)) expect(address).toMatch(/^[/#](?!\/)/);
    expect(html).not.toMatch(/<style|style="|<script(?![^>]*src=)|\son\w+=/);
  });

  it('has no HSTS on plain http, where cookies have other names', async () => {
    const web = testWeb({ publicUrl: () => 'http://127.0.0.1:8080' });
    const response = await web.app.request('http://127.0.0.1:8080/review');
    expect(response.headers.get('strict-transport-security')).toBeNull();
  });
});

it('serves its own few files by exact name only', async () => {
  const { app } = testWeb();
  for (const name of ['..%2f..%2fpackage.json', 'style.css%00', '%2e%2e/web.tsx', 'STYLE.CSS', '__proto__']) {
    expect((await app.request(`${origin}/assets/${name}`)).status).toBe(404);
  }
  const first = await app.request(`${origin}/assets/style.css`);
  const headers = { 'if-none-match': first.headers.get('etag') ?? '' };
  expect((await app.request(`${origin}/assets/style.css`, { headers })).status).toBe(304);
});

it('refuses a large form before reading it all', async () => {
  const browser = new Browser(testWeb().app);
  expect((await browser.post('/review', { code: 'x'.repeat(100_000) })).status).toBe(413);
});

describe('the address of the other side', () => {
  it.each([
    { name: 'is the peer when nobody is trusted', proxies: [], forwarded: '203.0.113.9', want: '192.0.2.7' },
    { name: 'is what a trusted proxy says', proxies: ['192.0.2.7'], forwarded: '203.0.113.9', want: '203.0.113.9' },
    {
      name: 'is the nearest that is not a proxy, whatever the client wrote before it',
      proxies: ['192.0.2.7', '192.0.2.8'],
      forwarded: '10.0.0.1, 203.0.113.9, 192.0.2.8',
      want: '203.0.113.9',
    },
    {
      name: 'is the peer when a proxy says nonsense',
      proxies: ['192.0.2.7'],
      forwarded: '<script>',
      want: '192.0.2.7',
    },
  ])('$name', async ({ proxies, forwarded, want }) => {
    const web = testWeb({ trustedProxies: proxies });
    await new Browser(web.app).post('/review', { code: 'nonsense' }, { 'x-forwarded-for': forwarded });
    expect(web.events).toMatchObject([{ event: 'hold.refused', remote: want }]);
  });
});
