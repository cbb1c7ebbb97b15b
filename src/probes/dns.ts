import { Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'
import { z } from 'zod'
import { called } from '../config/phrases.ts'
import { addressOf, fillText, wrongPlaceholder } from '../outside/url-template.ts'
import { type ProbeKind, probeFields } from './kind.ts'
import { failed, passed } from './outcome.ts'

const NAME = /^[A-Za-z0-9_{]([A-Za-z0-9_.{}-]*[A-Za-z0-9_.}])?$/

const name = called(
  z.string().refine(text => NAME.test(text) && wrongPlaceholder(text) === null),
  'a name in the DNS; {address}, {id} and {name} are those of the instance',
  'web.service.consul',
)
const server = called(
  z.string().refine(text => isServer(text)),
  'the address of a DNS server',
  '"10.0.0.2" or "127.0.0.1:8600"',
)

const schema = z.strictObject({
  name,
  server: server.optional(),
  type: called(z.enum(['A', 'AAAA']), 'A or AAAA').optional(),
  expect: called(
    z
      .array(
        called(
          z.string().refine(text => isIP(text) !== 0),
          'an address',
          '10.0.0.5',
        ),
      )
      .min(1),
    'a list of addresses',
  ).optional(),
  ...probeFields,
})
const stored = z.object({
  name: z.string(),
  server: z.string().optional(),
  type: z.enum(['A', 'AAAA']).optional(),
  expect: z.array(z.string()).optional(),
})

type Settings = z.output<typeof stored>

/** The server says that there is no such name, or nothing of this type: that is an answer. */
const NOTHING = ['ENOTFOUND', 'ENODATA']

/** A name leads to the instance's address (or to all of those written). A server that cannot be asked says nothing about it. */
export const dnsProbe: ProbeKind = {
  schema,
  open(written) {
    const settings = stored.parse(written)
    return {
      name: 'dns',
      async check(target, signal) {
        const name = fillText(settings.name, target)
        const wanted = settings.expect ?? [addressOf(target)]
        const type = settings.type ?? (wanted.every(address => isIP(address) === 6) ? 'AAAA' : 'A')
        const found = await resolve(name, { type, server: settings.server, signal })
        const missing = wanted.find(address => !found.includes(address))
        if (missing === undefined) return passed(`${name} leads to ${wanted.join(', ')}`)
        if (found.length === 0) return failed(`${name} has no ${type} record`)
        return failed(`${name} leads to ${found.slice(0, 5).join(', ')}${found.length > 5 ? ' …' : ''}, not to ${missing}`)
      },
    }
  },
}

interface Lookup {
  readonly type: 'A' | 'AAAA'
  readonly server: Settings['server']
  readonly signal: AbortSignal
}

async function resolve(name: string, { type, server, signal }: Lookup): Promise<readonly string[]> {
  const resolver = new Resolver({ tries: 2, timeout: 2_000 })
  if (server !== undefined) resolver.setServers([server])
  const cancel = () => resolver.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  try {
    return type === 'A' ? await resolver.resolve4(name) : await resolver.resolve6(name)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (NOTHING.includes(code)) return []
    throw new Error(`${server ?? 'the DNS'} could not be asked for ${name} (${code || 'no reason given'})`, { cause: error })
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

function isServer(text: string): boolean {
  try {
    new Resolver().setServers([text])
    return true
  } catch {
    return false
  }
}
