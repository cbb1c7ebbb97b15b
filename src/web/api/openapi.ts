import { z } from 'zod'
import type { Endpoint } from './endpoint.ts'
import { problemDocument } from './schemas.ts'

/** OpenAPI 3.1, whose schemas are JSON Schema 2020-12 as zod writes it. */
export function openApi(endpoints: readonly Endpoint[]): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const endpoint of endpoints) paths[endpoint.path] = { ...paths[endpoint.path], [endpoint.method]: operation(endpoint) }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Firedrill',
      version: '1',
      description:
        'What the dashboard shows, and the emergency stop. Additions are made within version 1; nothing is taken away or renamed.',
    },
    servers: [{ url: '/api/v1' }],
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: 'A token of web.tokens; operators may change things.' } },
    },
  }
}

function operation(endpoint: Endpoint): Record<string, unknown> {
  const id = endpoint.path.includes('{id}') ? [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }] : []
  const parameters = [...id, ...(endpoint.query === null ? [] : queryParameters(endpoint.query))]
  return {
    summary: endpoint.summary,
    operationId: `${endpoint.method}${endpoint.path.replace(/[^a-z]+([a-z])/g, (_, letter: string) => letter.toUpperCase()).replace(/[^a-zA-Z]/g, '')}`,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(endpoint.body === null ? {} : { requestBody: { required: true, content: json(schemaOf(endpoint.body, 'input')) } }),
    responses: {
      200: { description: 'Done.', content: json(schemaOf(endpoint.answer, 'output')) },
      ...problems(endpoint),
    },
  }
}

function problems(endpoint: Endpoint): Record<number, unknown> {
  const content = json(schemaOf(problemDocument, 'output'))
  return {
    ...(endpoint.query === null && endpoint.body === null ? {} : { 400: { description: 'Something in the request is wrong.', content } }),
    401: { description: 'It was not said, or not proven, who asks.', content },
    ...(endpoint.changes
      ? {
          403: { description: 'Only operators may change something, and no page of another site.', content },
          413: { description: 'The request is too long.', content },
          415: { description: 'It is not sent as application/json.', content },
        }
      : {}),
    ...(endpoint.path.includes('{id}') ? { 404: { description: 'There is no such thing.', content } } : {}),
    429: { description: 'Too many wrong tokens came from this address; Retry-After says how long to wait.', content },
    503: { description: 'The ledger cannot be read at the moment.', content },
  }
}

function queryParameters(query: z.ZodObject): unknown[] {
  const { properties = {} } = schemaOf(query, 'input') as { properties?: Record<string, { description?: string }> }
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: false,
    ...(description === undefined ? {} : { description }),
    schema,
  }))
}

function json(schema: unknown): Record<string, unknown> {
  return { 'application/json': { schema } }
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, target: 'draft-2020-12', unrepresentable: 'any' })
  return rest
}
