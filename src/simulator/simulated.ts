import type { IncomingMessage } from 'node:http'
import type { Audit } from './audit.ts'
import type { Faults } from './faults.ts'
import type { World } from './world/world.ts'

/** What every wire adapter works on. */
export interface Simulated {
  readonly world: World
  readonly faults: Faults
  readonly audit: Audit
}

export async function readBody(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
