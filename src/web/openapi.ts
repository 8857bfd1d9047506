/** The API in words for programs: OpenAPI 3.1, printed from the shapes that parse the requests. */
import { z } from 'zod';
import {
  agentListShape,
  meShape,
  policyShape,
  reviewerListShape,
  scopeListShape,
  sessionDetailShape,
  sessionListShape,
  sessionQueryShape,
} from './api-read-schema.ts';
import { decisionShape, healthShape, holdListShape, holdShape, listQueryShape, problemShape } from './api-schema.ts';

const schema = (shape: z.ZodType, io: 'input' | 'output') => {
  const { $schema: _, ...rest } = z.toJSONSchema(shape, { io });
  return rest;
};
const json = (name: string, description: string) => ({
  description,
  content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } },
});
const failure = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
});
const refusals = {
  '401': failure('No valid token, or one that has expired'),
  '403': failure('Not allowed: the token’s scopes, the role, the group, or one’s own agent'),
  '429': failure('Too many requests; see Retry-After'),
};
const idParameter = { name: 'id', in: 'path', required: true, schema: { type: 'string' } };

const parameterTexts: Readonly<Record<string, string>> = {
  state: 'Only holds in this state',
  agent: 'Only those of this agent',
  limit: 'Page size',
  cursor: '`next` of the page before',
};

function queryParameters(shape: z.ZodObject) {
  return Object.entries(shape.shape).map(([name, field]) => ({
    name,
    in: 'query',
    required: false,
    description: parameterTexts[name] ?? '',
    schema: z.toJSONSchema(field as z.ZodType, { io: 'output' }),
  }));
}

/** A route that only shows. */
const shows = (operationId: string, summary: string, name: string, more: Record<string, unknown> = {}) => ({
  get: { operationId, summary, responses: { '200': json(name, 'It'), ...refusals, ...more } },
});

export function openApi(version: string) {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sallyport',
      version,
      description:
        'An SSH bastion for AI agents: see what waits, decide, read what was done. A token’s scopes narrow what it may.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    security: [{ token: [] }],
    paths: {
      '/healthz': {
        get: {
          operationId: 'getHealth',
          summary: 'Whether the process answers',
          security: [],
          responses: { '200': json('Health', 'It does') },
        },
      },
      '/api/v1/openapi.json': {
        get: {
          operationId: 'getDescription',
          summary: 'This document',
          security: [],
          responses: {
            '200': { description: 'OpenAPI 3.1', content: { 'application/json': { schema: { type: 'object' } } } },
          },
        },
      },
      '/api/v1/holds': {
        get: {
          operationId: 'listHolds',
          summary: 'Holds, newest first',
          parameters: queryParameters(listQueryShape),
          responses: { '200': json('HoldList', 'One page'), '400': failure('A parameter is not valid'), ...refusals },
        },
      },
      '/api/v1/holds/{id}': {
        get: {
          operationId: 'getHold',
          summary: 'One hold, whole',
          parameters: [idParameter],
          responses: { '200': json('Hold', 'The hold'), '404': failure('No such hold'), ...refusals },
        },
      },
      '/api/v1/me': shows('getMe', 'Whose token this is, and what it is good for', 'Me'),
      '/api/v1/sessions': {
        get: {
          operationId: 'listSessions',
          summary: 'Sessions of agents, newest first',
          parameters: queryParameters(sessionQueryShape),
          responses: {
            '200': json('SessionList', 'One page'),
            '400': failure('A parameter is not valid'),
            ...refusals,
          },
        },
      },
      '/api/v1/sessions/{id}': {
        get: {
          operationId: 'getSession',
          summary: 'One session and what was done in it',
          parameters: [idParameter],
          responses: { '200': json('SessionDetail', 'The session'), '404': failure('No such session'), ...refusals },
        },
      },
      '/api/v1/agents': shows('listAgents', 'Agents as they are configured, and when they were last here', 'AgentList'),
      '/api/v1/reviewers': shows(
        'listReviewers',
        'Who decides, who is on call, and how they decided lately',
        'ReviewerList',
      ),
      '/api/v1/scopes': shows('listScopes', 'Approvals that cover more than one run and are in force', 'ScopeList'),
      '/api/v1/policy': shows('getPolicy', 'The policy in force', 'Policy'),
      '/api/v1/holds/{id}/decisions': {
        post: {
          operationId: 'decideHold',
          summary: 'Approve or reject',
          parameters: [idParameter],
          requestBody: {
            required: true,
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Decision' } } },
          },
          responses: {
            '200': json('Hold', 'Recorded; `state` is still `pending` when the quorum wants more people'),
            '404': failure('No such hold'),
            '409': failure('Decided already, or not what was shown'),
            '413': failure('The body is too large'),
            '415': failure('The body is not JSON'),
            '422': failure('A field is missing, unknown or not valid'),
            ...refusals,
          },
        },
      },
    },
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'A reviewer’s API token' } },
      schemas: {
        Hold: schema(holdShape, 'output'),
        HoldList: schema(holdListShape, 'output'),
        Decision: schema(decisionShape, 'input'),
        Problem: schema(problemShape, 'output'),
        Health: schema(healthShape, 'output'),
        Me: schema(meShape, 'output'),
        SessionList: schema(sessionListShape, 'output'),
        SessionDetail: schema(sessionDetailShape, 'output'),
        AgentList: schema(agentListShape, 'output'),
        ReviewerList: schema(reviewerListShape, 'output'),
        ScopeList: schema(scopeListShape, 'output'),
        Policy: schema(policyShape, 'output'),
      },
    },
  };
}
