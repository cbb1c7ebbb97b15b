import { z } from 'zod'
import { called } from '../config/phrases.ts'
import { httpFields, plainUrl, refuseForbiddenHost, revealHeaders, storedHttpFields } from '../outside/fields.ts'
import { httpGet, parseJson } from '../outside/http-request.ts'
import { type ProbeKind, probeFields } from './kind.ts'
import { failed, passed } from './outcome.ts'
import type { ProbeAnswer, ProbeTarget } from './probe.ts'

const schema = z
  .strictObject({
    url: plainUrl,
    app: called(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/), 'the name of an application', 'WEB'),
    ...httpFields,
    ...probeFields,
  })
  .superRefine(refuseForbiddenHost)

const stored = z.object({ url: z.string(), app: z.string(), ...storedHttpFields })

const entry = z.object({
  instanceId: z.string().nullish(),
  hostName: z.string().nullish(),
  ipAddr: z.string().nullish(),
  status: z.string().default('UNKNOWN'),
  dataCenterInfo: z.object({ metadata: z.record(z.string(), z.unknown()).nullish() }).nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
})
/** https://github.com/Netflix/eureka/wiki/Eureka-REST-operations; older servers write a single instance without a list. */
const application = z.object({ application: z.object({ instance: z.union([z.array(entry), entry.transform(one => [one])]).default([]) }) })

type Entry = z.output<typeof entry>

/** The instance is registered in Eureka under the application, with status UP. */
export const eurekaProbe: ProbeKind = {
  schema,
  open(written, secrets) {
    const settings = stored.parse(written)
    return {
      name: 'eureka',
      async check(target, signal) {
        const url = new URL(settings.url)
        url.pathname = `${url.pathname.replace(/\/$/, '')}/apps/${settings.app.toUpperCase()}`
        const headers = await revealHeaders(settings, secrets)
        const { status, body } = await httpGet({ url, headers, allowLinkLocal: settings.allowLinkLocal, largest: 8 * 1024 * 1024 }, signal)
        if (status === 404) return failed(`Eureka knows no application ${settings.app}`)
        if (status !== 200) throw new Error(`${url.origin} answered ${status} instead of 200`)
        const read = application.safeParse(parseJson(body, url))
        if (!read.success) throw new Error(`${url.origin} did not answer with an application`)
        return judge(read.data.application.instance, settings.app, target)
      },
    }
  },
}

function judge(all: readonly Entry[], app: string, target: ProbeTarget): ProbeAnswer {
  const own = all.filter(one => isOf(one, target))
  if (own.length === 0) return failed(`it is not registered in Eureka as ${app}`)
  const bad = own.find(one => one.status !== 'UP')
  return bad === undefined ? passed('Eureka says UP') : failed(`Eureka says ${bad.status}`)
}

function isOf({ instanceId, hostName, ipAddr, dataCenterInfo, metadata }: Entry, { id, name, address }: ProbeTarget): boolean {
  if (address !== null && (ipAddr === address || dataCenterInfo?.metadata?.['local-ipv4'] === address)) return true
  const ids = [instanceId, dataCenterInfo?.metadata?.['instance-id'], metadata?.['instance-id']]
  return ids.includes(id) || hostName === name || instanceId?.split(':')[0] === name
}
