import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { ConfigError } from './config-error.ts'
import { secret } from './secret.ts'
import type { Secret, Settings } from './settings.ts'
import { SHORTEST_TOKEN } from './web-schema.ts'

/** A bearer token with the name and role of whoever shows it. */
export interface WebToken {
  readonly name: string
  readonly role: 'viewer' | 'operator'
  readonly secret: Secret
}

/** Reads the tokens that stand in files. Throws ConfigError for one that cannot be read or is too short. */
export async function readTokens({ web, folder }: Pick<Settings, 'web' | 'folder'>): Promise<readonly WebToken[]> {
  return Promise.all(
    web.tokens.map(async ({ name, role, from }) => ({
      name,
      role,
      secret: 'secret' in from ? from.secret : await readToken(resolve(folder, from.file)),
    })),
  )
}

async function readToken(file: string): Promise<Secret> {
  const complain = (message: string) => new ConfigError([{ file, line: null, column: null, message, suggestion: null }])
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw complain(`this token cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  })
  const token = text.trim()
  if (token.length < SHORTEST_TOKEN) throw complain(`the token in this file has less than ${SHORTEST_TOKEN} characters`)
  return secret(token)
}
