import { z } from 'zod'
import { boundedEvidence } from '../outside/evidence.ts'
import { checkTimeout, plainUrl, refuseForbiddenHost, revealHeaders } from '../outside/fields.ts'
import { checkHttp, httpCheckFields, storedHttpCheckFields } from '../outside/http-check.ts'
import { SecretReader } from '../outside/secrets.ts'
import type { GuardKind } from './kind.ts'

const schema = z.strictObject({ url: plainUrl, timeout: checkTimeout('10s', 10_000), ...httpCheckFields }).superRefine(refuseForbiddenHost)
const stored = z.object({ url: z.string(), ...storedHttpCheckFields })

/** A page that must answer with a status, and with values at places in its JSON. */
export const httpGuard: GuardKind = {
  schema,
  open(written, surroundings) {
    const settings = stored.parse(written)
    const secrets = new SecretReader(surroundings)
    const url = new URL(settings.url)
    return {
      name: 'http',
      concerns: () => '',
      async ask(_question, signal) {
        const headers = await revealHeaders(settings, secrets)
        const { passed, detail, status, body } = await checkHttp(url, settings, { headers, secrets, signal })
        const evidence = boundedEvidence({ origin: url.origin, status, body }, text => secrets.hide(text))
        return { proceed: passed, reason: detail, evidence }
      },
    }
  },
}
