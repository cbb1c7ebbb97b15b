import { z } from 'zod'
import { checkTimeout, plainUrl, refuseForbiddenHost, revealHeaders } from '../outside/fields.ts'
import { checkHttp, httpCheckFields, storedHttpCheckFields } from '../outside/http-check.ts'
import type { GuardKind } from './kind.ts'

const schema = z.strictObject({ url: plainUrl, timeout: checkTimeout('10s', 10_000), ...httpCheckFields }).superRefine(refuseForbiddenHost)
const stored = z.object({ url: z.string(), ...storedHttpCheckFields })

/** A page that must answer with a status, and with values at places in its JSON. */
export const httpGuard: GuardKind = {
  schema,
  open(written, secrets) {
    const settings = stored.parse(written)
    const url = new URL(settings.url)
    return {
      name: 'http',
      concerns: () => '',
      async ask(_question, signal) {
        const headers = await revealHeaders(settings, secrets)
        const { passed, detail, status, body } = await checkHttp(url, settings, { headers, signal })
        return { proceed: passed, reason: detail, evidence: { origin: url.origin, status, body } }
      },
    }
  },
}
