import type { FleetCount, FleetGroup } from '../../ledger/ledger.ts'
import type { Outcome } from '../../reports/report.ts'

/** How a group stands, as people read it: a phoenix that is too old proves nothing any more. */
export type Shown = 'phoenix' | 'snowflake' | 'forecast' | 'inconclusive' | 'expired' | 'unproven'

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

export function shownOf(group: Pick<FleetGroup, 'standing' | 'at'>, proofSince: Temporal.Instant): Shown {
  if (group.standing === null) return 'unproven'
  if (group.standing !== 'phoenix') return group.standing
  return group.at !== null && Temporal.Instant.compare(group.at, proofSince) >= 0 ? 'phoenix' : 'expired'
}

export function shownOfCount({ standing, fresh }: Pick<FleetCount, 'standing' | 'fresh'>): Shown {
  if (standing === null) return 'unproven'
  return standing === 'phoenix' && !fresh ? 'expired' : standing
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
