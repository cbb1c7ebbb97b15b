import { z } from 'zod'
import { called } from '../config/phrases.ts'
import { httpFields, plainUrl, refuseForbiddenHost, revealHeaders, storedHttpFields } from '../outside/fields.ts'
import { httpGet, parseJson } from '../outside/http-request.ts'
import { addressOf } from '../outside/url-template.ts'
import { type ProbeKind, probeFields } from './kind.ts'
import { failed, passed } from './outcome.ts'
import type { ProbeAnswer, ProbeTarget } from './probe.ts'

const MATCH = /^(address|node|meta\.[A-Za-z0-9_-]+)$/

const schema = z
  .strictObject({
    url: plainUrl.default('http://127.0.0.1:8500'),
    service: called(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/), 'the name of a service', 'web'),
    datacenter: called(z.string().regex(/^[A-Za-z0-9_-]+$/), 'the name of a datacenter', 'dc1').optional(),
    match: called(z.string().regex(MATCH), 'address, node or meta.<key>', 'meta.instance-id').default('address'),
    ...httpFields,
    ...probeFields,
  })
  .superRefine(refuseForbiddenHost)

const stored = z.object({
  url: z.string(),
  service: z.string(),
  datacenter: z.string().optional(),
  match: z.string(),
  ...storedHttpFields,
})

type Settings = z.output<typeof stored>

const meta = z.record(z.string(), z.string()).nullish()
/** https://developer.hashicorp.com/consul/api-docs/health, GET /v1/health/service/:service. */
const entries = z.array(
  z.object({
    Node: z.object({ Node: z.string().default(''), Address: z.string().default(''), Meta: meta }),
    Service: z.object({ Address: z.string().default(''), Meta: meta }),
    Checks: z.array(z.object({ Name: z.string().default('a check'), Status: z.string(), Output: z.string().default('') })),
  }),
)

type Entry = z.output<typeof entries>[number]

/** The instance stands in Consul's catalog under the service, and each of its checks passes. */
export const consulProbe: ProbeKind = {
  schema,
  open(written, secrets) {
    const settings = stored.parse(written)
    return {
      name: 'consul',
      async check(target, signal) {
        const url = new URL(settings.url)
        url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/health/service/${settings.service}`
        if (settings.datacenter !== undefined) url.searchParams.set('dc', settings.datacenter)
        const headers = await revealHeaders(settings, secrets)
        const { status, body } = await httpGet({ url, headers, allowLinkLocal: settings.allowLinkLocal, largest: 8 * 1024 * 1024 }, signal)
        if (status !== 200) throw new Error(`${url.origin} answered ${status} instead of 200`)
        const read = entries.safeParse(parseJson(body, url))
        if (!read.success) throw new Error(`${url.origin} did not answer with the health of a service`)
        return judge(read.data, settings, target)
      },
    }
  },
}

function judge(all: readonly Entry[], settings: Settings, target: ProbeTarget): ProbeAnswer {
  const own = all.filter(entry => isOf(entry, settings.match, target))
  if (own.length === 0) return failed(`it is not in Consul's catalog as ${settings.service}`)
  const checks = own.flatMap(entry => entry.Checks)
  if (checks.length === 0) return failed(`it is in Consul's catalog as ${settings.service} without any check`)
  const bad = checks.find(check => check.Status !== 'passing')
  if (bad !== undefined) return failed(`Consul's check "${bad.Name}" is ${bad.Status}`)
  return passed(`${checks.length} checks pass in Consul`)
}

/** A service without an address of its own is reached at its node's. */
function isOf({ Node, Service }: Entry, match: string, target: ProbeTarget): boolean {
  if (match === 'address') return (Service.Address || Node.Address) === addressOf(target)
  if (match === 'node') return Node.Node === target.name || Node.Node === target.id
  const key = match.slice('meta.'.length)
  return Service.Meta?.[key] === target.id || Node.Meta?.[key] === target.id
}
