import assert from 'node:assert/strict'
import type { Rule, RuleRefusal } from '../../src/rules/rule.ts'
import { allRefusals } from '../../src/rules/rules.ts'

/** One case: what it is, the facts, and what the only refusal says; null: nobody refuses. */
export type Case<Facts> = readonly [what: string, facts: Facts, says: RegExp | null]

/** Every case goes through all rules of the list: the named rule must refuse, and no other. */
export function refusesIn<Facts>(rules: readonly Rule<Facts>[], number: string, cases: readonly Case<Facts>[]): void {
  for (const [what, facts, says] of cases) {
    it(`${number} ${says === null ? 'allows' : 'refuses'} ${what}`, () => {
      const refusals = allRefusals(rules, facts)
      if (says === null) return assert.deepEqual(refusals, [])
      assert.deepEqual(
        refusals.map(refusal => refusal.rule),
        [number],
        reasons(refusals),
      )
      assert.match(reasons(refusals), says)
      assert.doesNotMatch(reasons(refusals), /^S\d/)
    })
  }
}

function reasons(refusals: readonly RuleRefusal[]): string {
  return refusals.map(refusal => refusal.reason).join(' | ')
}
