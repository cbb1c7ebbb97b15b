import { z } from 'zod'
import { instanceUrl, refuseForbiddenHost, revealHeaders } from '../outside/fields.ts'
import { checkHttp, httpCheckFields, storedHttpCheckFields } from '../outside/http-check.ts'
import { fillUrl } from '../outside/url-template.ts'
import { type ProbeKind, probeFields } from './kind.ts'
import { failed, instanceAsked, passed } from './outcome.ts'

const schema = z.strictObject({ url: instanceUrl, ...httpCheckFields, ...probeFields }).superRefine(refuseForbiddenHost)
const stored = z.object({ url: z.string(), ...storedHttpCheckFields })

/** `GET` on a URL with `{address}`, `{id}` and `{name}` of the instance filled in: status and JSON must be as written. */
export const httpProbe: ProbeKind = {
  schema,
  open(written, secrets) {
    const settings = stored.parse(written)
    return {
      name: 'http',
      async check(target, signal) {
        const url = fillUrl(settings.url, target)
        const headers = await revealHeaders(settings, secrets)
        return instanceAsked(signal, async () => {
          const { passed: isPassed, detail } = await checkHttp(url, settings, { headers, signal })
          return isPassed ? passed(detail) : failed(detail)
        })
      },
    }
  },
}
