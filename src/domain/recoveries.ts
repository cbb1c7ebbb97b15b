import type { Drill, Tracking } from './drill.ts'
import type { GroupId } from './group.ts'
import { between } from './instants.ts'
import type { Expectation } from './pace.ts'
import type { Milliseconds } from './time.ts'

/*
 * How long replacements take is learned from the latest ones. A group's own say most; a group that has none is expected to
 * take as long as the others of its scope, where those agree: one fleet's machines are often much alike.
 */

export interface Recovery {
  readonly group: GroupId
  readonly took: Milliseconds
  /** How long after the strike it was last seen not to be there yet; missing where nobody remembers. */
  readonly notYet?: Milliseconds
}

/** How many of a scope are kept, and how many of them are asked: of the first of several that were struck together the others learn. */
const KEPT = 200
const OWN = { asked: 5, needed: 3 }
const OTHERS = { asked: 20, sureFrom: 8 }
/** Recoveries that differ by more than this tell nothing about the next. */
const LIKE = 1.5

/** Null: nobody has recovered, or how long it took is only known as "at most" (gaps.ts): an outage of ours says nothing about the next. */
export function recoveryOf({ group, tracking }: { readonly group: GroupId; readonly tracking: Tracking | null }): Recovery | null {
  const recovered = (tracking?.candidates ?? []).flatMap(({ recoveredAt, recoveredAfter }) =>
    recoveredAt === null ? [] : [{ at: recoveredAt, isExact: recoveredAfter === undefined }],
  )
  const [first] = recovered.sort((a, b) => Temporal.Instant.compare(a.at, b.at))
  return tracking === null || first === undefined || !first.isExact ? null : { group, took: between(tracking.struckAt, first.at) }
}

/** Oldest first, as drills give them that are listed newest first. */
export function recoveriesOf(drills: readonly Drill[]): Recovery[] {
  return drills
    .toReversed()
    .flatMap(drill => ('tracking' in drill ? (recoveryOf(drill) ?? []) : []))
    .slice(-KEPT)
}

export function withRecovery(known: readonly Recovery[], recovery: Recovery): Recovery[] {
  return [...known, recovery].slice(-KEPT)
}

/** What is expected of this group's next replacement; null: nothing. */
export function expectedOf(known: readonly Recovery[], group: GroupId): Expectation | null {
  const own = known.filter(recovery => recovery.group === group)
  return own.length >= OWN.needed ? agreed(own.slice(-OWN.asked), OWN.needed) : agreed(known.slice(-OTHERS.asked), OTHERS.sureFrom)
}

function agreed(recoveries: readonly Recovery[], sureFrom: number): Expectation | null {
  const times = recoveries.map(({ took }) => took)
  if (times.length === 0) return null
  const [soonest, latest] = [Math.min(...times), Math.max(...times)]
  if (soonest <= 0 || latest > soonest * LIKE) return null
  const missed = recoveries.flatMap(one => one.notYet ?? [])
  return { soonest, latest, ...(missed.length === 0 ? {} : { notYet: Math.min(...missed) }), isSure: times.length >= sureFrom }
}
