import { connect, isIP } from 'node:net'
import { z } from 'zod'
import { called } from '../config/phrases.ts'
import { allowLinkLocal } from '../outside/fields.ts'
import { guardedLookup } from '../outside/http-request.ts'
import { ForbiddenAddressError, isMetadataAddress } from '../outside/metadata-address.ts'
import { fillText, wrongPlaceholder } from '../outside/url-template.ts'
import { type ProbeKind, probeFields } from './kind.ts'
import { instanceAsked, passed } from './outcome.ts'

const host = called(
  z.string().refine(text => /^[A-Za-z0-9{][A-Za-z0-9{}.:_-]*$/.test(text) && wrongPlaceholder(text) === null),
  'a host, or {address}, {id} or {name} of the instance',
  '"{address}"',
)

const schema = z.strictObject({
  host: host.default('{address}'),
  port: called(z.int().min(1).max(65_535), 'a port', '5432'),
  allowLinkLocal,
  ...probeFields,
})
const stored = z.object({ host: z.string(), port: z.number(), allowLinkLocal: z.boolean() })

/** The instance accepts a connection on a port. Nothing is sent. */
export const tcpProbe: ProbeKind = {
  schema,
  open(written) {
    const settings = stored.parse(written)
    return {
      name: 'tcp',
      async check(target, signal) {
        const host = fillText(settings.host, target)
        return instanceAsked(signal, () => open({ ...settings, host }, signal))
      },
    }
  },
}

function open({ host, port, allowLinkLocal }: z.output<typeof stored>, signal: AbortSignal) {
  if (!allowLinkLocal && isMetadataAddress(host)) throw new ForbiddenAddressError(host)
  return new Promise<ReturnType<typeof passed>>((done, fail) => {
    const lookup = !allowLinkLocal && isIP(host) === 0 ? { lookup: guardedLookup } : {}
    const socket = connect({ host, port, ...lookup })
    const stop = () => {
      socket.destroy()
      fail(signal.reason)
    }
    signal.addEventListener('abort', stop, { once: true })
    socket.once('close', () => signal.removeEventListener('abort', stop))
    socket.once('connect', () => {
      socket.destroy()
      done(passed(`${host} port ${port} accepts connections`))
    })
    socket.once('error', error => {
      const why = 'code' in error ? String(error.code) : error.message
      fail(error instanceof ForbiddenAddressError ? error : new Error(`${host} port ${port}: ${why}`))
    })
  })
}
