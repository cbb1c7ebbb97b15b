import type { z } from 'zod'
import type { CheckSettings } from '../domain/schedule.ts'
import type { Probe } from './probe.ts'

/** One kind of probe: what may be written under its name in a schedule, and how it is opened from that. */
export interface ProbeKind {
  readonly schema: z.ZodType<Readonly<Record<string, unknown>>>
  /** `settings` are what the schema made of them; they may have been stored as JSON in between. */
  open(settings: Readonly<Record<string, unknown>>): Probe
}

/** Every kind by its name in a schedule. A kind that needs something heavy loads it when it is first asked. None ships yet. */
export const probeKinds: Readonly<Record<string, ProbeKind>> = {}

/** Throws where the kind is not known: a successor must not count as healthy for want of a probe (S10). */
export function openProbe(check: CheckSettings): Probe {
  const known = Object.hasOwn(probeKinds, check.kind) ? probeKinds[check.kind] : undefined
  if (known === undefined) throw new Error(`There is no probe "${check.kind}" in this version of Firedrill.`)
  return known.open(check.settings)
}
