import { inspect } from 'node:util'
import type { Secret } from './settings.ts'

const HIDDEN = '***'

/** Wraps a connection string or key, so that no way of printing it gives it away. */
export function secret(text: string): Secret {
  return Object.freeze(new HiddenText(text))
}

class HiddenText implements Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  reveal(): string {
    return this.#text
  }

  toString(): string {
    return withoutCredentials(this.#text)
  }

  toJSON(): string {
    return HIDDEN
  }

  [inspect.custom](): string {
    return HIDDEN
  }
}

/** A URL without user, password and query (`?password=` is one way to pass it); what is no URL stays hidden. */
export function withoutCredentials(text: string): string {
  const url = URL.parse(text)
  if (url === null || url.host === '') return HIDDEN
  return `${url.protocol}//${url.host}${url.pathname === '/' ? '' : url.pathname}`
}
