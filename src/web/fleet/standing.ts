import { type Shown, shownOfCount } from '../../domain/standing.ts'
import type { FleetCount } from '../../ledger/ledger.ts'
import type { Outcome } from '../../reports/report.ts'

/** What needs somebody comes first. */
export const shownStandings = [
  'snowflake',
  'forecast',
  'inconclusive',
  'expired',
  'unproven',
  'phoenix',
] as const satisfies readonly Shown[]

export const shownNames: Readonly<Record<Shown, string>> = {
  snowflake: 'snowflake',
  forecast: 'snowflake by forecast',
  inconclusive: 'inconclusive',
  expired: 'proof too old',
  unproven: 'not drilled yet',
  phoenix: 'phoenix',
}

/** The report's shapes: each standing is told apart without colour, too. */
export const shownIcons: Readonly<Record<Shown, Outcome>> = {
  snowflake: 'snowflake',
  forecast: 'forecast',
  inconclusive: 'inconclusive',
  expired: 'open',
  unproven: 'planned',
  phoenix: 'phoenix',
}

export type Tally = Readonly<Record<Shown, number>>

export function tally(counts: readonly FleetCount[]): Tally {
  const sums = { phoenix: 0, snowflake: 0, forecast: 0, inconclusive: 0, expired: 0, unproven: 0 }
  for (const count of counts) sums[shownOfCount(count)] += count.groups
  return sums
}

export function totalOf(sums: Tally): number {
  return shownStandings.reduce((sum, shown) => sum + sums[shown], 0)
}
