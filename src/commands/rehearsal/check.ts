import type { Drill } from '../../domain/drill.ts'
import type { Truth, TruthQuestion } from '../../simulator/index.ts'
import type { Expectation, Rehearsed } from './fleet.ts'

export interface Disagreement {
  readonly group: string
  readonly expected: string
  readonly got: string
}

/** Holds every drill against what the simulator knows to be true. Empty: all agree. */
export function disagreements(
  fleet: readonly Rehearsed<{ readonly name: string }>[],
  drills: readonly Drill[],
  truthOf: (group: string, question: TruthQuestion) => Truth,
): Disagreement[] {
  const byName = new Map(drills.map(drill => [drill.groupName, drill]))
  return fleet.flatMap(({ group, expected }) => {
    const drill = byName.get(group.name)
    const got = drill === undefined ? 'no drill at all' : cameTo(drill)
    const wanted = wantedFrom(expected, { drill, rival: expected.kind === 'rival' ? byName.get(expected.of) : undefined, truthOf })
    return wanted.includes(got) ? [] : [{ group: group.name, expected: wanted.join(' or '), got }]
  })
}

interface Facts {
  readonly drill: Drill | undefined
  readonly rival: Drill | undefined
  readonly truthOf: (group: string, question: TruthQuestion) => Truth
}

function wantedFrom(expected: Expectation, facts: Facts): string[] {
  if (expected.kind === 'refused') return [`refused ${expected.rule}`]
  if (expected.kind === 'leashed') return ['leashed']
  const { drill, rival } = facts
  if (drill === undefined) return ['a drill']
  if (expected.kind === 'rival' && rival?.state === 'concluded') return [`refused ${expected.rule}`]
  return truths(drill, facts.truthOf)
}

function truths(drill: Drill, truthOf: Facts['truthOf']): string[] {
  const victim = 'order' in drill ? { victim: drill.order.victim.id } : {}
  const strikeDrifted = drill.schedule === 'drifted'
  const truth = truthOf(drill.group, { ...victim, fingerprints: true, strikeDrifted })
  if (truth.outcome === 'refused') return truth.refusals.map(({ rule }) => `refused ${rule}`)
  return [[truth.verdict, ...truth.findings.map(finding => finding.kind).toSorted()].join(' ')]
}

/** `snowflake config-drift`, `phoenix`, `refused S5`: verdict and finding kinds, or the rule. */
function cameTo(drill: Drill): string {
  if (drill.state === 'refused') return `refused ${drill.refusal.rule}`
  if (drill.state !== 'concluded') return drill.state
  const kinds = [...new Set(drill.judgement.findings.map(finding => finding.kind))].toSorted()
  return [drill.judgement.verdict, ...kinds].join(' ')
}
