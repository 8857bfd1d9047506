import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Scope } from '../../src/approval/scope.ts';
import { healthShape, holdListShape, holdShape, problemShape } from '../../src/web/api-schema.ts';
import type { SessionAction, SessionSummary, WebOptions } from '../../src/web/ports.ts';
import { holdOf } from '../support/desk.ts';
import { connection, origin, type TestWeb, testWeb } from '../support/web.ts';

const atMs = Date.parse('2026-03-02T09:00:00Z');
const session: SessionSummary = {
  id: 's-1',
  agent: 'deploy-bot',
  remote: '198.51.100.4',
  openedAtMs: atMs,
  closedAtMs: atMs + 5_000,
  closed: 'client left',
  targets: ['deploy@web-1'],
  commands: 1,
  denied: 0,
  held: 1,
};
const done: SessionAction = {
  id: 'a-1',
  channel: 'c-0',
  target: 'web-1',
  account: 'deploy',
  atMs,
  command: 'systemctl restart nginx',
  verdict: 'approve',
  rule: undefined,
  reason: 'It restarts a service.',
  hold: 'h-1',
  reviewers: ['maya'],
  ended: 'exit 0',
  durationMs: 12.5,
  outBytes: 60,
  masked: 2,
  recording: 'recordings/a-1.cast',
};
const scope: Scope = {
  id: 'g-1',
  version: 1,
  kind: 'time',
  agent: 'deploy-bot',
  keyFingerprint: 'SHA256:x',
  target: 'web-1',
  targetHostKey: 'SHA256:y',
  account: 'deploy',
  digest: '0'.repeat(64),
  command: 'systemctl restart nginx',
  createdBy: ['maya'],
  hold: 'h-1',
  createdAtMs: atMs,
  expiresAtMs: atMs + 3_600_000,
  uses: 2,
};
const evidence: Partial<WebOptions> = {
  sessions: {
    list: () => Promise.resolve({ sessions: [session], next: 's-1' }),
    get: (id) => Promise.resolve(id === 's-1' ? { session, actions: [done] } : undefined),
    recording: () => Promise.resolve(undefined),
  },
  scopes: { live: () => Promise.resolve([scope]), revoke: () => Promise.resolve(false) },
  history: { policies: () => [], agentSeenAtMs: () => atMs, tokenUsedAtMs: () => undefined },
};

let web: TestWeb;
beforeEach(() => {
  web = testWeb();
});

function call(
  method: string,
  path: string,
  options: { token?: string; body?: unknown; headers?: Record<string, string> } = {},
) {
  const headers: Record<string, string> = { ...options.headers };
  if (options.token !== undefined) headers.authorization = `Bearer ${options.token}`;
  const body = typeof options.body === 'string' ? options.body : JSON.stringify(options.body);
  if (options.body !== undefined) headers['content-type'] ??= 'application/json';
  const init = { method, headers, ...(options.body === undefined ? {} : { body }) };
  return web.app.request(`${origin}${path}`, init, connection);
}
const problemOf = async (response: Response) => problemShape.parse(await response.json());

describe('holds', () => {
  it('are listed newest first, filtered and paged', async () => {
    for (let n = 0; n < 5; n++) {
      web.desk.put(holdOf(web.nowMs() + n, { id: `h-${n}`, state: n === 2 ? 'rejected' : 'pending' }));
    }
    const first = await call('GET', '/api/v1/holds?state=pending&limit=3', { token: 'token-of-maya' });
    expect(first.status).toBe(200);
    const page = holdListShape.parse(await first.json());
    expect(page.holds.map(({ id }) => id)).toEqual(['h-4', 'h-3', 'h-1']);
    const path = `/api/v1/holds?state=pending&limit=3&cursor=${page.next}`;
    const rest = holdListShape.parse(await (await call('GET', path, { token: 'token-of-maya' })).json());
    expect(rest.holds.map(({ id }) => id)).toEqual(['h-0']);
    expect(rest.next).toBeNull();
  });

  it('come whole', async () => {
    const hold = web.desk.put(holdOf(web.nowMs(), { action: { command: 'x'.repeat(100_000) } }));
    const response = await call('GET', `/api/v1/holds/${hold.id}`, { token: 'token-of-maya' });
    expect(holdShape.parse(await response.json()).action.command).toHaveLength(100_000);
  });

  it.each([
    { name: 'an unknown state', query: 'state=waiting', field: 'state' },
    { name: 'a limit of words', query: 'limit=many', field: 'limit' },
    { name: 'a limit beyond the cap', query: 'limit=100000', field: 'limit' },
    { name: 'an unknown parameter', query: 'status=pending', field: 'status' },
  ])('are not listed with $name', async ({ query, field }) => {
    const response = await call('GET', `/api/v1/holds?${query}`, { token: 'token-of-maya' });
    expect(response.status).toBe(400);
    expect((await problemOf(response)).field).toBe(field);
  });
});

describe('who may', () => {
  const everybody = ['maya', 'tom', 'olga', 'dan', 'aud', 'adm'];
  it.each([
    { who: 'maya', list: 200, decide: 200 },
    { who: 'tom', list: 200, decide: 200 },
    { who: 'olga', list: 200, decide: 403, code: 'REVIEWER_IS_OWNER' },
    { who: 'dan', list: 200, decide: 403, code: 'REVIEWER_NOT_ALLOWED' },
    { who: 'aud', list: 200, decide: 403, code: 'ROLE_NOT_ALLOWED' },
    { who: 'adm', list: 200, decide: 403, code: 'ROLE_NOT_ALLOWED' },
  ])('$who: list $list, decide $decide', async ({ who, list, decide, code }) => {
    expect(everybody).toContain(who);
    const token = `token-of-${who}`;
    const hold = web.desk.put(holdOf(web.nowMs()));
    expect((await call('GET', '/api/v1/holds', { token })).status).toBe(list);
    expect((await call('GET', `/api/v1/holds/${hold.id}`, { token })).status).toBe(list);
    const response = await call('POST', `/api/v1/holds/${hold.id}/decisions`, { token, body: { decision: 'approve' } });
    expect(response.status).toBe(decide);
    if (code !== undefined) expect((await problemOf(response)).code).toBe(code);
    expect((await web.desk.get(hold.id))?.state).toBe(decide === 200 ? 'approved' : 'pending');
  });

  it.each([
    { name: 'no token', headers: {} },
    { name: 'an altered token', headers: { authorization: 'Bearer token-of-mayA' } },
    { name: 'a hash instead of a token', headers: { authorization: `Bearer ${'0'.repeat(64)}` } },
    { name: 'another scheme', headers: { authorization: 'Basic dG9rZW4tb2YtbWF5YQ==' } },
    { name: 'a cookie', headers: { cookie: '__Host-sallyport=token-of-maya' } },
  ])('nobody with $name', async ({ headers }) => {
    const hold = web.desk.put(holdOf(web.nowMs()));
    for (const [method, path] of [
      ['GET', '/api/v1/holds'],
      ['GET', `/api/v1/holds/${hold.id}`],
      ['POST', `/api/v1/holds/${hold.id}/decisions`],
    ] as const) {
      const response = await call(method, path, {
        headers,
        ...(method === 'POST' ? { body: { decision: 'reject' } } : {}),
      });
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toContain('Bearer');
      expect((await problemOf(response)).code).toBe('TOKEN_NOT_ACCEPTED');
    }
    expect((await web.desk.get(hold.id))?.state).toBe('pending');
  });

  it('nobody who guesses fast', async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 40; n++) statuses.push((await call('GET', '/api/v1/holds', { token: `guess-${n}` })).status);
    expect(statuses.slice(-5)).toEqual([429, 429, 429, 429, 429]);
    // A flood of guesses from one address does not lock out who has a token.
    expect((await call('GET', '/api/v1/holds', { token: 'token-of-maya' })).status).toBe(200);
  });
});

describe('a decision', () => {
  it.each([
    { name: 'is not JSON', body: '{"decision":', status: 422 },
    { name: 'is a list', body: [], status: 422 },
    { name: 'misses the verdict', body: { reason: 'x' }, status: 422, field: 'decision' },
    { name: 'has an unknown verdict', body: { decision: 'allow' }, status: 422, field: 'decision' },
    { name: 'has an unknown field', body: { decision: 'approve', digets: 'x' }, status: 422, field: 'digets' },
    { name: 'has a digest that is none', body: { decision: 'approve', digest: 'x' }, status: 422, field: 'digest' },
    { name: 'has a reason that is not text', body: { decision: 'reject', reason: 1 }, status: 422, field: 'reason' },
    { name: 'is for something else', body: { decision: 'approve', digest: '0'.repeat(64) }, status: 409 },
    { name: 'is far too large', body: { decision: 'approve', reason: 'x'.repeat(40_000) }, status: 413 },
  ])('that $name changes nothing', async ({ body, status, field }) => {
    const hold = web.desk.put(holdOf(web.nowMs()));
    const response = await call('POST', `/api/v1/holds/${hold.id}/decisions`, { token: 'token-of-maya', body });
    expect(response.status).toBe(status);
    if (status !== 413) expect(response.headers.get('content-type')).toContain('application/problem+json');
    if (field !== undefined) expect((await problemOf(response)).field).toBe(field);
    expect((await web.desk.get(hold.id))?.decisions).toEqual([]);
  });

  it('as a form is refused, so that no page elsewhere can send it', async () => {
    const hold = web.desk.put(holdOf(web.nowMs()));
    const headers = { 'content-type': 'text/plain' };
    const body = { decision: 'approve' };
    const response = await call('POST', `/api/v1/holds/${hold.id}/decisions`, {
      token: 'token-of-maya',
      body,
      headers,
    });
    expect(response.status).toBe(415);
  });

  it('comes too late once the hold is decided, expired or gone', async () => {
    const body = { decision: 'approve' };
    const decided = web.desk.put(holdOf(web.nowMs(), { state: 'rejected' }));
    const path = (id: string) => `/api/v1/holds/${id}/decisions`;
    expect((await call('POST', path(decided.id), { token: 'token-of-maya', body })).status).toBe(409);
    const expiring = web.desk.put(holdOf(web.nowMs()));
    web.pass(900_001);
    expect((await call('POST', path(expiring.id), { token: 'token-of-maya', body })).status).toBe(409);
    expect((await call('POST', path('h-none'), { token: 'token-of-maya', body })).status).toBe(404);
  });

  it('of two people counts both, of one person one', async () => {
    const hold = web.desk.put(holdOf(web.nowMs(), { quorum: 2 }));
    const path = `/api/v1/holds/${hold.id}/decisions`;
    const body = { decision: 'approve', digest: hold.digest };
    const states: unknown[] = [];
    for (const token of ['token-of-maya', 'token-of-maya', 'token-of-tom']) {
      const response = await call('POST', path, { token, body });
      states.push(response.status === 200 ? holdShape.parse(await response.json()).state : response.status);
    }
    expect(states).toEqual(['pending', 409, 'approved']);
  });
});

describe('the description', () => {
  const documentShape = z.object({
    openapi: z.string(),
    paths: z.record(z.string(), z.record(z.string(), z.object({ responses: z.record(z.string(), z.unknown()) }))),
  });

  it('names exactly the routes there are', async () => {
    const document = documentShape.parse(await (await call('GET', '/api/v1/openapi.json')).json());
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
    );
    const routes = web.app.routes
      .filter(({ method, path }) => method !== 'ALL' && (path.startsWith('/api/') || path === '/healthz'))
      .map(({ method, path }) => `${method} ${path}`);
    expect(described.sort()).toEqual([...new Set(routes)].sort());
  });

  it('describes every status that the routes answer with', async () => {
    const document = documentShape.parse(await (await call('GET', '/api/v1/openapi.json')).json());
    const hold = web.desk.put(holdOf(web.nowMs()));
    const calls = [
      { path: '/api/v1/holds', method: 'get', at: '/api/v1/holds' },
      { path: '/api/v1/holds', method: 'get', at: '/api/v1/holds?x=1' },
      { path: '/api/v1/holds/{id}', method: 'get', at: `/api/v1/holds/${hold.id}` },
      { path: '/api/v1/holds/{id}', method: 'get', at: '/api/v1/holds/none' },
      ...[{}, { decision: 'approve' }, { decision: 'approve' }].map((body) => ({
        path: '/api/v1/holds/{id}/decisions',
        method: 'post',
        at: `/api/v1/holds/${hold.id}/decisions`,
        body,
      })),
    ];
    for (const { path, method, at, ...rest } of calls) {
      for (const token of ['token-of-maya', 'none']) {
        const { status } = await call(method.toUpperCase(), at, { token, ...rest });
        expect(Object.keys(document.paths[path]?.[method]?.responses ?? {})).toContain(String(status));
      }
    }
  });

  it('holds every answer, as another validator reads it: each operation, each kind of refusal', async () => {
    web = testWeb(evidence);
    const document = documentShape
      .extend({ components: z.object({ schemas: z.record(z.string(), z.unknown()) }) })
      .parse(await (await call('GET', '/api/v1/openapi.json')).json());
    const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
    ajv.addSchema({ $id: 'doc', components: document.components });
    const contentShape = z.object({
      content: z.record(z.string(), z.object({ schema: z.object({ $ref: z.string().optional() }) })),
    });
    const hold = web.desk.put(holdOf(web.nowMs(), { scopes: { kinds: ['session', 'time'], maxMs: 3_600_000 } }));
    const decision = { body: { decision: 'approve', digest: hold.digest } };
    const token = 'token-of-maya';
    const calls = [
      { at: '/healthz' },
      { at: '/api/v1/openapi.json' },
      { at: '/api/v1/me', token },
      { at: '/api/v1/me', token: 'none' },
      { at: '/api/v1/holds', token },
      { at: '/api/v1/holds?limit=x', token },
      { at: '/api/v1/holds/{id}', id: hold.id, token },
      { at: '/api/v1/holds/{id}', id: 'none', token },
      { at: '/api/v1/holds/{id}/decisions', id: hold.id, token: 'token-of-aud', ...decision },
      { at: '/api/v1/holds/{id}/decisions', id: hold.id, token: 'token-of-dan', ...decision },
      { at: '/api/v1/holds/{id}/decisions', id: hold.id, token, body: { decision: 'perhaps' } },
      { at: '/api/v1/holds/{id}/decisions', id: hold.id, token, body: 'x'.repeat(40_000) },
      { at: '/api/v1/holds/{id}/decisions', id: hold.id, token, ...decision },
      { at: '/api/v1/holds/{id}/decisions', id: hold.id, token, ...decision },
      { at: '/api/v1/sessions', token },
      { at: '/api/v1/sessions?cursor=', token },
      { at: '/api/v1/sessions/{id}', id: 's-1', token },
      { at: '/api/v1/sessions/{id}', id: 'none', token },
      { at: '/api/v1/agents', token },
      { at: '/api/v1/reviewers', token },
      { at: '/api/v1/scopes', token },
      { at: '/api/v1/policy', token },
    ];
    const answered = new Set<string>();
    for (const { at, id, ...rest } of calls.map((one) => ({ id: '', ...one }))) {
      const path = at.split('?')[0] ?? at;
      const method = 'body' in rest ? 'post' : 'get';
      const response = await call(method.toUpperCase(), at.replace('{id}', id), rest);
      const described = contentShape.parse(document.paths[path]?.[method]?.responses[String(response.status)]);
      const type = (response.headers.get('content-type') ?? '').split(';')[0] ?? '';
      const ref = described.content[type]?.schema.$ref;
      expect(described.content, `${method} ${at} ${response.status}`).toHaveProperty([type]);
      if (ref === undefined) continue;
      const isValid = ajv.validate({ $ref: `doc${ref}` }, await response.json());
      expect(ajv.errors ?? [], `${method} ${at} ${response.status}`).toEqual([]);
      expect(isValid).toBe(true);
      answered.add(`${method} ${path} ${response.status}`);
    }
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path} 200`),
    );
    const unanswered = operations.filter((operation) => !answered.has(operation));
    expect(unanswered).toEqual(['get /api/v1/openapi.json 200']);
  });

  it('refers only to schemas that it has', async () => {
    const text = await (await call('GET', '/api/v1/openapi.json')).text();
    const { components } = z
      .object({ components: z.object({ schemas: z.record(z.string(), z.unknown()) }) })
      .parse(JSON.parse(text));
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g))
      expect(Object.keys(components.schemas)).toContain(name);
  });
});

it('answers health checks by whatever name it is called', async () => {
  const response = await web.app.request('http://10.1.2.3:8080/healthz');
  expect(healthShape.parse(await response.json()).status).toBe('ok');
});
