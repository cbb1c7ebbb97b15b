import { z } from 'zod'
import { checkTimeout, httpFields, instanceUrl, refuseForbiddenHost, revealHeaders, storedHttpFields } from '../outside/fields.ts'
import { httpGet } from '../outside/http-request.ts'
import { fillUrl } from '../outside/url-template.ts'
import type { FingerprintKind } from './kind.ts'
import { LARGEST_FINGERPRINT, parseFingerprint } from './record.ts'

const schema = z.strictObject({ url: instanceUrl, timeout: checkTimeout('10s', 10_000), ...httpFields }).superRefine(refuseForbiddenHost)
const stored = z.object({ url: z.string(), ...storedHttpFields })

/**
 * Asks an agent inside the instance: `GET` on a URL with `{address}`, `{id}` and `{name}` filled in, which answers
 * with a flat JSON object of texts.
 */
export const httpFingerprint: FingerprintKind = {
  schema,
  open(written, secrets) {
    const settings = stored.parse(written)
    return {
      async take(instance, signal) {
        const url = fillUrl(settings.url, instance)
        const headers = await revealHeaders(settings, secrets)
        const { allowLinkLocal } = settings
        const { status, body } = await httpGet({ url, headers, allowLinkLocal, largest: LARGEST_FINGERPRINT }, signal)
        if (status !== 200) throw new Error(`${url.origin} answered ${status} instead of 200`)
        return parseFingerprint(body, url.origin)
      },
    }
  },
}
