/** The API in words for programs: OpenAPI 3.1, printed from the shapes that parse the requests. */
import { z } from 'zod';
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
  '401': failure('No valid token'),
  '403': failure('Not allowed: the role, the group, or one’s own agent'),
  '429': failure('Too many requests; see Retry-After'),
};
const idParameter = { name: 'id', in: 'path', required: true, schema: { type: 'string' } };

function queryParameters() {
  const optional = { state: 'Only holds in this state', agent: 'Only holds of this agent' };
  const texts: Readonly<Record<string, string>> = {
    ...optional,
    limit: 'Page size',
    cursor: '`next` of the page before',
  };
  return Object.entries(listQueryShape.shape).map(([name, shape]) => ({
    name,
    in: 'query',
    required: false,
    description: texts[name] ?? '',
    schema: schema(shape, 'output'),
  }));
}

export function openApi(version: string) {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sallyport',
      version,
      description: 'Holds of an SSH bastion for AI agents: see what waits, decide.',
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
          parameters: queryParameters(),
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
      },
    },
  };
}
