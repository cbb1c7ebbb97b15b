import { z } from 'zod'
import type { CheckSettings } from '../domain/schedule.ts'
import { within } from '../outside/deadline.ts'
import { SecretReader, type Surroundings } from '../outside/secrets.ts'
import { commandFingerprint } from './command.ts'
import type { Fingerprinter } from './fingerprint.ts'
import { httpFingerprint } from './http.ts'
import type { FingerprintKind } from './kind.ts'

/** Every kind by its name in a schedule. A kind that needs something heavy loads it when it is first asked. */
export const fingerprintKinds: Readonly<Record<string, FingerprintKind>> = {
  command: commandFingerprint,
  http: httpFingerprint,
}

const timed = z.object({ timeout: z.number().positive() })

/** Throws where the kind is not known. */
export function openFingerprinter(check: CheckSettings, surroundings: Surroundings): Fingerprinter {
  const known = Object.hasOwn(fingerprintKinds, check.kind) ? fingerprintKinds[check.kind] : undefined
  if (known === undefined) throw new Error(`There is no fingerprint "${check.kind}" in this version of Firedrill.`)
  const { timeout } = timed.parse(check.settings)
  const secrets = new SecretReader(surroundings)
  const fingerprinter = known.open(check.settings, secrets)
  return {
    async take(instance, signal) {
      try {
        const record = await within(timeout, signal, inner => fingerprinter.take(instance, inner))
        return Object.fromEntries(Object.entries(record).map(([key, value]) => [secrets.hide(key), secrets.hide(value)]))
      } catch (error) {
        throw signal.aborted ? signal.reason : secrets.hideIn(error)
      }
    },
  }
}
