import { z } from 'zod'
import { parseDuration } from '../../domain/duration.ts'

const ADDRESS = /^(unix:\/\/\/.+|tcp\+tls:\/\/[^/:@\s]+:\d{1,5})$/
const address = z
  .string()
  .regex(ADDRESS, 'is not the address of a Docker engine such as unix:///var/run/docker.sock or tcp+tls://node-2.internal:2376')
const file = z.string().min(1)
/** PEM files. Only their paths stand in settings; what is in them is read when the engine is opened, and never shown. */
const tls = z.strictObject({ ca: file, cert: file, key: file })
const engine = z.union([address, z.strictObject({ address, tls: tls.optional() })])
const groupId = z.string().regex(/^swarm:[a-z0-9]+\/service\/.+$/, 'is not the id of a service such as swarm:<cluster id>/service/web')

/** Stays a text: settings are checked again where the provider is opened. */
const duration = z.string().refine(text => parseDuration(text) !== null, 'must be a duration such as 60s')

const DEFAULT_ENGINE = 'unix:///var/run/docker.sock'

/** `providers.swarm` of firedrill.yaml. */
export const swarmSettingsSchema = z
  .strictObject({
    /** At least one manager of each Swarm, and every node whose tasks may be struck. Empty: this machine's own engine. */
    engines: z.array(engine).default([]),
    /** For every `tcp+tls://` engine that brings none of its own. */
    tls: tls.optional(),
    /** What a container wrote within this time of its start is the work of its own start, which every rebuild repeats. */
    startUp: duration.default('60s'),
    /** Plain http on loopback, for a proxy or a test; one more engine. */
    endpoint: z
      .url({ protocol: /^https?$/ })
      .nullable()
      .default(null),
    optIn: z.array(groupId).default([]),
    optOut: z.array(groupId).default([]),
  })
  .refine(settings => settings.tls !== undefined || settings.engines.every(one => !needsTls(one)), {
    path: ['tls'],
    message: 'tcp+tls:// needs the files of a client certificate: write tls: { ca, cert, key }',
  })

export type SwarmSettings = z.infer<typeof swarmSettingsSchema>
export type TlsFiles = z.infer<typeof tls>

function needsTls(one: z.infer<typeof engine>): boolean {
  return typeof one === 'string' ? one.startsWith('tcp+tls:') : one.address.startsWith('tcp+tls:') && one.tls === undefined
}

export interface EngineAddress {
  readonly address: string
  readonly tls: TlsFiles | null
}

/** Every engine once, in the order of the file. */
export function enginesOf(settings: SwarmSettings): EngineAddress[] {
  const written = settings.engines.map(one => {
    const { address, tls } = typeof one === 'string' ? { address: one, tls: undefined } : one
    return { address, tls: address.startsWith('tcp+tls:') ? (tls ?? settings.tls ?? null) : null }
  })
  const endpoint = settings.endpoint === null ? [] : [{ address: settings.endpoint, tls: null }]
  const all = [...written, ...endpoint]
  const chosen = all.length === 0 ? [{ address: DEFAULT_ENGINE, tls: null }] : all
  return chosen.filter((one, index) => chosen.findIndex(other => other.address === one.address) === index)
}
