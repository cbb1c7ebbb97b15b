import type { DriftFacts, GroupFacts, LedgerFacts, Rule, RuleRefusal, StandingFacts, VictimFacts } from './rule.ts'
import { optedIn } from './s01-opted-in.ts'
import { notHalted } from './s02-not-halted.ts'
import { withinLimits } from './s03-limits.ts'
import { inLedgerTime, inTime } from './s04-in-time.ts'
import { steady } from './s05-steady.ts'
import { serviceFree, serviceUnchanged } from './s06-service-free.ts'
import { mayBeVictim, mayLoseAMember } from './s07-victim.ts'
import { comparable, readable } from './s10-readable.ts'
import { notDrifted, rebuildPossible } from './s13-forecast.ts'
import { scopeCalm } from './s15-scope-calm.ts'

export { isLeashed } from './s08-leash.ts'

/** On a fresh look at the group, in this order: readable, wanted, in time, steady, able to lose a member, able to rebuild. */
export const groupRules: readonly Rule<GroupFacts>[] = [
  ...readable,
  ...optedIn,
  ...inTime,
  ...steady,
  ...serviceUnchanged,
  ...mayLoseAMember,
  ...comparable,
  ...rebuildPossible,
]

/** On each member that might be the victim. */
export const victimRules: readonly Rule<VictimFacts>[] = mayBeVictim

/** On what the chosen victim already differs in. */
export const driftRules: readonly Rule<DriftFacts>[] = notDrifted

/** Under the ledger's lock. */
export const ledgerRules: readonly Rule<LedgerFacts>[] = [...notHalted, ...inLedgerTime, ...scopeCalm, ...serviceFree, ...withinLimits]

/** The same but for time: what stands in a group's way that is no fault of its own. */
export const standingRules: readonly Rule<StandingFacts>[] = [...notHalted, ...scopeCalm, ...serviceFree, ...withinLimits]

/** The first reason not to strike; null: every rule agrees. */
export function firstRefusal<Facts>(rules: readonly Rule<Facts>[], facts: Facts): RuleRefusal | null {
  for (const rule of rules) {
    const refusal = ask(rule, facts)
    if (refusal !== null) return refusal
  }
  return null
}

/** Every reason not to strike, for explanations (`groups`). */
export function allRefusals<Facts>(rules: readonly Rule<Facts>[], facts: Facts): readonly RuleRefusal[] {
  return rules.map(rule => ask(rule, facts)).filter(refusal => refusal !== null)
}

/** A rule that cannot be evaluated refuses (S10): a defect in it must neither strike nor stop everything else. */
function ask<Facts>(rule: Rule<Facts>, facts: Facts): RuleRefusal | null {
  try {
    return rule.check(facts)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { rule: rule.number, reason: `the rule could not be evaluated: ${why}` }
  }
}
