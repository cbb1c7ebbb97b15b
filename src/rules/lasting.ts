import type { Refusal } from '../domain/drill.ts'
import { chooseSchedule, readOptIn } from '../domain/opt-in.ts'
import type { Schedule } from '../domain/schedule.ts'
import type { SeenGroup } from '../domain/seen-group.ts'
import { capacityInService } from './capacity.ts'
import { type BarFacts, type Rule, snapshotRule } from './rule.ts'
import { allRefusals } from './rules.ts'
import { wanted } from './s01-opted-in.ts'
import { leftUnsteady, unableToReplace } from './s05-steady.ts'
import { largeEnough, ownedByNobody, unprotected } from './s07-victim.ts'

/*
 * What the rules refuse today they may allow tomorrow: a deployment ends, a member grows old enough. Some refusals only somebody's
 * doing takes back, so that whoever looks ahead must not count on a drill.
 */

/** Of the rules on a look at the group, those that only somebody's doing satisfies, as far as a brief look shows. */
export const barring: readonly Rule<BarFacts>[] = [
  ...leftUnsteady,
  ...unableToReplace,
  ownedByNobody,
  // Short of a member, a group is small for the moment.
  snapshotRule('S7', ({ desired, instances }, facts) => {
    return capacityInService(instances) >= desired ? largeEnough.check(facts) : null
  }),
  snapshotRule('S7', ({ instances }) => {
    const reasons = instances.map(unprotected)
    return reasons.includes(null) ? null : (reasons[0] ?? null)
  }),
]

/** Why no drill of an opted-in group may strike until somebody changes it, by its tags, firedrill.yaml and its last listing. */
export function lastingRefusals(
  { summary, barred }: Pick<SeenGroup, 'summary' | 'barred'>,
  by: { readonly schedules: readonly Schedule[]; readonly never: readonly string[]; readonly now: Temporal.Instant },
): readonly Refusal[] {
  const optIn = readOptIn(summary, by.now.toZonedDateTimeISO('UTC').toPlainDate())
  const chosen = chooseSchedule(summary, optIn, by.schedules)
  if (chosen.kind !== 'schedule') return [...optIn.problems, chosen.why].map(reason => ({ rule: 'S1', reason }))
  return [...allRefusals(wanted, { ...by, schedule: chosen.schedule, summary }), ...barred]
}
