import { z } from 'zod'
import { duration } from '../config/fields.ts'
import { called } from '../config/phrases.ts'
import { checkTimeout } from '../outside/fields.ts'
import type { SecretReader } from '../outside/secrets.ts'
import type { Probe } from './probe.ts'

/** One kind of probe: what may be written under its name in a schedule, and how it is opened from that. */
export interface ProbeKind {
  /** Its output is plain JSON and holds `probeFields`; secrets stand in it as references only. */
  readonly schema: z.ZodType<Readonly<Record<string, unknown>>>
  /**
   * `settings` are what the schema made of them; they may have been stored as JSON in between. Whatever was read through
   * `secrets` is taken out of answers and errors by the registry.
   */
  open(settings: Readonly<Record<string, unknown>>, secrets: SecretReader): Pick<Probe, 'name' | 'check'>
}

/** What every probe takes. */
export const probeFields = {
  interval: duration('5s', 1).default(5_000),
  passes: called(z.int().min(1).max(100), 'a whole number from 1 to 100', '2').default(1),
  timeout: checkTimeout('5s', 5_000),
}

/** The same after a stay in the ledger. */
export const storedProbeFields = z.object({
  interval: z.number().positive(),
  passes: z.int().positive(),
  timeout: z.number().positive(),
})
