import type { CheckSettings } from '../domain/schedule.ts'
import type { Fingerprinter } from './fingerprint.ts'
import { httpFingerprint } from './http.ts'
import type { FingerprintKind } from './kind.ts'

/** Every kind by its name in a schedule. A kind that needs something heavy loads it when it is first asked. */
export const fingerprintKinds: Readonly<Record<string, FingerprintKind>> = {
  http: httpFingerprint,
}

/** Throws where the kind is not known. */
export function openFingerprinter(check: CheckSettings): Fingerprinter {
  const known = Object.hasOwn(fingerprintKinds, check.kind) ? fingerprintKinds[check.kind] : undefined
  if (known === undefined) throw new Error(`There is no fingerprint "${check.kind}" in this version of Firedrill.`)
  return known.open(check.settings)
}
