import type { Trial } from './trial.ts'

export type TrueVerdict = 'phoenix' | 'snowflake' | 'inconclusive'
export type Said = 'phoenix' | 'snowflake' | 'inconclusive'

/** What one drill came to, held against what the simulator knows. */
export type Assessment =
  /** No strike was carried out, and none was claimed. */
  | { readonly kind: 'not-drilled' | 'refused' | 'not-struck' }
  /** `observable`: nothing that others did stood between the truth and whoever looked. */
  | { readonly kind: 'struck'; readonly truth: TrueVerdict; readonly said: Said; readonly observable: boolean }

/** Somebody else changed the declaration, or may have taken or replaced the successor: no verdict is also a right answer. */
const blurring = new Set(['deployment', 'refresh', 'scale-in', 'crash'])

export function assess({ drill, truth, carried, subject }: Trial): Assessment {
  if (drill === null) return { kind: 'not-drilled' }
  if (drill.state === 'refused') return { kind: 'refused' }
  if (drill.state !== 'concluded' || carried.length === 0) return { kind: 'not-struck' }
  // Where the opt-in stands in a template, taking it out makes another template.
  const isRedeclared = subject.disturbance === 'opt-out' && drill.judgement.findings.some(({ kind }) => kind === 'group-changed')
  const observable = truth.verdict !== 'inconclusive' && !blurring.has(subject.disturbance) && !isRedeclared
  const said = drill.judgement.verdict
  return { kind: 'struck', truth: isRightAfterDeployment({ subject, drill }, said) ? said : truth.verdict, said, observable }
}

/** Everything that is wrong with a trial, each as a sentence; empty: it is as it should be. */
export function disagreements(trial: Trial): string[] {
  return [...wrongStrikes(trial), ...wrongVerdict(trial)]
}

function wrongStrikes({ drill, carried }: Trial): string[] {
  const against = carried.flatMap(strike => (strike.against === null ? [] : [`struck ${strike.victim} against ${strike.against}`]))
  const victims = [...new Set(carried.map(strike => strike.victim))]
  const several = victims.length > 1 ? [`S9: struck ${victims.join(' and ')}`] : []
  if (carried.length === 0) return []
  if (drill === null || !('order' in drill)) return [...against, `S9: struck ${victims.join(' and ')} without a recorded intent`]
  const other = victims.some(victim => victim !== drill.order.victim.id)
    ? [`S9: struck ${victims.join()}, recorded ${drill.order.victim.id}`]
    : []
  const open = drill.state === 'concluded' ? [] : [`S11: struck, and still ${drill.state}`]
  return [...against, ...several, ...other, ...open]
}

function wrongVerdict(trial: Trial): string[] {
  const assessed = assess(trial)
  const { drill } = trial
  const kinds = drill?.state === 'concluded' ? drill.judgement.findings.map(finding => finding.kind) : []
  // Whose victim crashed by itself, or was taken by a refresh, while the call got lost has a drill all the same.
  const isTaken = trial.subject.disturbance === 'refresh' && kinds.includes('interrupted')
  const lostAnyway = kinds.includes('not-struck') || trial.subject.disturbance === 'crash' || isTaken
  if (assessed.kind === 'not-struck') return lostAnyway ? [] : [`not struck, and called ${kinds.join(', ')}`]
  if (assessed.kind !== 'struck') return []
  const { truth, said } = assessed
  if (kinds.includes('not-struck')) return ['struck, and said not to have struck']
  // Taken before it was seen to be healthy, and the next one came up right: that one is the successor.
  if (trial.subject.traits === 'interrupted' && said === 'phoenix') return []
  if (said !== 'inconclusive' && said !== truth) return [`a ${truth} was called ${said}`]
  return []
}

/**
 * A deployment before the strike changes what is true. The image that is declared now is younger than the trait knows, so a
 * stale one is only a warning; and a warm pool hands out what the declaration before it made, which is a wrong image.
 */
function isRightAfterDeployment({ subject, drill }: Pick<Trial, 'subject' | 'drill'>, said: Said): boolean {
  if (subject.disturbance !== 'deployment' || drill?.state !== 'concluded') return false
  const kinds = drill.judgement.findings.map(finding => finding.kind)
  if (said === 'phoenix') return kinds.includes('stale-image')
  return said === 'snowflake' && kinds.includes('wrong-image') && kinds.includes('pre-built')
}
