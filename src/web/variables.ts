import type { Context, Hono } from 'hono'
import type { Identity } from './access/identity.ts'

/** What earlier steps have found out about a request. */
export interface Environment {
  Variables: { identity: Identity }
}

export type App = Hono<Environment>
export type WebContext = Context<Environment>
