import { withoutAccepted } from './accepted.ts'
import { assessVictim, type Comparison, changeOfDeclaration, compareImage, compareSuccessor } from './comparison.ts'
import type { NotCompared } from './declaration.ts'
import type { Evidence, Judgement } from './drill.ts'
import type { Finding, Verdict } from './finding.ts'
import { unobservable } from './findings.ts'
import { type Outcome, recoveryOutcomes } from './outcome.ts'

/*
 * From evidence to verdict. Pure, total and deterministic: judged again, stored evidence gives the same.
 *
 * What outranks what, from the top:
 *
 *   1  not-struck               The victim never left. Nothing was proven; what it differs in is told as a warning.
 *   2  the victim's own drift   config-drift and stale-image beyond its lag were read before the strike: certain,
 *                               so a snowflake, whatever became of the successor, the group or our sight of it.
 *   3  group deleted            group-changed: nobody owed a replacement.
 *   4  nobody looked            unobservable, instead of every reason that would rest on what was not seen.
 *   5  recovery failed          not-replaced, unhealthy, died-young: snowflake, also where the declaration changed
 *                               meanwhile, for these compare nothing. Between errors, broken outranks capacity.
 *   6  recovery undecided       late, no-capacity, interrupted: inconclusive. A successor that is not healthy is
 *                               still held against the promised images, for its image does not change any more.
 *   7  declaration changed      group-changed: a healthy successor is not compared at all.
 *   8  the comparisons          wrong-image, config-drift, state-drift: snowflake, whatever else was unreadable.
 *   9  not comparable           image, configuration, a declared setting, the victim's birth declaration or an
 *                               asked-for fingerprint unread: unobservable, for a phoenix needs them all.
 *  10  warnings                 decide nothing; a difference that was accepted is one, and proves nothing either.
 *
 * Several possible successors: all pass → as one that passed; all fail → as one that failed; else undecided,
 * and the failures of some are told as warnings. Settings that no declaration decides and that could not be read
 * end in `notCompared`, and then `configuration` is not among what was proven.
 */
export function judge(evidence: Evidence): Judgement {
  const victim = withoutAccepted(assessVictim(evidence), evidence.after.accepted ?? [])
  const outcomes = recoveryOutcomes(evidence).map(outcome => compared(outcome, evidence))
  const chosen = mostTelling(outcomes)
  if (outcomes.some(outcome => outcome.findings.some(finding => finding.kind === 'not-struck'))) {
    const findings = outcomes.flatMap(outcome => outcome.findings)
    return judgement('inconclusive', { findings: [...findings, ...victim.findings.map(asWarning)], outcomes: [], victim, successor: null })
  }
  const succession = resultOf(outcomes)
  const certain = victim.findings.some(finding => finding.level === 'fail')
  const verdict = verdictOf({ certain, succession, comparable: victim.obstacles.length === 0 })
  const findings = [...findingsOf(outcomes), ...victim.findings, ...(verdict === 'inconclusive' ? victim.obstacles : [])]
  const successor = chosen?.candidate?.id ?? null
  return judgement(verdict, { findings, outcomes, victim, successor })
}

function verdictOf(facts: { certain: boolean; succession: Outcome['result']; comparable: boolean }): Verdict {
  if (facts.certain || facts.succession === 'failed') return 'snowflake'
  return facts.succession === 'passed' && facts.comparable ? 'phoenix' : 'inconclusive'
}

/** Adds to a recovery's outcome what comparing its successor shows. */
function compared(outcome: Outcome, evidence: Evidence): Outcome {
  const { candidate } = outcome
  if (candidate === null) return uncompared(outcome, 'there was no successor to compare')
  const change = changeOfDeclaration(evidence)
  if (change !== null) {
    const told = uncompared(outcome, 'the declaration changed during the drill')
    return outcome.result === 'passed' ? { ...told, result: 'undecided', findings: [change, ...outcome.findings] } : told
  }
  if (outcome.result === 'passed')
    return withComparison(outcome, withoutAccepted(compareSuccessor(evidence, candidate), evidence.after.accepted ?? []))
  const image = compareImage(evidence, candidate)
  const told = uncompared(outcome, 'the successor was not healthy to the end', image.proven)
  return image.findings.length === 0 ? told : { ...told, result: 'failed', findings: [...image.findings, ...outcome.findings] }
}

function withComparison(outcome: Outcome, comparison: Comparison): Outcome {
  const drifted = comparison.findings.some(finding => finding.level === 'fail')
  const result = drifted ? 'failed' : comparison.obstacles.length > 0 ? 'undecided' : 'passed'
  const obstacles = comparison.obstacles.map(({ path, summary }) => ({ what: path ?? 'successor', why: summary }))
  return {
    candidate: outcome.candidate,
    result,
    findings: [...comparison.findings, ...(result === 'undecided' ? comparison.obstacles : []), ...outcome.findings],
    proven: [...outcome.proven, ...comparison.proven],
    notCompared: [...outcome.notCompared, ...comparison.notCompared, ...obstacles],
  }
}

function uncompared(outcome: Outcome, why: string, proven: readonly string[] = []): Outcome {
  const left = ['image', 'configuration', 'state'].filter(what => !proven.includes(what))
  return { ...outcome, proven: [...outcome.proven, ...proven], notCompared: [...outcome.notCompared, ...left.map(what => ({ what, why }))] }
}

function resultOf(outcomes: readonly Outcome[]): Outcome['result'] {
  const [first] = outcomes
  return first !== undefined && outcomes.every(outcome => outcome.result === first.result) ? first.result : 'undecided'
}

/** Where possible successors disagree, nobody knows whose failure counts: none decides. */
function findingsOf(outcomes: readonly Outcome[]): readonly Finding[] {
  const failures = outcomes.filter(outcome => outcome.result === 'failed').length
  if (failures === 0 || failures === outcomes.length) return outcomes.flatMap(outcome => outcome.findings)
  const summary = `${failures} of ${outcomes.length} possible successors failed and the others did not: whether the rebuild works cannot be told`
  const findings = outcomes.flatMap(({ result, findings: own }) => (result === 'failed' ? own.map(asWarning) : own))
  return [unobservable('successor', summary), ...findings]
}

/** The one that the verdict is about: the first that passed where all did, else the worst. */
function mostTelling(outcomes: readonly Outcome[]): Outcome | undefined {
  const by = (result: Outcome['result']): Outcome | undefined => outcomes.find(outcome => outcome.result === result)
  return resultOf(outcomes) === 'failed' ? by('failed') : (by('passed') ?? by('failed') ?? by('undecided'))
}

function judgement(
  verdict: Verdict,
  parts: { findings: readonly Finding[]; outcomes: readonly Outcome[]; victim: Comparison; successor: string | null },
): Judgement {
  const { outcomes, victim } = parts
  const everywhere = (what: string): boolean => outcomes.length > 0 && outcomes.every(outcome => outcome.proven.includes(what))
  const byBoth = (what: string): boolean => everywhere(what) && victim.proven.includes(what)
  const proven = [
    ...['replaced', 'health'].filter(everywhere),
    ...['image', 'configuration'].filter(byBoth),
    ...['state'].filter(everywhere),
  ]
  const obstacles = verdict === 'snowflake' ? victim.obstacles.map(({ path, summary }) => ({ what: path ?? 'victim', why: summary })) : []
  const notCompared: readonly NotCompared[] = [...outcomes.flatMap(outcome => outcome.notCompared), ...victim.notCompared, ...obstacles]
  const ranked = distinct(parts.findings).sort((a, b) => Number(a.level === 'warn') - Number(b.level === 'warn'))
  return { verdict, findings: ranked, proven, notCompared: distinct(notCompared), successor: parts.successor }
}

function asWarning(finding: Finding): Finding {
  return { ...finding, level: 'warn' }
}

function distinct<T extends object>(items: readonly T[]): T[] {
  return [...new Map(items.map(item => [JSON.stringify(item), item])).values()]
}
