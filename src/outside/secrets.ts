import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { z } from 'zod'
import { calledUnshown } from '../config/phrases.ts'

/** Where Firedrill stands when it asks something outside: handed in by the composition root. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The folder that firedrill.yaml stands in; relative paths start here. */
  readonly folder: string
  readonly now: () => Temporal.Instant
}

/** Names a secret without holding it: settings are stored with drills and printed, so a secret itself must not stand there. */
export type SecretReference = { readonly secretFrom: 'env' | 'file'; readonly name: string }

const LARGEST_SECRET = 64 * 1024
/** Shorter ones would be found in every text. */
const SHORTEST_HIDDEN = 4

const variable = calledUnshown(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), 'the name of an environment variable', 'API_TOKEN')
const path = calledUnshown(z.string().min(1), 'the path of a file', '/run/secrets/api-token')

/** `{ env: NAME }` or `{ file: PATH }`. */
export const secretReference = calledUnshown(
  z.union([
    z.strictObject({ env: variable }).transform(({ env }): SecretReference => ({ secretFrom: 'env', name: env })),
    z.strictObject({ file: path }).transform(({ file }): SecretReference => ({ secretFrom: 'file', name: file })),
  ]),
  'the place that the secret comes from',
  '{ env: API_TOKEN } or { file: /run/secrets/api-token }',
)

/** A reference after a stay in the ledger. */
export const storedReference: z.ZodType<SecretReference> = z.object({ secretFrom: z.enum(['env', 'file']), name: z.string() })

export function isSecretReference(value: unknown): value is SecretReference {
  return storedReference.safeParse(value).success
}

/** Reads the secrets of one check and knows them again in whatever comes back. */
export class SecretReader {
  readonly surroundings: Surroundings
  readonly #known = new Set<string>()

  constructor(surroundings: Surroundings) {
    this.surroundings = surroundings
  }

  /** Read anew each time: mounted secrets are rotated under a running service. Throws where there is none. */
  async reveal({ secretFrom, name }: SecretReference): Promise<string> {
    const text = secretFrom === 'env' ? this.#fromEnvironment(name) : await this.#fromFile(name)
    if (text === '') throw new Error(`the secret in ${secretFrom === 'env' ? `the environment variable ${name}` : name} is empty`)
    for (const part of secretParts(text)) this.#known.add(part)
    return text
  }

  /** Takes every secret that was read out of a text: servers and programs may echo what they were given. */
  hide(text: string): string {
    let hidden = text
    // Longest first: one secret may begin with another.
    for (const known of [...this.#known].sort((a, b) => b.length - a.length)) {
      for (const form of [known, JSON.stringify(known).slice(1, -1), encodeURIComponent(known)])
        if (form.length >= SHORTEST_HIDDEN) hidden = hidden.replaceAll(form, '***')
    }
    return hidden
  }

  /** The same error without secrets; its cause is left behind, for it may hold them too. */
  hideIn(error: unknown): Error {
    return error instanceof Error
      ? Object.assign(new Error(this.hide(error.message)), { name: error.name })
      : new Error(this.hide(String(error)))
  }

  #fromEnvironment(name: string): string {
    const value = this.surroundings.env[name]
    if (value === undefined) throw new Error(`the environment variable ${name} is not set`)
    return value
  }

  async #fromFile(name: string): Promise<string> {
    const content = await readFile(resolve(this.surroundings.folder, name), 'utf8').catch(error => {
      throw new Error(`the secret in ${name} cannot be read (${codeOf(error)})`)
    })
    if (content.length > LARGEST_SECRET) throw new Error(`${name} is too large to be a secret`)
    return content.replace(/\r?\n$/, '')
  }
}

/** Of an address that is a secret, servers give back the part that they were asked for. */
function secretParts(text: string): readonly string[] {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) return [text]
  return [text, url.href, `${url.pathname}${url.search}`, url.pathname].filter(part => part !== '/')
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
}
