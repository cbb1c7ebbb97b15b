import type { z } from 'zod'
import type { SecretReader } from '../outside/secrets.ts'
import type { Fingerprinter } from './fingerprint.ts'

/** One kind of fingerprint: what may be written under its name in a schedule, and how it is opened from that. */
export interface FingerprintKind {
  /** Its output is plain JSON with `timeout` in milliseconds; secrets stand in it as references only. */
  readonly schema: z.ZodType<Readonly<Record<string, unknown>>>
  /**
   * `settings` are what the schema made of them; they may have been stored as JSON in between. Whatever was read through
   * `secrets` is taken out of records and errors by the registry.
   */
  open(settings: Readonly<Record<string, unknown>>, secrets: SecretReader): Fingerprinter
}
