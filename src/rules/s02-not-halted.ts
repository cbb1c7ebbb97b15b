import type { Halt, HaltTarget } from '../domain/ledger-state.ts'
import { type Rule, rule, type StandingFacts } from './rule.ts'

/** S2: a halt forbids new intents at once, wherever it was set. */
export const notHalted: readonly Rule<StandingFacts>[] = [
  rule('S2', ({ haltFile }) =>
    haltFile ? 'everything is halted: the halt file (FIREDRILL_HALT_FILE) exists, or cannot be looked for' : null,
  ),
  rule('S2', facts => {
    const halt = facts.state.halts.find(candidate => isInForce(candidate, facts.state.now) && concerns(candidate.target, facts))
    return halt === undefined ? null : sentence(halt)
  }),
]

/** At `until` itself a halt is over. */
function isInForce(halt: Halt, now: Temporal.Instant): boolean {
  return halt.until === null || Temporal.Instant.compare(now, halt.until) < 0
}

function concerns(target: HaltTarget, { plan, schedule }: StandingFacts): boolean {
  switch (target.kind) {
    case 'installation':
      return true
    case 'schedule':
      return target.name === plan.schedule || target.name === schedule.name
    case 'scope':
      return target.name === plan.scope
    case 'service':
      return target.name === plan.service
    case 'group':
      return target.name === plan.group
    default:
      // A kind that a newer version wrote: whatever it means, it means stop.
      return true
  }
}

function sentence({ target, reason, by, until }: Halt): string {
  const what = target.kind === 'installation' ? 'everything is' : `the ${target.kind} ${target.name} is`
  return `${what} halted by ${by}${until === null ? '' : ` until ${until}`}: ${reason}`
}
