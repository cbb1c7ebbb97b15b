import { isHaltedBy } from '../domain/halting.ts'
import type { Halt } from '../domain/ledger-state.ts'
import { type Rule, rule, type StandingFacts } from './rule.ts'

/** S2: a halt forbids new intents at once, wherever it was set. */
export const notHalted: readonly Rule<StandingFacts>[] = [
  rule('S2', ({ haltFile }) =>
    haltFile ? 'everything is halted: the halt file (FIREDRILL_HALT_FILE) exists, or cannot be looked for' : null,
  ),
  rule('S2', facts => {
    const halt = facts.state.halts.find(candidate => isInForce(candidate, facts.state.now) && concerns(candidate, facts))
    return halt === undefined ? null : sentence(halt)
  }),
]

/** At `until` itself a halt is over. */
function isInForce(halt: Halt, now: Temporal.Instant): boolean {
  return halt.until === null || Temporal.Instant.compare(now, halt.until) < 0
}

/** Under the schedule that the plan was drawn by, and under the one that holds now. */
function concerns({ target }: Halt, { plan, schedule }: StandingFacts): boolean {
  const { scope, service, group: id, groupName: name } = plan
  return [plan.schedule, schedule.name].some(one => isHaltedBy(target, { schedule: one, scope, service, group: { id, name } }))
}

function sentence({ target, reason, by, until }: Halt): string {
  const what = target.kind === 'installation' ? 'everything is' : `the ${target.kind} ${target.name} is`
  return `${what} halted by ${by}${until === null ? '' : ` until ${until}`}: ${reason}`
}
