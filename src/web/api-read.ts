/** What the API shows besides holds. Reads only, each under the right that the console's page of the same thing needs. */
import type { Hono } from 'hono';
import { agentsNow } from './agent-state.ts';
import { type ApiDoor, parsed } from './api-door.ts';
import {
  agentJson,
  meJson,
  policyJson,
  reviewerJson,
  scopeJson,
  sessionDetailJson,
  sessionJson,
  sessionQueryShape,
} from './api-read-schema.ts';
import type { WebOptions } from './ports.ts';
import { problem } from './problem.ts';

export function addReadApi(app: Hono, door: ApiDoor, options: WebOptions): void {
  app.get(
    '/api/v1/me',
    door.as(undefined, async (c, reviewer, token) => c.json(meJson(reviewer, token))),
  );

  app.get(
    '/api/v1/sessions',
    door.as('see-evidence', async (c) => {
      const query = parsed(c, sessionQueryShape, c.req.query(), 400);
      if (query.kind === 'bad') return query.response;
      const { agent, limit, cursor } = query.value;
      const { sessions, next } = await options.sessions.list({ agent, limit, cursor });
      return c.json({ sessions: sessions.map(sessionJson), next: next ?? null });
    }),
  );

  app.get(
    '/api/v1/sessions/:id',
    door.as('see-evidence', async (c) => {
      const found = await options.sessions.get(c.req.param('id') ?? '');
      if (found !== undefined) return c.json(sessionDetailJson(found));
      const detail = 'There is no session with this id, or it is older than what is kept at hand.';
      return problem(c, { status: 404, code: 'SESSION_NOT_FOUND', title: 'No such session', detail });
    }),
  );

  app.get(
    '/api/v1/agents',
    door.as('see-setup', async (c) => {
      const agents = agentsNow(options, options.clock());
      return c.json({ agents: agents.map(({ agent, state, seenAtMs }) => agentJson(agent, state, seenAtMs)) });
    }),
  );

  app.get(
    '/api/v1/reviewers',
    door.as('see-setup', async (c) => {
      const nowMs = options.clock();
      const onCall = options.onCall?.(nowMs) ?? [];
      const reviewers = options
        .reviewers()
        .map((reviewer) => reviewerJson(reviewer, options.reviewerFigures?.(reviewer.name, nowMs), onCall));
      return c.json({ reviewers });
    }),
  );

  app.get(
    '/api/v1/scopes',
    door.as('see-holds', async (c) => c.json({ scopes: ((await options.scopes?.live()) ?? []).map(scopeJson) })),
  );

  app.get(
    '/api/v1/policy',
    door.as('see-setup', async (c) => c.json(policyJson(options.policy()))),
  );
}
