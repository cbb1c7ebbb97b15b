import { describeDuration } from '../domain/duration.ts'
import { readOptIn, serviceOf } from '../domain/opt-in.ts'
import { localDate } from '../domain/window.ts'
import { type GroupFacts, type Rule, rule, type StandingFacts, snapshotRule } from './rule.ts'

/** S6: no strike on a service with an open drill, in quarantine, or so soon after its last strike. */
export const serviceFree: readonly Rule<StandingFacts>[] = [
  rule('S6', ({ state, plan }) => {
    const quarantine = state.quarantines.find(({ service }) => service === plan.service)
    return quarantine === undefined
      ? null
      : `the service ${plan.service} is in quarantine since drill ${quarantine.drill}: ${quarantine.reason}`
  }),
  rule('S6', ({ state, plan }) => {
    const open = state.busy.find(busy => busy.service === plan.service && !busy.wounded && busy.drill !== plan.id)
    return open === undefined
      ? null
      : { reason: `the service ${plan.service} has an open drill: ${open.drill} on ${open.group}`, transient: true }
  }),
  rule('S6', ({ state, plan, schedule }) => {
    const { serviceCooldown = 0 } = schedule.limits
    const strikes = state.strikes.filter(strike => strike.service === plan.service && strike.drill !== plan.id)
    const passed = state.now.epochMilliseconds - Math.max(...strikes.map(strike => strike.at.epochMilliseconds))
    if (passed >= serviceCooldown) return null
    const reason = `the service ${plan.service} was struck ${describeDuration(passed)} ago, and ${describeDuration(serviceCooldown)} must lie between two strikes on it`
    return { reason, transient: true }
  }),
]

/** The ledger is asked about the planned service; a group that has moved to another one would slip past it. */
export const serviceUnchanged: readonly Rule<GroupFacts>[] = [
  snapshotRule('S6', ({ summary }, { plan, schedule, now }) => {
    if (plan === null) return null
    const service = serviceOf(summary, readOptIn(summary, localDate(schedule, now)))
    return service === plan.service
      ? null
      : `the group now belongs to the service ${service}, and the drill was planned for ${plan.service}`
  }),
]
