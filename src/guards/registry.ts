import type { z } from 'zod'
import type { CheckSettings } from '../domain/schedule.ts'
import type { Guard } from './guard.ts'

/** One kind of guard: what may be written under its name in a schedule, and how it is opened from that. */
export interface GuardKind {
  readonly schema: z.ZodType<Readonly<Record<string, unknown>>>
  /** `settings` are what the schema made of them; they may have been stored as JSON in between. */
  open(settings: Readonly<Record<string, unknown>>): Guard
}

/** Every kind by its name in a schedule. A kind that needs something heavy loads it when it is first asked. None ships yet. */
export const guardKinds: Readonly<Record<string, GuardKind>> = {}

/** Throws where the kind is not known: a guard that cannot be asked must not be left out in silence (S10). */
export function openGuard(check: CheckSettings): Guard {
  const known = Object.hasOwn(guardKinds, check.kind) ? guardKinds[check.kind] : undefined
  if (known === undefined) throw new Error(`There is no guard "${check.kind}" in this version of Firedrill.`)
  return known.open(check.settings)
}
