import type { z } from 'zod'
import type { Identity } from '../access/identity.ts'

/** One address of the API: what it takes, what it gives, and how. The OpenAPI document and the routes are made from the same list. */
export interface Endpoint {
  readonly method: 'get' | 'post'
  /** Below /api/v1, with `{id}` for a part that varies. */
  readonly path: string
  readonly summary: string
  /** Operators only. */
  readonly changes: boolean
  readonly query: z.ZodObject | null
  readonly body: z.ZodObject | null
  readonly answer: z.ZodType
  handle(request: ApiRequest): Promise<unknown>
}

export interface ApiRequest {
  readonly identity: Identity
  readonly query: unknown
  readonly body: unknown
  readonly id: string
}

export interface EndpointWords<Query extends z.ZodObject | null, Body extends z.ZodObject | null, Answer extends z.ZodType> {
  readonly method: 'get' | 'post'
  readonly path: string
  readonly summary: string
  readonly query?: Query
  readonly body?: Body
  readonly answer: Answer
  handle(request: {
    readonly identity: Identity
    readonly query: Query extends z.ZodObject ? z.output<Query> : null
    readonly body: Body extends z.ZodObject ? z.output<Body> : null
    readonly id: string
  }): Promise<z.input<Answer> | null>
}

/** Null from a handler: there is no such thing. */
export function endpoint<Answer extends z.ZodType, Query extends z.ZodObject | null = null, Body extends z.ZodObject | null = null>(
  words: EndpointWords<Query, Body, Answer>,
): Endpoint {
  return {
    method: words.method,
    path: words.path,
    summary: words.summary,
    changes: words.method === 'post',
    query: words.query ?? null,
    body: words.body ?? null,
    answer: words.answer,
    handle: request => words.handle(request as Parameters<typeof words.handle>[0]),
  }
}
