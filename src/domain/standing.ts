/**
 * What a reader sees as a group's newest result: its newest conclusive verdict, a forecast that came after it (S13), or that
 * nothing but inconclusive drills is known. Null: never drilled.
 */
export type Standing = 'phoenix' | 'snowflake' | 'forecast' | 'inconclusive'

/** How a group stands, as people read it: a phoenix that is too old proves nothing any more. */
export type Shown = Standing | 'expired' | 'unproven'

export function shownOf(
  group: { readonly standing: Standing | null; readonly at: Temporal.Instant | null },
  proofSince: Temporal.Instant,
): Shown {
  const { standing, at } = group
  return shownOfCount({ standing, fresh: at !== null && Temporal.Instant.compare(at, proofSince) >= 0 })
}

/** `fresh`: shown so late that a proof still counts. */
export function shownOfCount({ standing, fresh }: { readonly standing: Standing | null; readonly fresh: boolean }): Shown {
  if (standing === null) return 'unproven'
  return standing === 'phoenix' && !fresh ? 'expired' : standing
}
