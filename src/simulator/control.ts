import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import { readBody, type Simulated } from './simulated.ts'
import { faultSchema } from './world/description.ts'

/** The simulator's own paths, beside the cloud's: faults, audit log, truth, and what is inside instances. */
export async function control(simulated: Simulated, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(message.url ?? '/', 'http://localhost')
  const parts = url.pathname.split('/').slice(2).map(decodeURIComponent)
  simulated.world.catchUp()
  const [status, body] = await route(simulated, message, parts)
  const text = Buffer.from(`${JSON.stringify(body)}\n`)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': text.length })
  response.end(text)
}

async function route(simulated: Simulated, message: IncomingMessage, parts: readonly string[]): Promise<readonly [number, unknown]> {
  const { world, audit } = simulated
  const [noun, ...rest] = parts
  const method = message.method ?? 'GET'
  if (noun === 'faults') return faultsRoute(simulated, method, method === 'POST' ? await readBody(message) : (rest[0] ?? null))
  if (method !== 'GET') return [405, { error: `${method} is not possible here` }]
  switch (noun) {
    case 'audit':
      return [200, audit.entries()]
    case 'counts':
      return [200, audit.counts()]
    case 'groups':
      return [200, world.groupIds()]
    case 'truth':
      return truthRoute(simulated, rest.join('/'))
    case 'instances':
      return fingerprintRoute(simulated, rest)
    default:
      return [404, { error: 'there are /_simulator/faults, audit, counts, groups, truth/<group> and instances/<id>/fingerprint' }]
  }
}

function faultsRoute({ faults }: Simulated, method: string, text: string | null): readonly [number, unknown] {
  if (method === 'GET') return [200, faults.list()]
  if (method === 'DELETE') return faults.clear(text ?? undefined) ? [200, {}] : [404, { error: `there is no fault ${text}` }]
  if (method !== 'POST') return [405, { error: `${method} is not possible here` }]
  try {
    const parsed = faultSchema.safeParse(JSON.parse(text ?? ''))
    return parsed.success ? [201, { id: faults.add(JSON.parse(text ?? '')) }] : [400, { error: z.prettifyError(parsed.error) }]
  } catch {
    return [400, { error: 'the body must be one fault as JSON' }]
  }
}

function truthRoute({ world }: Simulated, group: string): readonly [number, unknown] {
  try {
    return [200, world.truth(group)]
  } catch (error) {
    return [404, { error: error instanceof Error ? error.message : String(error) }]
  }
}

function fingerprintRoute({ world }: Simulated, [id = '', noun]: readonly string[]): readonly [number, unknown] {
  const inside = world.inside(id)
  if (noun !== 'fingerprint' || inside === null) return [404, { error: `there is no instance ${id}` }]
  if (!inside.running) return [503, { error: `the instance ${id} is not running` }]
  return [200, inside.content]
}
