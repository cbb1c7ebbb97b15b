/*
 * What a restore does next: a pure function of what was recorded with the strike and what is read now.
 *
 * A strike takes one machine, so a restore brings back one, never more. What is open about Azure is decided by what is
 * seen, not by belief:
 *
 *   capacity fell with the deletion    nominal = recorded - 1      raise it to what was recorded
 *   capacity stayed                    nominal = recorded          ask for that size once more (harmless); where that
 *                                                                  makes nothing, the platform counts differences, and
 *                                                                  only a size one larger brings the machine back
 *
 * It never lowers a size, never leads to more machines than were recorded, and gives way as soon as the size shows
 * somebody else's hand. Every change carries the etag of the very reading that it was decided on.
 */

export interface RestoreFacts {
  /** Size before the strike. */
  readonly recorded: number
  /** `sku.capacity` now; null: the set, or this incarnation of it, is gone. */
  readonly nominal: number | null
  /** Members that are there and neither deleted nor being deleted, whatever became of their creation. */
  readonly present: number
  /** Of these, those whose creation succeeded. */
  readonly ready: number
  readonly victim: 'there' | 'leaving' | 'gone'
  /** Some other member is being deleted. */
  readonly othersLeaving: boolean
  readonly state: 'updating' | 'deleting' | 'failed' | 'succeeded'
  /** The set counts absolutely by all that is known (uniform), or perhaps by differences (flexible). */
  readonly counting: 'absolute' | 'unknown'
  readonly etag: string | null
  /** The last change that was asked for by this drill, whichever process did; null also where the etag tells that nothing came of it. */
  readonly asked: AskedChange | null
}

export interface AskedChange {
  readonly to: number
  /** The size that stood then. */
  readonly from: number
  /** `unknown`: a process that is gone was about to ask, and the set has been changed since, by that or by somebody. */
  readonly ended: 'running' | 'succeeded' | 'failed' | 'unknown'
  /** It ended so long ago that listings show what it made. */
  readonly settled: boolean
  /** It failed so long ago that it is worth another try. */
  readonly mayRepeat: boolean
  readonly detail: string
}

export type RestoreDecision =
  | { readonly kind: 'wait'; readonly detail: string }
  /** Asked for and not there yet: nothing to be done but look. */
  | { readonly kind: 'requested'; readonly detail: string }
  | { readonly kind: 'set-capacity'; readonly to: number; readonly etag: string; readonly detail: string }
  | { readonly kind: 'done'; readonly detail: string }
  | { readonly kind: 'yield'; readonly detail: string }

export function decideRestore(facts: RestoreFacts): RestoreDecision {
  const { recorded, nominal, present, ready } = facts
  if (nominal === null || facts.state === 'deleting')
    return { kind: 'yield', detail: 'the scale set was deleted, so there is nothing to be restored' }
  if (facts.victim === 'there') return { kind: 'wait', detail: 'the victim is still there' }
  if (facts.victim === 'leaving') return { kind: 'wait', detail: 'the victim is being deleted' }
  if (ready >= recorded) return { kind: 'done', detail: `the scale set has its ${recorded} machines again` }
  if (facts.state === 'updating' || facts.othersLeaving || facts.asked?.ended === 'running') return underWay(facts)
  if (nominal > recorded) return larger(facts, nominal)
  if (nominal < recorded - 1) return givenWay(facts, nominal)
  if (present >= recorded) return { kind: 'requested', detail: notReady(facts) }
  return missing(facts, nominal)
}

/** A machine is missing, and the size is what was recorded or one less. */
function missing(facts: RestoreFacts, nominal: number): RestoreDecision {
  const { recorded, asked } = facts
  if (asked?.ended === 'failed' && !asked.mayRepeat)
    return { kind: 'requested', detail: `asked for, and Azure could not make the machine${because(asked.detail)}` }
  if (asked !== null && nominal < asked.to && !isLateFall(facts, asked) && wasCarriedOut(facts, asked)) {
    if (asked.ended === 'unknown' || asked.settled) return givenWay(facts, nominal)
    return { kind: 'requested', detail: `asked for (size ${asked.to}), and the size is not shown yet` }
  }
  if (nominal === recorded) return stayed(facts)
  return raise(facts, { to: recorded, detail: `the size fell to ${nominal} with the victim` })
}

/** The strike's own fall may come only after the size was asked for that had not fallen yet. */
function isLateFall({ recorded, nominal }: RestoreFacts, { from, to }: AskedChange): boolean {
  return from === recorded && to === recorded && nominal === recorded - 1
}

/** Then a smaller size is somebody's hand. Of a change that nobody is left to tell of, the set's own state tells: one that failed may be undone. */
function wasCarriedOut({ state }: RestoreFacts, asked: AskedChange): boolean {
  return asked.ended === 'succeeded' || (asked.ended === 'unknown' && state === 'succeeded')
}

function givenWay({ recorded, asked }: RestoreFacts, nominal: number): RestoreDecision {
  const was = asked !== null && asked.to > recorded ? `${asked.to} was asked for` : `it was ${recorded}`
  return { kind: 'yield', detail: `somebody else set the size to ${nominal} meanwhile (${was}), and that is not fought` }
}

/** A change is carried out: ours, or somebody's. */
function underWay({ asked, nominal, recorded }: RestoreFacts): RestoreDecision {
  if (asked !== null || nominal === recorded) return { kind: 'requested', detail: 'the scale set is making the machine' }
  return { kind: 'wait', detail: 'the scale set is being changed' }
}

/** Larger than recorded: by our own second try, or by somebody else. Either way there is nothing left to ask for. */
function larger({ asked, recorded }: RestoreFacts, nominal: number): RestoreDecision {
  if (asked !== null && asked.to === nominal)
    return { kind: 'requested', detail: `asked for (size ${nominal}), and not there yet${because(asked.detail)}` }
  return {
    kind: 'yield',
    detail: `the size is ${nominal} where ${recorded} was recorded: somebody else has set it, and that is not fought`,
  }
}

/** The size did not fall, and a machine is missing. */
function stayed(facts: RestoreFacts): RestoreDecision {
  const { recorded, present, asked, counting } = facts
  if (asked?.to !== recorded || asked.ended === 'unknown' || asked.mayRepeat)
    return raise(facts, { to: recorded, detail: 'the size did not fall with the victim' })
  if (counting === 'absolute' || !asked.settled)
    return { kind: 'requested', detail: `asked for (size ${recorded}), and no machine has come` }
  if (present < recorded - 1)
    return { kind: 'yield', detail: `${recorded - present} machines are missing where the strike took one: somebody else took the others` }
  return raise(facts, { to: recorded + 1, detail: `asking for ${recorded} made nothing, so sizes are counted by their difference` })
}

function raise({ etag }: RestoreFacts, change: { to: number; detail: string }): RestoreDecision {
  if (etag === null) {
    const detail = `Azure shows no etag, so the size cannot be changed without the danger of undoing somebody else's change: set it to ${change.to} by hand`
    return { kind: 'wait', detail }
  }
  return { kind: 'set-capacity', to: change.to, etag, detail: change.detail }
}

function notReady({ recorded, ready, asked }: RestoreFacts): string {
  return `${ready} of ${recorded} machines are made${because(asked?.ended === 'failed' ? asked.detail : '')}`
}

function because(detail: string): string {
  return detail === '' ? '' : `: ${detail}`
}
